"""The learners with a discriminator, as data."""

from __future__ import annotations

from workbench.learning._entry import LearnerEntry
from workbench.learning._params import continues, rate, training, weight
from workbench.registry import Param

WITH_DISCRIMINATOR = (
    LearnerEntry(
        "s4gan",
        "workbench.learning._s4gan:S4Gan",
        "Supervised, and a discriminator judges predictions in unlabelled images (s4GAN).",
        params=(
            *training(whole_images=True),
            weight(
                "feature_matching",
                0.1,
                "weight of the distance between features of true and predicted maps",
            ),
            weight("self_training", 1.0, "weight of the cross-entropy on the network's own labels"),
            Param(
                "threshold",
                "float",
                0.6,
                "own labels are taken above this probability of being true (Cityscapes: 0.7)",
                0.0,
                1.0,
            ),
            rate("discriminator_lr", 0.0001, "learning rate of the discriminator at the start"),
        ),
        source="Mittal et al. 2021 (s4GAN); Mittal et al. 3; released code",
        continues=continues,
        semi_supervised=True,
    ),
    LearnerEntry(
        "vaal",
        "workbench.learning._vaal:Vaal",
        "Supervised; an autoencoder and a discriminator learn what is labelled (VAAL).",
        params=(
            *training(whole_images=True),
            Param("side", "int", 64, "the autoencoder's images, pixels, a multiple of 16", 32, 128),
            Param(
                "width",
                "int",
                128,
                "channels of the autoencoder's first convolution; the deepest has eight times that",
                1,
                128,
            ),
            Param("latent", "int", 32, "length of the latent vector", 1, 256),
            weight("beta", 1.0, "weight of the divergence of latent vectors"),
            weight(
                "autoencoder_weight",
                1.0,
                "weight of reconstruction and divergence (the survey's λ1)",
            ),
            weight(
                "adversarial_weight", 1.0, "weight of deceiving the discriminator (the survey's λ2)"
            ),
            Param("autoencoder_steps", "int", 2, "of the autoencoder per step", 1, 1000),
            Param("discriminator_steps", "int", 1, "of the discriminator per step", 1, 1000),
            rate("autoencoder_lr", 0.0005, "rate of its Adam"),
            rate("discriminator_lr", 0.0005, "rate of its Adam"),
        ),
        source="Sinha et al. 2019 (VAAL), released code; Gu, III-B.2, Algorithm 1",
        continues=continues,
        columns=("unlabelled_probability",),
    ),
)
