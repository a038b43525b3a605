"""What a user's own runs say of a recommendation."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from workbench.figures import comparison
from workbench.learning import LEARNERS
from workbench.presets import Choice, Guide, Scenario
from workbench.selection import SELECTORS

if TYPE_CHECKING:
    from workbench.config import ExperimentConfig, Method
    from workbench.figures.comparison import Comparison
    from workbench.store import Run

Support = Literal["agree", "disagree", "open", "silent"]
"""``agree``: a method of the kind recommended is significantly better than the best other one;
``disagree``: worse; ``open``: they cannot be told apart; ``silent``: nothing to compare."""


@dataclass(frozen=True)
class OwnRuns:
    """What stored runs say of a recommendation.

    Attributes:
        support: whether they agree with it.
        sentence: what was compared, and with which result.
    """

    support: Support
    sentence: str


class Judge:
    """Holds recommendations against the runs of one experiment.

    Args:
        runs: of one experiment, with at least one run.
        at: the budget, as of :func:`workbench.figures.comparison.read`.

    Raises:
        ConfigError: for a budget that no cycle has, or runs of several experiments.
    """

    def __init__(self, runs: Sequence[Run], at: float | str | None) -> None:
        self._found: Comparison = comparison.read(runs, at=at)
        self._config = runs[0].experiment.config
        table = self._found.table
        replays = set(table.loc[table["verdict"] == "replay", "first"])
        methods = {run.method.name: run.method for run in runs}
        self._methods = {m: methods[m] for m in self._found.order if m not in replays}
        table = self._found.methods
        means = table[table["measure"] == "value"].set_index("method")["mean"]
        self._means: dict[str, float] = {str(m): float(v) for m, v in means.items()}

    @property
    def notes(self) -> tuple[str, ...]:
        """How far the experiment is from what the guide rests on, in sentences."""
        if self._found.at < 0:
            return ()
        budget, units = self._config.budget, self._config.units.name
        found = [
            f"Your budget: {budget.text(budget.initial)} to start with, "
            f"{budget.text(budget.per_cycle)} per cycle."
        ]
        if units != "image":
            found.append(f"Your query units are {units}; the guide was found on whole images.")
        if self._config.scaled is not None:
            found.append(self._config.scaled.sentence)
        return (*found, *self._found.notes)

    def of(self, guide: Guide, scenario: Scenario) -> OwnRuns:
        """Return what the runs say of the recommendation in a scenario."""
        if self._found.at < 0:
            return OwnRuns("silent", "Your runs have measured nothing yet.")
        advice = scenario.advice
        compared = {
            name: kind_of(method, self._config)
            for name, method in self._methods.items()
            if scenario.semi_supervised or not _semi_supervised(method, self._config)
        }
        mine = [name for name, kind in compared.items() if kind == advice]
        others = [name for name in compared if name not in mine]
        if not mine:
            names = " or ".join(guide.choices[advice])
            return OwnRuns(
                "silent", f"None of your methods is {advice.words}; add {names} to compare."
            )
        if not others:
            return OwnRuns("silent", f"All of your methods are {advice.words}: add another kind.")
        return self._pair(self._best(mine), self._best(others))

    def _best(self, names: Sequence[str]) -> str:
        return max(names, key=lambda name: self._means.get(name, float("-inf")))

    def _pair(self, mine: str, other: str) -> OwnRuns:
        """Return what the best of the kind recommended comes to against the best of the rest."""
        row = self._row(mine, other)
        won = row["first"] if row["verdict"] == "better" else row["second"]
        told = row["verdict"] in {"better", "worse"}
        support: Support = "open" if not told else "agree" if won == mine else "disagree"
        return OwnRuns(support, str(row["sentence"]))

    def _row(self, first: str, second: str) -> Mapping[Hashable, Any]:
        """Return the comparison of two methods by the metric, whichever is subtracted."""
        table = self._found.table
        pair = table["first"].isin([first, second]) & table["second"].isin([first, second])
        return table[pair & (table["measure"] == "value")].to_dict("records")[0]


def kind_of(method: Method, config: ExperimentConfig) -> Choice | None:
    """Return what kind a method is; ``None`` for one that the guide has no word for.

    A selector that reads nothing draws at random; one that ranks each unit by a value of its own is
    single-sample; one that reads embeddings and does not rank is batch-based.

    Args:
        method: complete.
        config: of its experiment, whose learner it has unless it names its own.
    """
    name = method.selector.partition(":")[0]
    if name not in SELECTORS.names() or method.pool_filter is not None:
        return None
    entry = SELECTORS.entry(name)
    kind = Choice("random", _semi_supervised(method, config))
    if not entry.arrays:
        return kind
    if entry.ranks:
        return replace(kind, family="single")
    return replace(kind, family="batch") if "embeddings" in entry.needs else None


def _semi_supervised(method: Method, config: ExperimentConfig) -> bool:
    """Return whether a method's network learns from images without labels, as far as is known."""
    learner = method.learner.of(config.learner) if method.learner else config.learner
    return learner.name in LEARNERS.names() and LEARNERS.entry(learner.name).semi_supervised
