"""Device, precision and threads: chosen once per experiment, then passed on as an argument."""

from __future__ import annotations

import ctypes
import os
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Literal

Precision = Literal["float32", "bf16"]
"""Number format in which networks run."""


def usable_cores() -> int:
    """Return the number of CPU cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(frozen=True)
class ResolvedCompute:
    """The device and precision that an experiment uses from its first to its last cycle.

    Attributes:
        device: ``cpu``, ``cuda`` or ``cuda:N``; never ``auto``.
        precision: of the networks' forward and backward passes; softmax, scores and sums are
            float32 in either case.
        threads: CPU threads per run.
    """

    device: str
    precision: Precision
    threads: int = 1

    def autocast(self) -> AbstractContextManager[Any]:
        """Return the context in which the networks run."""
        import torch

        kind = self.device.partition(":")[0]
        return torch.autocast(kind, dtype=torch.bfloat16, enabled=self.precision == "bf16")

    def apply(self) -> None:
        """Set the number of CPU threads of this process, and make it reuse freed memory."""
        import cv2
        import torch

        torch.set_num_threads(self.threads)
        cv2.setNumThreads(self.threads)  # the default is every core, for small images too
        _keep_freed_memory()


def _keep_freed_memory() -> None:
    """Make glibc reuse freed memory for feature maps, instead of returning it to the kernel.

    By default every map of some megabytes is mapped page by page and unmapped again: two fifths of
    a DeepLabv3+ forward pass at 360×480 on a CPU (``docs/benchmarks.md``). Has no effect with other
    C libraries.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):
        return
    mallopt(_M_MMAP_THRESHOLD, _LARGEST_KEPT)
    mallopt(_M_TRIM_THRESHOLD, _NEVER)


_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # names of glibc's malloc.h
_LARGEST_KEPT = 32 * 1024 * 1024  # bytes; the most that glibc accepts
_NEVER = 2**31 - 1
