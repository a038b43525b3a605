"""The section ``keep`` of a config: which parts of which cycles stay on disk."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from workbench.budget import Section


class Retention(Section):
    """What stays on disk."""

    maps: Literal["all", "last", "none"] = Field("all", description="Cycles that keep score maps")
    predictions: Literal["all", "last", "none"] = Field("all", description="… and predictions")
    features: Literal["all", "last", "none"] = Field("all", description="… and coarse feature maps")
    weights: Literal["all", "last", "none"] = Field("all", description="… and network weights")
    units: Literal["all", "last", "none"] = Field(
        "all", description="… and unit tables; cycle 0 always does"
    )
    embeddings: Literal["all", "last", "none"] = Field(
        "all", description="… and embeddings of units; what no method reads is then not computed"
    )
    reports: Literal["all", "none"] = Field(
        "all", description="Whether the weights of the networks stay that report points measured"
    )

    def keeps(self, what: str, cycle: int, cycles: int) -> bool:
        """Return whether a cycle keeps ``what``, in a run of ``cycles`` cycles."""
        rule = getattr(self, what)
        return bool(rule == "all" or (rule == "last" and cycle == cycles - 1))
