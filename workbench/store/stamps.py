"""Stamps of a run's files and folders: the same stamp, the same content, without opening a file.

Nothing of a run is written in place: what is published is renamed into a folder, which changes the
folder's time. So the times of a few folders tell that nothing was published since the last look,
and the stamps of all records tell that each is the file that was read before. They are taken with
plain strings, since a page takes tens of thousands.
"""

from __future__ import annotations

import os
import re

from workbench.store import layout

SETTLED = 2.0
"""Seconds, by this machine's own clock, from which a time that did not change can be relied on. Two
changes within one tick of a file system's clock leave the same time; a tick is 2 s at most (FAT),
and the clock of a file server may differ from ours."""

GONE = "-"
_NUMBER = re.compile(r"[0-9]{4,6}", re.ASCII)


def of_file(path: str) -> str:
    """Return time, size and inode of a file; empty if it may not be looked at or is not there."""
    try:
        about = os.stat(path)  # noqa: PTH116 - a Path takes as long as the look itself
    except (OSError, ValueError):
        return ""
    return f"{about.st_mtime_ns}-{about.st_size}-{about.st_ino}"


def of_cycle(run: str, number: int) -> str:
    """Return the stamp of a cycle's manifest; empty if it may not be looked at or is not there."""
    return of_file(f"{run}/cycles/{number:04d}/{layout.CYCLE}")


def of_whole_cycle(run: str, number: int, own: str, shared: str | None, *, last: bool) -> str:
    """Return the stamps of a cycle's manifest, selection, labels and supplements.

    Args:
        run: the run's folder.
        number: the cycle's number.
        own: the stamp of its manifest.
        shared: the folder of the shared cycle 0 that it points to, which then has the supplements.
        last: whether it is the last one; others must have a selection and labels.

    Returns:
        Empty if something is not there that must be, or may not be looked at.
    """
    chosen = f"{run}/selections/{number:04d}"
    added = [of_file(f"{chosen}/{name}") for name in (layout.SELECTION, layout.LABELS)]
    if not own or not (last or all(added)):
        return ""
    folder = f"{shared or f'{run}/cycles/{number:04d}'}/{layout.SUPPLEMENTS}"
    supplements = [f"{folder}/{found:04d}/{layout.CYCLE}" for found in numbers_in(folder)]
    return ",".join([own, *(stamp or GONE for stamp in [*added, *map(of_file, supplements)])])


def numbers_in(folder: str) -> list[int]:
    """Return the numbers of the entries ``0000``, ``0001`` … of a folder, ascending."""
    try:
        names = os.listdir(folder)  # noqa: PTH208 - as above
    except (OSError, ValueError):
        return []
    return sorted(int(n) for n in names if _NUMBER.fullmatch(n) and n == f"{int(n):04d}")


Marks = tuple[tuple[int, int], ...]


def of_folders(paths: list[str]) -> Marks:
    """Return time and inode of each folder; one that is not there has (0, 0)."""
    marks = []
    for path in paths:
        try:
            about = os.stat(path)  # noqa: PTH116 - as above
        except (OSError, ValueError):
            marks.append((0, 0))
        else:
            marks.append((about.st_mtime_ns, about.st_ino))
    return tuple(marks)


def of_run(run: str, *, awaited: int | None, shared: str | None) -> Marks:
    """Return the marks of the folders in which a run's records are published.

    A cycle and a selection are new entries of their folders; the labels of the last selection, and
    a supplement to a shared cycle 0, are entries of folders that are there already. A supplement to
    a cycle of a run's own changes the time of the folder of its cycles (``SupplementWriter``).

    Args:
        run: the run's folder.
        awaited: the number of the last selection, if it has no labels yet.
        shared: the folder of the shared cycle 0 that it points to.
    """
    paths = [f"{run}/cycles", f"{run}/selections", f"{run}/reports"]
    if awaited is not None:
        paths.append(f"{run}/selections/{awaited:04d}")
    if shared is not None:
        paths += [shared, f"{shared}/{layout.SUPPLEMENTS}"]
    return of_folders(paths)
