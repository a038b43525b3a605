"""What a committee states."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.registry import Entry


def _one(options: Mapping[str, Any]) -> int:  # noqa: ARG001 - all defaults take the settings
    return 1


def _never(options: Mapping[str, Any]) -> bool:  # noqa: ARG001 - as above
    return False


def _none(options: Mapping[str, Any]) -> tuple[str, ...]:  # noqa: ARG001 - as above
    return ()


@dataclass(frozen=True, kw_only=True)
class CommitteeEntry(Entry):
    """A committee, as data.

    Attributes:
        members: settings ► how many members they make, by default 1; refuses settings that make no
            committee.
        passes: settings ► keys of the passes it takes from ``Forwards``, by default none, so that
            the scan can tell which ones several committees share.
        dropout: whether it needs a network that was trained with dropout.
        networks: whether its members are the networks of an ensemble.
        float32: settings ► whether its passes run in float32 under any precision, since in bf16
            every score read from it orders units otherwise (``docs/benchmarks.md``).
    """

    members: Callable[[Mapping[str, Any]], int] = _one
    passes: Callable[[Mapping[str, Any]], tuple[str, ...]] = _none
    dropout: bool = False
    networks: bool = False
    float32: Callable[[Mapping[str, Any]], bool] = _never
