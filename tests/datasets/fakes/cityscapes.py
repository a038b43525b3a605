"""Cityscapes as ``leftImg8bit_trainvaltest.zip`` and ``gtFine_trainvaltest.zip`` unpack.

``{type}/{split}/{city}/{city}_{seq:0>6}_{frame:0>6}_{type}{ext}``. An annotation is a JSON file of
polygons, drawn from the back to the front, and what cityscapesScripts renders from it: label ids
(8-bit grey), instance ids (16-bit grey: the label id, or 1000 times it and a number) and colours
(RGBA). The test split's annotations hold what no one evaluates: everything is out of the region of
interest.
"""

import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

LABELS = {  # name ► id, colour, of the published table
    "unlabeled": (0, (0, 0, 0)),
    "ego vehicle": (1, (0, 0, 0)),
    "out of roi": (3, (0, 0, 0)),
    "static": (4, (0, 0, 0)),
    "road": (7, (128, 64, 128)),
    "sidewalk": (8, (244, 35, 232)),
    "building": (11, (70, 70, 70)),
    "polegroup": (18, (153, 153, 153)),
    "vegetation": (21, (107, 142, 35)),
    "sky": (23, (70, 130, 180)),
    "person": (24, (220, 20, 60)),
    "car": (26, (0, 0, 142)),
    "bicycle": (33, (119, 11, 32)),
}

THINGS = {"person", "car", "bicycle"}

PLACES = {"train": ("aachen", "zurich"), "val": ("frankfurt",), "test": ("berlin",)}


def make(root: Path, *, images: int = 4, size=(24, 32), seed: int = 0) -> Path:
    """Write images from two cities in the pool, two of one city in each other split."""
    rng = np.random.default_rng(seed)
    for split, cities in PLACES.items():
        for i in range(images if split == "train" else 2):
            city = cities[i % len(cities)]
            stem = f"{city}_{i // 4:06d}_{19 + 30 * i:06d}"
            drawn = scene(size, rng) if split != "test" else [("out of roi", box(0, 0, *size))]
            write_image(root / "leftImg8bit" / split / city / f"{stem}_leftImg8bit.png", size, rng)
            write_annotation(root / "gtFine" / split / city / f"{stem}_gtFine", size, drawn)
    return root


def box(top, left, bottom, right):
    """Return the corners of a box as [x, y], the last row and column within it."""
    right, bottom = int(right) - 1, int(bottom) - 1
    return [[int(left), int(top)], [right, int(top)], [right, bottom], [int(left), bottom]]


def scene(size, rng):
    """Return (label, polygon) from the back to the front."""
    height, width = size
    horizon, kerb = height // 3, height * 2 // 3
    x = int(rng.integers(width // 8, width // 2))
    car = [[x, kerb - 4], [x + 6, kerb - 4], [x + 8, kerb], [x + 7, kerb + 3], [x, kerb + 3]]
    return [
        ("sky", box(0, 0, height, width)),
        ("building", box(horizon, 0, height, width // 2)),
        ("vegetation", box(horizon, width // 2, height, width)),
        ("road", box(kerb, 0, height, width)),
        ("sidewalk", [[0, kerb], [width // 3, kerb], [0, height - 1]]),
        ("polegroup", box(horizon - 2, width - 4, kerb, width - 2)),
        ("persongroup", box(kerb - 4, width - 9, kerb, width - 6)),
        ("car", car),
        ("license plate", box(kerb, x + 2, kerb + 2, x + 5)),
        ("ego vehicle", box(height - 2, 0, height, width)),
    ]


def write_image(path, size, rng):
    """Write an RGB photograph of noise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(rng.integers(0, 256, (*size, 3), dtype=np.uint8)).save(path)


def write_annotation(stem, size, drawn):
    """Write the polygons of an image, and what is rendered from them."""
    height, width = size
    stem.parent.mkdir(parents=True, exist_ok=True)
    objects = [{"label": label, "polygon": polygon} for label, polygon in drawn]
    content = {"imgHeight": height, "imgWidth": width, "objects": objects}
    Path(f"{stem}_polygons.json").write_text(json.dumps(content, indent=4), encoding="ascii")
    ids, instances = Image.new("L", (width, height)), Image.new("I", (width, height))
    colours = Image.new("RGBA", (width, height), (0, 0, 0, 255))
    for number, (label, polygon) in enumerate(drawn):
        name = label if label in LABELS else label.removesuffix("group")
        if name not in LABELS:  # the licence plate has the id -1 and is not rendered
            continue
        label_id, colour = LABELS[name]
        corners = [tuple(corner) for corner in polygon]
        alone = name in THINGS and name == label
        ImageDraw.Draw(ids).polygon(corners, fill=label_id)
        ImageDraw.Draw(instances).polygon(
            corners, fill=1000 * label_id + number if alone else label_id
        )
        ImageDraw.Draw(colours).polygon(corners, fill=(*colour, 255))
    ids.save(f"{stem}_labelIds.png")
    instances.convert("I;16").save(f"{stem}_instanceIds.png")
    colours.save(f"{stem}_color.png")
