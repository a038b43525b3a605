"""Which method to take: a paper's usage guide, its own conflicts, and what one's own runs say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

import pandas as pd

from workbench.advisor._findings import JudgedFinding, judge
from workbench.advisor._pools import LIMIT, Measured, PoolReading, read_pool
from workbench.advisor._runs import Judge, OwnRuns, kind_of
from workbench.errors import unknown_name
from workbench.presets import BudgetKind, Scenario, guide, published

if TYPE_CHECKING:
    from workbench.store import Run


@dataclass(frozen=True)
class Recommendation:
    """What the guide recommends in one scenario, and how sure that is.

    Attributes:
        scenario: the cell of the guide.
        budget: the initial and queried share, in %, as printed.
        methods: names of methods that do so, as the paper has them.
        findings: what the paper's own findings say of it.
        own: what the user's runs say; ``None`` without runs.
    """

    scenario: Scenario
    budget: str
    methods: tuple[str, ...]
    findings: tuple[JudgedFinding, ...]
    own: OwnRuns | None

    @property
    def agreeing(self) -> int:
        """The number of findings that agree in full."""
        return sum(one.agrees == "yes" for one in self.findings)

    @property
    def contested(self) -> bool:
        """Whether a finding of the paper itself conflicts, wholly or in part."""
        return self.agreeing < len(self.findings)

    @property
    def sure(self) -> str:
        """How sure it is, in a sentence."""
        verb = "agrees" if self.agreeing == 1 else "agree"
        of_paper = f"{self.agreeing} of {len(self.findings)} findings of the paper {verb}"
        if len(self.findings) == 1:
            found = self.findings[0]
            agrees = "agrees" if found.agrees == "yes" else "does not agree"
            of_paper = f"the one finding that it prints, on {found.where}, {agrees}"
        start = "Contested" if self.contested else "Not contested"
        return f"{start}: {of_paper}; {_OF_OWN[self.own.support if self.own else 'none']}."


_OF_OWN = {
    "agree": "your runs agree",
    "disagree": "your runs disagree, and they are of your data",
    "open": "your runs cannot tell",
    "silent": "your runs have nothing to compare",
    "none": "no runs of yours were given",
}


@dataclass(frozen=True)
class Advice:
    """What to take, in every scenario that fits what is known.

    Attributes:
        source: paper and table.
        pool: what the pool counts as, and why.
        recommendations: one per scenario.
        notes: what they all rest on, in sentences.
    """

    source: str
    pool: PoolReading
    recommendations: tuple[Recommendation, ...]
    notes: tuple[str, ...]

    @property
    def table(self) -> pd.DataFrame:
        """One row per scenario.

        ``pool``, ``budget``, ``share`` (initial-queried, %), ``semi_supervised``, ``advice``,
        ``methods``, ``agreeing`` (of ``findings``), ``contested``, ``own``.
        """
        return pd.DataFrame(
            [
                {
                    "pool": one.scenario.pool,
                    "budget": one.scenario.budget,
                    "share": one.budget,
                    "semi_supervised": one.scenario.semi_supervised,
                    "advice": one.scenario.advice.words,
                    "methods": ", ".join(one.methods),
                    "agreeing": one.agreeing,
                    "findings": len(one.findings),
                    "contested": one.contested,
                    "own": one.own.support if one.own else "",
                }
                for one in self.recommendations
            ]
        )


def advise(
    pool: str | Measured | None = None,
    budget: str | None = None,
    semi_supervised: bool | None = None,
    runs: Sequence[Run] = (),
    *,
    at: float | str | None = None,
) -> Advice:
    """Recommend methods by the usage guide of Mittal et al. (Table 7), and say how sure that is.

    Args:
        pool: ``diverse`` or ``redundant``, or one of ``wb.pool_redundancy``; ``None``: both.
        budget: ``low`` (2-2: 2 % to start with, 2 % a query) or ``high`` (10-10); ``None``: both.
        semi_supervised: whether the network can learn from images without labels, too; ``None``:
            both.
        runs: of one experiment, to hold the advice against.
        at: the budget at which they are compared, in its unit or in %, e.g. ``"6%"``; left out: the
            last one that every run has reached.

    Raises:
        ConfigError: for another kind of pool or budget, a budget that no cycle of the runs has, or
            runs of several experiments.
    """
    if budget is not None and budget not in get_args(BudgetKind):
        raise unknown_name("kind of budget", budget, get_args(BudgetKind))
    reading, chosen = read_pool(pool), guide()
    judge_of_runs = Judge(runs, at) if runs else None
    found = tuple(
        Recommendation(
            scenario=one,
            budget=chosen.budgets[one.budget],
            methods=chosen.choices[one.advice],
            findings=judge(chosen, one),
            own=judge_of_runs.of(chosen, one) if judge_of_runs else None,
        )
        for one in chosen.scenarios
        if reading.kind in (None, one.pool)
        and budget in (None, one.budget)
        and semi_supervised in (None, one.semi_supervised)
    )
    kinds = {one.scenario.pool for one in found}
    notes = (chosen.evidence, *(text for kind, text in chosen.notes if kind in kinds))
    return Advice(
        source=f"{published(chosen.paper).paper}, {chosen.table}",
        pool=reading,
        recommendations=found,
        notes=(*notes, *(judge_of_runs.notes if judge_of_runs else ())),
    )


__all__ = [
    "LIMIT",
    "Advice",
    "JudgedFinding",
    "Measured",
    "OwnRuns",
    "PoolReading",
    "Recommendation",
    "advise",
    "kind_of",
]
