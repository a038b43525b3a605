"""Names of scores, unit scores and runs in the run store, defined once because all layers use them.

A score is ``acquisition`` or ``acquisition@committee`` (left out for softmax). A unit score
is ``score`` for the mean over the unit's pixels, ``score/aggregation`` for any other aggregation.
In place of a score a method may name a column that a rider writes: ``column:NAME``.
"""

from __future__ import annotations

from workbench.errors import StoreError, unknown_name

DEFAULT_COMMITTEE = "softmax"
DEFAULT_AGGREGATION = "mean"


def score_name(acquisition: str, committee: str = DEFAULT_COMMITTEE) -> str:
    """Return the name of a score from the keys of its acquisition function and committee."""
    return acquisition if committee == DEFAULT_COMMITTEE else f"{acquisition}@{committee}"


def split_score(name: str) -> tuple[str, str]:
    """Return (acquisition spec, committee spec) of the name of a score."""
    acquisition, _, committee = name.partition("@")
    return acquisition, committee or DEFAULT_COMMITTEE


def column(score: str, aggregation: str = DEFAULT_AGGREGATION) -> str:
    """Return the column of the unit table for a score and the key of an aggregation."""
    return score if aggregation == DEFAULT_AGGREGATION else f"{score}/{aggregation}"


def split_column(name: str) -> tuple[str, str]:
    """Return (score, aggregation key) of a column of the unit table."""
    score, _, aggregation = name.partition("/")
    return score, aggregation or DEFAULT_AGGREGATION


def rider_column(score: str | None) -> str | None:
    """Return NAME of ``column:NAME``; ``None`` for a score of pixels, or without a score."""
    kind, _, name = (score or "").partition(":")
    return name.strip() if kind.strip() == "column" else None


def run_id(experiment_id: str, method: str, seed: int) -> str:
    """Return the id of a run, ``EXPERIMENT/METHOD-sSEED``.

    Its path below the store's folder ``experiments`` is the same, with ``runs`` in between.
    """
    return f"{experiment_id}/{method}-s{seed}"


def only_id(kind: str, name: str, ids: list[str]) -> str:
    """Return an id that is given whole, or as a start that no other id has.

    Args:
        kind: what the ids name, for the error, e.g. ``"run"``.
        name: the id, or its start.
        ids: all of them.

    Raises:
        StoreError: if there is none, or more than one.
    """
    if name in ids:
        return name
    found = [one for one in ids if one.startswith(name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise StoreError(
            f"{len(found)} ids of a {kind} start with {name!r}; give more of one of "
            f"{', '.join(sorted(found)[:3])}{' …' if len(found) > 3 else ''}."
        )
    raise StoreError(f"{unknown_name(f'{kind} in this store called', name, ids)}")
