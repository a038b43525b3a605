"""What an MLflow run holds of a run of a store, and of a reference."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.exporters._mlflow_names import flat, name_of
from workbench.exporters._series import Drawn, Point, by_cycle, by_epoch, of_reference, pictures
from workbench.store.export import metrics_csv, selections_csv
from workbench.yaml_text import dump

if TYPE_CHECKING:
    from workbench.exporters._entry import Chosen, Reference
    from workbench.store import Cycle, ExperimentRecord, Run

RUN = "workbench.run"

_STATES = {
    "done": "FINISHED",
    "failed": "FAILED",
    "stopped": "KILLED",
    "interrupted": "KILLED",
    "running": "RUNNING",
    "waiting": "RUNNING",
    "pending": "SCHEDULED",
}


@dataclass(frozen=True)
class Tracked:
    """A run as MLflow keeps it.

    Attributes:
        id: which run or reference of the store it is.
        name: what MLflow calls it.
        experiment: its experiment.
        revision: changes with its content.
        state: one of MLflow's states.
        begun: when it began, seconds since 1970 (UTC).
        ended: when it ended.
        tags: name ► text.
        parameters: name ► text.
        points: gives its numbers.
        texts: gives name ► content of its artifacts.
        drawn: gives its last cycle with pictures, or nothing.
    """

    id: str
    name: str
    experiment: ExperimentRecord
    revision: str
    state: str
    begun: float
    ended: float
    tags: dict[str, str]
    parameters: dict[str, str]
    points: Callable[[], list[Point]]
    texts: Callable[[], dict[str, str]]
    drawn: Callable[[], list[tuple[Cycle, list[Drawn]]]]


def tracked_run(chosen: Chosen, run: Run, images: int) -> Tracked:
    """Return a run with a cycle."""
    cycles, state = run.cycles, run.status.state
    method = run.method.model_dump(mode="json")
    tags = {
        "workbench.method": run.method.name,
        "workbench.state": state,
        "workbench.device": cycles[-1].device,
    }
    return Tracked(
        id=run.id,
        name=run.path.name,
        experiment=run.experiment,
        revision=_digest(f"{run.revision}-{state}-{images}"),
        state=_STATES[state],
        begun=cycles[0].created,
        ended=cycles[-1].created,
        tags=_tags(run.experiment, run.id, run.seed) | tags,
        parameters=_parameters(run.experiment, method=method, seed=run.seed),
        points=lambda: [*by_epoch(cycles), *by_cycle(run)],
        texts=lambda: {
            "experiment.yaml": dump(run.experiment.config.plain()),
            "metrics.csv": metrics_csv(chosen.store, [run]),
            "selections.csv": selections_csv(chosen.store, [run]),
        },
        drawn=lambda: list(pictures(run, images))[-1:],
    )


def tracked_reference(reference: Reference) -> Tracked:
    """Return a reference, whose metrics are a level line over the cycles of its experiment."""
    experiment, report = reference.experiment, reference.report
    tags = {"workbench.reference": reference.name, "workbench.device": report.device}
    changed = {"name": reference.name, **report.trained_by}
    return Tracked(
        id=reference.id,
        name=reference.id.removeprefix(f"{experiment.id}/"),
        experiment=experiment,
        revision=_digest(report.revision),
        state="FINISHED",
        begun=report.created,
        ended=report.created,
        tags=_tags(experiment, reference.id, reference.seed) | tags,
        parameters=_parameters(experiment, references=None, reference=changed, seed=reference.seed),
        points=lambda: of_reference(reference),
        texts=lambda: {"experiment.yaml": dump(experiment.config.plain())},
        drawn=list,
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _tags(experiment: ExperimentRecord, name: str, seed: int) -> dict[str, str]:
    return {
        RUN: name,
        "workbench.experiment": experiment.id,
        "workbench.seed": str(seed),
        "workbench.steps": "cycles; of train/ and rate/ epochs",
        **{f"workbench.version.{name_of(k)}": v for k, v in experiment.versions.items()},
    }


def _parameters(experiment: ExperimentRecord, **own: Any) -> dict[str, str]:
    """Return the experiment's settings, and those of one run or reference in place of all."""
    others = {"methods": None, "seeds": None}
    return flat({**experiment.config.plain(), **others, **own})
