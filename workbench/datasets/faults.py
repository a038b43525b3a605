"""What is wrong with the folder of a released dataset, said so that the cases are told apart.

A wrong root, an archive that is half extracted, and images and masks that are swapped.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from workbench.datasets.tree import FileTree
from workbench.errors import DatasetError, quoted, shown

_ARCHIVES = (".zip", ".tar", ".tgz", ".tar.gz", ".rar", ".7z")

_MOST_LOOKED_AT = 200
"""Folders inside a wrong root that are looked at for the right one."""


def wrong_root(root: Path, wanted: Sequence[str], section: str) -> DatasetError:
    """Return the error for a folder that holds nothing of a dataset.

    Args:
        root: the folder that was named.
        wanted: what lies in the right folder, as paths from it; the surest first, any will do.
        section: the dataset's section in data/README.md.
    """
    if right := right_folder(root, wanted):
        advice = f"{shown(right, 80)} does: name that one as the dataset's root"
    elif archives := packed(root):
        advice = f"unpack the archives that it holds there, {shown(archives[0], 60)} first"
    else:
        advice = "put the dataset there or name its folder (--data, or dataset.root)"
    return DatasetError(
        f"{shown(root, 80)} holds no {shown(wanted[0], 60)}, so it is not the folder of {section}; "
        f"{advice}. data/README.md#{section} shows the layout."
    )


def right_folder(root: Path, wanted: Sequence[str]) -> Path | None:
    """Return the folder just inside or above a wrong root that holds what is wanted."""
    try:
        inside = [path for path in sorted(root.iterdir())[:_MOST_LOOKED_AT] if path.is_dir()]
    except OSError:
        inside = []
    above = list(root.absolute().parents)[:3]
    places = ((name, place) for name in wanted for place in (*inside, *above))
    return next((place for name, place in places if (place / name).exists()), None)


def packed(root: Path) -> list[str]:
    """Return the names of the archives in a folder, sorted."""
    return sorted(path.name for path in root.iterdir() if path.name.lower().endswith(_ARCHIVES))


def require_all(names: Collection[str], found: Collection[str], folder: Path, listed: str) -> None:
    """Check that every file that a list names is in its folder.

    Args:
        names: the names that are listed.
        found: the names that are there.
        folder: the folder of the files, for the message.
        listed: what is listed and where, e.g. ``images that val.txt lists``.

    Raises:
        DatasetError: that the archive is half extracted, if some are missing.
    """
    missing = sorted(set(names) - set(found))
    if missing:
        raise DatasetError(
            f"{len(missing):,} of the {len(names):,} {listed} are not in {shown(folder, 70)}, "
            f"{quoted(missing[0], 40)} first: the archive is half extracted; extract it again."
        )


def require_pairs(images: Mapping[str, Path], masks: Mapping[str, Path], place: Path) -> None:
    """Check that images and masks of a release come in pairs.

    Args:
        images: the image files by key.
        masks: the mask files by key.
        place: where the masks ought to be, for the message.

    Raises:
        DatasetError: that an archive is half extracted, if one of a pair is missing.
    """
    lone = sorted(set(images) - set(masks))
    if lone:
        raise DatasetError(
            f"{len(lone):,} of {len(images):,} images have no mask in {shown(place, 70)}, "
            f"{shown(images[lone[0]].name, 50)} first: the archive of the masks is half extracted; "
            "extract it again."
        )
    spare = sorted(set(masks) - set(images))
    if spare:
        raise DatasetError(
            f"{len(spare):,} of {len(masks):,} masks in {shown(place, 70)} belong to no image, "
            f"{shown(masks[spare[0]].name, 50)} first: the archive of the images is half "
            "extracted; extract it again."
        )


def swapped_files(image: Path, mask: Path) -> DatasetError:
    """Return the error for an image of one number a pixel whose mask holds colours."""
    return DatasetError(
        f"{shown(image, 80)} holds one number a pixel and {shown(mask, 80)}, its mask, holds "
        "colours: images and masks are swapped; put each where the other is."
    )


def swapped_folders(images: Path, masks: Path) -> DatasetError:
    """Return the error for a folder of images that holds masks, and the other way round."""
    return DatasetError(
        f"{shown(images, 80)} holds masks and {shown(masks, 80)} images: images and masks are "
        "swapped; put each where the other is."
    )


def names_in(tree: FileTree, path: Path) -> list[str]:
    """Return the names that a list file of a release holds, the first word of each line.

    Raises:
        DatasetError: if it cannot be read, is no text or is empty.
    """
    try:
        words = [
            line.split()[0] for line in tree.content(path).decode().splitlines() if line.strip()
        ]
    except UnicodeDecodeError:
        words = []
    if not words:
        raise DatasetError(
            f"The list {shown(path)} names nothing; wanted one image name per line: extract the "
            "archive again."
        )
    return words
