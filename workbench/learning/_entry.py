"""What a learner states."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.registry import Entry


def _one(options: Mapping[str, Any]) -> int:  # noqa: ARG001 - called like every other
    return 1


@dataclass(frozen=True, kw_only=True)
class LearnerEntry(Entry):
    """A learner, as data.

    Attributes:
        members: settings ► how many networks it trains that an ensemble may consist of.
    """

    members: Callable[[Mapping[str, Any]], int] = _one


@dataclass(frozen=True, kw_only=True)
class CostLearnerEntry(Entry):
    """A cost learner, as data; it states nothing of its own."""
