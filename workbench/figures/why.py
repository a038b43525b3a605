"""Why a unit was picked, or was not: its score and rank, what the selector added, its neighbours.

For one unit of one cycle of a run: one row for the run's method, and one for each other method of
the experiment with the same seed, each with a sentence. What a store does not hold is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from plotly import graph_objects as go

from workbench.errors import NotStoredError
from workbench.figures._query import Query, column_name
from workbench.figures._sentences import why_sentence
from workbench.figures._style import STATE_COLOURS, THEMES, ThemeName, blank, plain
from workbench.figures._style import sentence as sentence_figure
from workbench.figures._unit_facts import PLACE, by_score, classes_of, neighbours_of, scores_of
from workbench.store.damage import readable
from workbench.types import image_numbers

if TYPE_CHECKING:
    from workbench.store import Run

_COLUMNS = [
    *("method", "seed", "run", "cycle", "state", "rank", "picks", "score_name", "score"),
    *("score_rank", "candidates", "cut_off", "margin", "decided_by", "value", "value_rank"),
    *("left", "value_margin", "drawn", "reason", "missing", "sentence"),
]
_PICKS = [*PLACE, "seed", "cycle", "picked_by", "methods", "rank", "ranks"]
_MOST_POINTS = 2000


@dataclass(frozen=True)
class Why:
    """What is known of a unit at a query.

    Attributes:
        table: one row per method, the run's own first: ``method``, ``seed``, ``run``, ``cycle``;
            ``state`` (picked, not picked, labelled before, left out by the pool filter, nothing
            picked yet), ``rank`` among the ``picks`` (from 1; 0: not picked); ``score_name``, and
            by it ``score``, ``score_rank`` among all ``candidates``, ``cut_off`` (the score of the
            last one that would be picked by score alone) and ``margin`` to it; ``decided_by``,
            ``value``, ``value_rank`` among those ``left`` and ``value_margin`` as of
            ``figures._query.Decided``; ``drawn`` (chance decides, alone or by the value);
            ``reason`` as stored; ``missing`` (what is not known, and why) and ``sentence``.
        unit: its place: ``unit_id``, ``image_id``, ``y0``, ``x0``, ``y1``, ``x1``.
        classes: ``class`` and predicted ``share`` (0–1), the largest first; empty where unknown.
        neighbours: the nearest labelled and the nearest other selected units in the method's
            embedding: ``kind`` (labelled, selected), ``place`` from 1, those of ``unit``,
            ``distance`` (Euclidean) and, of a selected one, ``rank``.
        picked_by: the methods that picked it, in the table's order.
        scores: ``score`` and ``picked`` of the run's candidates, the largest score first.
        notes: sentences on what is not stored, each once.
    """

    table: pd.DataFrame
    unit: dict[str, Any]
    classes: pd.DataFrame
    neighbours: pd.DataFrame
    picked_by: tuple[str, ...]
    scores: pd.DataFrame
    notes: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The sentence of the run's own method."""
        return str(self.table["sentence"][0])


@dataclass(frozen=True)
class Picks:
    """What several runs picked in one cycle.

    Attributes:
        table: one row per unit: ``unit_id``, ``image_id``, ``y0``, ``x0``, ``y1``, ``x1``,
            ``seed``, ``cycle``, ``picked_by`` ("A, B"), ``methods`` (their number), ``rank`` (the
            first of its ranks, from 1) and ``ranks`` ("A 3, B 1"); those that most methods picked
            first, then by rank.
    """

    table: pd.DataFrame


def read(
    run: Run,
    cycle: int,
    unit_id: int | None = None,
    image_id: str | None = None,
    others: Sequence[Run] | None = None,
) -> Why:
    """Read all that is known of a unit at a query.

    Args:
        run: whose query it is.
        cycle: a published cycle.
        unit_id: the unit.
        image_id: in its place an image: of its units the one that was picked first, else the one
            with the largest score.
        others: the runs to compare with; left out: those of the experiment with the same seed.

    Raises:
        NotStoredError: if the pool has no such image, or neither unit nor image is given.
        PoolError: if the pool has no such unit.
        StoreError: if the cycle is not published or damaged.
    """
    query = Query(run, cycle)
    unit = unit_of(query, image_id) if unit_id is None else unit_id
    place = run.experiment.geometry.places([unit]).iloc[0]
    beside = run.experiment.runs() if others is None else others
    beside = [one for one in beside if one.seed == run.seed and one.id != run.id]
    beside = [one for one in beside if cycle in one.published]
    queries = [query, *(q for _, q in readable(beside, lambda one: Query(one, cycle)))]
    rows = [row for _, row in readable(queries, lambda one: _row(one, unit))]
    table = pd.DataFrame(rows, columns=_COLUMNS)
    notes: list[str] = []
    classes, neighbours = classes_of(query, unit, notes), neighbours_of(query, unit, notes)
    notes += [row["missing"] for row in rows[:1] if row["missing"]]
    return Why(
        table,
        {name: place[name] for name in PLACE},
        classes,
        neighbours,
        tuple(table["method"][table["rank"] > 0]),
        scores_of(query),
        tuple(dict.fromkeys(notes)),
    )


def picks(runs: Sequence[Run], cycle: int) -> Picks:
    """Read what runs picked in a cycle; a run that has not come to it picked nothing.

    Args:
        runs: of one experiment; each seed has rows of its own.
        cycle: the number of the cycle.
    """
    there = [run for run in runs if cycle in run.published]
    parts = []
    for run, table in readable(there, lambda one: one.cycle(cycle).selection):
        named = table[[*PLACE, "rank"]].assign(seed=run.seed, method=run.method.name)
        parts.append(named.assign(rank=named["rank"] + 1))
    found = pd.concat(parts) if parts else pd.DataFrame(columns=[*PLACE, "rank", "seed", "method"])
    rows = []
    for (seed, _), same in found.groupby(["seed", "unit_id"], sort=False):
        ranks = dict(zip(same["method"], same["rank"], strict=True))
        rows.append(
            same.iloc[0][PLACE].to_dict()
            | {"seed": seed, "cycle": cycle, "picked_by": ", ".join(ranks), "methods": len(ranks)}
            | {"rank": min(ranks.values())}
            | {"ranks": ", ".join(f"{name} {rank}" for name, rank in ranks.items())}
        )
    table = pd.DataFrame(rows, columns=_PICKS)
    order = ["seed", "methods", "rank", "unit_id"]
    return Picks(table.sort_values(order, ascending=[True, False, True, True], ignore_index=True))


def unit_of(query: Query, image_id: str | None) -> int:
    """Return the unit of an image that was picked first, else that with the largest score."""
    ids = query.run.experiment.geometry.image_ids
    if image_id is None or image_id not in ids:
        wanted = "no image was named" if image_id is None else f"there is no image {image_id!r}"
        raise NotStoredError(
            f"In the pool of {query.run.experiment.id} {wanted}; choose one of its image ids."
        )
    number = ids.index(image_id)
    picked = query.picked[image_numbers(query.picked) == number]
    if len(picked):
        return int(picked[0])
    scores = query.scores[image_numbers(query.scores.index.to_numpy()) == number]
    if len(scores):
        return int(scores.idxmax())
    labelled = query.cycle.labelled
    rest = np.sort(labelled[image_numbers(labelled) == number])
    if not len(rest):
        raise NotStoredError(
            f"Image {image_id!r} has no unit that could be queried in cycle {query.cycle.number}; "
            "choose another image."
        )
    return int(rest[0])


def _row(query: Query, unit: int) -> dict[str, Any]:
    entry, place = query.selector.entry, query.place(unit)
    row: dict[str, Any] = {
        "method": query.method.name,
        "seed": query.run.seed,
        "run": query.run.id,
        "cycle": query.cycle.number,
        "state": _state(query, unit),
        "rank": place,
        "picks": len(query.picked),
        "score_name": column_name(query),
        **by_score(query, unit),
        "decided_by": entry.decided_by,
        "drawn": entry.drawn,
        "reason": query.reasons.get(unit, ""),
    }
    found = query.decided(unit) if row["candidates"] else None
    row |= {
        "value": found.value if found else np.nan,
        "value_rank": found.rank if found else 0,
        "left": found.left if found else 0,
        "value_margin": found.margin if found else np.nan,
    }
    told = f"What decided is {entry.unstored}." if entry.unstored else ""
    unknown = "" if entry.decides or entry.drawn else "The selector does not tell what decided."
    row["missing"] = row.pop("unscored") or (found.missing if found else "") or told or unknown
    return row | {"sentence": why_sentence(row, own=query.ranks_by_score)}


def _state(query: Query, unit: int) -> str:
    if query.place(unit):
        return "picked"
    if unit in query.cycle.labelled:
        return "labelled before"
    if query.allowed is not None and not query.allowed[image_numbers(np.array([unit]))[0]]:
        return "left out by the pool filter"
    return "not picked" if len(query.picked) else "nothing picked yet"


def figure(data: Why, theme: ThemeName = "light") -> go.Figure:
    """Draw the candidates' scores by rank, with the picks, the unit and the cut-off."""
    row = data.table.iloc[0]
    if data.scores.empty:
        return sentence_figure("This cycle stores no scores of its units.", theme)
    look, drawn = THEMES[theme], blank(theme)
    ranks = np.arange(1, len(data.scores) + 1)
    step = max(1, len(ranks) // _MOST_POINTS)
    score, picked = data.scores["score"].to_numpy(), data.scores["picked"].to_numpy(bool)
    name = plain(str(row["score_name"]))
    drawn.add_scatter(
        x=ranks[::step], y=score[::step], name="candidates", mode="lines", line_color=look.faint
    )
    colour = look.colours[STATE_COLOURS["selected"]]
    drawn.add_scatter(
        x=ranks[picked], y=score[picked], name="picked", mode="markers", marker_color=colour
    )
    if row["score_rank"]:
        mark = {"color": look.ink, "size": 14, "symbol": "circle-open", "line": {"width": 3}}
        drawn.add_scatter(
            x=[row["score_rank"]], y=[row["score"]], name="this unit", mode="markers", marker=mark
        )
    if row["cut_off"] == row["cut_off"]:
        drawn.add_hline(y=row["cut_off"], line={"color": look.muted, "dash": "dot"})
    drawn.update_xaxes(title_text="Rank among the candidates")
    drawn.update_yaxes(title_text=f"Score: {name}")
    return drawn
