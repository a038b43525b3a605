"""Cityscapes street scenes (Cordts et al. 2016): fine annotations, 19 classes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

from workbench.datasets.cache import DEFAULT_CACHE_BYTES
from workbench.datasets.cityscapes_labels import CLASSES, LABELS, PALETTE
from workbench.datasets.cityscapes_polygons import read_polygons
from workbench.datasets.files import frame_of
from workbench.datasets.outlines import Outline
from workbench.datasets.published import WithUnlabelledTest
from workbench.datasets.tree import FileFacts
from workbench.errors import DatasetError, shown
from workbench.types import IGNORE, DatasetCard, Frame

CARD = DatasetCard(
    name="cityscapes",
    classes=CLASSES,
    palette=PALETTE,
    void_id=0,
    splits={"train": 2975, "val": 500, "test": 1525},
    source="Cordts et al., The Cityscapes Dataset for Semantic Urban Scene Understanding, "
    "CVPR 2016; 19 training ids of cityscapesScripts",
    image_size=(1024, 2048),
)

CITIES = {
    "train": (
        *("aachen", "bochum", "bremen", "cologne", "darmstadt", "dusseldorf", "erfurt"),
        *("hamburg", "hanover", "jena", "krefeld", "monchengladbach", "strasbourg"),
        *("stuttgart", "tubingen", "ulm", "weimar", "zurich"),
    ),
    "val": ("frankfurt", "lindau", "munster"),
    "test": ("berlin", "bielefeld", "bonn", "leverkusen", "mainz", "munich"),
}
"""The cities of each split."""

_IMAGE = "_leftImg8bit"
_MASK = "_gtFine_labelIds"
_POLYGONS = "_gtFine_polygons"

_KEY = re.compile(r"(?P<sequence>.+_\d{6})_(?P<number>\d{6})", re.ASCII)


class Cityscapes(WithUnlabelledTest):
    """Reads ``root/{leftImg8bit,gtFine}/<split>/<city>/``.

    A key is ``<city>_<sequence>_<frame>``. Masks are the files ``*_gtFine_labelIds.png``, whose 34
    label ids become 19 training ids and void. The outlines that the annotators drew are the files
    ``*_gtFine_polygons.json``: of a split either every image has one, or none has and they are not
    read. The labels of the test split were never published (its masks are void everywhere).
    """

    card = CARD
    images = "leftImg8bit"
    parts: ClassVar = {
        "leftImg8bit": "leftImg8bit_trainvaltest.zip",
        "gtFine": "gtFine_trainvaltest.zip",
    }

    def __init__(self, root: Path, cache_bytes: int = DEFAULT_CACHE_BYTES) -> None:
        super().__init__(root, cache_bytes)
        self._polygons: dict[str, dict[str, Path]] = {}

    def mask_folder(self, split: str) -> Path:
        """Return ``root/gtFine/<split>``."""
        return self.root / "gtFine" / split

    def mask_name(self, split: str, key: str) -> str:  # noqa: ARG002 - all have the same form
        """Return ``<city>/<key>_gtFine_labelIds.png``."""
        return f"{key.split('_', maxsplit=1)[0]}/{key}{_MASK}.png"

    def wanted_mask(self) -> str:
        """Return ``*_gtFine_labelIds.png``."""
        return f"*{_MASK}.png"

    def list_files(self, split: str) -> tuple[dict[str, Path], dict[str, Path]]:
        """Return the images and, where there are labels, the label ids, of all cities."""
        images = self._by_key(self.root / "leftImg8bit" / split, _IMAGE, ".png")
        if split in self.unlabelled:
            return images, {}
        self._polygons[split] = self._by_key(self.mask_folder(split), _POLYGONS, ".json")
        return images, self._by_key(self.mask_folder(split), _MASK, ".png")

    def _by_key(self, folder: Path, ending: str, suffix: str) -> dict[str, Path]:
        """Return the files of all cities in a folder whose names have an ending, by key."""
        if not self.tree.holds(folder):
            return {}
        found = {
            stem.removesuffix(ending): path
            for city in self.tree.folders(folder)
            for stem, path in self.tree.files(folder / city, frozenset({suffix})).items()
            if stem.endswith(ending)
        }
        return dict(sorted(found.items()))

    def missing_parts(self, split: str) -> list[str]:
        """Return the cities of a split of which no image is there."""
        there = {key.split("_")[0] for key in self.keys(split)}
        return [city for city in CITIES[split] if city not in there]

    def raw_ids(self) -> dict[int, int]:
        """Return label id ► training id."""
        return {label.id: label.train_id for label in LABELS if label.id >= 0}

    def label_rule(self) -> dict[str, Any]:
        """Return classes and raw ids, and that outlines are recorded where the pool has them."""
        recorded = {"outlines": "polygons"} if self._recorded("train") else {}
        return {**super().label_rule(), **recorded}

    def frame(self, split: str, key: str) -> Frame | None:  # noqa: ARG002 - the key is enough
        """Return city with sequence number, and frame number, from ``aachen_000000_000019``."""
        match = _KEY.fullmatch(key)
        return frame_of(match["sequence"], match["number"], key) if match else None

    def _recorded(self, split: str) -> dict[str, Path]:
        self.files(split)
        return self._polygons.get(split, {})

    def _polygon_file(self, split: str, key: str) -> Path | None:
        recorded = self._recorded(split)
        if recorded and key not in recorded:
            without = len(self.files(split)[0].keys() - recorded.keys())
            raise DatasetError(
                f"The image {shown(self.image_path(split, key), 80)} has no polygons, as "
                f"{without:,} images of {split!r}, and others have; wanted {key}{_POLYGONS}.json "
                f"beside its mask: unpack {self.parts['gtFine']} again, or remove all polygons, so "
                "that clicks are counted in the masks."
            )
        return recorded.get(key)

    def outlines(self, split: str, key: str) -> tuple[Outline, ...] | None:
        """Return the polygons that the annotators drew, void left out; ``None`` without files."""
        path = self._polygon_file(split, key)
        if path is None:
            return None
        return read_polygons(self.tree.content(path), path, self.size(split, key))

    def facts(self, split: str, key: str) -> tuple[FileFacts, ...]:
        """Return the facts of image and mask, and of the polygons where they are recorded."""
        found = super().facts(split, key)
        path = self._polygon_file(split, key)
        if path is None:
            return found
        return (*found, self.look(path, _no_header)[0])

    def hint_of(self, path: Path, raw: int) -> str:
        """Return that the id of void in training ids is none of a label id, as a sentence."""
        if raw != IGNORE:
            return ""
        return f" Such ids are in *_gtFine_labelTrainIds.png, which {shown(path.name, 60)} is not."


def _no_header(file: BinaryIO, path: Path) -> None:
    """Read nothing: a file of polygons has no header."""
