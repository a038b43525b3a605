"""BDD100K as the archives '10K Images' and 'Semantic Segmentation' unpack, within ``bdd100k/``.

Images are JPEG files. ``labels/sem_seg/`` has the same annotations three times: ``masks`` (8-bit
grey, ids 0 … 18 and 255), ``colormaps`` (RGB) and ``rles``. Nothing is published for ``test``.
"""

from pathlib import Path

import numpy as np
from PIL import Image

COLOURS = (
    (128, 64, 128), (244, 35, 232), (70, 70, 70), (102, 102, 156), (190, 153, 153), (153, 153, 153),
    (250, 170, 30), (220, 220, 0), (107, 142, 35), (152, 251, 152), (70, 130, 180), (220, 20, 60),
    (255, 0, 0), (0, 0, 142), (0, 0, 70), (0, 60, 100), (0, 80, 100), (0, 0, 230), (119, 11, 32),
)  # fmt: skip


def make(root: Path, *, images: int = 4, size=(24, 32), seed: int = 0) -> Path:
    """Write a pool and two images in each other split."""
    rng = np.random.default_rng(seed)
    for split, count in (("train", images), ("val", 2), ("test", 2)):
        for _ in range(count):
            name = "-".join(rng.bytes(4).hex() for _ in range(2))
            write_pair(root, split, name, size, rng)
    return root


def write_pair(root, split, name, size, rng):
    """Write an image and, where there are labels, mask and colours."""
    folder = root / "images" / "10k" / split
    folder.mkdir(parents=True, exist_ok=True)
    photo = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
    Image.fromarray(photo).save(folder / f"{name}.jpg", quality=90)
    if split == "test":
        return
    ids = rng.choice([0, 1, 2, 8, 10, 13, 255], size).astype(np.uint8)
    ids[0, : len(COLOURS)] = np.arange(len(COLOURS))[: size[1]]
    table = np.zeros((256, 3), np.uint8)
    table[: len(COLOURS)] = COLOURS
    for kind, pixels in (("masks", ids), ("colormaps", table[ids])):
        place = root / "labels" / "sem_seg" / kind / split
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(place / f"{name}.png")
