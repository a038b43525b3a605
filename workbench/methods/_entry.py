"""How a named method is written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.registry import Entry

_ALWAYS = ("score", "aggregation", "selector")
_IF_GIVEN = ("pool_filter", "costs", "learner", "model", "embedding", "scan")


@dataclass(frozen=True, kw_only=True)
class MethodEntry(Entry):
    """A named method, as data; its parts are spec strings, and mappings as YAML would hold them.

    Attributes:
        score: what ranks the units; ``None`` where the selector reads no score.
        aggregation: how a unit's pixels become its score; ``None``: the experiment must say.
        selector: how the batch is chosen.
        pool_filter: which units may be queried at all; ``None``: every one.
        costs: what the selector takes for a unit's cost; ``None``: as the experiment says.
        learner: what its paper fixes of the training; ``None``, here and below: as the experiment
            says.
        model: what its paper fixes of the network.
        embedding: what its paper fixes of the features, e.g. ``{"tap": "decoder"}``.
        scan: what its paper fixes of the scan.
        preferred_tap: the feature map that its paper reads, for networks that have one of this
            name; with another network, or where the experiment's method names a tap, it changes
            nothing. A tap that a method cannot do without stands in ``embedding``.
    """

    target: str = "workbench.config:Method"
    summary: str
    score: str | None = None
    aggregation: str | None = "mean"
    selector: str = "top_k"
    pool_filter: str | None = None
    costs: str | None = None
    learner: Mapping[str, Any] | None = None
    model: Mapping[str, Any] | None = None
    embedding: Mapping[str, Any] | None = None
    scan: Mapping[str, Any] | None = None
    preferred_tap: str = ""

    @property
    def parts(self) -> dict[str, Any]:
        """Its definition as an experiment would write it, without the name."""
        given = {key: value for key in _IF_GIVEN if (value := getattr(self, key)) is not None}
        return {key: getattr(self, key) for key in _ALWAYS} | given


def method(name: str, summary: str, source: str, **parts: Any) -> MethodEntry:
    """Return the entry of a method; ``parts`` are attributes of :class:`MethodEntry`."""
    return MethodEntry(name=name, summary=summary, source=source, **parts)
