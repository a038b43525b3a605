"""A world small enough to learn in a second: two colours, two classes."""

from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pytest
import torch

from workbench.compute import ResolvedCompute
from workbench.learning import TrainTask
from workbench.models import build
from workbench.types import IGNORE

SIZE = (24, 32)


def scene(number, size=SIZE):
    """A noisy picture whose right part, from some column on, is bright and of class 1."""
    rng = np.random.default_rng(number)
    mask = np.zeros(size, dtype=np.uint8)
    mask[:, rng.integers(8, size[1] - 8) :] = 1
    image = np.where(mask[..., None] == 1, 190, 60) + rng.integers(-30, 30, (*size, 3))
    mask[:2] = IGNORE
    return image.astype(np.uint8), mask, f"scene {number}"


@dataclass
class World:
    """A task's surroundings, with notes of what was asked for."""

    samples: list = field(default_factory=lambda: [scene(n) for n in range(6)])
    spec: object = field(default_factory=lambda: {"name": "tiny", "width": 8})
    views: list = field(default_factory=list)
    progress: list = field(default_factory=list)
    validations: int = 0

    def labelled(self, view):
        self.views.append(view)
        return self.samples

    def accuracy(self, model):
        self.validations += 1
        model.eval()
        hits = []
        for number in range(20, 24):
            image, mask, _ = scene(number)
            with torch.no_grad():
                found = model(model.normalise(torch.from_numpy(image)[None])).argmax(1)[0].numpy()
            hits.append((found == mask)[mask != IGNORE].mean())
        return float(np.mean(hits))

    def task(self, seed=0, precision="float32", **changes):
        settings = {
            "build": partial(build, self.spec, 2, seed=7),
            "labelled": self.labelled,
            "validate": self.accuracy,
            "seed": seed,
            "compute": ResolvedCompute("cpu", precision, 1),
            "report": self.progress.append,
            "name": "entropy seed 0 cycle 2",
        }
        return TrainTask(**settings | changes)


@pytest.fixture
def world():
    return World()


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
