"""Chooses the networks that are trained beside the first: those whose columns the methods read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from workbench.config import ExperimentConfig
from workbench.engine.method import PlannedMethod, bind
from workbench.errors import ConfigError
from workbench.learning import RIDERS, LearnerEntry, RiderEntry
from workbench.models import MODELS
from workbench.registry import Bound
from workbench.rider import Rider, columns_of

Riders = tuple[Bound[RiderEntry], ...]


def riders_of(config: ExperimentConfig) -> Riders:
    """Look up the riders that an experiment names.

    Raises:
        ConfigError: for an unknown name or setting, or two riders that write the same column.
    """
    found = tuple(_rider(r.spec, f"riders.{i}") for i, r in enumerate(config.riders))
    given = [name for rider in found for name in rider.entry.columns]
    twice = sorted({name for name in given if given.count(name) > 1})
    if twice:
        raise ConfigError(f"Two riders write the column {twice[0]}; leave all but one out.")
    return found


def needed_riders(named: Riders, columns: Iterable[str]) -> Riders:
    """Return the riders that write some columns: a named one, else the first registered one.

    Args:
        named: the riders that the experiment names.
        columns: names of columns of the unit table.

    Raises:
        ConfigError: for a column that no registered rider writes.
    """
    found: dict[str, Bound[RiderEntry]] = {}
    for name in sorted(columns):
        rider = next((one for one in named if name in one.entry.columns), None)
        if rider is None:
            entry = next((one for one in RIDERS if name in one.columns), None)
            if entry is None:
                written = ", ".join(sorted(c for one in RIDERS for c in one.columns))
                raise ConfigError(
                    f"A method reads the column {name}, which neither its learner nor a registered "
                    f"rider writes; riders write {written}."
                )
            rider = _rider(entry.name, "riders")
        found[rider.name] = rider
    return tuple(found.values())


def check_riders(named: Riders, methods: Sequence[PlannedMethod]) -> None:
    """Check that a method reads a column of every named rider.

    Raises:
        ConfigError: for a rider whose columns no method reads.
    """
    read = {rider.name for method in methods for rider in method.riders}
    for rider in named:
        if rider.name not in read:
            raise ConfigError(
                f"The rider {rider.name} would be trained for nothing: no method reads its columns "
                f"({', '.join(rider.entry.columns)}); add one that does, e.g. cereals, or leave "
                f"{rider.name} out of riders."
            )


def require_stated(riders: Iterable[Rider], learner: Bound[LearnerEntry]) -> None:
    """Check that the riders of a learner write the columns that its entry states.

    Raises:
        ConfigError: if one of these columns is missing.
    """
    given = [name for rider in riders for name in columns_of(rider.maps, rider.numbers)]
    missing = [name for name in learner.entry.columns if name not in given]
    if missing:
        raise ConfigError(
            f"The entry of the learner {learner.name} states the column {missing[0]}, but its "
            f"riders write {given}; correct the entry or its fit."
        )


def require_given(rider: Rider, entry: RiderEntry) -> None:
    """Check that a trained rider has the name and the columns of its entry.

    Raises:
        ConfigError: if it has another name or other columns.
    """
    given = columns_of(rider.maps, rider.numbers)
    if rider.name != entry.name or given != entry.columns:
        raise ConfigError(
            f"The rider {entry.name} was trained under the name {rider.name} with the columns "
            f"{given}; its entry declares {entry.columns}; correct the entry or its fit."
        )


def _rider(spec: object, key: str) -> Bound[RiderEntry]:
    found = bind(RIDERS, spec, key)
    if found.options.get("model") is not None:
        bind(MODELS, found.options["model"], f"{key}.model")
    return found
