"""What a config measures: ``evaluation``, ``report`` and ``references``.

The section ``report`` says at which budgets another network is trained and measured.

Between two budgets that are reported the networks of the cycles only select (Golestaneh & Kitani
4.2 retrain for each of them, from other weights and with other settings).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema

from workbench.budget import MOST_LABELLED, Section, checked_amount
from workbench.component import AnyPart
from workbench.fields import Name, Seed, Split

MOST_POINTS = 100
MOST_REFERENCES, MOST_SEEDS = 50, 1000


def _point(value: Any) -> int | float | str:
    """Return a report point as a number, or as a text in %, each in its shortest form."""
    if not (isinstance(value, str) and value.strip().endswith("%")):
        try:
            return checked_amount(value, "images")
        except ValueError:
            wanted = "wanted an amount in the budget's unit, 0 or more, or a share, e.g. 12%"
            raise ValueError(wanted) from None
    share = checked_amount(value, "%")
    percent = 100 * Fraction(repr(share))
    number = int(percent) if percent.denominator == 1 else float(percent)
    return f"{number}%"


Point = Annotated[
    int | float | str,
    BeforeValidator(_point),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0, "maximum": MOST_LABELLED},
                {"type": "string", "maxLength": 40},
            ]
        }
    ),
]
"""An amount in the budget's unit, or a text in % of the pool."""


def _listed(value: Any) -> Any:
    """Return one point as a list of one."""
    return [value] if isinstance(value, int | float | str) else value


class Evaluation(Section):
    """The images on which the network of a cycle is measured."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    split: Split | Annotated[tuple[Split, ...], Field(max_length=20)] = Field(
        "val", description="Split that is reported, or several; curves show the first one"
    )
    validation: Split = Field(
        "val", alias="validate", description="Split by which training keeps its best epoch"
    )

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that are reported, in their order."""
        return (self.split,) if isinstance(self.split, str) else self.split


class ReportPart(Section):
    """A method's changes to how the network is trained that is reported."""

    learner: AnyPart | None = None
    model: AnyPart | None = None


class Reference(ReportPart):
    """A network that is trained on the labels of the whole pool, once a seed, and measured.

    What it does not name is that of the experiment's report points; without these, of its cycles.
    """

    name: Name = Field(description="Name in every table and figure, beside those of the methods")
    learner: AnyPart | None = Field(
        None, description="How it is trained; changes settings of the report points' learner"
    )
    model: AnyPart | None = Field(
        None, description="The network; changes settings of the report points'"
    )
    seeds: tuple[Seed, ...] | None = Field(
        None, min_length=1, max_length=MOST_SEEDS, description="Left out: those of the experiment"
    )

    def seeds_of(self, seeds: tuple[int, ...]) -> tuple[int, ...]:
        """Return its seeds, in an experiment with these."""
        return seeds if self.seeds is None else self.seeds


class Report(Section):
    """At which budgets the network is trained that is reported, and how.

    The first cycle whose nominal budget reaches a point gives it its labelled units.
    """

    at: Annotated[tuple[Point, ...], BeforeValidator(_listed)] = Field(
        (),
        max_length=MOST_POINTS,
        description="Report points, in the budget's unit or in % of the pool, e.g. 12%",
    )
    learner: AnyPart | None = Field(
        None, description="How that network is trained; changes settings of the experiment's"
    )
    model: AnyPart | None = Field(
        None, description="That network; changes settings of the experiment's"
    )

    def check(self, unit: str) -> None:
        """Check that the points are amounts of a budget in this unit.

        Raises:
            ValueError: with the half sentence that names the accepted values.
        """
        for point in self.at:
            try:
                _check_point(point, unit)
            except ValueError as error:
                raise ValueError(f"report.at holds {point}: {error}") from None


def point_of(value: Any, unit: str) -> int | float | str:
    """Return a point that somebody typed, in its shortest form.

    Raises:
        ValueError: with the half sentence that names the values accepted in this unit.
    """
    point = _point(value)
    _check_point(point, unit)
    return point


def _check_point(point: float | str, unit: str) -> None:
    if isinstance(point, str):
        if unit == "clicks":
            raise ValueError(
                "the clicks of the whole pool are not counted; wanted a number of clicks"
            )
    else:
        checked_amount(point, unit)


def share(point: float | str) -> Fraction | None:
    """Return the share of the pool that a report point names; ``None`` for an amount."""
    return Fraction(point.removesuffix("%")) / 100 if isinstance(point, str) else None
