"""ISIC 2017, part 1: skin lesions in dermoscopic images (Codella et al., ISBI 2018)."""

from __future__ import annotations

import re
from pathlib import Path

from workbench.datasets.cache import DEFAULT_CACHE_BYTES
from workbench.datasets.faults import require_pairs, swapped_folders, wrong_root
from workbench.datasets.files import FileDataset
from workbench.errors import DatasetError, shown
from workbench.types import IGNORE, DatasetCard

CARD = DatasetCard(
    name="isic",
    classes=("skin", "lesion"),
    palette=((222, 184, 160), (128, 32, 64)),
    void_id=IGNORE,
    splits={"train": 2_000, "val": 150, "test": 600},
    source="Codella et al., Skin Lesion Analysis Toward Melanoma Detection, ISBI 2018 "
    "(arXiv 1710.05006)",
)

_RELEASE = {"train": "Training", "val": "Validation", "test": "Test_v2"}
"""Split ► its name in the names of the archives."""

_INSIDE = 255
"""What mask files hold inside the lesion; 0 outside. No pixel is void."""

_MASK = re.compile(r"(?P<key>.+)_segmentation", re.IGNORECASE)


class Isic(FileDataset):
    """Reads ``root/ISIC-2017_<split>_Data`` and ``root/ISIC-2017_<split>_Part1_GroundTruth``.

    Images are ``ISIC_<number>.jpg`` of many sizes, masks ``ISIC_<number>_segmentation.png`` of 0
    and 255; the superpixels of part 2 that lie beside the images are passed over. A split whose
    images are missing is left out; ``train`` must be there.

    Raises:
        DatasetError: if ``root`` is another folder.
    """

    card = CARD

    def __init__(self, root: Path, cache_bytes: int = DEFAULT_CACHE_BYTES) -> None:
        super().__init__(root, cache_bytes)
        folders = [self._images(split).name for split in CARD.splits]
        if not any(self.tree.holds(root / name) for name in folders):
            raise wrong_root(root, folders, "isic")

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits among train, val and test that have a folder of images."""
        return tuple(name for name in CARD.splits if self.tree.holds(self._images(name)))

    def _images(self, split: str) -> Path:
        return self.root / f"ISIC-2017_{_RELEASE[split]}_Data"

    def mask_folder(self, split: str) -> Path:
        """Return ``root/ISIC-2017_<split>_Part1_GroundTruth``."""
        return self.root / f"ISIC-2017_{_RELEASE[split]}_Part1_GroundTruth"

    def list_files(self, split: str) -> tuple[dict[str, Path], dict[str, Path]]:
        """Return a split's files in pairs.

        Raises:
            DatasetError: if the masks are missing, some of a pair are, or they are swapped.
        """
        photos, folder = self._images(split), self.mask_folder(split)
        if not self.tree.holds(folder):
            raise DatasetError(
                f"The images of {split} are there and the folder of their masks, {shown(folder)}, "
                "is not; add its archive as data/README.md#isic shows."
            )
        images, masks = self.tree.files(photos, frozenset({".jpg"})), self._masks(folder)
        if not images and not masks and self._masks(photos):
            raise swapped_folders(photos, folder)
        require_pairs(images, masks, folder)
        return images, masks

    def _masks(self, folder: Path) -> dict[str, Path]:
        found = self.tree.files(folder, frozenset({".png"}))
        matches = ((_MASK.fullmatch(name), path) for name, path in found.items())
        return {match["key"]: path for match, path in matches if match}

    def raw_ids(self) -> dict[int, int]:
        """Return raw id ► training id: 0 is skin, 255 lesion."""
        return {0: 0, _INSIDE: 1}
