"""Chooses device and precision once per experiment; the store keeps the precision for a resume."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.compute import ResolvedCompute, usable_cores
from workbench.config import Compute
from workbench.errors import ConfigError

if TYPE_CHECKING:
    from workbench.engine.plan import Plan


def resolve_compute(plan: Plan, n_classes: int, size: tuple[int, int]) -> ResolvedCompute:
    """Replace ``auto`` by the device of this machine and the precision that is faster on it.

    Args:
        plan: the plan whose model is timed.
        n_classes: number of classes of the dataset.
        size: (H, W) of the images that the model is timed with.

    Raises:
        ConfigError: for a device that this machine does not have.
    """
    config = plan.config.compute
    device = device_of(config)
    if config.precision != "auto":
        return ResolvedCompute(device, config.precision, config.threads)

    from workbench.learning import probe_precision
    from workbench.models import build

    precision = probe_precision(
        lambda: build(plan.model, n_classes, seed=0), size, config.threads, device
    )
    return ResolvedCompute(device, precision, config.threads)


def device_of(config: Compute) -> str:
    """Return the device of a config; for ``auto`` CUDA where this machine has it, else the CPU.

    Raises:
        ConfigError: for a device that this machine does not have.
    """
    import torch

    if config.device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    kind, _, number = config.device.partition(":")
    if config.device == "cpu":
        return "cpu"
    if kind != "cuda" or not (number.isdecimal() or config.device == "cuda"):
        raise ConfigError(f"compute.device is {config.device!r}; wanted auto, cpu, cuda or cuda:N.")
    count = torch.cuda.device_count()
    if count == 0 or (number and int(number) >= count):
        raise ConfigError(
            f"compute.device is {config.device!r}, but torch finds {count} CUDA devices here; "
            "use --set compute.device=auto."
        )
    return config.device


def side_by_side(jobs: int | None, plan: Plan, device: str) -> int:
    """Return how many runs to run at a time; a GPU is shared only if ``jobs`` is given.

    Args:
        jobs: as asked for; ``None``: as many as the cores allow.
        plan: the experiment.
        device: where its networks run.

    Raises:
        ConfigError: for fewer than one.
    """
    if jobs is not None:
        if jobs < 1:
            raise ConfigError(f"--jobs is {jobs}; wanted 1 or more.")
        return min(jobs, len(plan.runs))
    if device != "cpu":
        return 1
    return max(1, min(usable_cores() // plan.config.compute.threads, len(plan.runs)))
