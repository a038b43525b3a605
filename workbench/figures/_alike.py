"""Which methods of an experiment are the same: runs that repeat each other, and replays.

A replay is a method defined as another one under a name of its own. It shares cycle 0 with it and,
if its query draws or ranks as the other's does, its picks; what differs is that each network was
trained again. On a machine that computes alike every time nothing differs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from workbench.store.damage import readable

if TYPE_CHECKING:
    from workbench.store import Run
    from workbench.types import UnitIds

Likeness = Literal["same", "replay", "same picks", ""]
"""How alike two methods are: the same runs to the last bit; one defined as the other; the same
units in every query; none of these."""

_NAMES = {"name", "seeds"}


class Alike:
    """Compares the methods of one experiment by their runs.

    Args:
        runs: of one experiment.
        reported: hold the networks of report points against each other, which two methods may train
            in ways of their own after the same queries.
    """

    def __init__(self, runs: Sequence[Run], *, reported: bool = False) -> None:
        self._reported = reported
        self._runs = {(run.method.name, run.seed): run for run in runs}
        self._numbers = {key: set(run.cycle_numbers) for key, run in self._runs.items()}
        self._labelled: dict[tuple[str, int, int], UnitIds | None] = {}

    def of(self, first: str, second: str) -> Likeness:
        """Return how alike two methods are."""
        if first == second:
            return "same"
        if self._defined(first) == self._defined(second):
            return "replay"
        seeds = [s for m, s in self._runs if m == first and (second, s) in self._runs]
        shared = {seed: self._shared(first, second, seed) for seed in seeds}
        followed = {seed: numbers for seed, numbers in shared.items() if len(numbers) > 1}
        picks = bool(followed) and all(
            self._same_picks(first, second, seed, numbers) for seed, numbers in followed.items()
        )
        if picks and all(
            self._same_values(first, second, seed, numbers) for seed, numbers in followed.items()
        ):
            return "same"
        return "same picks" if picks else ""

    def replays(self, methods: Sequence[str]) -> dict[tuple[str, str], Likeness]:
        """Return (later, earlier) of each method that is defined as an earlier one."""
        found: dict[tuple[str, str], Likeness] = {}
        for place, method in enumerate(methods):
            earlier = (e for e in methods[:place] if self._defined(e) == self._defined(method))
            found.update({(method, e): "replay" for e in [next(earlier, None)] if e is not None})
        return found

    def _defined(self, method: str) -> dict[str, object]:
        run = next(run for (name, _), run in self._runs.items() if name == method)
        return run.method.model_dump(mode="json", exclude=_NAMES)

    def _shared(self, first: str, second: str, seed: int) -> list[int]:
        return sorted(self._numbers[first, seed] & self._numbers[second, seed])

    def _same_picks(self, first: str, second: str, seed: int, numbers: list[int]) -> bool:
        """Whether the same units were labelled at every cycle; the last tells most pairs apart."""
        return all(
            a is not None and b is not None and np.array_equal(a, b)
            for number in reversed(numbers)
            for a, b in [[self._units(m, seed, number) for m in (first, second)]]
        )

    def _units(self, method: str, seed: int, number: int) -> UnitIds | None:
        """Return the units labelled at a cycle; ``None`` if they cannot be read."""
        key = (method, seed, number)
        if key not in self._labelled:
            cycles = [self._runs[method, seed].cycle(number)]
            found = [ids for _, ids in readable(cycles, lambda cycle: cycle.labelled)]
            self._labelled[key] = np.sort(found[0]) if found else None
        return self._labelled[key]

    def _same_values(self, first: str, second: str, seed: int, numbers: list[int]) -> bool:
        one, other = (self._confusions(method, seed, numbers) for method in (first, second))
        if not one or one.keys() != other.keys():
            return False
        return all(np.array_equal(one[number], other[number]) for number in one)

    def _confusions(self, method: str, seed: int, numbers: list[int]) -> dict[int, Any]:
        """Return the confusion matrix of each of these cycles, or of their report points."""
        run = self._runs[method, seed]
        if self._reported:
            return {r.number: r.metrics.confusion for r in run.reports if r.number in numbers}
        return {number: run.cycle(number).metrics.confusion for number in numbers}
