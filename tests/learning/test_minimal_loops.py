"""The hand-written loops that learners are timed against do what the learners do."""

from itertools import islice

import pytest
import torch

from benchmarks.loops import LOOPS, Data
from benchmarks.steps import SETTINGS
from tests.learning.conftest import Pool, scene
from tests.learning.test_pseudo_labels import Cycle
from workbench.learning import LEARNERS
from workbench.learning._supervised import Supervised

OWN = {
    "vaal": {"side": 32, "width": 2},
    "pseudo_labels": {"delta": 10.0, "continues": False},
    "u2pl": {"cutmix": 0.0},  # batch norm sees what is mixed
}
OF_LOOP = {"vaal": OWN["vaal"], "u2pl": OWN["u2pl"]}
RANDOM = {
    "feature_matching", "self_training", "contrast", "discriminator", "reconstruction", "kl",
    "adversarial",
}  # fmt: skip
"""Terms that dropout, noise, CutMix or drawn pairs of pixels are in."""


def data(world, size):
    """The world's samples in memory; as in the pseudo-labels' test the pool is of class 1."""
    images, masks = (
        torch.stack([torch.from_numpy(sample[part]) for sample in world.samples]) for part in (0, 1)
    )
    pool = torch.stack([torch.from_numpy(image) for image, _ in world.pool])
    return Data(world.build, images, masks, pool, torch.ones_like(pool[..., 0]), size)


@pytest.mark.parametrize("name", LEARNERS.names())
def test_the_first_steps_have_the_losses_of_the_learner(world, name):
    """One batch of all samples an epoch, so that their order does not matter."""
    world.spec = {"name": "tiny", "width": 4, "dropout": 0.0}
    previous = Cycle(Supervised(epochs=1).fit(world.task())) if name == "pseudo_labels" else None
    size = len(world.samples) + (len(world.pool) if previous else 0)
    if previous is None:  # batches of as many unlabelled images
        world.pool = Pool(scene(n)[::2] for n in range(10, 10 + size))
    world.progress.clear()
    spec = {"name": name, "batch_size": size, "epochs": 2, **SETTINGS[name], **OWN.get(name, {})}
    LEARNERS.bind(spec).call().fit(world.task(previous=previous))
    loop = LOOPS[name](data(world, size), **OF_LOOP.get(name, {}))
    for step, (found, losses) in enumerate(zip(islice(loop, 2), world.progress, strict=True)):
        assert found.keys() == losses.terms.keys()
        if name == "bootstrap":  # every network has draws of its own
            assert all(0 < value < 2 for value in found.values())
        elif step == 0 or not found.keys() & RANDOM:
            alike = found.keys() - RANDOM
            assert {n: found[n] for n in alike} == pytest.approx(
                {n: losses.terms[n] for n in alike}, rel=2e-3
            )
