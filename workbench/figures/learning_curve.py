"""Learning curves: how a metric grows with what is labelled, method against method.

A method's line is the mean over its seeds at each cycle, its band the stated spread over the same
seeds, and every seed stays visible as a thin line. Nothing is smoothed or left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from plotly import graph_objects as go

from workbench.errors import ConfigError, shown, unknown_name
from workbench.figures._measured import BUDGETS, KEYS, SHARES
from workbench.figures._measured import metrics_table as metrics_table  # noqa: PLC0414
from workbench.figures._measured import reports_table as reports_table  # noqa: PLC0414
from workbench.figures._normalised import normalise, scale
from workbench.figures._paper_markers import CAPTION as PAPER
from workbench.figures._paper_markers import add_cells, cells_on
from workbench.figures._references import add_references, references
from workbench.figures._runs import methods_of
from workbench.figures._seeds import SPREADS, Spread, check_spread, count_text, over_seeds
from workbench.figures._style import (
    THEMES,
    Style,
    Theme,
    ThemeName,
    blank,
    caption,
    plain,
    rgba,
    styles,
)
from workbench.figures._style import sentence as sentence_figure
from workbench.metrics import MEAN_OF, OVERALL, PER_CLASS

if TYPE_CHECKING:
    from workbench.store import Run

XAxis = Literal[
    "cycle",
    "labelled_units",
    "labelled_pixels",
    "labelled_clicks",
    "labelled_images",
    "pool_share",
    "nominal_share",
]

X_TITLES: dict[str, str] = {
    "cycle": "Cycle",
    "labelled_units": "Labelled units",
    "labelled_pixels": "Labelled pixels",
    "labelled_clicks": "Labelling cost in clicks",
    "labelled_images": "Labelled images, or their equal in pixels",
    "pool_share": "Labelled share of the pool's images",
    "nominal_share": "Nominal share of the pool's images",
}
"""What the x axis can be, with its title."""

_OBJECTS = "object_f1"


def _no_points() -> pd.DataFrame:
    return pd.DataFrame(columns=["experiment", "method"])


@dataclass(frozen=True)
class LearningCurve:
    """Points of learning curves.

    Attributes:
        table: one row per run and cycle: ``experiment``, ``method``, ``seed``, ``cycle``,
            ``labelled_units``, ``labelled_pixels``, ``labelled_clicks`` (NaN where they were not
            counted), ``labelled_images`` (in the pixel equivalent),
            ``pool_share`` and ``nominal_share`` (0–1, of the pool's images: what is
            labelled, in the pixel equivalent of whole images, and what the budget names; the second
            is NaN for a budget in clicks), ``value`` (0–1; of a normalised curve 0 at the mean's
            start and 1 with the whole pool labelled).
        summary: one row per experiment, method and cycle: ``x`` (mean over seeds, in the unit of
            the x axis), ``mean``, ``low``, ``high`` (the band), ``sd`` (NaN for one seed),
            ``seeds`` (how many have a value there).
        x: key of ``X_TITLES``.
        y: a key of ``workbench.metrics.OVERALL``, e.g. ``miou``, or ``<metric>:<class>`` with one
            of ``PER_CLASS``, e.g. ``iou:road``.
        spread: key of ``SPREADS``.
        methods: every method of the experiments read, which fixes the colours.
        reports: as ``table``, what report points measured.
        reported: as ``summary``, of ``reports``.
        cells: what papers print of the same protocols on these axes, as of
            ``_paper_markers.cells_on``.
        references: networks trained on the whole pool, one row each: ``experiment``, ``reference``,
            ``mean``, ``sd``, ``low``, ``high`` and ``seeds``.
        full: the metric with the whole pool labelled, 0–1, by which the curves are normalised;
            ``None``: they are not. A normalised curve has neither report points nor cells nor
            references.
        missing: why the curves are not normalised though they were to be, in a sentence.
    """

    table: pd.DataFrame
    summary: pd.DataFrame
    x: XAxis
    y: str
    spread: Spread
    methods: tuple[str, ...]
    reports: pd.DataFrame = field(default_factory=_no_points)
    reported: pd.DataFrame = field(default_factory=_no_points)
    cells: pd.DataFrame = field(default_factory=_no_points)
    references: pd.DataFrame = field(default_factory=_no_points)
    full: float | None = None
    missing: str = ""

    @property
    def y_title(self) -> str:
        """The metric in words."""
        title = y_title(self.y)
        return title if self.full is None else f"Normalised {title}"


def y_title(y: str) -> str:
    """Return a metric's name in words, e.g. ``IoU of road`` for ``iou:road``."""
    if y in OVERALL:
        return OVERALL[y]
    metric, _, name = y.partition(":")
    return f"{PER_CLASS[metric]} of {name}"


def x_choices(runs: Sequence[Run]) -> dict[str, str]:
    """Return what the x axis of these runs can be, by key, in words; the budget's unit first.

    Clicks are among it where they were counted, the nominal share where no budget is in clicks.
    """
    units = [run.experiment.config.budget.unit for run in runs] or ["units"]
    first = "pool_share" if units[0] in {"images", "%"} else f"labelled_{units[0]}"
    absent = {"nominal_share"} if "clicks" in units else set()
    if not any(cycle.metrics.labelled_clicks is not None for r in runs for cycle in r.cycles):
        absent.add("labelled_clicks")
    keys = [key for key in X_TITLES if key not in absent]
    return {key: X_TITLES[key] for key in sorted(keys, key=lambda key: key != first)}


def y_choices(runs: Sequence[Run]) -> dict[str, str]:
    """Return every metric these runs share, by key, with its name in words.

    Object F1 is among them where a dataset has classes of objects, and for these alone.
    """
    cards = [run.experiment.card for run in runs]
    classes = [c for c in cards[0].classes if all(c in o.classes for o in cards)] if cards else []
    objects = [c for c in classes if any(c in card.objects for card in cards)]
    overall = [name for name in OVERALL if objects or name != MEAN_OF[_OBJECTS]]
    of_classes = [
        f"{metric}:{name}"
        for metric in PER_CLASS
        for name in (objects if metric == _OBJECTS else classes)
    ]
    return {key: y_title(key) for key in [*overall, *of_classes]}


def check_y(runs: Sequence[Run], y: str) -> None:
    """Check that there is a metric, and its class in one of the runs' datasets.

    Raises:
        ConfigError: if there is not.
    """
    classes = dict.fromkeys(name for run in runs for name in run.experiment.card.classes)
    metric, _, name = y.partition(":")
    if y in OVERALL or (metric in PER_CLASS and (name in classes or (name and not runs))):
        return
    if y in PER_CLASS:
        raise ConfigError(
            f"The metric {y} is one of each class; name the class, as in {y}:"
            f"{shown(next(iter(classes), 'road'), 40)}, or take {MEAN_OF[y]}, the mean of all."
        )
    if metric in PER_CLASS and classes:
        raise unknown_name("class", name, classes)
    raise unknown_name("metric", y, [*OVERALL, *(f"{one}:CLASS" for one in PER_CLASS)])


def read(
    runs: Sequence[Run],
    *,
    x: XAxis = "labelled_units",
    y: str = "miou",
    spread: Spread = "range",
    full: float | None = None,
    normalised: bool = False,
) -> LearningCurve:
    """Gather the learning curves of runs.

    Args:
        runs: of one or several experiments, finished or not.
        x: key of ``X_TITLES``.
        y: a key of ``workbench.metrics.OVERALL``, or ``<metric>:<class>`` with one of
            ``PER_CLASS``, e.g. ``iou:road``.
        spread: key of ``SPREADS``.
        full: the metric with the whole pool labelled, 0–1, e.g. by ``comparison.whole_pool``, to
            normalise the curves of one experiment by (Chen et al. V, Fig. 3).
        normalised: normalise them; without ``full`` by the experiment's first reference. Where
            that cannot be, they stay as they are, and ``missing`` says why.

    Raises:
        ConfigError: for an unknown axis, metric, class or spread, or if curves of several
            experiments are to be normalised.
    """
    if x not in X_TITLES:
        raise unknown_name("x axis", x, X_TITLES)
    check_spread(spread)
    check_y(runs, y)
    table, reports = (
        found[[*KEYS, *BUDGETS]].assign(value=found.get(y, np.nan))
        for found in (metrics_table(runs), reports_table(runs))
    )
    cells, whole = cells_on(runs, x, y), references(runs, y, spread)
    missing = ""
    if normalised or full is not None:
        full, missing = scale(runs, y, table, full)
    if full is not None:
        table = normalise(table, full)
        reports, cells, whole = reports.iloc[:0], cells.iloc[:0], whole.iloc[:0]
    summary, reported = (summarise(one, x, spread) for one in (table, reports))
    methods = methods_of(runs)
    return LearningCurve(
        table, summary, x, y, spread, methods, reports, reported, cells, whole, full, missing
    )


def summarise(table: pd.DataFrame, x: XAxis, spread: Spread) -> pd.DataFrame:
    """Reduce the seeds of each experiment, method and cycle to mean and band.

    A seed without a value (its cycle is not published, or the class is absent) does not count;
    ``seeds`` is how many do.
    """
    keys = ["experiment", "method", "cycle"]
    measured = table.dropna(subset=["value"]).sort_values(keys)
    summary = over_seeds(measured, keys, spread)
    places = measured["cycle"] if x == "cycle" else measured[x]
    mean = places.groupby([measured[key] for key in keys]).mean()
    return summary.assign(x=mean.to_numpy())[[*keys, "x", "mean", "low", "high", "sd", "seeds"]]


def figure(data: LearningCurve, theme: ThemeName = "light", *, captioned: bool = True) -> go.Figure:
    """Draw learning curves: one line per method, a band for the spread, a thin line per seed.

    Args:
        data: from :func:`read`.
        theme: look.
        captioned: whether :func:`about` stands in the figure; it takes a wide one.
    """
    if data.table.empty:
        return sentence_figure(
            "No cycle has been measured yet: the first point appears when cycle 0 is done.", theme
        )
    if data.summary.empty:
        text = (
            f"{plain(data.y_title)} was measured in none of these cycles, or its class is absent."
        )
        return sentence_figure(text, theme)
    look, drawn = THEMES[theme], blank(theme)
    looks = styles(data.methods)
    several = data.summary["experiment"].nunique() > 1
    experiments = sorted(data.summary["experiment"].unique())
    for method in data.methods:
        for place, experiment in enumerate(experiments):
            points = _of(data.summary, experiment, method)
            if len(points):
                name = plain(f"{method} · {experiment}" if several else method)
                line = _Line(name, looks[method], _DASHES[place % len(_DASHES)])
                single = _of(data.table, experiment, method)
                _add_method(drawn, data, points, single, line, look)
                _add_reported(drawn, data, _of(data.reported, experiment, method), line, look)
    add_cells(drawn, data.cells, looks, look, several)
    ends = (float(data.summary["x"].min()), float(data.summary["x"].max()))
    add_references(drawn, data.references, ends, data.spread, look)
    drawn.update_xaxes(title_text=X_TITLES[data.x])
    drawn.update_yaxes(title_text=f"{plain(data.y_title)} (%)", tickformat=".0%", ticksuffix="")
    if data.x in SHARES:
        drawn.update_xaxes(tickformat=".1~%", title_text=f"{X_TITLES[data.x]} (%)")
    if data.x == "cycle" and data.summary["cycle"].max() <= _MOST_MARKERS:
        drawn.update_xaxes(dtick=1)
    drawn.update_layout(hovermode="closest")
    if captioned:
        caption(drawn, about(data), theme)
    return drawn


def _of(table: pd.DataFrame, experiment: str, method: str) -> pd.DataFrame:
    return table[(table["experiment"] == experiment) & (table["method"] == method)]


_MOST_MARKERS = 60
"""Points of a line that are marked each; a longer line has no room for its markers."""

_DASHES = ("solid", "dash", "dot", "dashdot")


@dataclass(frozen=True)
class _Line:
    name: str
    style: Style
    dash: str


def about(data: LearningCurve) -> str:
    """Return what lines, band and marks of the figure are; empty where it has none."""
    if data.summary.empty:
        return ""
    most = int(data.summary["seeds"].max())
    if most == 1:
        text = "One seed for each method: no band can be drawn."
    else:
        text = f"Line: mean over seeds. Band: {SPREADS[data.spread]}. Thin lines: single seeds."
    if len(data.reported):
        text += " Open markers: report points, whose networks are trained for that alone."
    if len(data.references):
        text += " Level lines: references, trained on the whole pool."
    if data.full is not None:
        text += f" 0 %: where the mean starts; 100 %: the whole pool's {data.full:.1%}."
    return f"{text} {PAPER}" if len(data.cells) else text


def _add_method(
    drawn: go.Figure,
    data: LearningCurve,
    points: pd.DataFrame,
    single: pd.DataFrame,
    line: _Line,
    look: Theme,
) -> None:
    colour = look.colours[line.style.colour]
    label = f"{line.name} ({count_text(points['seeds'])})"
    group = {"legendgroup": line.name, "showlegend": False}
    if points["seeds"].max() > 1:
        drawn.add_scatter(
            x=[*points["x"], *points["x"][::-1]],
            y=[*points["high"], *points["low"][::-1]],
            fill="toself",
            fillcolor=rgba(colour, 0.16),
            line={"width": 0},
            mode="lines",
            hoverinfo="skip",
            name=f"{line.name} band",
            **group,
        )
        for seed, run in single.groupby("seed"):
            drawn.add_scatter(
                x=run[data.x],
                y=run["value"],
                mode="lines",
                line={"color": rgba(colour, 0.55), "width": 1, "dash": line.dash},
                hovertemplate=f"{line.name}, seed {seed}: %{{y:.1%}}<extra></extra>",
                name=f"{line.name} seed {seed}",
                **group,
            )
    drawn.add_scatter(
        x=points["x"],
        y=points["mean"],
        customdata=points[["low", "high", "seeds", "cycle"]].to_numpy(),
        mode="lines+markers" if len(points) <= _MOST_MARKERS else "lines",
        line={"color": colour, "width": 2.5, "dash": line.dash},
        marker={"symbol": line.style.marker, "size": 9, "color": colour},
        hovertemplate=(
            f"<b>{line.name}</b>, cycle %{{customdata[3]}}<br>{plain(data.y_title)} %{{y:.1%}}"
            f" ({SPREADS[data.spread]} %{{customdata[0]:.1%}} to %{{customdata[1]:.1%}},"
            " n = %{customdata[2]})<extra></extra>"
        ),
        name=label,
        legendgroup=line.name,
    )


def _add_reported(
    drawn: go.Figure, data: LearningCurve, points: pd.DataFrame, line: _Line, look: Theme
) -> None:
    """Draw what report points measured: open markers with the band as bars, on a thin line."""
    if points.empty:
        return
    colour = look.colours[line.style.colour]
    bars = {"color": colour, "thickness": 1.5, "width": 4, "symmetric": False}
    bars |= {"array": points["high"] - points["mean"], "arrayminus": points["mean"] - points["low"]}
    drawn.add_scatter(
        x=points["x"],
        y=points["mean"],
        error_y=bars,
        customdata=points[["low", "high", "seeds", "cycle"]].to_numpy(),
        mode="lines+markers",
        line={"color": colour, "width": 1.5, "dash": "dot"},
        marker={"symbol": f"{line.style.marker}-open", "size": 12, "color": colour},
        hovertemplate=(
            f"<b>{line.name}</b>, reported at cycle %{{customdata[3]}}<br>{plain(data.y_title)}"
            f" %{{y:.1%}} ({SPREADS[data.spread]} %{{customdata[0]:.1%}} to %{{customdata[1]:.1%}},"
            " n = %{customdata[2]})<extra></extra>"
        ),
        name=f"{line.name}, reported ({count_text(points['seeds'])})",
        legendgroup=line.name,
    )
