"""BDD100K driving scenes (Yu et al. 2020): the 10,000 images with semantic segmentation."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from workbench.datasets.cityscapes_labels import CLASSES, LABELS, PALETTE
from workbench.datasets.files import SUFFIXES
from workbench.datasets.published import WithUnlabelledTest
from workbench.types import IGNORE, DatasetCard

CARD = DatasetCard(
    name="bdd100k",
    classes=CLASSES,
    palette=PALETTE,
    void_id=IGNORE,
    splits={"train": 7000, "val": 1000, "test": 2000},
    source="Yu et al., BDD100K: A Diverse Driving Dataset for Heterogeneous Multitask Learning, "
    "CVPR 2020; semantic segmentation of the 10K images",
    image_size=(720, 1280),
)


class Bdd100k(WithUnlabelledTest):
    """Reads ``root/images/10k/<split>/*.jpg`` and ``root/labels/sem_seg/masks/<split>/*.png``.

    Masks hold the 19 training ids of Cityscapes and void 255. The labels of the test split are not
    published. Images come from videos of their own, so none has a sequence.
    """

    card = CARD
    images = "images/10k"
    parts: ClassVar = {
        "images/10k": "the archive of '10K Images'",
        "labels/sem_seg/masks": "the archive of 'Semantic Segmentation'",
    }

    def mask_folder(self, split: str) -> Path:
        """Return ``root/labels/sem_seg/masks/<split>``."""
        return self.root / "labels/sem_seg/masks" / split

    def wanted_mask(self) -> str:
        """Return the folder of the masks."""
        return "labels/sem_seg/masks/"

    def list_files(self, split: str) -> tuple[dict[str, Path], dict[str, Path]]:
        """Return the files of a split; no masks where there are no labels."""
        masks = self.mask_folder(split)
        found = {}
        if split not in self.unlabelled and self.tree.holds(masks):
            found = self.tree.files(masks, SUFFIXES)
        return self.tree.files(self.root / "images/10k" / split, SUFFIXES), found

    def hint_of(self, path: Path, raw: int) -> str:  # noqa: ARG002 - the id tells
        """Return that larger ids may be label ids, as a sentence."""
        if len(CLASSES) <= raw <= max(label.id for label in LABELS):
            return " These may be label ids as Cityscapes has them; wanted training ids."
        return ""

    def missing_parts(self, split: str) -> list[str]:  # noqa: ARG002 - one folder a split
        """Return no names: a split is one folder."""
        return []
