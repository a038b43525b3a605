"""The registry entry of a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.registry import Entry


def _never(options: Mapping[str, Any]) -> bool:  # noqa: ARG001 - called like every other
    return False


@dataclass(frozen=True, kw_only=True)
class ModelEntry(Entry):
    """A segmentation network, as data.

    Attributes:
        taps: names of the feature maps that embeddings and learners can read, ``backbone`` among
            them: letters, digits and ``_``.
        pretrained: settings ► whether the network starts from pretrained weights, so that its
            features are useful before the first cycle; by default False.
        trunk: whether it has a trunk, whose weights may learn at another rate than the rest.
    """

    taps: tuple[str, ...] = ("backbone", "decoder")
    pretrained: Callable[[Mapping[str, Any]], bool] = _never
    trunk: bool = False
