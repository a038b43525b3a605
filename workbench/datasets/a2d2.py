"""A2D2 driving scenes by Audi (Geyer et al. 2020): the part with semantic segmentation."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from workbench.datasets.a2d2_labels import CATEGORIES, TABLES, train_ids
from workbench.datasets.cache import DEFAULT_CACHE_BYTES
from workbench.datasets.colours import ColourTable
from workbench.datasets.files import frame_of
from workbench.datasets.published import PublishedDataset
from workbench.errors import DatasetError, quoted, shown
from workbench.types import IGNORE, DatasetCard, Frame

FOLDER = "camera_lidar_semantic"

CLASS_LIST = "class_list.json"

VALIDATION = "20180925_112730"
"""The recording that Mittal et al. validate on (section 3.2), for its balance of classes."""

RECORDINGS = (
    *("20180807_145028", "20180810_142822", "20180925_101535", VALIDATION, "20180925_124435"),
    *("20180925_135056", "20181008_095521", "20181016_082154", "20181016_095036"),
    *("20181016_125231", "20181107_132300", "20181107_132730", "20181107_133258"),
    *("20181107_133445", "20181108_084007", "20181108_091945", "20181108_103155"),
    *("20181108_123750", "20181108_141609", "20181204_135952", "20181204_154421"),
    *("20181204_170238", "20181204_191844"),
)
"""The 23 recordings with semantic labels, by date and time."""

_KEY = re.compile(r"(?P<day>\d{8})(?P<time>\d{6})_camera_(?P<camera>[a-z]+)_(?P<number>\d+)", re.A)


def card(classes: str) -> DatasetCard:
    """Return the card with the classes ``cityscapes`` or ``released``."""
    names, palette = TABLES[classes]
    return DatasetCard(
        name="a2d2",
        classes=names,
        palette=palette,
        void_id=IGNORE,
        splits={"train": 40_135, "val": 1_142},
        source="Geyer et al., A2D2: Audi Autonomous Driving Dataset, arXiv:2004.06320, 2020; "
        "splits of Mittal et al., Best Practices in Active Learning for Semantic Segmentation, "
        "section 3.2; classes by docs/decisions/a2d2-classes.md",
        image_size=(1208, 1920),
    )


class A2d2(PublishedDataset):
    """Reads ``root/camera_lidar_semantic/<recording>/{camera,label}/<camera>/*.png``.

    All six cameras are read: 41,277 images are those of all of them together. A key is the name of
    the camera's file. The pool are 22 recordings, ``val`` is the other one. A sequence is what one
    camera filmed in one recording; about every tenth of its frames is labelled.

    Args:
        root: the folder that holds ``camera_lidar_semantic``.
        classes: ``cityscapes`` for its 19 classes, 14 of which occur, or ``released`` for the 19
            classes of the code that Mittal et al. released.
        cache_bytes: most bytes of decoded arrays that are kept.

    Raises:
        DatasetError: as :class:`PublishedDataset`, or if ``class_list.json`` lists other colours.
    """

    parts: ClassVar = {FOLDER: f"{FOLDER}.tar"}

    def __init__(
        self,
        root: Path,
        classes: Literal["cityscapes", "released"] = "cityscapes",
        cache_bytes: int = DEFAULT_CACHE_BYTES,
    ) -> None:
        self.card = card(classes)
        super().__init__(root, cache_bytes)
        self._ids = train_ids(classes, IGNORE)
        self._colours = ColourTable(self._ids, CLASS_LIST)
        if (root / FOLDER / CLASS_LIST).exists():
            self._check_class_list(root / FOLDER / CLASS_LIST)

    @property
    def grey_masks(self) -> bool:
        """Always false: labels are colours."""
        return False

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits of which a recording is there."""
        return tuple(split for split in ("train", "val") if self._recordings(split))

    def _recordings(self, split: str) -> list[str]:
        """Return the recordings of a split that are there, as far as they have images."""
        return [
            name
            for name in RECORDINGS
            if (name == VALIDATION) == (split == "val")
            and self.tree.holds(self.root / FOLDER / name / "camera")
        ]

    def mask_folder(self, split: str) -> Path:  # noqa: ARG002 - the name of a mask has its recording
        """Return ``root/camera_lidar_semantic``."""
        return self.root / FOLDER

    def mask_name(self, split: str, key: str) -> str:
        """Return ``<recording>/label/<camera>/<key, with label for camera>.png``."""
        image = self.image_path(split, key)
        recording = image.parents[2].name
        return f"{recording}/label/{image.parent.name}/{key.replace('_camera_', '_label_')}.png"

    def wanted_mask(self) -> str:
        """Return the folder of the masks."""
        return "label/"

    def list_files(self, split: str) -> tuple[dict[str, Path], dict[str, Path]]:
        """Return the files of all cameras of a split's recordings."""
        images: dict[str, Path] = {}
        masks: dict[str, Path] = {}
        for recording in self._recordings(split):
            folder = self.root / FOLDER / recording
            images |= self._of_cameras(folder / "camera", "_camera_")
            if self.tree.holds(folder / "label"):
                labels = self._of_cameras(folder / "label", "_label_")
                masks |= {key.replace("_label_", "_camera_"): at for key, at in labels.items()}
        return dict(sorted(images.items())), dict(sorted(masks.items()))

    def _of_cameras(self, folder: Path, kind: str) -> dict[str, Path]:
        """Return the files of all cameras in a folder, whose names must all say their kind."""
        found: dict[str, Path] = {}
        for camera in self.tree.folders(folder):
            files = self.tree.files(folder / camera, frozenset({".png"}))
            other = next((path for stem, path in files.items() if kind not in stem), None)
            if other is not None:
                raise DatasetError(
                    f"{shown(other.parent, 100)} holds {quoted(other.name, 60)}; wanted names with "
                    f"{kind}: images and labels may be swapped, so unpack {FOLDER}.tar again."
                )
            found |= files
        return found

    def missing_parts(self, split: str) -> list[str]:
        """Return the recordings of a split that are not there."""
        there = self._recordings(split)
        wanted = [name for name in RECORDINGS if (name == VALIDATION) == (split == "val")]
        return [name for name in wanted if name not in there]

    def raw_ids(self) -> dict[int, int]:
        """Return training id ► itself: colours become training ids when they are decoded."""
        return {i: i for i in (*range(self.card.n_classes), IGNORE)}

    def label_rule(self) -> dict[str, Any]:
        """Return classes, void and the colours that stand for them."""
        return {**super().label_rule(), "colours": sorted(self._ids.items())}

    def decode_mask(self, raw: npt.NDArray[Any], path: Path) -> npt.NDArray[np.uint8]:
        """Return (H, W) training ids from colours."""
        if raw.ndim == 2:
            raise DatasetError(
                f"The mask {shown(path)} holds ids; wanted the colours of the release, as "
                f"{self.wanted_mask()} has."
            )
        return self._colours.ids(raw, path)

    def frame(self, split: str, key: str) -> Frame | None:  # noqa: ARG002 - the key is enough
        """Return recording with camera, and frame number, from the key."""
        match = _KEY.fullmatch(key)
        if match is None:
            return None
        sequence = f"{match['day']}_{match['time']}_{match['camera']}"
        return frame_of(sequence, match["number"], key)

    def _check_class_list(self, path: Path) -> None:
        wanted = {f"#{digits}" for category in CATEGORIES for digits in category.colours}
        try:
            listed = {str(colour).lower() for colour in dict(json.loads(self.tree.content(path)))}
        except (ValueError, TypeError, RecursionError):
            listed = set()
        if listed != wanted:
            raise DatasetError(
                f"The file {shown(path, 100)} lists {len(listed)} colours, "
                f"{len(listed & wanted)} of them among the {len(wanted)} of the release that is "
                f"read here; wanted that release: unpack {FOLDER}.tar again."
            )
