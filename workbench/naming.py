"""How things are named in the run store: one place, because many layers read them.

A score is ``acquisition`` or ``acquisition@committee`` (left out for softmax). A unit score
is ``score`` for the mean over the unit's pixels, ``score/aggregation`` for any other aggregation.
"""

from __future__ import annotations

DEFAULT_COMMITTEE = "softmax"
DEFAULT_AGGREGATION = "mean"


def score_name(acquisition: str, committee: str = DEFAULT_COMMITTEE) -> str:
    """Name a score by the keys of its acquisition function and its committee."""
    return acquisition if committee == DEFAULT_COMMITTEE else f"{acquisition}@{committee}"


def split_score(name: str) -> tuple[str, str]:
    """Return (acquisition spec, committee spec) of a score's name."""
    acquisition, _, committee = name.partition("@")
    return acquisition, committee or DEFAULT_COMMITTEE


def column(score: str, aggregation: str = DEFAULT_AGGREGATION) -> str:
    """Name the unit table's column of a score under an aggregation's key."""
    return score if aggregation == DEFAULT_AGGREGATION else f"{score}/{aggregation}"


def split_column(name: str) -> tuple[str, str]:
    """Return (score, aggregation key) of a unit table's column."""
    score, _, aggregation = name.partition("/")
    return score, aggregation or DEFAULT_AGGREGATION


def run_id(experiment_id: str, method: str, seed: int) -> str:
    """Name a run; also its path below the store's ``experiments`` folder, runs left out."""
    return f"{experiment_id}/{method}-s{seed}"
