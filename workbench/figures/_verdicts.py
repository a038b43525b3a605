"""What a comparison of two methods comes to, in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal, cast

from workbench.metrics import ALPHA, FEWEST, fewest_seeds, least_p
from workbench.metrics._separation import MOST_NEEDED

Verdict = Literal[
    "same",
    "replay",
    "same picks",
    "no seeds",
    "equal",
    "noise",
    "too few",
    "better",
    "worse",
    "open",
]
"""``same``: one run under two names. ``replay``: one definition under two names. ``same picks``:
the queries are the same, the trainings differ. ``no seeds``: no seed has both. ``equal``: none of
several seeds differs, as at a shared cycle 0. ``noise``: within the replay floor. ``too few``:
fewer than five seeds. ``better``, ``worse``: significant after Holm's correction. ``open``: not
separable with these seeds."""


def verdict_of(row: Mapping[Any, Any], floor: float) -> Verdict:
    """Return the verdict on one row of a table of pairs.

    Args:
        row: ``alike``, ``seeds``, ``difference``, ``low``, ``high``, ``p_holm``.
        floor: the replay floor in the unit of the difference; NaN if there is none.
    """
    if row["alike"]:
        return cast("Verdict", row["alike"])
    if row["seeds"] == 0:
        return "no seeds"
    if row["difference"] == 0 and row["seeds"] == 1:
        return "too few"
    if row["difference"] == row["low"] == row["high"] == 0:
        return "equal"
    if abs(row["difference"]) <= floor:
        return "noise"
    return _by_test(row)


def _by_test(row: Mapping[Any, Any]) -> Verdict:
    if row["seeds"] < FEWEST:
        return "too few"
    if row["p_holm"] <= ALPHA:
        return "better" if row["difference"] > 0 else "worse"
    return "open"


def amount(measure: str, value: float, *, sign: bool = False) -> str:
    """Return a measure in its unit: points of percent, area in percent times share, images."""
    scaled = 100 * value if measure == "value" else value
    digits = 2 if measure == "auc" else 1
    text = f"{scaled:{'+' if sign else ''}.{digits}f}"
    if float(text) == 0:  # rounded to it, from either side
        return "0" if sign and value == 0 else text.lstrip("+-")
    return text.replace("-", "−")


UNITS = {"value": "points", "auc": "of AUC", "alc": "images of ALC"}
"""Of a difference, by measure."""


def sentence(row: Mapping[Any, Any], where: str) -> str:
    """Return one row of a table of pairs as a sentence.

    Args:
        row: with ``verdict`` and ``floor``.
        where: what is compared, e.g. ``mIoU at 32 units``.
    """
    first, second, measure = row["first"], row["second"], row["measure"]
    if row["verdict"] == "no seeds":
        return f"{first} − {second}, {where}: {words(row)}."
    found = amount(measure, row["difference"], sign=True)
    interval = ""
    if not math.isnan(row["low"]):
        ends = (amount(measure, row[end], sign=True) for end in ("low", "high"))
        interval = f" [{', '.join(ends)}]"
    seeds = "1 seed" if row["seeds"] == 1 else f"{row['seeds']} seeds"
    start = f"{first} − {second}, {where}: {found} {UNITS[measure]}{interval}, {seeds}"
    return f"{start}: {words(row)}."


def words(row: Mapping[Any, Any]) -> str:
    """Return the verdict on one row of a table of pairs, with its ``measure``, in words."""
    verdict = row["verdict"]
    if verdict in {"better", "worse"}:
        return f"{row['first' if verdict == 'better' else 'second']} is better ({_p(row)})"
    if verdict == "noise":
        return f"within the replay floor of {amount(row['measure'], row['floor'])}, noise"
    if verdict == "too few":
        return _too_few(row)
    if verdict == "open":
        more = _more(row["needed"], row["seeds"])
        return f"not separable with these seeds ({_p(row)}); {more}"
    return _PLAIN.get(verdict) or _OF_ALIKE[verdict]


def _too_few(row: Mapping[Any, Any]) -> str:
    if row["seeds"] == 1:
        return f"nothing can be told from one seed; {FEWEST} or more would be needed"
    return f"too few to tell; {_more(row['needed'], row['seeds'])}"


_PLAIN = {
    "no seeds": "no seed has both yet",
    "equal": "equal with every seed, as where both begin with one network",
}

_OF_ALIKE = {
    "same": "the same run under two names; there is nothing to compare",
    "replay": "one definition under two names, a replay; what differs is noise",
    "same picks": "the same units in every query; what differs is how the networks came out",
}


def _p(row: Mapping[Any, Any]) -> str:
    tests = int(row["tests"])
    told = f", Holm over {tests} pairs" if tests > 1 else ""
    return f"p = {row['p_holm']:.2g}{told}"


def _more(needed: float, seeds: int) -> str:
    if math.isinf(needed):
        return f"more than {MOST_NEEDED:,} would be needed"
    return f"about {max(int(needed), seeds + 1)} would be needed"


def saving_sentence(row: Mapping[Any, Any], where: str) -> str:
    """Return in words what the first of a pair saves; empty where that is not known."""
    if math.isnan(row["saving"]) or row["verdict"] in _OF_ALIKE:
        return ""
    share = f"{100 * abs(row['saving']):.0f} % {'fewer' if row['saving'] >= 0 else 'more'}"
    return (
        f"On the means, {row['first']} takes {share} labels than {row['second']} to reach the "
        f"latter's {where}."
    )


def least_note(seeds: int, tests: int) -> str:
    """Return why some seeds can never be significant; empty where they can.

    Args:
        seeds: the most that a pair has.
        tests: pairs that are told together.
    """
    enough = fewest_seeds(tests)
    if not 1 <= seeds < enough:
        return ""
    pairs = f" after Holm's correction for {tests} pairs" if tests > 1 else ""
    name = "1 seed" if seeds == 1 else f"{seeds} seeds"
    return (
        f"With {name} the least p is {least_p(seeds):.2g}: no number of cycles can make a "
        f"difference significant{pairs}; {enough} seeds can."
    )
