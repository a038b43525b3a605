"""What lies in a run's folder: its record, its status, and which of its cycles are published."""

from __future__ import annotations

from pathlib import Path

from workbench.errors import StoreError
from workbench.store import contents, files, layout, schema
from workbench.store.records import RunStatus

GAP = "is gone, though later cycles are there"


def run_record(path: Path) -> contents.Run | None:
    """Return the record in a run's folder; ``None`` if the run has not started.

    Raises:
        StoreError: if it is damaged or gone.
    """
    try:
        return contents.published(path / layout.RUN, contents.Run)
    except FileNotFoundError:
        if files.is_there(path / layout.STATUS):  # written after the record
            raise schema.damaged(path / layout.RUN, "is gone") from None
        return None


def status(path: Path) -> RunStatus:
    """Return the stored status of a run.

    Raises:
        FileNotFoundError: if there is none.
        StoreError: if it is damaged.
    """
    found = contents.status(path / layout.STATUS)
    return RunStatus(**{name: getattr(found, name) for name in RunStatus.__dataclass_fields__})


def numbers(path: Path) -> list[int]:
    """Return the numbers of published cycles and of those whose manifest must be gone.

    Cycles are published one after the other, and a selection after its cycle.
    """
    begun = layout.numbered(path / "cycles")
    published = [n for n, folder in begun.items() if files.is_there(folder / layout.CYCLE)]
    chosen = layout.numbered(path / "selections")
    most = max([*published, *chosen], default=-1)
    later = [n for n, folder in begun.items() if n > most and files.is_folder(folder)]
    if later and _is_done(path):
        most = max(later)
    return list(range(most + 1))


def _is_done(path: Path) -> bool:
    """Whether the run ended; then no cycle is being published."""
    try:
        return status(path).state == "done"
    except (StoreError, FileNotFoundError):
        return False
