"""Pool schemes: the registry.

A scheme says which images of the training split make the pool of an experiment, or makes further
ones of them. What it draws depends on its own seed alone, so that every run and every method of an
experiment has the same pool. ``docs/pools.md`` defines each of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.datasets.pools._entry import PoolEntry
from workbench.param import LARGEST_SEED, REQUIRED
from workbench.registry import Param, Registry, lazy_exports

if TYPE_CHECKING:
    from workbench.datasets.pools.chosen import Chosen

POOLS = Registry("pool scheme", "workbench.pools", PoolEntry)

_MOST_IMAGES = 10_000_000
_MITTAL = "Mittal et al. (Best Practices), section 3.2"
_IMAGES = Param(
    "images", "int", 2640, "images in the pool, a whole number of groups", 1, _MOST_IMAGES
)
_SEED = Param("seed", "int", 0, "the same seed draws the same pool, in every run", 0, LARGEST_SEED)


def _jitter(name: str, default: float, most: float, what: str) -> Param:
    return Param(name, "float", default, what, low=0, high=most)


POOLS.add(
    PoolEntry(
        name="full",
        target="workbench.datasets.pools.chosen:full",
        summary="Every image of the training split.",
        source="this project",
    ),
    PoolEntry(
        name="random",
        target="workbench.datasets.pools._random:random",
        summary="Images drawn at random: a number of them, or a share of the split.",
        params=(
            Param("images", "int", None, "images in the pool", 1, _MOST_IMAGES, optional=True),
            Param(
                "share", "float", None, "in place of images: share of them", 1e-6, 1, optional=True
            ),
            _SEED,
        ),
        source="this project; of 2,640 A2D2 images it is Pool-0f of " + _MITTAL,
    ),
    PoolEntry(
        name="video",
        target="workbench.datasets.pools._video:video",
        summary="Images drawn at random, each with the next ones of its sequence: Pool-Xf.",
        params=(
            Param(
                "images",
                "int",
                2640,
                "images in the pool, a whole number of groups",
                1,
                _MOST_IMAGES,
            ),
            Param("consecutive", "int", 11, "X: images that follow each drawn one", 0, 10_000),
            _SEED,
        ),
        source=_MITTAL,
    ),
    PoolEntry(
        name="augmented",
        target="workbench.datasets.pools.augmented:augmented",
        summary="Images drawn at random, each with altered copies of it: Pool-Aug.",
        params=(
            Param(
                "images",
                "int",
                2640,
                "images in the pool, a whole number of groups",
                1,
                _MOST_IMAGES,
            ),
            Param("copies", "int", 5, "altered copies of each drawn image", 1, 1000),
            Param(
                "original",
                "bool",
                True,
                "whether the drawn image is in the pool, too: 440 groups of 6, else 528 of 5",
            ),
            Param("crop", "float", 0.85, "share of the image that a copy shows", 0.05, 1),
            Param("crop_by", "str", "side", "what that is a share of", choices=("side", "area")),
            Param("resize_back", "bool", True, "whether a copy is resized to the image's size"),
            _jitter("brightness", 0.4, 1, "brightness is multiplied by up to 1 ± this"),
            _jitter("contrast", 0.4, 1, "contrast is multiplied by up to 1 ± this"),
            _jitter("saturation", 0.4, 1, "saturation is multiplied by up to 1 ± this"),
            _jitter("hue", 0.1, 0.5, "the hue is turned by up to ± this share of a full turn"),
            _SEED,
        ),
        source=_MITTAL,
    ),
    PoolEntry(
        name="uniform",
        target="workbench.datasets.pools._in_time:uniform",
        summary="A number of images, evenly spaced in time.",
        params=(Param("images", "int", REQUIRED, "images in the pool", 1, _MOST_IMAGES),),
        source="Mittal et al. (Best Practices), section 4.4: Uniform",
    ),
    PoolEntry(
        name="every_nth",
        target="workbench.datasets.pools._in_time:every_nth",
        summary="Every n-th image of each sequence.",
        params=(
            Param("n", "int", 5, "from one image of a sequence to the next", 1, _MOST_IMAGES),
            Param("first", "int", 0, "images of a sequence before the first one", 0, _MOST_IMAGES),
        ),
        source="Mittal et al. (Best Practices), section 4.4: (@5)",
    ),
    PoolEntry(
        name="listed",
        target="workbench.datasets.pools._listed:listed",
        summary="The images that a text file lists, one id a line.",
        params=(Param("file", "str", REQUIRED, "path of the list, e.g. a published one"),),
        source="this project; Mittal et al. publish such lists of their pools",
    ),
)

__getattr__, _ = lazy_exports(__name__, {"Chosen": "workbench.datasets.pools.chosen:Chosen"})

__all__ = ["POOLS", "Chosen", "PoolEntry"]
