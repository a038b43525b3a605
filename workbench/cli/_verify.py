"""``doctor --verify``: reads every byte of a store and prints what is damaged."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn
from typer import Exit

from workbench.cli._console import print_lines
from workbench.cli._sentences import MENDABLE
from workbench.printable import byte_size


def verify_store(store: Path) -> None:
    """Read a store, print a line for each damage and the advice.

    Raises:
        Exit: with code 2 if anything is damaged.
        StoreError: if there is no such store.
    """
    from workbench.store import layout, schema
    from workbench.store.files import is_folder, is_there, shown
    from workbench.store.reader import open_store
    from workbench.store.verification import verify

    if not is_folder(store) or not is_there(store / layout.STORE):
        open_store(store)  # raises what is wrong with the folder as a whole
    read = damaged = strays = 0
    with _progress() as progress:
        task = progress.add_task("", total=_total(store))
        for found in verify(store):
            read += found.size
            progress.update(task, completed=read)
            for one in found.damages:
                damaged += 1
                print_lines(f"{shown(one.path.relative_to(store))} {one.found}")
            if found.stray:
                strays += 1
                print_lines(f"{shown(found.path.relative_to(store))} is no part of the store")
    extra = f", {strays} that are no part of it" if strays else ""
    if damaged:
        print_lines(f"{damaged} files are damaged{extra}; {schema.REPAIR}.")
        raise Exit(MENDABLE)
    print_lines(f"Every file is as it was written ({byte_size(read)} read{extra}).")


def _progress() -> Progress:
    console = Console(file=sys.stderr)
    parts = (BarColumn(), DownloadColumn(), TimeRemainingColumn())
    return Progress(*parts, console=console, transient=True, disable=not console.is_terminal)


def _total(store: Path) -> int:
    """Return the bytes in a store, without what was set aside, and datasets' decoded files."""
    total = 0
    for folder, folders, names in os.walk(store):
        if Path(folder) == store:
            folders[:] = [name for name in folders if name not in {"set-aside", ".decoded"}]
        total += sum(_size(Path(folder, name)) for name in names)
    return total


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0
