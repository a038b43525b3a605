"""Checks that the parts of a planned method fit each other."""

from __future__ import annotations

from collections.abc import Iterable

from workbench.config import ExperimentConfig, Method, Retention
from workbench.engine.method import PlannedMethod
from workbench.errors import ConfigError, shown
from workbench.report import Report, ReportPart


def check_reference(method: PlannedMethod) -> None:
    """Check that a selector does not compare current features with those of random weights.

    Training from random weights changes the features entirely: the features of the pool before
    training and those of the candidates now have nothing in common (measured: no better than
    chance).

    Raises:
        ConfigError: for current features, an untrained reference and no pretrained weights.
    """
    model = method.model
    compares = method.needs_untrained_reference and method.embedding.weights != "initial"
    if compares and not model.entry.pretrained(model.options):
        raise ConfigError(
            f"The method {shown(method.name, 40)} compares features of the trained network "
            f"{shown(model.name, 40)} with those of random weights, which have nothing in common; "
            "choose pretrained weights (e.g. model: {name: deeplabv3plus, weights: imagenet}) or "
            "set embedding.weights: initial."
        )


def check_retention(method: PlannedMethod, keep: Retention) -> None:
    """Check that all is kept of a cycle that the training of the next one reads.

    Raises:
        ConfigError: if its learner reads predictions of the cycle before, which are not kept.
    """
    learner = method.learner
    if learner.entry.predictions and keep.predictions != "all":
        raise ConfigError(
            f"The learner {learner.name} of the method {method.name} trains on what the cycle "
            f"before predicted, and keep.predictions is {keep.predictions}; set keep.predictions: "
            "all."
        )


def check_head_rate(method: PlannedMethod, key: str = "learner") -> None:
    """Check that a network has a trunk if its learning rate differs outside of it.

    Args:
        method: the method, as it is trained in cycles or at report points.
        key: the key of the config that holds the learner.

    Raises:
        ConfigError: for a learner with ``head_lr`` and a network without a trunk.
    """
    factor = method.learner.options.get("head_lr", 1.0)
    if factor != 1 and not method.model.entry.trunk:
        raise ConfigError(
            f"{key}.head_lr is {factor:g}, but the network {method.model.name} has no trunk that "
            "could learn at another rate; leave head_lr out, or take a network with an encoder, "
            "e.g. deeplabv3plus."
        )


def check_report(config: ExperimentConfig, methods: Iterable[Method]) -> None:
    """Check that there are report points where a config says how their networks are trained.

    Args:
        config: the config.
        methods: its methods with those of their ``report`` that the config gives itself.

    Raises:
        ConfigError: for a learner or model of report points, and no report point.
    """
    if config.report.at:
        return
    parts: list[tuple[str, Report | ReportPart]] = [("report", config.report)]
    parts += [(f"{method.name}: report", method.report) for method in methods if method.report]
    for key, part in parts:
        named = next((name for name in ("learner", "model") if getattr(part, name)), None)
        if named is not None:
            raise ConfigError(
                f"{key}.{named} is given, but there are no report points at which a network would "
                "be trained by it; add report.at, e.g. report: {at: [12%]}, or leave it out."
            )
