"""Builds every part of a plan once, so that what cannot be built is refused before a run begins."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from workbench.engine.compute import device_of
from workbench.engine.method import PlannedMethod
from workbench.engine.plan import Plan, part_spec
from workbench.learning import RiderEntry
from workbench.models import MODELS
from workbench.registry import Bound

if TYPE_CHECKING:
    from workbench.models.base import SegmentationModel


def check_parts(plan: Plan, n_classes: int) -> None:
    """Build learners, riders and networks of all methods and references, and look for the device.

    The dry run and the run both call it, before anything is written.

    Raises:
        WorkbenchError: for settings that do not fit each other, weights that cannot be had, or a
            device that this machine does not have.
    """
    device_of(plan.config.compute)
    for method in plan.methods:
        method.learner.call()
        for rider in method.riders:
            rider.call()
        networks(method, n_classes)
        if plan.config.report.at:
            method.reported.learner.call()
            networks(method.at_report_points, n_classes)
    for reference in plan.references:
        reference.learner.call()
        networks(reference, n_classes)


def networks(method: PlannedMethod, n_classes: int) -> tuple[Mapping[str, int], int]:
    """Return the taps of a method's network, with their channels, and the bytes that it stores.

    These are the weights of all networks and riders of a cycle, and what the next training goes on
    from besides.

    Raises:
        WorkbenchError: if the network cannot be built, or the learner cannot train it.
    """
    network = _built(json.dumps(part_spec(method.model)), n_classes)
    riders = sum(_bytes(_built(_model_of(rider, method), 1)) for rider in method.riders)
    stored = getattr(method.learner.call(), "stored_bytes", None)
    if stored is not None:
        return network.taps, stored(network) + riders
    members = max(1, method.learner.entry.members(method.learner.options))
    return network.taps, members * _bytes(network) + riders


def reported_bytes(method: PlannedMethod, n_classes: int) -> int:
    """Return the bytes of the weights that a report point or reference stores: of one network."""
    return _bytes(_built(json.dumps(part_spec(method.reported.model)), n_classes))


def _model_of(rider: Bound[RiderEntry], method: PlannedMethod) -> str:
    """Return the spec of the network of a rider."""
    named = rider.options.get("model")
    return json.dumps(part_spec(MODELS.bind(named) if named else method.model))


@lru_cache(maxsize=32)
def _built(model: str, outputs: int) -> SegmentationModel:
    """Return a network without values: its shapes alone, which take no memory."""
    from workbench.models import build

    return build(MODELS.bind(json.loads(model)), outputs, seed=0).to("meta")


def _bytes(network: SegmentationModel) -> int:
    """Return the bytes of the weights of a network."""
    return sum(t.numel() * t.element_size() for t in network.state_dict().values())
