"""The best validated state of a training, and measurements as plain values for its checkpoint."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from torch import Tensor, nn

from workbench.learning.base import Measurement


@dataclass
class Best:
    """The best validated state so far; of equally good ones the earliest."""

    validation: Measurement | None = None
    epoch: int | None = None
    states: dict[str, dict[str, Tensor]] = field(default_factory=dict)

    def update(self, found: Measurement, epoch: int, networks: Mapping[str, nn.Module]) -> None:
        """Copy the networks' states if they are better than the best so far."""
        if math.isnan(found.miou):
            return
        if self.validation is not None and found.miou <= self.validation.miou:
            return
        self.validation, self.epoch = found, epoch
        self.states = {
            name: {key: value.detach().clone() for key, value in network.state_dict().items()}
            for name, network in networks.items()
        }

    def restore(self, networks: Mapping[str, nn.Module]) -> None:
        """Load the best state into the networks, if there is one."""
        for name, state in self.states.items():
            networks[name].load_state_dict(state)

    def state_dict(self) -> dict[str, Any]:
        """Return the best state."""
        return {"measured": plain(self.validation), "epoch": self.epoch, "states": self.states}

    def load_state_dict(self, state: Mapping[str, Any], /) -> None:
        """Restore a state."""
        self.validation, self.epoch = measurement(state["measured"]), state["epoch"]
        self.states = {name: dict(best) for name, best in state["states"].items()}


def plain(found: Measurement | None) -> dict[str, Any] | None:
    """Return a measurement as plain values."""
    return None if found is None else {"split": found.split, "confusion": found.confusion}


def measurement(values: Mapping[str, Any] | None) -> Measurement | None:
    """Return the measurement from the values of :func:`plain`."""
    if values is None:
        return None
    return Measurement(values["split"], np.asarray(values["confusion"]))
