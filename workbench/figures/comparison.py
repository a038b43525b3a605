"""Method against method: paired differences at a budget and over all, tested, and in words.

What the command line, the dashboard and the widgets say about which method is better comes from
:func:`read`. Fewer than five seeds are never called a result, and a difference within the replay
floor is noise, whatever its p.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from plotly import graph_objects as go

from workbench.errors import ConfigError, quoted, unknown_name
from workbench.figures._alike import Alike, Likeness
from workbench.figures._judged import (
    floors,
    judged,
    notes,
    of_methods,
    saving,
    titles,
    whole_pool_note,
)
from workbench.figures._measured import metrics_table, reports_table
from workbench.figures._pairs import Pair, of_pairs, over_budgets
from workbench.figures._references import whole_pool_of
from workbench.figures._runs import methods_of, one_experiment
from workbench.figures._same_data import require_same_data
from workbench.figures._seed_curves import MEASURES, SeedCurves, seed_curves
from workbench.figures._style import THEMES, ThemeName, blank, caption, plain, styles
from workbench.figures._style import sentence as sentence_figure
from workbench.figures._verdicts import saving_sentence, sentence
from workbench.figures.learning_curve import check_y, y_title
from workbench.metrics import LEVEL
from workbench.pool import Allowance
from workbench.report import point_of

if TYPE_CHECKING:
    from workbench.store import ExperimentRecord, Run

BASELINE = "random"
"""The method that others are held against where an experiment has it."""


@dataclass(frozen=True)
class Comparison:
    """Methods of one experiment against each other.

    Attributes:
        table: one row per pair and measure at the budget: ``first``, ``second``, ``measure`` (key
            of ``MEASURES``), ``seeds``, ``difference`` (first − second; a fraction, AUC in percent
            times share, ALC in images), ``sd``, ``low``, ``high`` (95 % interval), ``p``,
            ``p_holm``, ``tests`` (pairs that Holm's correction counts), ``needed`` (seeds;
            infinity: over 1,000; NaN: unknown), ``floor`` (NaN: none), ``saving`` (share of labels
            that the first saves at the second's metric; NaN: never reached), ``verdict``,
            ``sentence``.
        budgets: the metric over all budgets: one row per pair and cycle, ``cycle`` in place of
            ``measure``, Holm over all rows, with ``verdict``, without ``saving`` and ``sentence``.
        methods: one row per method and measure: ``method``, ``measure``, ``mean``, ``sd``, ``low``,
            ``high`` (95 % interval), ``seeds``, ``share_of_full`` (of the metric with the whole
            pool labelled; NaN without).
        notes: what must be known to read the verdicts, in sentences.
        y: the metric.
        at: the cycle of the budget; −1 where nothing is measured.
        budget: the budget in words.
        baseline: the method that the figure draws the others against.
        floor: the replay floor of the metric, a fraction; NaN where no method is replayed.
        order: the methods compared, as the experiment lists them.
        known: every method of the experiment, which fixes the colours.
    """

    table: pd.DataFrame
    budgets: pd.DataFrame
    methods: pd.DataFrame
    notes: tuple[str, ...]
    y: str
    at: int
    budget: str
    baseline: str
    floor: float
    order: tuple[str, ...]
    known: tuple[str, ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        """The verdicts at the budget, the metric's first."""
        by_measure = self.table.sort_values("measure", key=lambda m: m.map(MEASURES.index))
        return tuple(by_measure["sentence"])

    @property
    def foremost(self) -> tuple[str, ...]:
        """The verdicts on the metric at the budget, those against the baseline first."""
        rows = self.table[self.table["measure"] == "value"]
        others = ~(rows[["first", "second"]] == self.baseline).any(axis=1)
        return tuple(rows.loc[others.sort_values(kind="stable").index, "sentence"])

    @property
    def savings(self) -> tuple[str, ...]:
        """What each pair's first saves in labels against the baseline, in sentences."""
        rows = self.table[self.table["second"] == self.baseline].to_dict("records")
        where = self.titles()["value"]
        return tuple(filter(None, (saving_sentence(row, where) for row in rows)))

    def titles(self) -> dict[str, str]:
        """Return what each measure is called here, with its budget."""
        return titles(self.y, self.budget)

    def csv(self) -> pd.DataFrame:
        """Return both tables of pairs in one, ``scope`` telling them apart."""
        at_budget = self.table.assign(scope=f"at {self.budget}", cycle=self.at)
        everywhere = self.budgets.assign(scope="every budget", measure="value")
        columns = ["scope", "first", "second", "measure", "cycle"]
        both = pd.concat([at_budget, everywhere], ignore_index=True)
        return both[[*columns, *(c for c in self.table if c not in columns)]]


def read(
    runs: Sequence[Run],
    *,
    y: str = "miou",
    at: float | str | None = None,
    pair: Pair | None = None,
    reported: bool = False,
    full: float | None = None,
) -> Comparison:
    """Compare the methods of one experiment.

    Args:
        runs: of one experiment, finished or not.
        y: the metric, as of the learning curves.
        at: the budget, in its unit or as a text in %, e.g. ``"12%"``; left out: the last one that
            every run has reached.
        pair: two methods; left out: every one with every other, the earlier listed one subtracted.
        reported: compare the networks of report points instead of those of the cycles.
        full: the metric with the whole pool labelled, 0–1, as of :func:`whole_pool`; left out: that
            of the experiment's first reference. Without either there is no ALC and no share of it.

    Raises:
        ConfigError: for an unknown metric, method or budget, a budget that no cycle has, or runs of
            several experiments.
    """
    check_y(runs, y)
    record = one_experiment(runs, "A comparison")
    known = methods_of(runs)
    for name in pair or ():
        if name not in known:
            raise unknown_name("method", name, known)
    measured = reports_table(runs) if reported else metrics_table(runs)
    if record is None or measured.get(y, pd.Series(dtype=float)).isna().all():
        return _nothing(y, known)
    own = whole_pool_of(record, y) if full is None else None
    full = own.mean if own is not None else full
    curves = seed_curves(measured, y, record.geometry.n_images, full)
    for name in pair or ():
        if name not in curves.methods:
            raise ConfigError(f"The method {name} has nothing measured yet; run it first.")
    order = tuple(m for m in known if m in curves.values)
    alike = Alike(runs, reported=reported)
    replays = alike.replays(order)
    pairs = {one: alike.of(*one) for one in ([pair] if pair else _pairs(order, replays))}
    order = tuple(m for m in order if m in (pair or order))
    cycle = _last_of_all(curves, order) if at is None else _cycle_at(record, at, curves, order)
    found = _Compared(curves, pairs, replays, order, cycle)
    compared = _comparison(found, record, y, known)
    if own is None:
        return compared
    return replace(compared, notes=(*compared.notes, whole_pool_note(own, y_title(y))))


def whole_pool(record: ExperimentRecord, of: ExperimentRecord, y: str) -> float:
    """Return the metric with the whole pool labelled, mean over the runs that labelled it.

    Args:
        record: an experiment whose budget reaches the whole pool.
        of: the experiment that is compared; it must have the same dataset, pool and split.
        y: the metric.

    Raises:
        ConfigError: if the experiment was measured on something else, or no cycle labelled all of
            the pool.
    """
    check_y(record.runs(), y)
    require_same_data(record, of)
    values = _all_labelled(record).get(y, pd.Series(dtype=float))
    if values.isna().all():
        raise ConfigError(
            f"No cycle of {record.id} has the whole pool labelled; wanted an experiment with "
            'budget: {unit: "%", initial: 100%, per_cycle: 0, cycles: 1}.'
        )
    return float(values.mean())


def clicks_of_all(record: ExperimentRecord) -> float | None:
    """Return the clicks that labelling the whole pool took an experiment that did so.

    ``None`` where they were not counted, and for units that overlap: each is outlined by itself, so
    that their clicks add up to many times those of the images.
    """
    if record.geometry.overlapping:
        return None
    clicks = _all_labelled(record)["labelled_clicks"].dropna()
    return float(clicks.iloc[0]) if len(clicks) else None


def _all_labelled(record: ExperimentRecord) -> pd.DataFrame:
    table = metrics_table(record.runs())
    return table[table["pool_share"].astype(float) > 1 - 1e-9]


def _pairs(order: Sequence[str], replays: Mapping[Pair, Likeness]) -> list[Pair]:
    """Return the pairs to compare, later minus earlier; a replay with what it repeats alone."""
    twins = {later for later, _ in replays}
    found = [(later, earlier) for earlier, later in combinations(order, 2)]
    return [pair for pair in found if pair in replays or not twins & set(pair)]


def _last_of_all(curves: SeedCurves, methods: Sequence[str]) -> int:
    """Return the last cycle that every run of these methods has reached."""
    return min(curves.reached(method) for method in methods)


def _cycle_at(
    record: ExperimentRecord, at: float | str, curves: SeedCurves, methods: Sequence[str]
) -> int:
    """Return the first cycle whose nominal budget reaches an amount.

    Raises:
        ConfigError: if it is no amount of the budget, or nothing is measured there.
    """
    budget = record.config.budget
    try:
        point = point_of(at, budget.unit)
    except ValueError as error:
        raise ConfigError(f"The budget to compare at is {quoted(at)}: {error}.") from None
    cycle = Allowance(record.geometry, budget).first_cycle(point)
    if cycle is None:
        raise ConfigError(
            f"The budget to compare at is {quoted(at)}, and the last cycle of {record.id} has "
            f"{budget.text(budget.total)}; choose one up to that."
        )
    measured = sorted({cycle for m in methods for cycle in curves.cycles(m)})
    if cycle not in measured:
        known = ", ".join(budget.text(budget.nominal(c)) for c in measured[-8:])
        raise ConfigError(f"Nothing is measured at {quoted(at)} yet; choose one of {known}.")
    return cycle


@dataclass(frozen=True)
class _Compared:
    """What is compared, and where."""

    curves: SeedCurves
    pairs: Mapping[Pair, Likeness]
    replays: Mapping[Pair, Likeness]
    order: tuple[str, ...]
    at: int

    def tables(self, pairs: Mapping[Pair, Likeness]) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the statistics of some pairs at the budget, and over all budgets."""
        return of_pairs(self.curves, pairs, self.at), over_budgets(self.curves, pairs)


def _comparison(
    found: _Compared, record: ExperimentRecord, y: str, known: tuple[str, ...]
) -> Comparison:
    curves, at = found.curves, found.at
    budget = record.config.budget.text(record.config.budget.nominal(at))
    floor = floors(*found.tables(found.replays))
    table, budgets = found.tables(found.pairs)
    budgets = judged(budgets.assign(floor=floor["value"]))
    table = judged(table.assign(floor=table["measure"].map(floor)))
    names = titles(y, budget)
    table["saving"] = [saving(curves, row, at) for row in table.to_dict("records")]
    table["sentence"] = [sentence(row, names[row["measure"]]) for row in table.to_dict("records")]
    return Comparison(
        table=table,
        budgets=budgets,
        methods=of_methods(curves, found.order, at),
        notes=notes(table, floor["value"], curves, found.order, at),
        y=y,
        at=at,
        budget=budget,
        baseline=_baseline(found.order, found.pairs),
        floor=floor["value"],
        order=found.order,
        known=known,
    )


def _baseline(order: Sequence[str], pairs: Mapping[Pair, Likeness]) -> str:
    if len(pairs) == 1:
        return next(iter(pairs))[1]
    return BASELINE if BASELINE in order else order[0]


def _nothing(y: str, known: tuple[str, ...]) -> Comparison:
    none = _Compared(SeedCurves({}, pd.Series(dtype=float), {}, 0), {}, {}, (), 0)
    table, budgets = (judged(one.assign(floor=np.nan)) for one in none.tables({}))
    table = table.assign(saving=np.nan, sentence="")
    methods = of_methods(none.curves, (), 0)
    return Comparison(table, budgets, methods, (), y, -1, "", "", float("nan"), (), known)


def figure(data: Comparison, theme: ThemeName = "light") -> go.Figure:
    """Draw each method's difference to the baseline over the budgets, with its interval."""
    if data.at < 0:
        return sentence_figure("No cycle has been measured yet, so nothing can be compared.", theme)
    lines = {m: _against(data, m) for m in data.order if m != data.baseline}
    lines = {m: points for m, points in lines.items() if len(points)}
    if not lines:
        return sentence_figure("One method alone has been measured: there is no pair.", theme)
    look, drawn = THEMES[theme], blank(theme)
    looks = styles(data.known)
    if data.floor > 0:
        drawn.add_hrect(
            y0=-data.floor, y1=data.floor, fillcolor=look.faint, opacity=0.25, line_width=0
        )
    drawn.add_hline(y=0, line={"color": look.muted, "width": 1})
    for place, (method, points) in enumerate(lines.items()):
        colour = look.colours[looks[method].colour]
        _add_line(drawn, method, points, colour, looks[method].marker, place - len(lines) / 2)
    baseline = plain(data.baseline)
    drawn.update_xaxes(title_text="Cycle", dtick=1 if points["cycle"].max() <= 60 else None)
    drawn.update_yaxes(
        title_text=f"{plain(y_title(data.y))} − {baseline} (points of %)", tickformat="+.1%"
    )
    band = " Grey band: replay floor." if data.floor > 0 else ""
    about = f"Paired by seed; bars: {LEVEL:.0%} interval of the mean difference.{band}"
    caption(drawn, about, theme)
    return drawn


def _against(data: Comparison, method: str) -> pd.DataFrame:
    """Return the differences of a method to the baseline, whichever way they were taken."""
    table, base = data.budgets, data.baseline
    forth = table[(table["first"] == method) & (table["second"] == base)]
    if len(forth):
        return forth
    back = table[(table["first"] == base) & (table["second"] == method)]
    return back.assign(difference=-back["difference"], low=-back["high"], high=-back["low"])


def _add_line(
    drawn: go.Figure, method: str, points: pd.DataFrame, colour: str, marker: str, place: float
) -> None:
    name = plain(method)
    bars = {"color": colour, "thickness": 1.2, "width": 3, "symmetric": False}
    bars |= {
        "array": points["high"] - points["difference"],
        "arrayminus": points["difference"] - points["low"],
    }
    drawn.add_scatter(
        x=points["cycle"] + 0.03 * place,  # bars side by side
        y=points["difference"],
        error_y=bars,
        mode="lines+markers",
        line={"color": colour, "width": 2},
        marker={"symbol": marker, "size": 8, "color": colour},
        customdata=points[["cycle", "low", "high", "seeds", "p_holm"]].to_numpy(),
        hovertemplate=(
            f"<b>{name}</b>, cycle %{{customdata[0]}}: %{{y:+.1%}} (%{{customdata[1]:+.1%}} to "
            "%{customdata[2]:+.1%}, n = %{customdata[3]}, p by Holm %{customdata[4]:.2g})"
            "<extra></extra>"
        ),
        name=name,
    )
