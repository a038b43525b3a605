"""The registry entry of a committee."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.registry import Entry


def _one(options: Mapping[str, Any]) -> int:  # noqa: ARG001 - all defaults take the settings
    return 1


def _never(options: Mapping[str, Any]) -> bool:  # noqa: ARG001 - as above
    return False


def _no_temperature(options: Mapping[str, Any]) -> float | None:  # noqa: ARG001 - as above
    return None


def _no_label(options: Mapping[str, Any]) -> str:  # noqa: ARG001 - as above
    return ""


def _none(options: Mapping[str, Any]) -> tuple[str, ...]:  # noqa: ARG001 - as above
    return ()


@dataclass(frozen=True, kw_only=True)
class CommitteeEntry(Entry):
    """A committee, as data.

    Attributes:
        members: settings ► number of members, by default 1; raises ConfigError for settings that
            make no committee.
        passes: settings ► keys of the passes it reads from ``Forwards``, by default none; the scan
            finds the shared passes by them.
        dropout: whether it needs a network that was trained with dropout.
        networks: whether its members are the networks of an ensemble.
        float32: settings ► whether its passes always run in float32, since bf16 would change the
            order of units by every score read from it (``docs/benchmarks.md``).
        temperature: settings ► T of its softmax, by which figures colour it; by default ``None``:
            it is not one softmax at a temperature. If ``passes`` returns ``identity`` alone,
            figures compute it from the logits of a pixel.
        label: settings ► its name in figures, e.g. ``ODIN, T = 10``; by default its spec.
        usual: the acquisition function of its source, which figures leave out of the name.
    """

    members: Callable[[Mapping[str, Any]], int] = _one
    passes: Callable[[Mapping[str, Any]], tuple[str, ...]] = _none
    dropout: bool = False
    networks: bool = False
    float32: Callable[[Mapping[str, Any]], bool] = _never
    temperature: Callable[[Mapping[str, Any]], float | None] = _no_temperature
    label: Callable[[Mapping[str, Any]], str] = _no_label
    usual: str = ""
