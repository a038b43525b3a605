"""Reads every byte of a store and names what is not as it was written, or makes no sense.

One file after the other, so that a store of any size takes little memory. Nothing is changed:
``workbench repair`` sets aside what this finds.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from workbench.errors import StoreError
from workbench.store import contents, events, files, index, layout
from workbench.store.embeddings import is_untrained
from workbench.store.fields import Content
from workbench.store.integrity import Damage, damage_by, differences, models_of
from workbench.store.prefix import Ground, first_damage, record_of_run, wrong_shared

_PARTS = {"runs", "shared", "untrained", "choices", "training", "references"}
_OF_EXPERIMENT = {layout.EXPERIMENT, layout.POOL, layout.UNIT_MAPS, *_PARTS}
_NUMBERED = {"cycles", "selections", "reports", "state"}
_OF_RUN = {layout.RUN, layout.STATUS, layout.EVENTS, "training", *_NUMBERED}


@dataclass(frozen=True)
class Checked:
    """A file that was read, or something that lies in a store.

    Attributes:
        path: the file or folder.
        size: bytes that were read.
        damages: what is wrong with it.
        stray: whether it is no part of the store; that is no damage.
    """

    path: Path
    size: int = 0
    damages: tuple[Damage, ...] = ()
    stray: bool = False


def verify(store: Path) -> Iterator[Checked]:
    """Read everything in a store.

    Args:
        store: the store's folder.

    Yields:
        Each file as it was read, with what is wrong with it, and whatever lies between them.
    """
    yield _record(store / layout.STORE, contents.Store)
    yield Checked(store / layout.INDEX, _size(store / layout.INDEX), tuple(index.damages(store)))
    for folder in _named(layout.projections(store)):
        yield from _published(folder, layout.PROJECTION)
    for folder in _named(layout.launches(store)):
        yield from _listed(folder, layout.PROCESS)
    for folder in _named(layout.experiments(store)):
        yield from _experiment(folder)


def _experiment(folder: Path) -> Iterator[Checked]:
    begun = any(files.is_there(folder / part) for part in ("runs", "shared"))
    if begun or files.is_there(folder / layout.EXPERIMENT):
        yield from _listed(folder, layout.EXPERIMENT)
    yield from _strays(folder, _OF_EXPERIMENT)
    for path in _named(folder / "choices"):
        yield _record(path, contents.Choice)
    for key in _named(folder / "untrained"):
        for one in _named(key):
            yield from _published(one, layout.UNTRAINED)
    for reference in _named(folder / "references"):
        yield from _beside(reference, layout.REPORT)
    for shared in _named(folder / "shared"):
        yield from _with_sense(_cycle(shared, folder), partial(_sense_of_shared, shared))
    for run in _named(folder / "runs"):
        yield from _with_sense(_run(run, folder), partial(_sense_of_run, run))


def _with_sense(
    read: Iterator[Checked], sense: Callable[[], Iterable[Damage]]
) -> Iterator[Checked]:
    """Yield what was read, and where all bytes are right what is wrong with their meaning."""
    whole = True
    for one in read:
        whole = whole and not one.damages
        yield one
    if whole:
        yield from (Checked(found.path, damages=(found,)) for found in sense())


def _sense_of_shared(folder: Path) -> Iterable[Damage]:
    return wrong_shared(folder, _ground(folder))


def _sense_of_run(folder: Path) -> Iterable[Damage]:
    rests_on, wrong = record_of_run(folder)
    if rests_on is None:
        return wrong
    _, found = first_damage(folder, rests_on, _ground(folder), lambda *_: [])
    return found


def _ground(folder: Path) -> Ground:
    """Return the ground of a run: what it points to was read and told with the rest."""
    return Ground(folder.parent.parent, lambda _: True, lambda *_: True)


def _run(folder: Path, experiment: Path) -> Iterator[Checked]:
    if any(files.is_there(folder / name) for name in (layout.STATUS, layout.RUN)):
        yield _record(folder / layout.RUN, contents.Run)
    if files.is_there(folder / layout.STATUS):
        yield _record(folder / layout.STATUS, contents.Status)
    if files.is_there(folder / layout.EVENTS):
        yield Checked(
            folder / layout.EVENTS,
            _size(folder / layout.EVENTS),
            tuple(events.damages(folder / layout.EVENTS)),
        )
    yield from _strays(folder, _OF_RUN)
    cycles, chosen = layout.numbered(folder / "cycles"), layout.numbered(folder / "selections")
    for parent, known in ((folder / "cycles", cycles), (folder / "selections", chosen)):
        yield from _strays(parent, {path.name for path in known.values()})
    whole = layout.numbered(folder / "cycles", layout.CYCLE)
    begun = max((number + 1 for number in (*whole, *chosen)), default=0)
    for number in range(begun):
        yield from _cycle(layout.cycle(folder, number), experiment)
        yield from _selection(layout.selection(folder, number))
    for number, path in cycles.items():
        if number >= begun:
            yield Checked(path, stray=True)  # its writer was killed before it was published
    yield from _beside(layout.reports(folder), layout.REPORT)
    yield from _beside(layout.states(folder), layout.STATE)


def _beside(parent: Path, manifest: str) -> Iterator[Checked]:
    """Read what lies beside the cycles of a run, or of a reference, by their numbers."""
    numbered = layout.numbered(parent)
    yield from _strays(parent, {path.name for path in numbered.values()})
    for path in numbered.values():
        yield from _published(path, manifest)


def _cycle(folder: Path, experiment: Path) -> Iterator[Checked]:
    yield from _published(folder, layout.CYCLE)
    for one in _named(folder / layout.SUPPLEMENTS):
        yield from _published(one, layout.CYCLE)
    missing = [path for path in _rests_on(folder, experiment) if not files.is_there(path)]
    yield from (Checked(path, damages=(Damage(path, "is gone"),)) for path in missing)


def _rests_on(folder: Path, experiment: Path) -> list[Path]:
    """Return the manifests elsewhere that a cycle reads."""
    try:
        found = contents.cycle(folder / layout.CYCLE)
        if isinstance(found, contents.Pointer):
            return [layout.shared(experiment, found.shared) / layout.CYCLE]
        return [
            layout.untrained(experiment, str(found.untrained), key) / layout.UNTRAINED
            for key in found.embeddings
            if is_untrained(key)
        ]
    except (StoreError, FileNotFoundError):
        return []  # told already


def _selection(folder: Path) -> Iterator[Checked]:
    """Read a selection and its labels, of which the last may not be published yet."""
    for name in (layout.SELECTION, layout.LABELS):
        path = folder / name
        needed = layout.is_followed(folder) or files.is_there(folder / layout.LABELS)
        if needed or files.is_there(path):
            yield from _listed(folder, name)
    known = {layout.SELECTION, layout.PICKS, layout.LABELS, layout.LABEL_TABLE}
    yield from _strays(folder, known)


def _published(folder: Path, manifest: str) -> Iterator[Checked]:
    """Read a folder that its manifest lists completely."""
    known = set()
    for found in _listed(folder, manifest):
        known.add(found.path)
        yield found
    for parent, folders, names in os.walk(folder):
        if Path(parent) == folder and layout.SUPPLEMENTS in folders:
            folders.remove(layout.SUPPLEMENTS)
        for name in sorted(names):
            path = Path(parent) / name
            if path not in known and not name.startswith(files.ASIDE):
                yield Checked(path, stray=True)


def _listed(folder: Path, manifest: str) -> Iterator[Checked]:
    """Read a manifest and the files that it lists."""
    path = folder / manifest
    try:
        found = contents.manifest(path, *models_of(path))
    except FileNotFoundError:
        yield Checked(path, damages=(Damage(path, "is gone"),))
        return
    except StoreError as error:
        yield Checked(path, damages=(damage_by(error, path),))
        return
    yield Checked(path, _size(path))
    for name, facts in found.files.items():
        damages = tuple(differences(folder, name, facts))
        yield Checked(folder / name, 0 if damages else facts.size, damages)


def _record(path: Path, model: type[Content]) -> Checked:
    try:
        contents.read(path, model)
    except FileNotFoundError:
        return Checked(path, damages=(Damage(path, "is gone"),))
    except StoreError as error:
        return Checked(path, damages=(damage_by(error, path),))
    return Checked(path, _size(path))


def _strays(folder: Path, known: set[str]) -> Iterator[Checked]:
    for entry in _named(folder):
        if entry.name not in known:
            yield Checked(entry, stray=True)


def _named(folder: Path) -> list[Path]:
    """Return what lies in a folder without what is not published yet and without locks."""
    entries = [e for e in files.entries(folder) if not e.name.startswith(files.ASIDE)]
    return [e for e in entries if not e.name.endswith((".lock", ".holder.json"))]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
