"""Looks up how networks are trained that are measured and select nothing. Loads no torch."""

from __future__ import annotations

from workbench.config import ExperimentConfig, Method
from workbench.engine.method import PlannedMethod, Reported, bind, plan_query
from workbench.errors import ConfigError
from workbench.learning import LEARNERS
from workbench.models import MODELS
from workbench.registry import Bound
from workbench.report import ReportPart
from workbench.units import UnitsEntry


def reported(own: ReportPart | None, config: ExperimentConfig, key: str) -> Reported:
    """Look up how a network that is reported is trained: changes to the report's parts.

    The report's parts are changes to those of the experiment, never to a method's own, so that all
    methods are measured alike.

    Args:
        own: the changes of a method or reference.
        config: the config of the experiment.
        key: the key of the config that holds them, for error messages.

    Raises:
        ConfigError: for a name that is not registered, or a setting that does not fit.
    """
    learner, model = config.learner, config.model
    for part in (config.report, own):
        if part is not None:
            learner = part.learner.of(learner) if part.learner else learner
            model = part.model.of(model) if part.model else model
    return Reported(
        bind(LEARNERS, learner.spec, f"{key}.learner"),
        bind(MODELS, model.spec, f"{key}.model"),
    )


def plan_references(
    config: ExperimentConfig, units: Bound[UnitsEntry]
) -> tuple[PlannedMethod, ...]:
    """Look up the parts of every reference.

    Each is a method that never queries: its networks and learner are those of its training.

    Raises:
        ConfigError: for a name that is not registered, a setting that does not fit, or units that
            share pixels, of which not all can be labelled.
    """
    if config.references and units.entry.overlap:
        raise ConfigError(
            f"references are trained on all units of the pool, but those of {units.name} may "
            "overlap and are never all labelled; leave references out, or choose units that do not "
            "overlap, e.g. grid."
        )
    found = []
    for position, one in enumerate(config.references):
        key = f"references.{position} ({one.name})"
        parts = reported(one, config, key)
        query = plan_query(Method(name=one.name, selector="random", seeds=one.seeds), key)
        found.append(
            PlannedMethod(**vars(query), model=parts.model, learner=parts.learner, reported=parts)
        )
    return tuple(found)
