"""Usage guides of papers as data: what one recommends where, and its findings on that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from workbench import yaml_text
from workbench.errors import unknown_name

_FOLDER = Path(__file__).parent / "guides"

GUIDES = tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))
"""Names of the papers with a usage guide."""

PoolKind = Literal["diverse", "redundant"]
BudgetKind = Literal["low", "high"]
Family = Literal["random", "single", "batch"]


@dataclass(frozen=True)
class Choice:
    """A kind of method.

    Attributes:
        family: ``random``; ``single``: each image is ranked by a value of its own; ``batch``: the
            images of a query are chosen together.
        semi_supervised: whether the network learns from images without labels, too.
    """

    family: Family
    semi_supervised: bool

    @property
    def words(self) -> str:
        """As the paper writes it, e.g. ``Single-SSL``."""
        return self.family.capitalize() + ("-SSL" if self.semi_supervised else "")


@dataclass(frozen=True)
class Scenario:
    """A cell of the guide.

    Attributes:
        pool: how redundant the pool is.
        budget: how much is labelled.
        semi_supervised: whether semi-supervised training is at hand.
        advice: what the guide recommends; it may be to leave semi-supervised training alone.
    """

    pool: PoolKind
    budget: BudgetKind
    semi_supervised: bool
    advice: Choice


@dataclass(frozen=True)
class Finding:
    """A result of the paper that bears on cells of its guide.

    Attributes:
        pool: of which cells.
        budget: of which cells.
        where: the dataset or pool it was found on.
        section: the section that tells it, e.g. ``4.3``, or several, ``4.1 and 4.2``.
        preset: whose published cells it is read from; ``None`` if no number is printed.
        against: the preset with the same pool's rows without semi-supervised training, where
            ``preset`` has none.
        best: what the section calls the best, where no number is printed.
        only: the one column of the guide it bears on; ``None`` for both.
        note: what must be known of it, a sentence without its full stop, or empty.
    """

    pool: PoolKind
    budget: BudgetKind
    where: str
    section: str
    preset: str | None
    against: str | None
    best: Choice | None
    only: bool | None
    note: str

    def bears_on(self, scenario: Scenario) -> bool:
        """Return whether it says something of a cell of the guide."""
        same = (self.pool, self.budget) == (scenario.pool, scenario.budget)
        return same and self.only in (None, scenario.semi_supervised)


@dataclass(frozen=True)
class Guide:
    """A paper's usage guide.

    Attributes:
        paper: a name of ``PAPERS``.
        table: where it stands.
        evidence: what all of its findings rest on, in a sentence.
        budgets: kind of budget ► initial and queried share in %, as printed.
        choices: kind of method ► names of methods, as the paper has them.
        other_network: methods whose network differs, so that they are not exactly comparable.
        scenarios: the cells.
        findings: in the order of the paper's sections within each kind of pool and budget.
        notes: (kind of pool, sentence).
    """

    paper: str
    table: str
    evidence: str
    budgets: Mapping[BudgetKind, str]
    choices: Mapping[Choice, tuple[str, ...]]
    other_network: frozenset[str]
    scenarios: tuple[Scenario, ...]
    findings: tuple[Finding, ...]
    notes: tuple[tuple[PoolKind, str], ...]

    def choice_of(self, method: str) -> Choice:
        """Return what kind one of the paper's methods is.

        Raises:
            ConfigError: for any other method.
        """
        for choice, methods in self.choices.items():
            if method in methods:
                return choice
        names = [name for methods in self.choices.values() for name in methods]
        raise unknown_name(f"method of {self.table}", method, names)


@cache
def guide(paper: str = "mittal") -> Guide:
    """Return the usage guide of a paper.

    Raises:
        ConfigError: if there is no such guide, or its file is not as described above.
    """
    if paper not in GUIDES:
        raise unknown_name("usage guide", paper, GUIDES)
    values = yaml_text.read(_FOLDER / f"{paper}.yaml", "usage guide")
    return Guide(
        paper=values["paper"],
        table=values["table"],
        evidence=values["evidence"],
        budgets=values["budgets"],
        choices={_choice(one): tuple(one["methods"]) for one in values["choices"]},
        other_network=frozenset(values["other_network"]),
        scenarios=tuple(
            Scenario(**_cell(one), semi_supervised=one["semi_supervised"], advice=_advice(one))
            for one in values["scenarios"]
        ),
        findings=tuple(_finding(one) for one in values["findings"]),
        notes=tuple((one["pool"], one["text"]) for one in values["notes"]),
    )


def _cell(values: Mapping[str, Any]) -> dict[str, Any]:
    for key, kinds in (("pool", get_args(PoolKind)), ("budget", get_args(BudgetKind))):
        if values[key] not in kinds:
            raise unknown_name(f"kind of {key}", values[key], kinds)
    return {"pool": values["pool"], "budget": values["budget"]}


def _choice(values: Mapping[str, Any]) -> Choice:
    if values["family"] not in get_args(Family):
        raise unknown_name("family of methods", values["family"], get_args(Family))
    return Choice(values["family"], values["semi_supervised"])


def _advice(values: Mapping[str, Any]) -> Choice:
    return _choice(values["advice"])


def _finding(values: Mapping[str, Any]) -> Finding:
    return Finding(
        **_cell(values),
        where=values["where"],
        section=values["section"],
        preset=values.get("preset"),
        against=values.get("against"),
        best=_choice(values["best"]) if "best" in values else None,
        only=values.get("only"),
        note=values.get("note", ""),
    )


__all__ = [
    "GUIDES",
    "BudgetKind",
    "Choice",
    "Family",
    "Finding",
    "Guide",
    "PoolKind",
    "Scenario",
    "guide",
]
