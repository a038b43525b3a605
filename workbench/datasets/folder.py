"""Your own images: ``images/``, ``masks/`` and a card file ``dataset.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.datasets.cache import DEFAULT_CACHE_BYTES
from workbench.datasets.colours import ColourTable
from workbench.datasets.files import SUFFIXES, FileDataset, frame_of
from workbench.datasets.folder_card import CARD_FILE, FolderCard, match_names, read_card
from workbench.datasets.tree import FileTree
from workbench.errors import DatasetError, quoted, shown
from workbench.types import IGNORE, DatasetCard, Frame

_Files = tuple[dict[str, Path], dict[str, Path]]


class Folder(FileDataset):
    """Reads ``root/images[/<split>]`` and ``root/masks[/<split>]``, described by a card file.

    The card file is ``root/dataset.yaml``. With one folder per split, it may hold the number of
    images of each. Without, it assigns images to splits: by a share of all images, in the order of
    their names, or by a list file (data/README.md has the details).

    Raises:
        DatasetError: if the card file is missing or invalid, or a folder is missing.
    """

    def __init__(self, root: Path, cache_bytes: int = DEFAULT_CACHE_BYTES) -> None:
        super().__init__(root, cache_bytes)
        self.described = read_card(self.tree)
        self._flat: Mapping[str, dict[str, Path]] | None = None
        self._split_names = self.arrange()
        self.card = _card(self.described, self._split_names, self._flat is not None)
        self._colours = _colour_table(self.described)
        self._matched: dict[str, dict[str, dict[str, str] | None]] = {}

    def arrange(self) -> tuple[str, ...]:
        """Find out where the images of each split are, and return the splits."""
        for name in ("images", "masks"):
            if not self.tree.holds(self.root / name):
                raise DatasetError(
                    f"The dataset in {shown(self.root)} has no folder {name}/; wanted images/, "
                    f"masks/ and {CARD_FILE}. See data/README.md#folder."
                )
        found = _split_folders(self.tree)
        if not found:
            self._flat = _divide(self.tree, self.described)
        return found or tuple(self._flat or ())

    @property
    def section(self) -> str:
        """Always ``folder``, whatever the card's name."""
        return "folder"

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that have a folder, or that the card divides the one folder into."""
        return self._split_names

    @property
    def grey_masks(self) -> bool:
        """Whether the card has ``masks: ids``."""
        return self.described.masks == "ids"

    def mask_folder(self, split: str) -> Path:
        """Return ``root/masks/<split>``, or ``root/masks``."""
        return self.root / "masks" / (split if self._flat is None else "")

    def list_files(self, split: str) -> _Files:
        """Return a split's files."""
        masks = self.mask_folder(split)
        found = self.tree.files(masks, SUFFIXES) if self.tree.holds(masks) else {}
        if self._flat is None:
            return self.tree.files(self.root / "images" / split, SUFFIXES), found
        images = self._flat[split]
        return images, {key: path for key, path in found.items() if key in images}

    def raw_ids(self) -> dict[int, int]:
        """Return raw id ► training id by the card."""
        if self._colours is not None:  # colours are turned into training ids when decoded
            return {**{i: i for i in range(self.card.n_classes)}, IGNORE: IGNORE}
        ids = self.described.ids or range(self.card.n_classes)
        return {
            **{raw: i for i, raw in enumerate(ids)},
            **dict.fromkeys(self.described.void, IGNORE),
        }

    def label_rule(self) -> dict[str, Any]:
        """Return classes, void and the raw ids or colours that stand for them."""
        rule = super().label_rule()
        if self._colours is None:
            return rule
        return rule | {"colours": [self.described.palette, self.described.void_colours]}

    def decode_mask(self, raw: npt.NDArray[Any], path: Path) -> npt.NDArray[np.uint8]:
        """Return (H, W) ids from ids, or from colours if the card has ``masks: colours``."""
        if self._colours is None:
            return super().decode_mask(raw, path)
        if raw.ndim == 2:
            raise DatasetError(
                f"The mask {shown(path)} holds ids and the card has masks: colours; wanted an RGB "
                "file, or masks: ids in the card."
            )
        return self._colours.ids(raw, path)

    def frame(self, split: str, key: str) -> Frame | None:
        """Return sequence and frame number from the file's name by the card's pattern."""
        pattern = self.described.sequence
        if not pattern:
            return None
        if split not in self._matched:
            keys = self.keys(split)
            self._matched[split] = dict(zip(keys, match_names(pattern, keys), strict=True))
        known = self._matched[split]
        groups = known[key] if key in known else match_names(pattern, [key])[0]
        return frame_of(groups["sequence"], groups.get("frame"), key) if groups else None


def _split_folders(tree: FileTree) -> tuple[str, ...]:
    """Return the splits that have a folder of images, train, val and test first."""
    names = tree.folders(tree.root / "images")
    first = [name for name in ("train", "val", "test") if name in names]
    return (*first, *(name for name in names if name not in first))


def _divide(tree: FileTree, card: FolderCard) -> Mapping[str, dict[str, Path]]:
    """Divide the images of one folder into splits by the card."""
    images = tree.files(tree.root / "images", SUFFIXES)
    if not card.shares and not card.lists:
        raise DatasetError(
            f"{shown(tree.root / 'images')} has no folder per split, and {CARD_FILE} does not "
            "divide them; "
            "wanted images/train and images/val, or e.g. splits: {train: 0.8, val: 0.2}."
        )
    if card.lists:
        return {name: _listed(tree, path, images) for name, path in card.lists.items()}
    keys = list(images)
    ends = np.round(np.cumsum(list(card.shares.values())) * len(keys)).astype(int).tolist()
    starts = [0, *ends[:-1]]
    return {
        name: {key: images[key] for key in keys[start:end]}
        for name, start, end in zip(card.shares, starts, ends, strict=True)
    }


def _listed(tree: FileTree, name: str, images: Mapping[str, Path]) -> dict[str, Path]:
    """Return the images that a list file names, one per line, with or without their ending."""
    path = tree.root / name
    try:
        lines = tree.content(path).decode().splitlines() if tree.holds(path.parent) else None
    except (DatasetError, UnicodeDecodeError):
        lines = None
    if lines is None:
        raise DatasetError(
            f"{CARD_FILE} names the list {shown(path)}, which cannot be read; wanted a UTF-8 text "
            "file inside the dataset's folder, with one image name per line."
        )
    chosen = {}
    for number, line in enumerate(map(str.strip, lines), start=1):
        if not line or line.startswith("#"):
            continue
        key = line if line in images else Path(line).stem
        if key not in images:
            raise DatasetError(
                f"Line {number} of {shown(path, 80)} names {quoted(line, 40)}, and there is no "
                "such "
                "file in images/; mend the list or add the image."
            )
        chosen[key] = images[key]
    return dict(sorted(chosen.items()))


def _card(described: FolderCard, splits: tuple[str, ...], flat: bool) -> DatasetCard:
    counts: dict[str, int | None] = dict.fromkeys(splits)
    if not flat:
        counts |= described.counts
    return DatasetCard(
        name=described.name,
        classes=described.classes,
        palette=described.palette,
        void_id=described.void[0] if described.void else IGNORE,
        splits=counts,
        source=described.source,
        objects=described.objects,
    )


def _colour_table(card: FolderCard) -> ColourTable | None:
    """Return the training ids of colours; ``None`` for masks of ids."""
    if card.masks == "ids":
        return None
    ids = {colour: i for i, colour in enumerate(card.palette)}
    voids = dict.fromkeys(card.void_colours, IGNORE)
    return ColourTable(ids | voids, f"palette or void_colours of {CARD_FILE}")
