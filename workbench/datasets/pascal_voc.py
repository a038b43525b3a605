"""PASCAL VOC 2012 segmentation, its training images augmented by those of SBD.

Everingham et al., *The Pascal Visual Object Classes Challenge: A Retrospective*, IJCV 111, 2015;
Hariharan et al., *Semantic Contours from Inverse Detectors*, ICCV 2011 (SBD). The training list
that the field calls train_aug holds VOC's train and SBD's train and val, without VOC's val: 10,582.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

import numpy.typing as npt

from workbench.datasets.cache import DEFAULT_CACHE_BYTES
from workbench.datasets.faults import names_in, require_all, swapped_folders, wrong_root
from workbench.datasets.files import FileDataset
from workbench.datasets.sbd import read_sbd_mask
from workbench.datasets.tree import Header
from workbench.errors import DatasetError, shown
from workbench.types import IGNORE, DatasetCard

CARD = DatasetCard(
    name="pascal_voc",
    classes=(
        "background",
        "aeroplane",
        "bicycle",
        "bird",
        "boat",
        "bottle",
        "bus",
        "car",
        "cat",
        "chair",
        "cow",
        "diningtable",
        "dog",
        "horse",
        "motorbike",
        "person",
        "pottedplant",
        "sheep",
        "sofa",
        "train",
        "tvmonitor",
    ),
    palette=(
        (0, 0, 0),
        (128, 0, 0),
        (0, 128, 0),
        (128, 128, 0),
        (0, 0, 128),
        (128, 0, 128),
        (0, 128, 128),
        (128, 128, 128),
        (64, 0, 0),
        (192, 0, 0),
        (64, 128, 0),
        (192, 128, 0),
        (64, 0, 128),
        (192, 0, 128),
        (64, 128, 128),
        (192, 128, 128),
        (0, 64, 0),
        (128, 64, 0),
        (0, 192, 0),
        (128, 192, 0),
        (0, 64, 128),
    ),
    void_id=IGNORE,
    splits={"train": 10_582, "val": 1_449},
    source="Everingham et al., IJCV 111, 2015; Hariharan et al., ICCV 2011",
)

OWN_TRAIN = 1_464
"""Images of VOC 2012's own training list, without SBD."""

_LISTS = Path("ImageSets", "Segmentation")
_PLACES = (Path("VOCdevkit", "VOC2012"), Path("VOC2012"), Path())
_SBD = Path("benchmark_RELEASE", "dataset")
_PNGS = "SegmentationClassAug"
_JPEG, _PNG, _MATLAB = frozenset({".jpg"}), frozenset({".png"}), frozenset({".mat"})


class PascalVoc(FileDataset):
    """Reads ``root/VOCdevkit/VOC2012`` and, with ``sbd``, the masks of SBD beside it.

    All images are VOC's own (``JPEGImages``). The masks that SBD adds are its MATLAB files
    (``root/benchmark_RELEASE/dataset/cls``) or, without them, the folder ``SegmentationClassAug``
    of PNG files that many projects share. Where an image has a mask in VOC and one in SBD, VOC's is
    read. VOC's masks have a void border around each object (255); SBD's have no void at all.

    Args:
        root: the folder that holds ``VOCdevkit``, or ``VOC2012`` itself.
        sbd: whether the images that SBD adds are in the pool.
        cache_bytes: most bytes of decoded images in memory.

    Raises:
        DatasetError: if ``root`` is another folder, or ``sbd`` is set and SBD is missing.
    """

    def __init__(
        self, root: Path, sbd: bool = True, cache_bytes: int = DEFAULT_CACHE_BYTES
    ) -> None:
        super().__init__(root, cache_bytes)
        places = [root / place for place in _PLACES]
        there = [place for place in places if self.tree.holds(place / _LISTS)]
        if not there:
            raise wrong_root(root, [f"{place / _LISTS}" for place in _PLACES], "pascal_voc")
        self._voc = there[0]
        self._sbd = sbd
        self.card = CARD if sbd else replace(CARD, splits={**CARD.splits, "train": OWN_TRAIN})
        if sbd and self._added_folder is None:
            raise DatasetError(
                f"{shown(root, 80)} holds neither {_SBD}/cls nor a folder {_PNGS}, whose masks "
                "the 10,582 training images need; add one of them as data/README.md#pascal_voc "
                f"shows, or set sbd: false for VOC's own {OWN_TRAIN:,}."
            )

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits among train and val whose list is there."""
        return tuple(name for name in CARD.splits if self._list(name).is_file())

    def mask_folder(self, split: str) -> Path:  # noqa: ARG002 - VOC's own masks share a folder
        """Return VOC's own ``SegmentationClass``."""
        return self._voc / "SegmentationClass"

    def list_files(self, split: str) -> tuple[dict[str, Path], dict[str, Path]]:
        """Return the images that are listed, with VOC's own masks before those of SBD.

        Raises:
            DatasetError: if images or masks that are listed are missing.
        """
        own = names_in(self.tree, self._list(split))
        masks = self._own_masks(own, split)
        if split == "train" and self._sbd:
            masks = {**self._added_masks(), **masks}
        photos = self._voc / "JPEGImages"
        images = self.tree.files(photos, _JPEG) if self.tree.holds(photos) else {}
        require_all(masks, images, photos, "images of VOC and SBD that are listed")
        keys = sorted(masks)
        return {key: images[key] for key in keys}, {key: masks[key] for key in keys}

    def mask_header(self, file: BinaryIO, path: Path) -> Header | None:
        """Return the header of a PNG; MATLAB files have none."""
        return None if path.suffix == ".mat" else super().mask_header(file, path)

    def raw_mask(self, path: Path) -> npt.NDArray[Any]:
        """Return the raw ids of a PNG or of a MATLAB file."""
        if path.suffix == ".mat":
            return read_sbd_mask(self.tree.content(path), path)
        return super().raw_mask(path)

    def _list(self, split: str) -> Path:
        return self._voc / _LISTS / f"{split}.txt"

    def _own_masks(self, names: list[str], split: str) -> dict[str, Path]:
        folder = self.mask_folder(split)
        found = self.tree.files(folder, _PNG) if self.tree.holds(folder) else {}
        photos = self._voc / "JPEGImages"
        if not found and self.tree.holds(photos) and self.tree.files(photos, _PNG):
            raise swapped_folders(photos, folder)
        require_all(names, found, folder, f"masks of {split}.txt")
        return {name: found[name] for name in names}

    @cached_property
    def _added_folder(self) -> Path | None:
        """The folder of the masks that SBD adds."""
        places = (self.root / _SBD / "cls", self._voc / _PNGS, self.root / _PNGS)
        return next((place for place in places if self.tree.holds(place)), None)

    def _added_masks(self) -> dict[str, Path]:
        """Return the masks of SBD, or of the folder of PNGs, that are not of VOC's val."""
        if not self._list("val").is_file():
            raise DatasetError(
                f"There is no list {shown(self._list('val'))}, without which images of VOC's val "
                "would be in the pool; extract VOC's archive again."
            )
        folder = self._added_folder
        assert folder is not None  # the constructor refuses to go on without
        measured = set(names_in(self.tree, self._list("val")))
        if folder.name == _PNGS:
            found = self.tree.files(folder, _PNG)
            return {key: path for key, path in found.items() if key not in measured}
        found = self.tree.files(folder, _MATLAB)
        lists = [folder.parent / name for name in ("train.txt", "val.txt")]
        names = [name for path in lists for name in names_in(self.tree, path)]
        require_all(names, found, folder, "masks that train.txt and val.txt of SBD list")
        return {name: found[name] for name in names if name not in measured}
