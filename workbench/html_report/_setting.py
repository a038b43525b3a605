"""How the results came about: protocol, config, methods, dataset, versions, hardware."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.html_report._parts import Listing, Part, Section, table
from workbench.methods import METHODS
from workbench.yaml_text import dump

if TYPE_CHECKING:
    from workbench.store import ExperimentRecord, Run


def setting(record: ExperimentRecord, runs: Sequence[Run]) -> Section:
    """Return what has to be known to repeat the experiment."""
    parts: list[Part] = [_protocol(record), _methods(runs), _dataset(record)]
    parts += [_versions(record), _hardware(record, runs)]
    parts.append(Listing("The experiment as its file gives it", dump(record.config.plain())))
    return Section("setting", "Setting", tuple(parts))


def _protocol(record: ExperimentRecord) -> Part:
    config, budget = record.config, record.config.budget
    units = f"{len(record.geometry.unit_ids):,}"
    rows = [
        ("Dataset", config.dataset.name),
        ("Units", f"{config.units.name}, {units} in the pool"),
        ("Network", config.model.name),
        ("Learner", config.learner.name),
        ("Labelled to start with", budget.text(budget.initial)),
        ("Labelled per cycle", budget.text(budget.per_cycle)),
        ("Cycles", budget.cycles),
        ("Seeds", ", ".join(map(str, config.seeds))),
    ]
    return table("Protocol", ("What", "Setting"), rows)


def _methods(runs: Sequence[Run]) -> Part:
    methods = {run.method.name: run.method for run in runs}
    rows = [
        (
            method.name,
            method.score,
            method.aggregation if method.score else None,
            method.selector,
            method.learner.name if method.learner else None,
            method.pool_filter,
            method.costs,
            METHODS.entry(method.name).source if method.name in METHODS else None,
        )
        for method in methods.values()
    ]
    headers = (
        "Method",
        "Score",
        "Aggregation",
        "Selector",
        "Learner",
        "Pool filter",
        "Costs",
        "Source",
    )
    return table("Methods (–: none, or the experiment's)", headers, rows)


def _dataset(record: ExperimentRecord) -> Part:
    card, digest = record.card, record.dataset_digest or {}
    splits = ", ".join(f"{name} {count or 'any'}" for name, count in card.splits.items())
    rows = [
        ("Name", card.name),
        ("Source", card.source),
        ("Classes", ", ".join(card.classes)),
        ("Images by split", splits),
        ("Read from", record.data_dir),
        ("Digest of its content (SHA-256)", digest.get("sha256")),
    ]
    return table("Dataset", ("What", "Value"), rows)


def _versions(record: ExperimentRecord) -> Part:
    return table("Versions", ("Of", "Version"), record.versions.items())


def _hardware(record: ExperimentRecord, runs: Sequence[Run]) -> Part:
    devices: dict[str, int] = {}
    for run in runs:
        for cycle in run.cycles:
            name = cycle.device or "not recorded"
            devices[name] = devices.get(name, 0) + 1
    rows = [
        ("Device of training and scan", _counted(devices)),
        *((key.capitalize(), value) for key, value in record.compute.items()),
    ]
    return table("Hardware and precision", ("What", "Value"), rows)


def _counted(devices: dict[str, int]) -> str | None:
    return ", ".join(f"{name} ({count} cycles)" for name, count in devices.items()) or None
