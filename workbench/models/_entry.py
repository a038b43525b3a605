"""What a model states."""

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
        taps: feature maps that can be read from it; embeddings are made from one of them.
        pretrained: settings ► whether it starts from weights that were trained elsewhere, so that
            its features mean something before the first cycle; by default it never does.
    """

    taps: tuple[str, ...] = ("backbone", "decoder")
    pretrained: Callable[[Mapping[str, Any]], bool] = _never
