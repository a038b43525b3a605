"""What a store tells of one unit of a query: its score, classes, neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import NotStoredError, WorkbenchError
from workbench.figures._query import Query, class_shares

NEAREST = 4
"""Neighbours of each kind: as many thumbnails as stand in a row."""

PLACE = ["unit_id", "image_id", "y0", "x0", "y1", "x1"]
_NEIGHBOURS = ["kind", "place", *PLACE, "distance", "rank"]


def by_score(query: Query, unit: int) -> dict[str, Any]:
    """Return a unit's score, its rank among all candidates, and the cut-off by score alone."""
    nothing = {"score": np.nan, "score_rank": 0, "candidates": 0, "cut_off": np.nan}
    try:
        scores = query.scores
    except NotStoredError as error:
        return nothing | {"margin": np.nan, "unscored": f"The scores are not stored: {error}"}
    values, k = scores.to_numpy(), min(len(query.picked), len(scores))
    cut_off = float(np.partition(values, -k)[-k]) if k else np.nan
    score = float(scores.loc[unit]) if unit in scores.index else np.nan
    return {
        "score": score,
        "score_rank": 0 if np.isnan(score) else 1 + int((values > score).sum()),
        "candidates": len(values),
        "cut_off": cut_off,
        "margin": score - cut_off,
        "unscored": "",
    }


def classes_of(query: Query, unit: int, notes: list[str]) -> pd.DataFrame:
    """Return the predicted class mix of a candidate; a note where it is not stored."""
    names, cycle = query.run.experiment.card.classes, query.cycle
    try:
        rows = class_shares(cycle)[(cycle.units["unit_id"] == unit).to_numpy()]
    except (NotStoredError, KeyError):
        notes.append("The predicted classes of units are not stored in this cycle.")
        rows = pd.DataFrame()
    shares = rows.iloc[0].to_numpy(float) if len(rows) else np.empty(0)
    table = pd.DataFrame({"class": list(names)[: len(shares)], "share": shares})
    return table.sort_values("share", ascending=False, kind="stable", ignore_index=True)


def neighbours_of(query: Query, unit: int, notes: list[str]) -> pd.DataFrame:
    """Return the nearest labelled and selected units; a note where embeddings are not stored."""
    try:
        held = query.cycle.embeddings
    except WorkbenchError as error:
        notes.append(f"The nearest units are not known: {error}")
        return pd.DataFrame(columns=_NEIGHBOURS)
    mine = held.vectors[held.unit_ids == unit].astype(np.float64)
    kinds = {"labelled": query.cycle.labelled, "selected": query.picked}
    parts = []
    for kind, ids in kinds.items():
        others = np.sort(ids[(ids != unit) & np.isin(ids, held.unit_ids)])
        if not len(mine) or not len(others):
            continue
        vectors = held.vectors[np.searchsorted(held.unit_ids, others)]
        away = np.linalg.norm(vectors - mine, axis=1)
        near = np.argsort(away, kind="stable")[:NEAREST]
        part = query.run.experiment.geometry.places(others[near])[PLACE]
        ranks = [query.place(one) if kind == "selected" else 0 for one in others[near].tolist()]
        parts.append(
            part.assign(
                kind=kind, place=np.arange(1, len(near) + 1), distance=away[near], rank=ranks
            )
        )
    return (
        pd.concat(parts, ignore_index=True)[_NEIGHBOURS]
        if parts
        else pd.DataFrame(columns=_NEIGHBOURS)
    )


def scores_of(query: Query) -> pd.DataFrame:
    """Return all candidates' scores, the largest first, and which of them were picked."""
    try:
        scores = query.scores.sort_values(ascending=False, kind="stable")
    except NotStoredError:
        return pd.DataFrame({"score": np.empty(0), "picked": np.empty(0, bool)})
    picked = np.isin(scores.index, query.picked)
    return pd.DataFrame({"score": scores.to_numpy(), "picked": picked})
