"""Which printed numbers belong to an experiment, and at which of its cycles each is measured."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from workbench.pool import Allowance
from workbench.presets import PRESETS, Cell, cells_of, load

if TYPE_CHECKING:
    from workbench.config import ExperimentConfig
    from workbench.store import ExperimentRecord


def preset_of(record: ExperimentRecord) -> str | None:
    """Return the preset that an experiment was made from, by its name; ``None`` for others.

    A smaller form names the preset in ``scaled``. An experiment that has a preset's name and
    another dataset is none of it.
    """
    config = record.config
    name = config.scaled.of if config.scaled else record.name
    if name not in PRESETS or _preset(name).dataset.name != config.dataset.name:
        return None
    return name


def cells_for(record: ExperimentRecord) -> tuple[Cell, ...]:
    """Return the printed numbers of an experiment's preset and methods, and of references.

    A number that holds of all methods has no method.
    """
    preset = preset_of(record)
    if preset is None:
        return ()
    names = {None, *(method.name for method in record.methods)}
    return tuple(cell for cell in cells_of(preset) if cell.method in names)


def cycle_of(record: ExperimentRecord, cell: Cell) -> int | None:
    """Return the cycle whose nominal budget is that of a number of this experiment's preset.

    A smaller form has fewer units, and its cycles and report points stand for the preset's: a
    report point for the one in the same place of the list, a cycle for the one of the same number,
    the last for the last. A share of the pool is a share of any pool. ALC is that of the whole
    curve.

    Returns:
        ``None`` for a reference, for a budget that the paper does not tell (``miou@?``), and where
        no cycle has so much.
    """
    config, preset = record.config, _preset(str(cell.preset))
    if cell.reference is not None or cell.metric.endswith("@?"):
        return None
    last = config.budget.cycles - 1
    if cell.metric == "alc" or not cell.budget:
        return last
    amount, _, unit = cell.budget.partition(" ")
    if not unit:  # a share, as 12%
        return Allowance(record.geometry, config.budget).first_cycle(amount)
    if config.scaled is not None:
        return _counterpart(record, preset, float(amount))
    if unit != config.budget.unit:
        return None
    return Allowance(record.geometry, config.budget).first_cycle(_number(amount))


def _counterpart(record: ExperimentRecord, preset: ExperimentConfig, amount: float) -> int | None:
    """Return the cycle of a smaller form that stands for the preset's cycle with an amount."""
    config, points = record.config, preset.report.at
    if amount in points and len(points) == len(config.report.at):
        point = config.report.at[points.index(_number(str(amount)))]
        return Allowance(record.geometry, config.budget).first_cycle(point)
    if amount == preset.budget.total:
        return config.budget.cycles - 1
    amounts = [preset.budget.nominal(cycle) for cycle in range(preset.budget.cycles)]
    if amount not in amounts or config.budget.cycles != preset.budget.cycles:
        return None
    return amounts.index(_number(str(amount)))


def _number(text: str) -> int | float:
    value = float(text)
    return int(value) if value.is_integer() else value


@cache
def _preset(name: str) -> ExperimentConfig:
    return load(name)
