"""Committees: predictions of each pixel by one network pass or several, summed one by one.

An implementation is ``(forwards, needs, **settings) -> Committee``: it reads logits from the
batch's :class:`Forwards` (which makes each pass once, however many committees read it) and keeps
only the sums that the requested acquisition functions need.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbench.committees._entry import CommitteeEntry
from workbench.committees._names import transform_keys
from workbench.param import LARGEST_SEED
from workbench.registry import Bound, Param, Registry, lazy_exports

if TYPE_CHECKING:
    from workbench.committees._classes import predicted_classes
    from workbench.committees._ensemble import ensemble
    from workbench.committees._forwards import Forwards
    from workbench.committees._mc_dropout import mc_dropout
    from workbench.committees._odin import odin
    from workbench.committees._softmax import softmax
    from workbench.committees._sums import RunningSums
    from workbench.committees._transforms import transforms
    from workbench.committees._workspace import Workspace

COMMITTEES = Registry("committee", "workbench.committees", CommitteeEntry)


def _as_many(options: Mapping[str, Any]) -> int:
    return int(options["members"])


def _identity(options: Mapping[str, Any]) -> tuple[str, ...]:  # noqa: ARG001 - all have it
    return ("identity",)


def _transform_passes(options: Mapping[str, Any]) -> tuple[str, ...]:
    return ("identity", *transform_keys(options["of"]))


def _odin_passes(options: Mapping[str, Any]) -> tuple[str, ...]:
    if not options["epsilon"]:
        return ("identity",)
    return (f"odin:{options['temperature']!r},{options['epsilon']!r}",)


def _sharp(options: Mapping[str, Any]) -> bool:
    """Return whether a temperature enlarges small differences, which bf16 would round away."""
    return float(options["temperature"]) < 1


def _one_temperature(options: Mapping[str, Any]) -> float:  # noqa: ARG001 - it has no settings
    return 1.0


def _odin_temperature(options: Mapping[str, Any]) -> float:
    return float(options["temperature"])


def _odin_label(options: Mapping[str, Any]) -> str:
    moved = f", ε = {options['epsilon']:g}" if options["epsilon"] else ""
    return f"ODIN, T = {options['temperature']:g}{moved}"


COMMITTEES.add(
    CommitteeEntry(
        "softmax",
        "workbench.committees._softmax:softmax",
        "One pass, one softmax.",
        source="Chen et al. III-A",
        passes=_identity,
        temperature=_one_temperature,
    ),
    CommitteeEntry(
        "mc_dropout",
        "workbench.committees._mc_dropout:mc_dropout",
        "One network, several times with dropout on; needs a model trained with dropout.",
        params=(
            Param("members", "int", 10, "thinned networks", low=2, high=1000),
            Param("rate", "float", 0.5, "share of values dropped while scoring", 0.01, 0.95),
            Param("seed", "int", 0, "seed of the dropout masks", 0, LARGEST_SEED),
        ),
        source="Gal & Ghahramani 2016; Chen et al. III-A.6 and IV-A",
        members=_as_many,
        dropout=True,
    ),
    CommitteeEntry(
        "transforms",
        "workbench.committees._transforms:transforms",
        "The image and transformed copies of it, mapped back onto the image.",
        params=(
            Param(
                "of",
                "strs",
                help="transformations: hflip, vflip, rot90, rot180, translate (by 16 pixels) or "
                "translateN",
            ),
        ),
        source="Golestaneh & Kitani, Eqs. 1-3 and Table 2",
        members=lambda options: len(_transform_passes(options)),
        passes=_transform_passes,
    ),
    CommitteeEntry(
        "ensemble",
        "workbench.committees._ensemble:ensemble",
        "Several networks, trained apart; needs a learner that trains as many.",
        params=(Param("members", "int", 4, "networks", low=2, high=100),),
        source="Beluch et al. 2018; Gu, Suggestive Annotation (four networks)",
        members=_as_many,
        networks=True,
    ),
    CommitteeEntry(
        "odin",
        "workbench.committees._odin:odin",
        "One softmax at a temperature, of an image moved a little towards its prediction.",
        params=(
            Param("temperature", "float", 1000.0, "T; above 1 it flattens the softmax", 1e-3, 1e6),
            Param("epsilon", "float", 0.0, "step in units of the normalised image", 0.0, 10.0),
        ),
        source="Liang et al. 2018; Chen et al. III-A.5",
        passes=_odin_passes,
        float32=_sharp,
        temperature=_odin_temperature,
        label=_odin_label,
        usual="least_confidence",
    ),
)


def members_of(committee: Bound[CommitteeEntry]) -> int:
    """Return the number of members of a committee.

    Raises:
        ConfigError: for settings that make no committee.
    """
    return committee.entry.members(committee.options)


def passes_of(committee: Bound[CommitteeEntry]) -> tuple[str, ...]:
    """Return the keys of the passes that a committee can share with others."""
    return committee.entry.passes(committee.options)


def needs_dropout(committee: Bound[CommitteeEntry]) -> bool:
    """Whether a committee needs a network that was trained with dropout."""
    return committee.entry.dropout


def networks_of(committee: Bound[CommitteeEntry]) -> int:
    """Return the number of ensemble networks that a committee needs; 0 for the scan's own alone."""
    return members_of(committee) if committee.entry.networks else 0


__getattr__, _public = lazy_exports(
    __name__,
    {
        "Forwards": "workbench.committees._forwards:Forwards",
        "Workspace": "workbench.committees._workspace:Workspace",
        "RunningSums": "workbench.committees._sums:RunningSums",
        "predicted_classes": "workbench.committees._classes:predicted_classes",
        **{e.name: e.target for e in COMMITTEES},
    },
)

__all__ = [
    "COMMITTEES",
    "CommitteeEntry",
    "Forwards",
    "RunningSums",
    "Workspace",
    "ensemble",
    "mc_dropout",
    "members_of",
    "needs_dropout",
    "networks_of",
    "odin",
    "passes_of",
    "predicted_classes",
    "softmax",
    "transforms",
]
