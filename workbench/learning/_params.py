"""Settings that all learners share, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from workbench.registry import Param

MOST_STEPS = 1_000_000  # epochs, or steps in one

TRAINING: tuple[Param, ...] = (
    Param("epochs", "int", 30, "passes over the labelled samples", 1, MOST_STEPS),
    Param("batch_size", "int", 8, "samples per step", 1, 4096),
    Param("optimizer", "str", "adam", "adam or sgd", choices=("adam", "sgd")),
    Param("lr", "float", 0.001, "learning rate at the start", 0.0, 100.0),
    Param(
        "schedule",
        "str",
        "constant",
        "constant; poly: down to 0 over all steps; step: times gamma every step_every",
        choices=("constant", "poly", "step"),
    ),
    Param("step_every", "int", 20, "epochs between steps of the schedule", 1, MOST_STEPS),
    Param("gamma", "float", 0.1, "factor of a step of the schedule", low=0.0, high=1.0),
    Param("power", "float", 0.9, "exponent of the poly schedule", 0.0, 100.0),
    Param("momentum", "float", 0.9, "momentum of sgd", low=0.0, high=0.9999),
    Param("weight_decay", "float", 0.0, "L2 penalty on all weights", 0.0, 100.0),
    Param(
        "view",
        "str",
        "image",
        "image: whole images, the rest void; unit: each unit as an image of its own",
        choices=("image", "unit"),
    ),
    Param(
        "crop",
        "ints",
        None,
        "height and width of random crops, pixels",
        low=1,
        high=4096,  # a batch of eight has 1.6 GB
        optional=True,
    ),
    Param(
        "crop_around",
        "str",
        "labelled",
        "labelled: the window of a crop or scale holds a labelled pixel; anywhere",
        choices=("labelled", "anywhere"),
    ),
    Param(
        "augment",
        "strs",
        (),
        "hflip, scale (0.5 to 2), colour (brightness, contrast, saturation, hue)",
        choices=("hflip", "scale", "colour"),
    ),
    Param(
        "scale_law",
        "str",
        "uniform",
        "how the factors of scale are distributed: uniform or log_uniform",
        choices=("uniform", "log_uniform"),
    ),
    Param(
        "keep",
        "str",
        "last",
        "which epoch's weights are returned",
        choices=("best", "last"),
    ),
    Param(
        "validate_every",
        "int",
        None,
        "epochs between validations; empty: every one for keep: best, else none",
        low=1,
        high=MOST_STEPS,
        optional=True,
    ),
    Param(
        "steps_per_epoch",
        "int",
        None,
        "steps per epoch; empty: as many as read every sample once",
        low=1,
        high=MOST_STEPS,
        optional=True,
    ),
    Param(
        "loss",
        "str",
        "cross_entropy",
        "of the labelled pixels: cross_entropy, or dice: one minus the mean overlap of the classes",
        choices=("cross_entropy", "dice"),
    ),
    Param(
        "class_weights",
        "str",
        "none",
        "none, or median_frequency: rare classes count more",
        choices=("none", "median_frequency"),
    ),
    Param(
        "head_lr",
        "float",
        1.0,
        "factor of the learning rate outside the trunk of the network",
        low=0.0,
        high=1000.0,
    ),
    Param(
        "continues",
        "bool",
        False,
        "go on from the network and the optimiser of the cycle before, not from initial weights",
    ),
    Param(
        "accumulate",
        "int",
        1,
        "passes that a batch is split into; their gradients add up, so that less memory is needed",
        low=1,
        high=4096,
    ),
)


def training(*, whole_images: bool = False, **defaults: Any) -> tuple[Param, ...]:
    """Return the settings that all learners share, some of them with other defaults.

    Args:
        whole_images: the learner reads unlabelled images, which are never cut into units: the only
            view is ``image``.
        defaults: name ► default, as a paper has it.
    """
    names = {param.name for param in TRAINING}
    if not defaults.keys() <= names:
        raise ValueError(f"{sorted(defaults.keys() - names)} are no settings of a training")
    changes = {name: {"default": default} for name, default in defaults.items()}
    if whole_images:
        changes["view"] = {"choices": ("image",), "help": "whole images, the rest void"}
    return tuple(replace(param, **changes.get(param.name, {})) for param in TRAINING)


def weight(name: str, default: float, help_text: str) -> Param:
    """Return the setting of the weight of a term of the loss."""
    return Param(name, "float", default, help_text, 0.0, 1000.0)


def rate(name: str, default: float, help_text: str) -> Param:
    """Return the setting of the learning rate of a further optimiser."""
    return Param(name, "float", default, help_text, 0.0, 100.0)


def continues(options: Mapping[str, Any]) -> bool:
    """Return whether a training goes on from the networks of the previous cycle."""
    return bool(options["continues"])
