"""Named methods, as data: a score, an aggregation and a selector under one name.

An experiment may name a method, change parts of it, or define a new one (see
``docs/experiments.md``).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from workbench.config import EmbeddingPart, Method
from workbench.errors import ConfigError, unknown_name
from workbench.methods._batches import OF_OTHER_PAPERS, OF_THE_PAPERS
from workbench.methods._entry import MethodEntry
from workbench.methods._entry import method as _method
from workbench.methods._equal import EQUAL, FLIP_ENTROPY
from workbench.methods._semi_supervised import SEMI_SUPERVISED
from workbench.registry import Registry

METHODS = Registry("method", "workbench.methods", MethodEntry)


_LOG_2 = "count_above:0.6931471805599453"  # entropy of two equally likely classes, nats
_BALD = "mutual_information@mc_dropout"
_VOTES = "vote_entropy@mc_dropout"
_ODIN = "least_confidence@odin:temperature=0.1"

METHODS.add(
    _method(
        "random",
        "Units drawn evenly: the baseline of every comparison.",
        "Chen et al. III-A.1; Mittal et al. 3; Golestaneh & Kitani 4.2",
        selector="random",
    ),
    _method(
        "entropy",
        "Largest mean pixel entropy of one softmax.",
        "Chen et al. III-A.2; Mittal et al. 3; Golestaneh & Kitani 4.2",
        score="entropy",
    ),
    _method(
        "entropy_count",
        "Largest share of pixels with an entropy above log 2, that of two equally likely classes.",
        "Chen et al. III-A.2, III-B",
        score="entropy",
        aggregation=_LOG_2,
    ),
    _method(
        "max_softmax",
        "Largest mean of one minus the largest softmax value.",
        "Chen et al. III-A.3",
        score="least_confidence",
    ),
    _method(
        "max_softmax_count",
        "Largest share of pixels whose largest softmax value is below one half.",
        "Chen et al. III-A.3, III-B",
        score="least_confidence",
        aggregation="count_above:0.5",
    ),
    _method(
        "margin",
        "Smallest mean gap between the two largest softmax values.",
        "Chen et al. III-A.4",
        score="margin",
    ),
    _method(
        "margin_count",
        "Largest share of pixels whose two largest softmax values are less than 0.2 apart.",
        "Chen et al. III-A.4, III-B",
        score="margin",
        aggregation="count_above:0.8",
    ),
    _method(
        "odin",
        "Max-softmax of a softmax at another temperature (0.1 here; the paper tries 0.01 to 1000).",
        "Chen et al. III-A.5",
        score=_ODIN,
    ),
    _method(
        "odin_count",
        "Largest share of pixels whose largest softmax at that temperature is below one half.",
        "Chen et al. III-A.5, III-B",
        score=_ODIN,
        aggregation="count_above:0.5",
    ),
    _method(
        "bald",
        "Largest mean mutual information between a pixel's class and the dropout masks.",
        "Chen et al. III-A.6; Mittal et al. 3",
        score=_BALD,
    ),
    _method(
        "bald_count",
        "Largest share of pixels with mutual information above a threshold that is not printed.",
        "Chen et al. III-A.6, III-B",
        score=_BALD,
        aggregation=None,
    ),
    _method(
        "vote_entropy",
        "Largest mean entropy of the dropout committee's votes.",
        "Chen et al. III-A.7",
        score=_VOTES,
    ),
    _method(
        "vote_entropy_count",
        "Largest share of pixels with a vote entropy above a threshold that is not printed.",
        "Chen et al. III-A.7, III-B",
        score=_VOTES,
        aggregation=None,
    ),
    _method(
        "flip_entropy",
        "Largest summed entropy of an image and its mirror image, averaged over the unit.",
        "Golestaneh & Kitani 3, Eqs. 1-4; Mittal et al. 3, whose EquAL it is",
        score=FLIP_ENTROPY,
    ),
    _method(
        "k_center",
        "Coreset: units farthest in embedding space from all that is labelled.",
        "Sener & Savarese 2018; Mittal et al. 3",
        selector="k_center",
    ),
    _method(
        "coreset",
        "Likewise, on the output of the spatial pyramid where the network has one (DeepLabv3+).",
        "Sener & Savarese 2018; Mittal et al. 3 (Coreset)",
        selector="k_center",
        preferred_tap="aspp",
    ),
    _method(
        "cereals",
        "Summed entropy against the clicks that a network predicts, (1 − C)·I; no two overlap.",
        "Mackowiak et al. 2018 (CEREALS); Gu, III-B.1",
        score="entropy",
        aggregation="sum",
        selector="cereals",
        costs="predicted",
    ),
    _method(
        "cereals_vote_entropy",
        "Likewise with the summed entropy of a dropout committee's votes.",
        "Mackowiak et al. 2018 (CEREALS); Gu, III-B.1",
        score=_VOTES,
        aggregation="sum",
        selector="cereals",
        costs="predicted",
    ),
)


METHODS.add(*EQUAL, *SEMI_SUPERVISED, *OF_THE_PAPERS, *OF_OTHER_PAPERS)

CHEN_APPROACHES = tuple(
    (name, units)
    for units in ("image", "crop:512x512")
    for name in (
        "random",
        *("entropy", "entropy_count", "max_softmax", "max_softmax_count"),
        *("margin", "margin_count", "odin", "odin_count"),
        *("bald", "bald_count", "vote_entropy", "vote_entropy_count"),
    )
)
"""(method, query units) of the 26 querying approaches of Chen et al. (Fig. 2). A query of crops
holds eight times as many units as one of images, and as many pixels (IV-B)."""


def complete(choice: Method) -> Method:
    """Return a method with the parts that it leaves out taken from the registered one of its name.

    Raises:
        ConfigError: if the name is not registered and the experiment defines neither a score nor a
            selector for it, or if the registered method has no threshold and the experiment gives
            none.
    """
    given = _given(choice)
    if choice.name not in METHODS:
        if "score" not in given and "selector" not in given:
            error = unknown_name("method", choice.name, METHODS.names())
            raise ConfigError(f"{error} A new method needs a score or a selector.")
        return Method(**given)
    values = _merged(METHODS.entry(choice.name).parts, given)
    if values["aggregation"] is None:
        raise ConfigError(
            f"The method {choice.name} counts pixels above a threshold that its paper does not "
            f"print; give one: {{name: {choice.name}, aggregation: 'count_above:0.2'}}."
        )
    return Method(**values)


def reports_by_itself(name: str) -> bool:
    """Return whether a registered method brings its own training of report points."""
    return name in METHODS and METHODS.entry(name).report is not None


def _given(choice: Method) -> dict[str, Any]:
    """Return what an experiment gives of a method; a setting that it sets to null is given."""
    given = {key: getattr(choice, key) for key in choice.model_fields_set}
    for key in ("learner", "model"):
        part = given.get(key)
        if part is not None:
            name = {} if part.name is None else {"name": part.name}
            given[key] = {**name, **(part.model_extra or {})}
    for key in ("embedding", "scan", "report"):
        if given.get(key) is not None:
            given[key] = given[key].model_dump(exclude_none=True)
    return {key: value for key, value in given.items() if value is not None}


def _merged(registered: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Return the registered parts with those that an experiment gives, merged key by key."""
    values = {**registered, **given}
    for key in ("learner", "model", "embedding", "scan", "report"):
        own, new = registered.get(key), given.get(key)
        if own and new and new.get("name", own.get("name")) == own.get("name"):
            values[key] = _merged(own, new) if key == "report" else {**own, **new}
    return values


def with_preferred_tap(method: Method, taps: Collection[str]) -> Method:
    """Return a method with the feature map that its paper uses, where its network has that one.

    Args:
        method: the complete definition.
        taps: names of the feature maps of its network.
    """
    own = method.embedding or EmbeddingPart()
    wanted = METHODS.entry(method.name).preferred_tap if method.name in METHODS else ""
    if wanted not in taps or own.tap is not None:
        return method
    return method.model_copy(update={"embedding": own.model_copy(update={"tap": wanted})})


__all__ = [
    "CHEN_APPROACHES",
    "METHODS",
    "MethodEntry",
    "complete",
    "reports_by_itself",
    "with_preferred_tap",
]
