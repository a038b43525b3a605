"""The best epoch of a training so far, and measurements as plain values for its checkpoint."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from workbench.learning._checkpoint import restore_optimizer
from workbench.learning.base import Measurement


class Parts(Protocol):
    """What of a training the best epoch keeps; see ``Training``."""

    networks: dict[str, nn.Module]
    optimizers: dict[str, torch.optim.Optimizer]
    goes_on: bool


@dataclass
class Best:
    """The best validated state so far; of equally good ones the earliest."""

    validation: Measurement | None = None
    epoch: int | None = None
    states: dict[str, dict[str, Tensor]] = field(default_factory=dict)
    moments: dict[str, dict[str, Any]] = field(default_factory=dict)

    def update(self, found: Measurement, epoch: int, training: Parts) -> None:
        """Copy the states of a training if they are better than the best so far."""
        if math.isnan(found.miou):
            return
        if self.validation is not None and found.miou <= self.validation.miou:
            return
        self.validation, self.epoch = found, epoch
        self.states = {
            name: {key: value.detach().clone() for key, value in network.state_dict().items()}
            for name, network in training.networks.items()
        }
        if training.goes_on:
            optimizers = training.optimizers.items()
            self.moments = {name: copy.deepcopy(o.state_dict()) for name, o in optimizers}

    def restore(self, training: Parts) -> None:
        """Load the best state into the training, if there is one."""
        for name, state in self.states.items():
            training.networks[name].load_state_dict(state)
        for name, moments in self.moments.items():
            restore_optimizer(training.optimizers[name], moments)

    def state_dict(self) -> dict[str, Any]:
        """Return the best state."""
        measured = plain(self.validation)
        states = {"states": self.states, "moments": self.moments}
        return {"measured": measured, "epoch": self.epoch, **states}

    def load_state_dict(self, state: Mapping[str, Any], /) -> None:
        """Restore a state."""
        self.validation, self.epoch = measurement(state["measured"]), state["epoch"]
        self.states = {name: dict(best) for name, best in state["states"].items()}
        self.moments = {name: dict(best) for name, best in state.get("moments", {}).items()}


def plain(found: Measurement | None) -> dict[str, Any] | None:
    """Return a measurement as plain values."""
    return None if found is None else {"split": found.split, "confusion": found.confusion}


def measurement(values: Mapping[str, Any] | None) -> Measurement | None:
    """Return the measurement from the values of :func:`plain`."""
    if values is None:
        return None
    return Measurement(values["split"], np.asarray(values["confusion"]))
