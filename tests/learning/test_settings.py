"""Settings of learners and riders as literals, with their bounds."""

import pytest

from workbench.learning import LEARNERS, RIDERS
from workbench.learning._params import TRAINING, training

MOST = 10**6
SHARED = {
    "epochs": (30, 1, MOST),
    "batch_size": (8, 1, 4096),
    "lr": (0.001, 0, 100),
    "step_every": (20, 1, MOST),
    "gamma": (0.1, 0, 1),
    "power": (0.9, 0, 100),  # DeepLab's poly schedule
    "momentum": (0.9, 0, 0.9999),
    "weight_decay": (0.0, 0, 100),
    "crop": (None, 1, 4096),
    "augment": ((), None, None),
    "validate_every": (None, 1, MOST),
    "steps_per_epoch": (None, 1, MOST),
    "head_lr": (1.0, 0, 1000),
    "continues": (False, None, None),
    "accumulate": (1, 1, 4096),
}


def _shared(learner, **changed):
    """The settings of a learner that has other defaults for some of the shared ones."""
    values = {n: (changed.get(n, default), *ends) for n, (default, *ends) in SHARED.items()}
    return {f"{learner}.{name}": value for name, value in values.items()}


SETTINGS = {
    **_shared("supervised"),
    **_shared("s4gan"),
    "s4gan.feature_matching": (0.1, 0, 1000),  # Mittal et al. 2021
    "s4gan.self_training": (1.0, 0, 1000),
    "s4gan.threshold": (0.6, 0, 1),
    "s4gan.discriminator_lr": (1e-4, 0, 100),
    **_shared("vaal"),
    "vaal.side": (64, 32, 128),
    "vaal.width": (128, 1, 128),
    "vaal.latent": (32, 1, 256),
    "vaal.beta": (1.0, 0, 1000),
    "vaal.autoencoder_weight": (1.0, 0, 1000),
    "vaal.adversarial_weight": (1.0, 0, 1000),
    "vaal.autoencoder_steps": (2, 1, 1000),  # the released code
    "vaal.discriminator_steps": (1, 1, 1000),
    "vaal.autoencoder_lr": (5e-4, 0, 100),
    "vaal.discriminator_lr": (5e-4, 0, 100),
    **_shared(  # Golestaneh & Kitani 4.2, the final retraining
        "self_consistency",
        epochs=60,
        batch_size=5,
        lr=0.0005,
        weight_decay=0.0002,
        augment=("hflip",),
    ),
    "self_consistency.consistency_weight": (1.0, 0, 1000),
    **_shared(
        "u2pl", epochs=80, batch_size=4, weight_decay=0.0001, augment=("hflip", "scale")
    ),  # the public code of Wang et al.
    "u2pl.sup_only_epochs": (1, 0, MOST),
    "u2pl.ema": (0.99, 0, 0.9999),
    "u2pl.unreliable": (0.2, 0, 1),
    "u2pl.self_training": (1.0, 0, 1000),
    "u2pl.cutmix": (0.5, 0, 1),
    "u2pl.contrast": (0.1, 0, 1000),
    "u2pl.temperature": (0.5, 0.01, 100),
    "u2pl.anchors": (256, 1, 1024),
    "u2pl.negatives": (50, 1, 256),
    "u2pl.confidence": (0.3, 0, 1),
    "u2pl.low_rank": (3, 1, 255),
    "u2pl.high_rank": (20, 1, 256),
    "u2pl.memory": (30000, 1, 50000),
    "u2pl.projection": (256, 1, 512),
    "u2pl.tap": ("decoder", None, None),
    **_shared("pseudo_labels", epochs=2, continues=True),  # Górriz et al. 2017; Gu III-A.1
    "pseudo_labels.delta": (0.05, 0, 10),
    "pseudo_labels.delta_decay": (0.0, 0, 10),
    "pseudo_labels.most": (None, 0, MOST),
    "pseudo_labels.grows_by": (0, 0, MOST),
    "pseudo_labels.first_epochs": (None, 1, MOST),
    **_shared("bootstrap"),
    "bootstrap.networks": (4, 2, 100),  # Yang et al. 2017
    "click_cost.model": (None, None, None),
    "click_cost.epochs": (30, 1, MOST),
    "click_cost.batch_size": (8, 1, 4096),
    "click_cost.lr": (0.001, 0, 100),
    "click_cost.weight_decay": (0.0, 0, 100),
    "click_cost.hflip": (True, None, None),
    "click_cost.cell": (16, 1, 4096),
}


def test_defaults_and_bounds_of_settings():
    found = {
        f"{entry.name}.{p.name}": (p.default, p.low, p.high)
        for entry in (*LEARNERS, *RIDERS)
        for p in entry.params
        if not p.choices or p.type == "strs"
    }
    assert found == SETTINGS


def test_the_shared_settings_may_all_have_other_defaults():
    values = {param.name: param.default for param in TRAINING}
    assert training(**values) == TRAINING
    with pytest.raises(ValueError, match=r"\['epoch'\] are no settings"):
        training(**values, epoch=3)


def test_one_network_from_initial_weights():
    entry = LEARNERS.entry("supervised")
    assert entry.members({}) == 1
    assert entry.continues({"continues": False}) is False
