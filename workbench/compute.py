"""Where and how precisely numbers are made: decided once an experiment, then passed on."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class ResolvedCompute:
    """The device and precision that an experiment uses from its first to its last cycle.

    Attributes:
        device: ``cpu``, ``cuda`` or ``cuda:N``; never ``auto``.
        precision: of the networks' forward and backward passes; softmax, scores and sums are
            float32 in either case.
        threads: CPU threads of one run.
    """

    device: str
    precision: Literal["float32", "bf16"]
    threads: int = 1

    def autocast(self) -> AbstractContextManager[Any]:
        """Return the context in which the networks run."""
        import torch

        kind = self.device.partition(":")[0]
        return torch.autocast(kind, dtype=torch.bfloat16, enabled=self.precision == "bf16")

    def apply(self) -> None:
        """Set the number of CPU threads of this process."""
        import torch

        torch.set_num_threads(self.threads)
