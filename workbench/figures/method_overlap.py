"""Method against method: how far their queries agree, and how far their scores do.

Compared are runs of one seed, which start from the same labels and the same network:

* ``query``: Jaccard index of the units that two methods select in one cycle;
* ``labelled``: Jaccard index of all that is labelled after that query;
* ``scores``: Kendall's τ-b of the unit scores that two methods rank by, on the candidates of the
  cycle 0 they share, which are two readings of one network.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from plotly import graph_objects as go

from workbench.errors import NotStoredError, unknown_name
from workbench.figures._runs import methods_of, one_experiment
from workbench.figures._seeds import count_text, over_seeds
from workbench.figures._style import THEMES, ThemeName, blank, note, plain
from workbench.figures._style import sentence as sentence_figure
from workbench.metrics import jaccard, rank_correlation
from workbench.store.damage import readable

if TYPE_CHECKING:
    from workbench.store import Cycle, Run

KINDS: dict[str, tuple[str, str]] = {
    "query": (
        "Overlap of the queries",
        "Jaccard index of the units two methods select in this cycle: 1 the same, 0 none shared.",
    ),
    "labelled": (
        "Overlap of the labelled sets",
        "Jaccard index of everything labelled after this cycle's query, with the initial units, "
        "which all methods of a seed share.",
    ),
    "scores": (
        "Agreement of the scores",
        "Kendall's τ of the unit scores two methods rank by, in the cycle 0 they share: 1 the same "
        "order, 0 unrelated, −1 reversed. Methods that rank by no score are left out.",
    ),
}
"""Kind ► title and meaning."""

_COLUMNS = ["kind", "first", "second", "seed", "value", "chance"]


@dataclass(frozen=True)
class MethodOverlap:
    """How far methods agree at one cycle.

    Attributes:
        table: one row per kind, pair of methods (both ways) and seed: ``kind``, ``first``,
            ``second``, ``seed``, ``value`` (NaN where there is nothing to compare) and ``chance``
            (what two random queries of these sizes would share; NaN for scores).
        cycle: the cycle; ``None`` if there is none with two methods' queries.
        methods: those compared, in the experiment's order.
    """

    table: pd.DataFrame
    cycle: int | None
    methods: tuple[str, ...]

    @property
    def summary(self) -> pd.DataFrame:
        """One row per kind and pair: ``mean``, ``sd`` (NaN for one seed), ``seeds``, ``chance``."""
        pair = ["kind", "first", "second"]
        measured = self.table.dropna(subset=["value"])
        chance = measured.groupby(pair, sort=False)["chance"].mean().to_numpy()
        columns = [*pair, "mean", "sd", "seeds", "chance"]
        return over_seeds(measured, pair).assign(chance=chance)[columns]

    def matrix(self, kind: str) -> pd.DataFrame:
        """Return the methods × methods means over seeds; methods without a value are left out."""
        summary = self.summary
        cells = summary[summary["kind"] == kind].pivot(
            index="first", columns="second", values="mean"
        )
        names = [name for name in self.methods if name in cells.index]  # any pair stands both ways
        return cells.reindex(index=names, columns=names)


def read(runs: Sequence[Run], cycle: int | None = None) -> MethodOverlap:
    """Compare the methods of runs of one experiment.

    Args:
        runs: all of one experiment.
        cycle: a published cycle that selected something; by default the last that all the runs
            have.

    Raises:
        ConfigError: if the runs belong to several experiments.
    """
    one_experiment(runs, "Method against method")
    queried = dict(readable(runs, _queried))
    shared = set.intersection(*map(set, queried.values())) if queried else set()
    number = max(shared, default=0) if cycle is None else cycle
    there = [run for run, numbers in queried.items() if number in numbers]
    by_seed: dict[int, list[Run]] = {}
    for run, _ in readable(there, lambda run: run.cycle(number).labelled):
        by_seed.setdefault(run.seed, []).append(run)
    compared = readable(by_seed.items(), lambda of: list(_rows(*of, number)))
    rows = [row for _, found in compared for row in found]
    present = {run.method.name for some in by_seed.values() for run in some}
    methods = tuple(name for name in methods_of(runs) if name in present)
    table = pd.DataFrame(rows, columns=_COLUMNS)
    return MethodOverlap(table, number if len(table) else None, methods)


def _queried(run: Run) -> list[int]:
    """Return the numbers of the cycles that selected something."""
    return [cycle.number for cycle in run.cycles if len(cycle.selected)]


def _rows(seed: int, runs: Sequence[Run], number: int) -> Iterator[dict[str, Any]]:
    cycles = {run.method.name: run.cycle(number) for run in runs}
    labelled = {n: np.concatenate([c.labelled, c.selected]) for n, c in cycles.items()}
    scores = {run.method.name: _scores(run) for run in runs}
    pool = len(runs[0].experiment.geometry)
    for a, b in permutations(cycles, 2):
        pair = {"first": a, "second": b, "seed": seed}
        first, second = cycles[a], cycles[b]
        begun = len(runs[0].cycle(0).labelled)
        free = (pool - len(first.labelled), pool - len(second.labelled))
        query = _by_chance(len(first.selected), len(second.selected), max(free), 0)
        sets = _by_chance(len(labelled[a]) - begun, len(labelled[b]) - begun, pool - begun, begun)
        overlap = jaccard(first.selected, second.selected)
        yield pair | {"kind": "query", "value": overlap, "chance": query}
        everything = jaccard(labelled[a], labelled[b])
        yield pair | {"kind": "labelled", "value": everything, "chance": sets}
        yield pair | {"kind": "scores", "value": _agreement(scores[a], scores[b])}


def _by_chance(first: int, second: int, pool: int, common: int) -> float:
    """Return the Jaccard index at the expected overlap of two random draws from a pool.

    Args:
        first: units drawn by one method.
        second: by the other.
        pool: units drawn from.
        common: units that both hold besides.
    """
    both = common + (first * second / pool if pool else 0.0)
    union = 2 * common + first + second - both
    return both / union if union else float("nan")


@dataclass(frozen=True)
class _Ranking:
    source: str
    values: pd.Series


def _scores(run: Run) -> _Ranking | None:
    """Return the unit scores a method ranks cycle 0 by; ``None`` if the store has none."""
    start: Cycle = run.cycle(0)
    if run.method.score is None:
        return None
    try:
        values = start.unit_scores(run.method.score, run.method.aggregation)
    except NotStoredError:
        return None
    return _Ranking(str(start.data_path), values)


def _agreement(first: _Ranking | None, second: _Ranking | None) -> float:
    """Return Kendall's τ; NaN where a method has no score, or the two networks differ."""
    if first is None or second is None or first.source != second.source:
        return float("nan")
    return rank_correlation(first.values.to_numpy(), second.values.to_numpy())


_CELL, _HEAD = 46, 72
"""CSS pixels of a row, and of what stands above all rows."""


def figure(data: MethodOverlap, theme: ThemeName = "light", *, kind: str = "query") -> go.Figure:
    """Draw one kind as a map: a row and a column per method, the value in every cell.

    Raises:
        ConfigError: for an unknown kind.
    """
    if kind not in KINDS:
        raise unknown_name("kind of agreement", kind, KINDS)
    grid = data.matrix(kind)
    if len(grid) < 2:
        what = "that rank by a score " if kind == "scores" else ""
        return sentence_figure(f"There are no two methods {what}to compare here yet.", theme)
    cells = grid.to_numpy(float)
    text = [["–" if np.isnan(v) else f"{v:.2f}" for v in row] for row in cells]
    for i, row in enumerate(text):
        row[i] = ""  # every method agrees with itself
    low, colours = (-1.0, "RdBu") if kind == "scores" else (0.0, "Cividis")
    drawn = blank(theme)
    drawn.add_heatmap(
        z=cells,
        x=list(map(plain, grid.columns)),
        y=list(map(plain, grid.index)),
        text=text,
        texttemplate="%{text}",
        zmin=low,
        zmax=1.0,
        colorscale=colours,
        xgap=2,
        ygap=2,
        showscale=False,  # every cell shows its number
        hoverongaps=False,
        hovertemplate="%{y} and %{x}: %{z:.3f}<extra></extra>",
    )
    look = {"showgrid": False, "ticks": "", "showline": False}
    drawn.update_xaxes(side="top", title_text="Method", **look)
    drawn.update_yaxes(autorange="reversed", title_text="Method", **look)
    ink = {"color": THEMES[theme].ink}
    drawn.update_xaxes(tickfont=ink)
    drawn.update_yaxes(tickfont=ink)
    drawn.update_layout(height=_HEAD + _CELL * len(grid) + 56, margin={"t": _HEAD, "b": 56, "r": 8})
    # three of these stand side by side: half a line of a whole figure
    note(drawn, _caption(data, kind), theme, y=0, yanchor="top", yshift=-8, width=44)
    return drawn


def _caption(data: MethodOverlap, kind: str) -> str:
    summary = data.summary[data.summary["kind"] == kind]
    pairs = summary[summary["first"] != summary["second"]]
    n = count_text(pairs["seeds"])
    if kind == "scores":
        return f"Kendall's τ, cycle 0, mean over seeds ({n})."
    chance = pairs["chance"].mean()
    return f"Jaccard, cycle {data.cycle}, mean over seeds ({n}). By chance: {chance:.2g}."
