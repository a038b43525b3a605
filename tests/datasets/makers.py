"""Writes small datasets for tests: a few images of random colours with random masks."""

from pathlib import Path

import cv2
import numpy as np

CARD = """\
classes: [road, car, tree]
palette: [[128, 64, 128], [0, 0, 142], [107, 142, 35]]
"""


def write_pair(image: Path, mask: Path, rng, size=(12, 16), n_classes=11, void=11):
    """Write one random image and mask; returns what was written (RGB, raw ids)."""
    image.parent.mkdir(parents=True, exist_ok=True)
    mask.parent.mkdir(parents=True, exist_ok=True)
    pixels = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
    raw = rng.choice([*range(n_classes), void], size).astype(np.uint8)
    assert cv2.imwrite(str(image), pixels[..., ::-1])
    assert cv2.imwrite(str(mask), raw)
    return pixels, raw


def write_camvid(root: Path, counts=None, suffix=".png", size=(12, 16), seed=0):
    """Write the SegNet layout; returns key ► (RGB, raw ids) of the training split."""
    rng = np.random.default_rng(seed)
    written = {}
    for split, count in (counts or {"train": 4, "val": 2}).items():
        for i in range(count):
            key = f"0006R0_f{930 + 30 * i:05d}"
            pair = write_pair(
                root / split / (key + suffix), root / f"{split}annot" / f"{key}.png", rng, size
            )
            if split == "train":
                written[key] = pair
    return written


def write_folder(root: Path, card=CARD, splits=("train", "val"), count=3, size=(12, 16), seed=0):
    """Write the layout of one's own images; an empty split name writes them flat."""
    rng = np.random.default_rng(seed)
    for split in splits:
        for i in range(count):
            write_pair(
                root / "images" / split / f"street_{i:03d}.png",
                root / "masks" / split / f"street_{i:03d}.png",
                rng,
                size,
                n_classes=3,
                void=255,
            )
    root.mkdir(parents=True, exist_ok=True)
    (root / "dataset.yaml").write_text(card, encoding="utf-8")
    return root
