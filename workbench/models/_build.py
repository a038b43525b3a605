"""Builds a network by name, with initial weights that depend on its seed alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from workbench.models import MODELS
from workbench.models.base import SegmentationModel
from workbench.registry import Bound


def build(spec: str | Mapping[str, Any] | Bound, n_classes: int, seed: int) -> SegmentationModel:
    """Build a network on the CPU, in training mode, channels last.

    Args:
        spec: an argument of ``MODELS.bind``, or its result.
        n_classes: number of classes, without void.
        seed: seed of the initial weights, on which alone they depend; the global random state is
            not changed.

    Raises:
        ConfigError: for an unknown name or setting.
        ModelError: for an unknown encoder, or weights that cannot be downloaded or read.
    """
    bound = spec if isinstance(spec, Bound) else MODELS.bind(spec)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model: SegmentationModel = bound.call(n_classes)
    return model.to(memory_format=torch.channels_last)
