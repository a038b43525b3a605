"""CamVid road scenes (Brostow et al. 2009) in the 11-class release that came with SegNet."""

from __future__ import annotations

import re
from pathlib import Path

from workbench.datasets.files import SUFFIXES, FileDataset, frame_of
from workbench.types import DatasetCard, Frame

CARD = DatasetCard(
    name="camvid",
    classes=(
        "sky",
        "building",
        "pole",
        "road",
        "pavement",
        "tree",
        "sign",
        "fence",
        "car",
        "pedestrian",
        "bicyclist",
    ),
    palette=(
        (128, 128, 128),
        (128, 0, 0),
        (192, 192, 128),
        (128, 64, 128),
        (60, 40, 222),
        (128, 128, 0),
        (192, 128, 128),
        (64, 64, 128),
        (64, 0, 128),
        (64, 64, 0),
        (0, 128, 192),
    ),
    void_id=11,
    splits={"train": 367, "val": 101, "test": 233},
    source="Brostow, Fauqueur, Cipolla, Pattern Recognition Letters 30(2), 2009; 11-class release "
    "of Badrinarayanan et al., SegNet, 2015",
    image_size=(360, 480),
)

_NAME = re.compile(r"(?P<sequence>.+)_f?(?P<number>\d+)", re.ASCII)


class CamVid(FileDataset):
    """Reads ``root/{train,val,test}/*`` with masks in ``root/{train,val,test}annot/*.png``.

    Images are PNG, JPEG or WebP; masks hold 0 … 10 and void 11. A split whose folder is missing is
    left out; ``train`` must be there.
    """

    card = CARD

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits among train, val and test that have a folder."""
        return tuple(name for name in self.card.splits if self.tree.holds(self.root / name))

    def mask_folder(self, split: str) -> Path:
        """Return ``root/<split>annot``."""
        return self.root / f"{split}annot"

    def list_files(self, split: str) -> tuple[dict[str, Path], dict[str, Path]]:
        """Return the files of ``<split>`` and ``<split>annot``."""
        masks = self.mask_folder(split)
        return (
            self.tree.files(self.root / split, SUFFIXES),
            self.tree.files(masks, SUFFIXES) if self.tree.holds(masks) else {},
        )

    def frame(self, split: str, key: str) -> Frame | None:  # noqa: ARG002 - the key is enough
        """Return sequence and frame number from a key such as ``0006R0_f00930``."""
        match = _NAME.fullmatch(key)
        return frame_of(match["sequence"], match["number"], key) if match else None
