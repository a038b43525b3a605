"""Entropy-distribution curves: which pixels a score's sum comes from (Chen et al., Figs. 4 and 5).

Pixels are ordered by entropy, each score is added up in that order and divided by its total. A
curve near the entropy's means that averaging the score ranks images much as entropy does; one along
the diagonal, that it is nearly the same for all pixels; one above it, that certain pixels score
more.

The paper draws one image of its network and one synthetic pool. Its text does not define the
horizontal axis: here it is the share of pixels or, as a choice, the entropy itself, which moves
every point of all curves alike and so changes neither their order nor which lies between which.

The paper finds ODIN at T = 10 further from entropy than at T = 100, in both. By the area between
the curves this holds for our pool of ``rivals`` and not for the ``independent`` one; why is in
``docs/entropy-distribution.md``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from plotly import graph_objects as go

from workbench.acquisition import SOFTMAX_ACQUISITIONS, softmax_score
from workbench.committees import passes_of
from workbench.errors import ConfigError, NotStoredError, unknown_name
from workbench.figures._runs import title_of
from workbench.figures._scores import ODIN_TEMPERATURES, line, odin, words
from workbench.figures._style import THEMES, ThemeName, blank, note, plain, sentence
from workbench.metrics import (
    SYNTHETIC_KINDS,
    EntropyDistribution,
    EntropyHistogram,
    entropy_distribution,
    synthetic_logits,
)
from workbench.scoring.scores import parse_score
from workbench.seeding import generator

if TYPE_CHECKING:
    from workbench.store import Cycle

label = words
"""A score's name in words."""

ORDER = "entropy"
"""The score that orders the pixels."""

X_TITLES: dict[str, str] = {
    "share": "Share of pixels, lowest entropy first",
    "entropy": "Entropy (nats)",
}
"""What the x axis can be, with its title."""

SYNTHETIC_SCORES = (*SOFTMAX_ACQUISITIONS, *(odin(t) for t in ODIN_TEMPERATURES))
"""What is drawn of a synthetic pool: all that one softmax has, and ODIN at the paper's T."""


@dataclass(frozen=True)
class EntropyCurves:
    """Curves of several scores over the same pixels.

    Attributes:
        table: one row per score and corner of its curve: ``score``, ``label``, ``entropy`` (nats),
            ``share`` of pixels with at most that entropy (0–1), ``fraction`` of the score's sum
            that they hold (0–1).
        summary: one row per score: ``score``, ``label``, ``distance`` (area between its curve and
            the entropy's over the share of pixels, 0–1), ``half_share`` (share of pixels, highest
            entropy first, that hold half of its sum) and ``mean`` (in the score's unit).
        title: what was added up.
        origin: a sentence on where the numbers come from.
        pixels: number of pixels or distributions.
        notices: sentences on scores that have no curve.
    """

    table: pd.DataFrame
    summary: pd.DataFrame
    title: str
    origin: str
    pixels: int
    notices: tuple[str, ...] = ()


def read_cycle(
    cycle: Cycle, scores: Sequence[str] | str | None = None, image_id: str | None = None
) -> EntropyCurves:
    """Add up the cached score maps of one image, or of all images of a cycle.

    Maps are read one by one and counted in bins of entropy, so that memory does not grow with the
    pool; one image is sorted exactly as cached.

    Args:
        cycle: a published cycle whose scan held ``entropy``.
        scores: some of ``cycle.scores``; all of them if left out.
        image_id: one image; all that have maps if left out.

    Raises:
        NotStoredError: if the cycle keeps no map of the entropy, of one of the scores, or of the
            image.
    """
    names = _named(cycle.scores if scores is None else scores)
    cycle.score_info(ORDER)  # raises NotStoredError if it was not scanned
    images = cycle.image_ids if image_id is None else [image_id]
    if not images:
        raise NotStoredError(
            f"{cycle!r} keeps no score maps; `workbench rescan` adds those of a score."
        )
    if image_id is not None:
        maps = {name: cycle.score_map(name, image_id) for name in names}
        found = entropy_distribution(cycle.score_map(ORDER, image_id), maps)
    else:
        histogram = EntropyHistogram(math.log(cycle.classes))
        for image in images:
            maps = {name: cycle.score_map(name, image) for name in names}
            histogram.add(cycle.score_map(ORDER, image), maps)
        found = histogram.distribution()
    what = f"image {image_id}" if image_id is not None else f"{len(images):,} images"
    origin = f"From the score maps in the cache, 8 or 16 bits per pixel: {found.pixels:,} pixels."
    return _curves(found, names, f"{title_of(cycle)}, {what}", origin)


read = read_cycle
"""A stored cycle is what this figure usually shows."""


def read_synthetic(
    kind: str = "rivals",
    scores: Sequence[str] = SYNTHETIC_SCORES,
    *,
    classes: int = 19,
    count: int = 20_000,
    seed: int = 0,
    rise: float = 10.0,
) -> EntropyCurves:
    """Add up the scores of a made-up pool of softmax distributions skewed to low entropy.

    Args:
        kind: key of ``metrics.SYNTHETIC_KINDS``.
        scores: acquisition functions of one softmax, at T = 1 or as ``…@odin:T`` without
            perturbation, because that takes the network.
        classes: C, at least 3.
        count: distributions.
        seed: of the pool.
        rise: of the kind ``rivals``, logits: how much farther below the likeliest class the others
            lie at boundaries than in interiors (``metrics.synthetic_logits``).

    Raises:
        ConfigError: for a score that takes more than one softmax, or an unknown kind.
        ShapeError: for a pool that cannot be.
    """
    names = _named([parse_score(name).name for name in scores])
    rng = generator(seed, 0, "synthetic softmax")
    logits = synthetic_logits(kind, count, classes, rng, rise=rise)
    values = {name: synthetic_score(logits, name) for name in names}
    found = entropy_distribution(softmax_score(logits, ORDER), values)
    title = f"{count:,} made-up distributions of {classes} classes"
    origin = f"{SYNTHETIC_KINDS[kind]}; seed {seed}."
    return _curves(found, names, title, origin)


def synthetic_score(logits: np.ndarray, name: str) -> np.ndarray:
    """Compute a score from logits alone.

    Args:
        logits: (…, C).
        name: a score's text.

    Returns:
        (…) in the score's unit.

    Raises:
        ConfigError: if it takes more than the softmax of these logits.
    """
    score = parse_score(name)
    committee = score.committee
    temperature = committee.entry.temperature(committee.options)
    alone = passes_of(committee) == ("identity",) and score.acquisition.entry.of_softmax
    if temperature is None or not alone:
        raise ConfigError(
            f"The score {name!r} takes more than one softmax of one pixel; choose "
            f"{', '.join(SOFTMAX_ACQUISITIONS)}, alone or with @odin:T."
        )
    return softmax_score(logits, score.acquisition.key, temperature)


def _named(scores: Sequence[str] | str) -> list[str]:
    """Return the scores' canonical names, the entropy first."""
    names = [scores] if isinstance(scores, str) else scores
    return list(dict.fromkeys([ORDER, *names]))


def _curves(
    found: EntropyDistribution, names: Sequence[str], title: str, origin: str
) -> EntropyCurves:
    thin = found.thinned()
    shown = [name for name in names if not np.isnan(found.distance(name))]
    corners = {"entropy": thin.entropy, "share": thin.share}
    tables = [
        pd.DataFrame(
            {"score": name, "label": words(name), **corners, "fraction": thin.fractions[name]}
        )
        for name in shown
    ]
    rows = [
        {
            "score": name,
            "label": words(name),
            "distance": found.distance(name),
            "half_share": found.half_share(name),
            "mean": found.means[name],
        }
        for name in shown
    ]
    empty = [words(name) for name in names if name not in shown]
    notices = (f"Without a curve, being 0 everywhere: {', '.join(empty)}.",) if empty else ()
    columns = ["score", "label", "entropy", "share", "fraction"]
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)
    summary = pd.DataFrame(rows, columns=["score", "label", "distance", "half_share", "mean"])
    return EntropyCurves(table, summary, title, origin, found.pixels, notices)


def figure(data: EntropyCurves, theme: ThemeName = "light", *, x: str = "share") -> go.Figure:
    """Draw one curve per score.

    Args:
        data: what ``read_cycle`` or ``read_synthetic`` returned.
        theme: ``light`` or ``dark``.
        x: key of ``X_TITLES``.

    Raises:
        ConfigError: for another x axis.
    """
    if x not in X_TITLES:
        raise unknown_name("x axis", x, X_TITLES)
    if data.table.empty:
        return sentence(" ".join([f"{data.title}:", *data.notices]), theme)
    look, drawn = THEMES[theme], blank(theme)
    if x == "share":
        drawn.add_scatter(
            x=[0, 1], y=[0, 1], mode="lines", hoverinfo="skip", name="all pixels alike",
            line={"color": look.faint, "width": 1.2, "dash": "dot"},
        )  # fmt: skip
    for name, points in data.table.groupby("score", sort=False):
        title = plain(points["label"].iloc[0])
        drawn.add_scatter(
            x=points[x],
            y=points["fraction"],
            customdata=points[["share", "entropy"]].to_numpy(np.float32),
            mode="lines",
            line=line(str(name), theme),
            name=title,
            hovertemplate=(
                f"<b>{title}</b><br>%{{customdata[0]:.1%}} of the pixels, up to "
                "%{customdata[1]:.3f} nats, hold %{y:.1%}<extra></extra>"
            ),
        )
    drawn.update_xaxes(title_text=X_TITLES[x], rangemode="tozero")
    drawn.update_yaxes(title_text="Fraction of the score's sum", tickformat=".0%", range=[0, 1.005])
    if x == "share":
        drawn.update_xaxes(tickformat=".0%", range=[0, 1])
    drawn.update_layout(
        title={
            "text": plain(data.title),
            "x": 0.01,
            "font": {"size": 15},
            "y": 0.975,
            "yanchor": "top",
        },
        legend={"orientation": "v", "x": 1.02, "y": 1, "yanchor": "top"},
        margin={"t": 72},
        hovermode="closest",
        height=515,
    )
    note(drawn, " ".join([data.origin, *data.notices]), theme, y=1, yshift=6)
    return drawn
