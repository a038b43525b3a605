"""The images that a text file lists, such as the lists that authors publish of their pools."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path, PurePosixPath

from workbench.datasets.base import SegmentationDataset
from workbench.datasets.pools.chosen import Chosen
from workbench.errors import DatasetError, quoted, shown
from workbench.reading import read_bytes

_MOST_BYTES = 2**30


def listed(dataset: SegmentationDataset, *, file: str) -> Chosen:
    """Take the images whose ids a text file lists, one a line.

    White space around an id, empty lines and lines that begin with # do not count. An id names the
    image of that key. If there is none, its leading folders are dropped one by one, with and
    without its file ending, until what is left is a key; then it names the one key whose last part
    is its own. So ``20181107_132300/camera/cam_front_center/NAME.png`` finds the key ``NAME``.

    Args:
        dataset: the dataset.
        file: path of the list, UTF-8.

    Raises:
        DatasetError: if the file cannot be read, lists no id, an id of no image of the training
            split or of several, or an image twice.
    """
    path = Path(file).expanduser()
    keys = dataset.keys("train")
    known = frozenset(keys)
    last = _by_last_part(keys)
    found: dict[str, str] = {}
    unknown = []
    for name in _ids(path):
        key = _match(name, known, last)
        if key is None:
            unknown.append(name)
        elif key in found:
            raise DatasetError(
                f"The list {shown(path, 60)} names the image {quoted(key)} twice, as "
                f"{quoted(found[key])} and as {quoted(name)}; wanted each image once."
            )
        else:
            found[key] = name
    if unknown:
        raise DatasetError(
            f"{len(unknown):,} of {len(unknown) + len(found):,} ids of the list {shown(path, 60)} "
            f"are not those of one image of the training split of {shown(dataset.card.name, 40)}: "
            f"{_some(unknown)}; its keys are such as {quoted(keys[0])}."
        )
    if not found:
        raise DatasetError(f"The list {shown(path, 60)} holds no id; wanted one a line.")
    return Chosen(dataset, found)


def _ids(path: Path) -> list[str]:
    try:
        text = read_bytes(path, _MOST_BYTES).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is no UTF-8 text"
        raise DatasetError(
            f"The list of the pool, {shown(path, 80)}, cannot be read ({why}); pool.file names a "
            "text file with one image id a line."
        ) from None
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _match(name: str, known: Collection[str], last: Mapping[str, str | None]) -> str | None:
    """Return the key that an id names; ``None`` if there is none, or more than one."""
    parts = name.split("/")
    for first in range(len(parts)):
        tail = "/".join(parts[first:])
        for key in (tail, _without_ending(tail)):
            if key in known:
                return key
    return last.get(parts[-1]) or last.get(_without_ending(parts[-1]))


def _without_ending(path: str) -> str:
    """Return a path without its file ending; a dot at the start of a name begins no ending."""
    return path.removesuffix(PurePosixPath(path).suffix)


def _by_last_part(keys: Iterable[str]) -> dict[str, str | None]:
    """Return last part ► key, ``None`` where several keys end in it."""
    found: dict[str, str | None] = {}
    for key in keys:
        end = key.rpartition("/")[2]
        found[end] = None if end in found else key
    return found


def _some(names: list[str], most: int = 3) -> str:
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(quoted(name, 90) for name in names[:most]) + more
