"""What decided on a unit, as a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.figures._scores import words


def why_sentence(row: Mapping[str, Any], *, own: bool) -> str:
    """Return why a unit was picked, or was not.

    Args:
        row: a row of :class:`workbench.figures.why.Why`, without its sentence.
        own: whether the method reads the score; else the score is told for comparison only.
    """
    if row["state"] in {"labelled before", "left out by the pool filter"}:
        return f"{row['state'].capitalize()}: no candidate of this query."
    head = {"picked": f"Picked {ordinal(row['rank'])} of {row['picks']}"}.get(
        row["state"], row["state"].capitalize()
    )
    missing = "" if row["value_rank"] else row["missing"].rstrip(".")
    parts = [_decided(row), missing[:1].lower() + missing[1:], _by_score(row, own=own)]
    told = "; ".join(part for part in parts if part)
    return f"{head}: {told}." if told else f"{head}."


def ordinal(number: int) -> str:
    """Return a number as 1st, 2nd, 3rd or 4th."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{'th' if 10 < number % 100 < 14 else ending}"


def _decided(row: Mapping[str, Any]) -> str:
    if row["drawn"] and not row["decided_by"]:
        return "chance decides"
    if not row["value_rank"]:
        return ""
    what = _score(row) if row["decided_by"] == "score" else row["decided_by"]
    at = "" if row["rank"] else " at the last pick"
    text = f"{what} {row['value']:.3g}, {_largest(row['value_rank'])} of {row['left']:,} left{at}"
    if not row["rank"] and row["value_margin"] < 0:
        text += f", {-row['value_margin']:.3g} below the one that was taken"
    return f"{text}; chance decides, with better odds for a larger one" if row["drawn"] else text


def _by_score(row: Mapping[str, Any], *, own: bool) -> str:
    if not row["score_rank"] or (row["decided_by"] == "score" and row["value_rank"]):
        return ""
    place = f"{ordinal(row['score_rank'])} of {row['candidates']:,}"
    if own:
        return f"by its {_score(row)}, {row['score']:.3g}, it is {place}"
    return f"by {_score(row)} alone it would be {place}"


def _largest(rank: int) -> str:
    return "the largest" if rank == 1 else f"the {ordinal(rank)} largest"


def _score(row: Mapping[str, Any]) -> str:
    text = words(row["score_name"])
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]
