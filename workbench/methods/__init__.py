"""Named methods: which score, aggregation and selector go together, as data.

An entry's ``facts`` hold ``score``, ``aggregation`` and ``selector`` as spec strings. An experiment
may name one of these, change parts of it, or define its own (see ``docs/experiments.md``).
"""

from __future__ import annotations

from workbench.config import Method, MethodChoice
from workbench.errors import ConfigError, unknown_name
from workbench.registry import Entry, Registry

METHODS = Registry("method", "workbench.methods")


def _method(
    name: str,
    summary: str,
    source: str,
    *,
    score: str | None = None,
    aggregation: str = "mean",
    selector: str = "top_k",
) -> Entry:
    facts = {"score": score, "aggregation": aggregation, "selector": selector}
    return Entry(name, "workbench.config:Method", summary, source=source, facts=facts)


METHODS.add(
    _method(
        "random",
        "Units drawn evenly: the baseline of every comparison.",
        "Chen et al. III; Mittal et al. 3; Golestaneh & Kitani 4.2",
        selector="random",
    ),
    _method(
        "entropy",
        "Largest mean pixel entropy of one softmax.",
        "Chen et al. III-A.1; Mittal et al. 3; Golestaneh & Kitani 4.2",
        score="entropy",
    ),
    _method(
        "entropy_count",
        "Most pixels whose entropy passes log 2, the entropy of two equally likely classes.",
        "Chen et al. III-B",
        score="entropy",
        aggregation="count_above:0.6931471805599453",
    ),
    _method(
        "max_softmax",
        "Largest mean of one minus the largest softmax value.",
        "Chen et al. III-A.2",
        score="least_confidence",
    ),
    _method(
        "margin",
        "Smallest mean gap between the two largest softmax values.",
        "Chen et al. III-A.3",
        score="margin",
    ),
    _method(
        "equal",
        "Largest summed entropy of an image and its mirror image, averaged over the unit.",
        "Golestaneh & Kitani 3.2; Mittal et al. 3",
        score="total_entropy@transforms:hflip",
    ),
    _method(
        "k_center",
        "Coreset: units farthest in embedding space from all that is labelled.",
        "Sener & Savarese 2018; Mittal et al. 3",
        selector="k_center",
    ),
)


def complete(choice: MethodChoice) -> Method:
    """Fill in what an experiment's method leaves to the registered one of the same name.

    Raises:
        ConfigError: if the name is not registered and the experiment defines neither a score nor a
            selector for it.
    """
    given = choice.model_dump(exclude_none=True)
    if choice.name in METHODS:
        return Method(**{**METHODS.entry(choice.name).facts, **given})
    if choice.score is None and choice.selector is None:
        error = unknown_name("method", choice.name, METHODS.names())
        raise ConfigError(f"{error} A new one needs a score or a selector.")
    return Method(**given)


__all__ = ["METHODS", "complete"]
