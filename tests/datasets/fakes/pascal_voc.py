"""VOC 2012 as ``VOCtrainval_11-May-2012.tar`` unpacks, and SBD as ``benchmark.tgz`` does.

VOC: JPEG images, palette PNG masks with 0 background, 1 … 20 classes and a border of 255 around
each object, and lists of names, one a line. SBD: MATLAB structs ``GTcls`` (Boundaries,
Segmentation, CategoriesPresent), no 255, images of its own; its lists have names of VOC's val.
"""

import io
from pathlib import Path

import numpy as np
from scipy.io import savemat

from tests.datasets.fakes.draw import ellipse, photo, save, save_palette


def colour_map():
    """Return the 256 colours of the VOC development kit: bits of an id spread over R, G and B."""
    colours = np.zeros((256, 3), np.uint8)
    for label in range(256):
        rest = label
        for bit in range(7, -1, -1):
            for channel in range(3):
                colours[label, channel] |= ((rest >> channel) & 1) << bit
            rest >>= 3
    return colours


def make(root: Path, *, images: int = 4, size=(24, 32), seed: int = 0, added: str = "mat") -> Path:
    """Write VOC and, with ``added`` "mat" or "png", what SBD adds; "" for VOC alone.

    Half of the pool is VOC's own. The first of these is in SBD too, as is the first of VOC's val.
    """
    rng = np.random.default_rng(seed)
    own = [f"2007_{number:06d}" for number in range(32, 32 + images - images // 2)]
    val = [f"2008_{number:06d}" for number in range(2)]
    more = [f"2009_{number:06d}" for number in range(images // 2)]
    voc = root / "VOCdevkit" / "VOC2012"
    _lists(voc / "ImageSets" / "Segmentation", {"train": own, "val": val, "trainval": own + val})
    for number, name in enumerate([*own, *val, *more, "2012_004331"]):  # the last has no mask
        shape = _shape(number, size)
        inside = ellipse(shape, rng, 0.7)
        save(voc / "JPEGImages" / f"{name}.jpg", photo(inside, rng), quality=90)
        ids = np.where(inside, number % 20 + 1, 0).astype(np.uint8)
        if name in (*own, *val):
            bordered = np.where(ellipse(shape, rng, 1.0) & ~inside, 255, ids).astype(np.uint8)
            path = voc / "SegmentationClass" / f"{name}.png"
            save_palette(path, bordered, colour_map())
        if added == "png" and name != "2012_004331":
            save(voc / "SegmentationClassAug" / f"{name}.png", ids)
        if added == "mat" and name in (own[0], val[0], *more):
            _sbd(root / "benchmark_RELEASE" / "dataset", name, ids)
    if added == "mat":
        lists = {"train": [own[0], *more[1:]], "val": [val[0], *more[:1]]}
        _lists(root / "benchmark_RELEASE" / "dataset", lists)
    return root


def _shape(number, size):
    """Every third image stands upright, as photographs do."""
    return size[::-1] if number % 3 == 2 else size


def _lists(folder, lists):
    folder.mkdir(parents=True, exist_ok=True)
    for name, keys in lists.items():
        (folder / f"{name}.txt").write_text("".join(f"{key}\n" for key in keys), encoding="ascii")


def _sbd(folder, name, ids):
    present = np.unique(ids[ids > 0]).reshape(-1, 1)
    boundaries = np.empty((20, 1), object)
    for label in range(20):
        boundaries[label, 0] = (ids == label + 1).astype(np.uint8)
    (folder / "cls").mkdir(parents=True, exist_ok=True)
    struct = {"Boundaries": boundaries, "Segmentation": ids, "CategoriesPresent": present}
    file = io.BytesIO()
    savemat(file, {"GTcls": struct}, do_compression=True)
    header = b"MATLAB 5.0 MAT-file".ljust(116)  # its text, without the time of writing
    (folder / "cls" / f"{name}.mat").write_bytes(header + file.getvalue()[116:])
