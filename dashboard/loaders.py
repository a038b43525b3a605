"""What the pages read, through bounded caches.

A key holds what the content depends on, a run's id with its revision, which changes with every
published cycle and never otherwise; so nothing stale is shown and nothing is read twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from dashboard import images as images_route
from dashboard import places
from dashboard.kept import kept
from workbench import advisor, projection, what_if
from workbench.errors import DatasetError
from workbench.figures import _repeats as repeats_figure
from workbench.figures import catalogue as catalogue_figure
from workbench.figures import class_distribution as class_distribution_figure
from workbench.figures import comparison as comparison_figure
from workbench.figures import embedding as embedding_figure
from workbench.figures import entropy_distribution as entropy_distribution_figure
from workbench.figures import learning_curve as learning_curve_figure
from workbench.figures import method_overlap as method_overlap_figure
from workbench.figures import per_class as per_class_figure
from workbench.figures import query_analysis as query_analysis_figure
from workbench.figures import score_map as score_map_figure
from workbench.figures import simplex as simplex_figure
from workbench.figures import why as why_figure
from workbench.store import damage, open_store

if TYPE_CHECKING:
    import pandas as pd

    from workbench.advisor import Advice
    from workbench.datasets.base import SegmentationDataset
    from workbench.figures._repeats import Repeats
    from workbench.figures._seeds import Spread
    from workbench.figures.catalogue import Catalogue
    from workbench.figures.class_distribution import ClassDistribution
    from workbench.figures.comparison import Comparison
    from workbench.figures.embedding import EmbeddingFigure
    from workbench.figures.entropy_distribution import EntropyCurves
    from workbench.figures.learning_curve import LearningCurve, XAxis
    from workbench.figures.method_overlap import MethodOverlap
    from workbench.figures.per_class import PerClass
    from workbench.figures.query_analysis import QueryAnalysis
    from workbench.figures.simplex import Simplex
    from workbench.figures.why import Why
    from workbench.projection import ProjectionRequest
    from workbench.store import Cycle, Run, Store
    from workbench.viewer import Scene
    from workbench.what_if import WhatIf

Key = tuple[str, str]
"""A run's id and revision."""

CYCLES = 12
"""Cycles in memory with the tables read of them: for a pool of 6,000 units with 256 features, about
10 MB each. More browsers than that share what they look at, or read again in tens of ms."""

SCENES = 16
"""Images in memory with truth, prediction and map: 10 MB each at 1024×2048 pixels."""


def store() -> Store:
    """Open the store.

    Raises:
        StoreError: if there is none.
    """
    return open_store(places.store_path())


def catalogue(path: Path) -> Catalogue:
    """Read the state of all runs; at most once a second, however many browsers look."""
    found, told = _catalogue(path)
    for sentence in told:
        damage.tell(sentence)
    return found


def look_again() -> None:
    """Read the state of all runs anew at the next call of :func:`catalogue`."""
    _catalogue.clear()


@st.cache_data(ttl=1, max_entries=2, show_spinner=False)
def _catalogue(path: Path) -> tuple[Catalogue, list[str]]:
    with damage.collected() as told:
        return catalogue_figure.read(open_store(path)), told


def key(run: Run) -> Key:
    """Return a run's cache key."""
    return keys([run])[0]


def keys(runs: Sequence[Run]) -> tuple[Key, ...]:
    """Return the cache keys of runs."""
    found = store().revisions(runs)
    return tuple((run.id, revision) for run, revision in zip(runs, found, strict=True))


def _runs(keys: Sequence[Key]) -> list[Run]:
    """Open runs for one look: the tables that a figure reads of their cycles go with them."""
    opened = store()
    names = dict.fromkeys(run_id.partition("/")[0] for run_id, _ in keys)
    records = {name: opened.experiment(name) for name in names}
    return [records[run_id.partition("/")[0]].run(run_id) for run_id, _ in keys]


def cycle(key: Key, number: int) -> Cycle:
    """Return a published cycle, with the tables that were read of it before."""
    return _cycle(places.store_path(), key, number)


@st.cache_resource(max_entries=CYCLES, show_spinner=False)
def _cycle(path: Path, key: Key, number: int) -> Cycle:
    return open_store(path).run(key[0]).cycle(number)


@kept(max_entries=32, show_spinner="Reading the curves …")
def learning_curve(
    keys: tuple[Key, ...], x: XAxis, y: str, spread: Spread, normalised: bool = False
) -> LearningCurve:
    """Read learning curves, normalised by the experiment's reference if they are to be."""
    runs = _runs(keys)
    return learning_curve_figure.read(runs, x=x, y=y, spread=spread, normalised=normalised)


@kept(max_entries=32, show_spinner="Comparing …")
def comparison(keys: tuple[Key, ...], y: str) -> Comparison:
    """Compare methods, at the last budget that all runs have reached."""
    return comparison_figure.read(_runs(keys), y=y)


@kept(max_entries=32, show_spinner=False)
def per_class(
    keys: tuple[Key, ...], number: int | None, metric: str, reported: bool = False
) -> PerClass:
    """Read a metric of every class at a cycle, or as a report point measured it there."""
    return per_class_figure.read(_runs(keys), number, metric, reported=reported)


@kept(max_entries=32, show_spinner="Measuring the queries …")
def query_analysis(keys: tuple[Key, ...]) -> QueryAnalysis:
    """Measure every query."""
    return query_analysis_figure.read(_runs(keys))


@kept(max_entries=32, show_spinner="Measuring the queries …")
def repeats(keys: tuple[Key, ...]) -> Repeats:
    """Measure which methods' queries repeat themselves."""
    return repeats_figure.read(_runs(keys))


@kept(max_entries=128, show_spinner=False)
def last_picks(key: Key) -> tuple[int, pd.DataFrame] | None:
    """Read the last query of a run and its cycle's number; ``None`` before the first one."""
    (run,) = _runs([key])
    for number in reversed(run.cycle_numbers):
        if len(picks := run.cycle(number).selection):
            return number, picks
    return None


@kept(max_entries=32, show_spinner=False)
def class_distribution(keys: tuple[Key, ...], number: int) -> ClassDistribution:
    """Read the classes of the labelled sets of a cycle."""
    return class_distribution_figure.read(_runs(keys), number)


@kept(max_entries=32, show_spinner="Comparing the methods …")
def method_overlap(keys: tuple[Key, ...], number: int) -> MethodOverlap:
    """Compare the methods' queries of a cycle, and their scores."""
    return method_overlap_figure.read(_runs(keys), number)


@st.cache_resource(max_entries=32, show_spinner=False)
def images(key: Key, number: int) -> pd.DataFrame:
    """List the pool's images, those with the most selected units first."""
    return score_map_figure.images(cycle(key, number))


@st.cache_resource(max_entries=SCENES, show_spinner=False)
def score_map(key: Key, number: int, score: str, image_id: str, aggregation: str) -> Scene:
    """Read one image of one cycle with all that the viewer draws."""
    shown = cycle(key, number)
    data = _dataset(shown.origin.experiment)
    return score_map_figure.read(shown, score, image_id, aggregation=aggregation, dataset=data)


@kept(max_entries=32, show_spinner=False)
def why(
    key: Key, number: int, unit_id: int | None, image_id: str | None, others: tuple[Key, ...]
) -> Why:
    """Read why a unit was picked, or was not, by a run and by others with the same seed."""
    return why_figure.read(_runs([key])[0], number, unit_id, image_id, _runs(others))


@st.cache_resource(max_entries=16, show_spinner=False)
def projection_request(key: Key, number: int, method: str) -> ProjectionRequest:
    """Return the request of a projection; this reads all of a cycle's embeddings."""
    return projection.request(cycle(key, number), method)


@kept(max_entries=16, show_spinner=False)
def embedding(keys: tuple[Key, ...], number: int, projection_key: str) -> EmbeddingFigure:
    """Join a stored projection with what is labelled and selected in a cycle of each run."""
    points = store().projection(projection_key)
    assert points is not None
    return embedding_figure.read([cycle(key, number) for key in keys], points)


@st.cache_resource(max_entries=24, show_spinner="Adding up the score maps …")
def entropy_distribution(
    key: Key, number: int, scores: tuple[str, ...], image_id: str | None
) -> EntropyCurves:
    """Add up the cached score maps of one image, or of a whole cycle."""
    return entropy_distribution_figure.read_cycle(cycle(key, number), scores, image_id)


@st.cache_resource(max_entries=24, show_spinner=False)
def synthetic_distribution(kind: str, classes: int, seed: int, rise: float) -> EntropyCurves:
    """Add up the scores of a made-up pool."""
    return entropy_distribution_figure.read_synthetic(kind, classes=classes, seed=seed, rise=rise)


@st.cache_resource(max_entries=24, show_spinner=False)
def simplex(panels: tuple[str, ...], temperature: float) -> Simplex:
    """Score the three-class softmaxes."""
    return simplex_figure.read(panels, temperature=temperature)


@st.cache_resource(max_entries=16, show_spinner=False)
def advice(
    pool: str | None, budget: str | None, semi_supervised: bool | None, keys: tuple[Key, ...]
) -> Advice:
    """Say which methods a usage guide recommends, held against some runs."""
    return advisor.advise(pool, budget, semi_supervised, _runs(keys) if keys else ())


@st.cache_resource(max_entries=16, show_spinner="Choosing again …")
def whatif(
    key: Key,
    number: int,
    score: str,
    aggregation: str,
    units: str,
    selector: str,
    k: int,
    pool_filter: str,
    costs: str | None,
) -> WhatIf:
    """Choose again in a cycle, from the cache."""
    stored = cycle(key, number)
    return what_if.whatif(
        stored, score, aggregation, units, selector, k, pool_filter=pool_filter, costs=costs
    )


def _dataset(experiment_id: str) -> SegmentationDataset | None:
    """Open an experiment's dataset; ``None`` if it is gone, which ``score_map`` then notes."""
    try:
        return images_route.dataset(places.store_path(), experiment_id)[0]
    except DatasetError:
        return None
