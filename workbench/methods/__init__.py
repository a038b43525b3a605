"""Named methods: which score, aggregation and selector go together, as data.

An entry's ``facts`` hold ``score``, ``aggregation`` (``None``: the experiment must give one) and
``selector`` as spec strings. An experiment
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
    aggregation: str | None = "mean",
    selector: str = "top_k",
) -> Entry:
    facts = {"score": score, "aggregation": aggregation, "selector": selector}
    return Entry(name, "workbench.config:Method", summary, source=source, facts=facts)


_LOG_2 = "count_above:0.6931471805599453"  # entropy of two equally likely classes, nats
_BALD = "mutual_information@mc_dropout"
_VOTES = "vote_entropy@mc_dropout"
_ODIN = "least_confidence@odin:temperature=0.1"

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
        "Chen et al. III-A.1, III-B",
        score="entropy",
        aggregation=_LOG_2,
    ),
    _method(
        "max_softmax",
        "Largest mean of one minus the largest softmax value.",
        "Chen et al. III-A.2",
        score="least_confidence",
    ),
    _method(
        "max_softmax_count",
        "Most pixels whose largest softmax value is below one half.",
        "Chen et al. III-A.2, III-B",
        score="least_confidence",
        aggregation="count_above:0.5",
    ),
    _method(
        "margin",
        "Smallest mean gap between the two largest softmax values.",
        "Chen et al. III-A.3",
        score="margin",
    ),
    _method(
        "margin_count",
        "Most pixels whose two largest softmax values are less than 0.2 apart.",
        "Chen et al. III-A.3, III-B",
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
        "Most pixels whose largest softmax value at that temperature is below one half.",
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
        "Most pixels whose mutual information passes a threshold, which the paper does not print.",
        "Chen et al. III-A.6, III-B",
        score=_BALD,
        aggregation=None,
    ),
    _method(
        "vote_entropy",
        "Largest mean entropy of the dropout committee's votes.",
        "Chen et al. III-A.6",
        score=_VOTES,
    ),
    _method(
        "vote_entropy_count",
        "Most pixels whose vote entropy passes a threshold, which the paper does not print.",
        "Chen et al. III-A.6, III-B",
        score=_VOTES,
        aggregation=None,
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
            selector for it, or if the registered one leaves its threshold to the experiment.
    """
    given = choice.model_dump(exclude_none=True)
    if choice.name not in METHODS:
        if choice.score is None and choice.selector is None:
            error = unknown_name("method", choice.name, METHODS.names())
            raise ConfigError(f"{error} A new one needs a score or a selector.")
        return Method(**given)
    values = {**METHODS.entry(choice.name).facts, **given}
    if values["aggregation"] is None:
        raise ConfigError(
            f"The method {choice.name} counts pixels above a threshold that its paper does not "
            f"print; give one: {{name: {choice.name}, aggregation: 'count_above:0.2'}}."
        )
    return Method(**values)


__all__ = ["METHODS", "complete"]
