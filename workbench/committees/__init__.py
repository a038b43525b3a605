"""Committees: how each pixel is predicted, one network pass or many, summed as they come.

An implementation is ``(forwards, needs, **settings) -> Committee``: it takes logits from the
batch's :class:`Forwards` (which makes each pass once, whoever asks) and keeps only the sums that
the requested acquisition functions need. ``Entry.facts`` of a committee:

* ``members(options) -> int``: how many members its settings make (checks them, too);
* ``passes(options) -> tuple[str, ...]``: keys of the passes it asks ``Forwards`` for, so that the
  scan knows which ones several committees share.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbench.committees._names import transform_keys
from workbench.registry import Entry, Param, Registry, lazy_exports

if TYPE_CHECKING:
    from workbench.committees._classes import predicted_classes
    from workbench.committees._forwards import Forwards
    from workbench.committees._softmax import softmax
    from workbench.committees._sums import RunningSums
    from workbench.committees._transforms import transforms
    from workbench.committees._workspace import Workspace

COMMITTEES = Registry("committee", "workbench.committees")


def _one(options: Mapping[str, Any]) -> int:  # noqa: ARG001 - all of them have this signature
    return 1


def _identity(options: Mapping[str, Any]) -> tuple[str, ...]:  # noqa: ARG001 - as above
    return ("identity",)


def _transform_passes(options: Mapping[str, Any]) -> tuple[str, ...]:
    return ("identity", *transform_keys(options["of"]))


COMMITTEES.add(
    Entry(
        "softmax",
        "workbench.committees._softmax:softmax",
        "One pass, one softmax.",
        source="Chen et al. III-A",
        facts={"members": _one, "passes": _identity},
    ),
    Entry(
        "transforms",
        "workbench.committees._transforms:transforms",
        "The image and transformed copies of it, mapped back onto the image.",
        params=(Param("of", "strs", help="transformations, e.g. hflip"),),
        source="Golestaneh & Kitani 3.2",
        facts={
            "members": lambda options: len(_transform_passes(options)),
            "passes": _transform_passes,
        },
    ),
)

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
    "Forwards",
    "RunningSums",
    "Workspace",
    "predicted_classes",
    "softmax",
    "transforms",
]
