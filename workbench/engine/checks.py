"""Checks of a planned method: its parts have to fit each other."""

from __future__ import annotations

from workbench.engine.method import PlannedMethod
from workbench.errors import ConfigError


def check_reference(method: PlannedMethod) -> None:
    """Check that what a selector compares with the pool before training means something there.

    A network with random weights moves its features anywhere in training: the pool as it was seen
    before and the candidates as they are seen now have nothing in common (measured: no better than
    chance).

    Raises:
        ConfigError: for current features, an untrained reference and no pretrained weights.
    """
    model = method.model
    compares = method.needs_initial_reference and method.embedding.weights != "initial"
    if compares and not model.entry.pretrained(model.options):
        raise ConfigError(
            f"The method {method.name} places what the network {model.name} sees now among what it "
            "saw before training, which from random weights have nothing in common; give it "
            "pretrained weights (e.g. model: {name: deeplabv3plus, weights: imagenet}), or set "
            "embedding.weights: initial to read the network before training for both."
        )
