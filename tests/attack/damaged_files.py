"""Damages of datasets on disk: what is done to which file, and what is to be said of it.

``says`` is part of the sentence that refuses the dataset, ``None`` where it stays usable.
``decoded`` marks what no header tells: a dry run passes, since it decodes nothing.
"""

import os
import random
import shutil
import socket
import struct
import unicodedata
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from tests.datasets.makers import CARD, write_camvid, write_folder

SECRET = "root:x:0:0:the-secret-outside"
LISTED = "splits: {train: train.txt, val: val.txt}\n"


@dataclass
class Place:
    """A small dataset, and a draw of its files."""

    kind: str
    root: Path
    rng: random.Random
    split: str = field(init=False)

    def __post_init__(self):
        if self.kind == "camvid":
            write_camvid(self.root)
        elif self.kind == "lists":
            write_folder(self.root, CARD + LISTED, splits=("",), count=6)
            for name, numbers in (("train", range(4)), ("val", (4, 5))):
                self.write_list(name, numbers)
        else:
            write_folder(self.root, count=3)
        self.split = self.rng.choice(("train", "val"))

    def images(self, split=None):
        split = split or self.split
        if self.kind == "lists":
            numbers = range(4) if split == "train" else (4, 5)
            return [self.root / "images" / f"street_{i:03d}.png" for i in numbers]
        folder = self.root / split if self.kind == "camvid" else self.root / "images" / split
        return sorted(folder.iterdir())

    def image(self):
        return self.rng.choice(self.images())

    def mask(self):
        return self.mask_of(self.image())

    def mask_of(self, image):
        if self.kind == "camvid":
            return image.parent.with_name(f"{image.parent.name}annot") / image.name
        return self.root / "masks" / image.relative_to(self.root / "images")

    def file(self):
        return self.rng.choice((self.image(), self.mask()))

    def outside(self, suffix=".png"):
        """Return a file outside the dataset's folder."""
        path = self.root.parent / f"outside{suffix}"
        if suffix == ".png":
            shutil.copy(self.image(), path)
        else:
            path.write_text(SECRET)
        return path

    def write_list(self, name, numbers):
        text = "".join(f"street_{i:03d}\n" for i in numbers)
        (self.root / f"{name}.txt").write_text(text)

    def card(self, text):
        (self.root / "dataset.yaml").write_bytes(text.encode("utf-8", "surrogateescape"))

    def pair(self, name):
        """Rename an image and its mask to a new stem."""
        image = self.image()
        for path in (self.mask_of(image), image):
            os.rename(path, path.parent / f"{name}.png")  # noqa: PTH104 - a name may be bytes


@dataclass(frozen=True)
class Damage:
    apply: Callable[[Place], None]
    says: str | None
    kinds: tuple[str, ...] = ("camvid", "folder", "lists")
    decoded: bool = False


def replace(path, make):
    path.unlink()
    make(path)


def link(path, target):
    replace(path, lambda path: path.symlink_to(target))


def cut(place, path):
    data = path.read_bytes()
    path.write_bytes(data[: place.rng.randrange(60, len(data) - 30)])


def flip(place, path):
    data = bytearray(path.read_bytes())
    data[data.index(b"IDAT") + place.rng.randrange(4, 30)] ^= 1 << place.rng.randrange(8)
    path.write_bytes(data)


def a_socket(path):
    here = Path.cwd()
    os.chdir(path.parent)  # the path of a socket is short
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(path.name)
    finally:
        os.chdir(here)


def png(width, height, *extra, data=b"", bits=8, colours=2):
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colours, 0, 0, 0))]
    chunks += [*extra, (b"IDAT", zlib.compress(data)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


def text_bomb(path):
    with Image.open(path) as image:
        width, height = image.size
    bomb = b"Comment\0\0" + zlib.compress(bytes(200_000_000), 9)
    path.write_bytes(
        png(width, height, (b"zTXt", bomb), data=bytes((1 + 3 * width) * height), colours=2)
    )


def bmp(width, height):
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 1, 1, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + 30, 0, 0, 54) + head + bytes(30)


def tiff(width, height):
    def entry(tag, kind, value):
        return struct.pack("<HHII", tag, kind, 1, value)

    entries = [(256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, 1), (262, 3, 1)]
    entries += [(273, 4, 8), (277, 3, 1), (278, 4, height), (279, 4, 10)]
    body = struct.pack("<H", len(entries)) + b"".join(entry(*one) for one in entries)
    return struct.pack("<2sHI", b"II", 42, 8) + body + bytes(4)


def save(path, array, **options):
    Image.fromarray(array).save(path, **options)


def as_suffix(path, suffix, write):
    path.unlink()
    write(path.with_suffix(suffix))


def size_of(path):
    with Image.open(path) as image:
        return image.height, image.width


def moving(path, size):
    first, second = (Image.new("RGB", size[::-1], colour) for colour in ("black", "red"))
    first.save(path, save_all=True, append_images=[second])


def float_mask(place, value):
    path = place.mask()
    array = np.full(size_of(path), value, np.float32)
    as_suffix(path, ".tif", lambda to: save(to, array))


def same_file(place, link):
    source, target = place.images("train")[0], place.images("val")[0]
    target.unlink()
    link(source, target)
    shutil.copy(place.mask_of(source), place.mask_of(target))


def empty(folder):
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()


def folder_of(place, split):
    return place.root / split if place.kind == "camvid" else place.root / "images" / split


def elsewhere(place, path):
    """Move a folder out of the dataset and leave a link to it."""
    target = place.root.parent / "elsewhere"
    shutil.move(path, target)
    path.symlink_to(target)


def composed(place):
    letters = "street_é"
    place.pair(unicodedata.normalize("NFC", letters))
    image = place.image()
    for path in (image, place.mask_of(image)):
        shutil.copy(path, path.parent / f"{unicodedata.normalize('NFD', letters)}.png")


BY_FOLDER = ("camvid", "folder")
OWN = ("folder", "lists")
REGULAR = "wanted a regular file"
BROKEN = "cannot be decoded"

FILE_DAMAGES: dict[str, Damage] = {
    "nothing": Damage(lambda p: None, None),
    "a file cut short": Damage(lambda p: cut(p, p.file()), BROKEN, decoded=True),
    "a bit flipped": Damage(lambda p: flip(p, p.file()), BROKEN, decoded=True),
    "an empty file": Damage(lambda p: p.file().write_bytes(b""), BROKEN),
    "text": Damage(lambda p: p.file().write_text("404 not found"), BROKEN),
    "PostScript": Damage(lambda p: p.file().write_text("%!PS-Adobe-3.0 EPSF-3.0\nquit"), BROKEN),
    "no image": Damage(lambda p: replace(p.file(), lambda f: f.mkdir()), REGULAR),
    "a pipe": Damage(lambda p: replace(p.file(), os.mkfifo), REGULAR),
    "a socket": Damage(lambda p: replace(p.file(), a_socket), REGULAR),
    "a device behind a link": Damage(lambda p: link(p.file(), "/dev/zero"), "leads out of"),
    "a pipe behind a link": Damage(
        lambda p: [
            os.mkfifo(p.root / "pipe"),
            link(p.file(), p.root / "pipe"),
        ],
        REGULAR,
    ),
    "a file outside behind a link": Damage(lambda p: link(p.file(), p.outside()), "leads out of"),
    "a link to itself": Damage(
        lambda p: replace(p.file(), lambda f: f.symlink_to(f.name)), "leads nowhere"
    ),
    "a link to nothing": Damage(lambda p: link(p.file(), "gone.png"), "leads nowhere"),
    "a link inside": Damage(
        lambda p: [
            (p.root / "store").mkdir(),
            *(
                [shutil.move(f, p.root / "store" / "kept"), f.symlink_to(p.root / "store" / "kept")]
                for f in [p.file()]
            ),
        ],
        None,
    ),
    "a folder elsewhere": Damage(
        lambda p: elsewhere(p, p.file().parent), "leads out of", BY_FOLDER
    ),
    "a mask removed": Damage(lambda p: p.mask().unlink(), "has no mask"),
    "a PNG that says it is huge": Damage(
        lambda p: p.file().write_bytes(png(60_000, 60_000)), "60,000 × 60,000 pixels"
    ),
    "a BMP that says it is huge": Damage(
        lambda p: as_suffix(p.image(), ".bmp", lambda f: f.write_bytes(bmp(40_000, 40_000))),
        "40,000 × 40,000 pixels",
    ),
    "a TIFF that says it is huge": Damage(
        lambda p: as_suffix(p.file(), ".tif", lambda f: f.write_bytes(tiff(50_000, 50_000))),
        "50,000 × 50,000 pixels",
    ),
    "a PNG of another size in its head": Damage(
        lambda p: p.image().write_bytes(png(8, 8, data=bytes(20))), "wanted the same size"
    ),
    "a PNG without pixels": Damage(lambda p: p.file().write_bytes(png(0, 12)), BROKEN),
    "a bomb of text in a PNG": Damage(lambda p: text_bomb(p.image()), BROKEN),
    "a file of gigabytes": Damage(lambda p: os.truncate(p.file(), 2**31), "wanted at most"),
    "a mask of NaN": Damage(lambda p: float_mask(p, np.nan), "fractions", decoded=True),
    "a mask of fractions": Damage(lambda p: float_mask(p, 0.5), "fractions", decoded=True),
    "a mask of colours": Damage(
        lambda p: [save(m, np.zeros((*size_of(m), 3), np.uint8)) for m in [p.mask()]],
        "holds colours",
        decoded=True,
    ),
    "a mask of another size": Damage(
        lambda p: save(p.mask(), np.zeros((5, 4), np.uint8)), "wanted the same size"
    ),
    "an id outside the card": Damage(
        lambda p: [save(m, np.full(size_of(m), 77, np.uint8)) for m in [p.mask()]],
        "label id 77",
        decoded=True,
    ),
    "a wide id": Damage(
        lambda p: [save(m, np.full(size_of(m), 3000, np.uint16)) for m in [p.mask()]],
        "ids from 3000",
        decoded=True,
    ),
    "an image of 16 bits": Damage(
        lambda p: [save(i, np.full(size_of(i), 3000, np.uint16)) for i in [p.image()]], None
    ),
    "an image in grey": Damage(
        lambda p: [save(i, np.full(size_of(i), 9, np.uint8)) for i in [p.image()]], None
    ),
    "an image with alpha": Damage(
        lambda p: [save(i, np.full((*size_of(i), 4), 9, np.uint8)) for i in [p.image()]], None
    ),
    "an image in CMYK": Damage(
        lambda p: as_suffix(
            i := p.image(),
            ".jpg",
            Image.new("CMYK", size_of(i)[::-1]).save,
        ),
        None,
    ),
    "an image that moves": Damage(lambda p: [moving(i, size_of(i)) for i in [p.image()]], None),
    "a WebP that moves": Damage(
        lambda p: [moving(i.with_suffix(".webp"), size_of(i)) or i.unlink() for i in [p.image()]],
        None,
    ),
    "a GIF": Damage(
        lambda p: [Image.new("RGB", size_of(f)[::-1]).save(f, "GIF") for f in [p.file()]], BROKEN
    ),
    "a mask of void": Damage(
        lambda p: [
            save(m, np.full(size_of(m), 11 if p.kind == "camvid" else 255, np.uint8))
            for m in [p.mask()]
        ],
        None,
    ),
    "names that differ in case": Damage(
        lambda p: [
            shutil.copy(f, f.parent / "STREET_A.png") and shutil.copy(f, f.parent / "street_a.png")
            for i in [p.image()]
            for f in (i, p.mask_of(i))
        ],
        None,
        BY_FOLDER,
    ),
    "two files for an image": Damage(
        lambda p: [shutil.copy(i, i.with_suffix(".jpg")) for i in [p.image()]], "holds both"
    ),
    "a name that is not UTF-8": Damage(
        lambda p: p.pair("\udcff\udcfe"), "rename the file", BY_FOLDER
    ),
    "a name of two lines": Damage(lambda p: p.pair("a\nb"), "rename the file", BY_FOLDER),
    "a name that rings": Damage(lambda p: p.pair("a\x07\x1b[2J"), "rename the file", BY_FOLDER),
    "a name of 250 letters": Damage(lambda p: p.pair("n" * 250), None, BY_FOLDER),
    "names that differ in composition": Damage(composed, "holds both", BY_FOLDER),
    "no val": Damage(lambda p: shutil.rmtree(folder_of(p, "val")), "has no split 'val'", BY_FOLDER),
    "val is empty": Damage(lambda p: empty(folder_of(p, "val")), "holds no images", BY_FOLDER),
    "no pool": Damage(
        lambda p: shutil.rmtree(folder_of(p, "train")), "has no split 'train'", BY_FOLDER
    ),
    "the same file in both splits": Damage(
        lambda p: same_file(p, os.link), "is in the pool", BY_FOLDER
    ),
    "a link into the pool": Damage(
        lambda p: same_file(p, lambda a, b: b.symlink_to(a)), "is in the pool"
    ),
    "the same content in both splits": Damage(lambda p: same_file(p, shutil.copy), None),
    "no masks": Damage(lambda p: shutil.rmtree(p.root / "masks"), "no folder masks/", OWN),
}
