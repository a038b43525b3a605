"""Building a network by name, with initial weights that its seed alone decides."""

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
        spec: what ``MODELS.bind`` reads, or what it returned.
        n_classes: classes to tell apart, void not counted.
        seed: decides the initial weights, wherever and however often it is built; the global random
            state is left as it was.

    Raises:
        ConfigError: for an unknown name or setting.
        ModelError: for an unknown encoder, or weights that cannot be had.
    """
    bound = spec if isinstance(spec, Bound) else MODELS.bind(spec)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model: SegmentationModel = bound.call(n_classes)
    return model.to(memory_format=torch.channels_last)
