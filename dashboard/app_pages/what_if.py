"""What if: another score, aggregation, unit or selector on a finished cycle, from the cache."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from dashboard import address, context, controls, loaders, parts, picks, viewer
from dashboard.text import plain
from workbench.aggregation import AGGREGATIONS
from workbench.naming import DEFAULT_AGGREGATION
from workbench.selection import POOL_FILTERS, SELECTORS
from workbench.units import UNITS
from workbench.what_if import cost_views, runnable_selectors

if TYPE_CHECKING:
    from workbench.registry import Registry
    from workbench.store import Cycle, Run
    from workbench.what_if import Change, WhatIf

_MEASURES = {
    "units": ("Units", "{:,.0f}"),
    "pixels": ("Pixels", "{:,.0f}"),
    "class_coverage": ("Predicted classes met", "{:.1%}"),
    "class_entropy": ("Entropy of the predicted classes (nats)", "{:.3f}"),
    "cluster_coverage": ("Clusters of the embedding met", "{:.1%}"),
    "overlap in units": ("Overlap, share of the smaller query's units", "{:.1%}"),
    "overlap in pixels": ("Overlap, share of the smaller query's pixels", "{:.1%}"),
    "jaccard in units": ("Jaccard, units", "{:.1%}"),
    "jaccard in pixels": ("Jaccard, pixels", "{:.1%}"),
    "rank_correlation": ("Kendall's τ of the unit scores", "{:.3f}"),
}
"""Measure ► what the reader sees, and how its numbers are written."""


def render() -> None:
    """Draw the page."""
    here = context.row()
    here.require_runs()
    record, number = here.record, here.number
    pickers = st.grid(2, min_column_width=190, vertical_alignment="bottom")
    with pickers.cell():
        run = context.front(here)
    shown = loaders.cycle(loaders.key(run), number)
    with pickers.cell():
        score = controls.choice("Score", shown.scores, "score")
    found = _choose(run, shown, score)
    _change(found.change)
    for sentence in (*found.approximate, *found.notes):
        st.caption(f":material/info: {plain(sentence)}")
    with controls.explained():
        _pictures(run, shown, found, score)
    st.subheader("Picked")
    picks.show(found.selection, record.id, "what-if")
    controls.standings(record)


def _choose(run: Run, shown: Cycle, score: str) -> WhatIf:
    """Draw the choice of the method, which starts as the run's own; choose again."""
    config = run.experiment.config
    low, high, _ = shown.score_range(score)
    with st.container(border=True):
        boxes = st.grid(4, min_column_width=190)
        with boxes.cell():
            ranges = {"threshold": (low, high)}
            aggregation = _part("aggregation", AGGREGATIONS, run.method.aggregation, ranges=ranges)
        with boxes.cell():
            units = _part("units", UNITS, config.units.spec)
            _ask_before_reading(units, UNITS.bind(config.units.spec).key)
        with boxes.cell():
            offered = runnable_selectors(shown, units)
            selector = _part("selector", SELECTORS, run.method.selector, names=offered)
        with boxes.cell():
            usual = len(run.cycle(run.cycle_numbers[0]).selected) or 1
            k = address.number("whatif-k", "number of units", usual, 1, whole=True)
            st.number_input("Units to pick", 1, value=usual, step=1, key="whatif-k")
        with boxes.cell():
            pool_filter = _part(
                "pool-filter", POOL_FILTERS, run.method.pool_filter, none=_NO_FILTER
            )
        costs = None
        if views := cost_views(shown, selector):
            with boxes.cell():
                costs = controls.choice("Costs", views, "whatif-costs")
    return loaders.whatif(
        loaders.key(run),
        shown.number,
        score,
        aggregation,
        units,
        selector,
        k,
        pool_filter,
        costs,
    )


def _ask_before_reading(units: str, own: str) -> None:
    """Ask before every image of the pool is read: an address alone must not start that."""
    if units == own or not UNITS.bind(units).call().needs_image:
        return
    if not st.toggle("Divide the images", key="whatif-divide", help=_DIVIDE_HELP):
        controls.nothing("These units follow what the images show: all of them must be read.")


_DIVIDE_HELP = "Reads every image of the pool; with many images this takes minutes."
_NO_FILTER = "none"


def _part(name: str, registry: Registry[Any], own: Any, **more: Any) -> str:
    """Draw the choice of a part, which starts as the run's own; return its spec string."""
    bound = registry.bind(own) if own else None
    start = {"name": bound.name, **bound.options} if bound else {}
    chosen = parts.part(registry, f"whatif-{name}", start, kept=True, **more)
    return registry.bind(chosen).key if chosen else _NO_FILTER


def _change(change: Change) -> None:
    st.subheader("Against the query that was made")
    rows = [
        {"": title, "what if": chosen, "made": made, "both": both}
        for title, chosen, made, both in map(_written, change.table.to_dict("records"))
    ]
    st.table(pd.DataFrame(rows).set_index(""), width="content")


def _written(row: dict[Hashable, Any]) -> list[str]:
    title, form = _MEASURES[row["measure"]]
    values = (row[column] for column in ("chosen", "made", "both"))
    return [title, *("" if math.isnan(value) else form.format(value) for value in values)]


def _pictures(run: Run, shown: Cycle, found: WhatIf, score: str) -> None:
    """Draw one image twice: with the new query and with the one that was made."""
    picked = found.selection["image_id"].value_counts()
    listed = loaders.images(loaders.key(run), shown.number)["image_id"]
    ids = [*picked.index, *sorted(set(listed) - set(picked.index))]
    # the names alone: the browser sends back what it shows, so a label that changes with the query
    # would be read as the name of an image
    image_id = controls.choice("Image", ids, "image")
    st.caption(_counts(int(picked.get(image_id, 0)), len(picked)))
    scene = loaders.score_map(loaders.key(run), shown.number, score, image_id, DEFAULT_AGGREGATION)
    changed = replace(
        scene,
        table=found.units_of(image_id),
        aggregation=found.query.aggregation,
        title=f"What if: {found.query.selector}",
    )
    viewer.show([changed, replace(scene, title=f"Made: {scene.title}")], "viewer-what-if")


def _counts(here: int, images_met: int) -> str:
    met = "1 image holds picks" if images_met == 1 else f"{images_met} images hold picks"
    return f"Units picked here: {here} · {met}, listed first"


render()
