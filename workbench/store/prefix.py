"""Finds how far a run is whole: its cycles, selections and labels in the order of publishing.

What follows a part that is damaged or gone rests on it, so a repair sets it aside, too.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from workbench.errors import StoreError, StoreVersionError
from workbench.store import arrays, contents, files, layout, schema
from workbench.store.embeddings import is_untrained
from workbench.store.integrity import Damage, damage_by, damages_of
from workbench.types import UnitIds

Place = tuple[int, int]
"""The number of a cycle, and which of its parts: the cycle, its selection or its labels."""

_CYCLE, _SELECTION, _LABELS = range(3)
_MANIFESTS = (layout.CYCLE, layout.SELECTION, layout.LABELS)
_FOLDERS = (layout.cycle, layout.selection, layout.selection)
Read = Callable[[Path, str], list[Damage]]
"""Folder and file name of its manifest ► what is wrong with its bytes."""


@dataclass(frozen=True)
class Ground:
    """What the runs of an experiment rest on.

    Attributes:
        experiment: the experiment's folder.
        shared: whether the shared cycle 0 of a key is whole.
        untrained: whether the vectors of a cycle-0 key and an embedding key are whole.
    """

    experiment: Path
    shared: Callable[[str], bool]
    untrained: Callable[[str, str], bool]


@dataclass(frozen=True)
class Prefix:
    """How far a run is whole.

    Attributes:
        damages: what is wrong with it; empty if it is whole.
        rest: what lies at and after the first damage, in the order in which it can be moved away so
            that the run is never less whole than before.
        kept: number of cycles that stay.
        lost: numbers of the cycles in the rest.
    """

    damages: tuple[Damage, ...]
    rest: tuple[Path, ...]
    kept: int
    lost: tuple[int, ...]


def read_damages(folder: Path, manifest: str = layout.CYCLE) -> list[Damage]:
    """Read a published folder and return what is wrong with its bytes.

    Raises:
        StoreVersionError: if another version of this package wrote it; that is no damage.
        StoreError: if a file may not be read.
    """
    found = damages_of(folder, manifest)
    if any(one.path == folder / manifest for one in found):
        record_or_none(folder / manifest, "")
    for one in found:
        _require_right(one.path)
    return found


def record_or_none(path: Path, kind: str) -> dict[str, Any] | Damage | None:
    """Return a record, or what is wrong with it; ``None`` if there is none.

    Raises:
        StoreVersionError: if another version of this package wrote it; that is no damage.
        StoreError: if a file may not be read.
    """
    try:
        return contents.fields_of(path, kind)
    except FileNotFoundError:
        return None
    except StoreVersionError:
        raise
    except StoreError as error:
        _require_right(path)
        return damage_by(error, path)


def _require_right(path: Path) -> None:
    """Raise StoreError for a file that this user may not read, which is no damage."""
    if path.exists() and not os.access(path, os.R_OK):
        raise StoreError(f"{files.shown(path)} may not be read; give yourself the right to.")


def record_of_run(run: Path) -> tuple[dict[str, Any] | None, tuple[Damage, ...]]:
    """Return what a run rests on, or ``None`` and why that cannot be told.

    Raises:
        StoreVersionError: if another version of this package wrote its record.
    """
    path, wanted = run / layout.RUN, f"{run.parent.parent.name}/{run.name}"
    found = record_or_none(path, "run")
    if isinstance(found, Damage):
        return None, (found,)
    if found is None:
        begun = bool(_there(run)) or files.is_there(run / layout.STATUS)
        return (None, (Damage(path, "is gone"),)) if begun else ({}, ())
    if found.get("id") != wanted:
        return None, (Damage(path, f"is of run {found.get('id')}"),)
    return dict(found["rests_on"]), ()


def wrong_shared(folder: Path, ground: Ground) -> list[Damage]:
    """Return why a folder, whose bytes are as they were written, is no shared cycle 0."""
    path = folder / layout.CYCLE
    facts = schema.read(path, "cycle")
    if facts.get("number") != 0 or facts.get("shared") is not None:
        return [Damage(path, "is no shared cycle 0")]
    return lacking(facts, path, ground)


def lacking(facts: Mapping[str, Any], path: Path, ground: Ground) -> list[Damage]:
    """Return which vectors by the network before training a cycle reads and are not whole.

    Args:
        facts: the manifest of the cycle.
        path: its file.
        ground: what the experiment's runs rest on.
    """
    key = str(facts.get("untrained"))
    names = [str(name) for name in facts.get("embeddings", ()) if is_untrained(str(name))]
    return [
        Damage(path, f"rests on the {name} embeddings of {key}, which are damaged or gone")
        for name in names
        if not ground.untrained(key, name)
    ]


def prefix_of(run: Path, rests_on: Mapping[str, Any] | None, ground: Ground) -> Prefix:
    """Return how far a run is whole.

    Args:
        run: the run's folder.
        rests_on: what its record says that its results rest on; ``None`` if there is no such
            record, so that nothing of the run can be told from another one's.
        ground: what the experiment's runs rest on.

    Raises:
        StoreVersionError: if another version of this package wrote a part of it.
    """
    published = _published(run)
    strays = list(_strays(run))
    found = [Damage(path, "is no part of a run") for path in strays]
    first: Place | None = (0, _CYCLE)
    if rests_on is not None:
        first, wrong = first_damage(run, rests_on, ground)
        found += wrong
    rest = _rest(run, first)
    kept = _kept(published, first)
    return Prefix(
        tuple(found),
        (*rest, *strays),
        kept,
        tuple(sorted(n for n, part in published if part == _CYCLE and n >= kept)),
    )


def first_damage(
    run: Path, rests_on: Mapping[str, Any], ground: Ground, read: Read = read_damages
) -> tuple[Place | None, list[Damage]]:
    """Return the first part of a run that is not whole, and what is wrong with it.

    A part is whole if its bytes are as they were written and its values fit the parts before it.

    Args:
        run: the run's folder.
        rests_on: what its record says that its results rest on.
        ground: what the experiment's runs rest on.
        read: compares the bytes of a part with its manifest.

    Returns:
        ``None`` and nothing if the run is whole.
    """
    published, check = _published(run), _Check(run, rests_on, ground, read)
    for place in _places(max(published, default=None)):
        wrong = check(place) if place in published else [_gap(run, place)]
        if wrong:
            return place, wrong
    return None, []


def _published(run: Path) -> set[Place]:
    return {place for place in _there(run) if files.is_there(_manifest(run, place))}


def _manifest(run: Path, place: Place) -> Path:
    number, part = place
    return _FOLDERS[part](run, number) / _MANIFESTS[part]


def _places(last: Place | None) -> Iterator[Place]:
    """Yield the places in the order of publishing, up to the last one."""
    number = 0
    while last is not None:
        for part in (_CYCLE, _SELECTION, _LABELS):
            yield number, part
            if (number, part) == last:
                return
        number += 1


def _there(run: Path) -> list[Place]:
    """Return the places at which anything lies, published or not."""
    # selections first: a run that goes on publishes the cycle before its selection
    picked = [int(entry.name) for entry in _numbered(run / "selections")]
    cycles = [(int(entry.name), _CYCLE) for entry in _numbered(run / "cycles")]
    return sorted([*cycles, *((n, part) for n in picked for part in (_SELECTION, _LABELS))])


def _numbered(folder: Path) -> list[Path]:
    """Return the folders that a cycle or selection can have."""
    return [entry for entry in layout.numbered(folder).values() if entry.is_dir()]


def _strays(run: Path) -> Iterator[Path]:
    for folder in (run / "cycles", run / "selections"):
        if files.is_there(folder) and not folder.is_dir():
            yield folder
        known = _numbered(folder)
        named = (e for e in files.entries(folder) if not e.name.startswith(files.ASIDE))
        yield from (entry for entry in named if entry not in known)


def _gap(run: Path, place: Place) -> Damage:
    return Damage(_manifest(run, place), "is gone, though later parts of the run are there")


def _rest(run: Path, first: Place | None) -> list[Path]:
    """Return what lies at and after a place, the last first."""
    if first is None:
        return []
    rest = []
    for number, part in reversed(_there(run)):
        folder = _FOLDERS[part](run, number)
        if (number, part) == first and part == _LABELS:
            rest += [f for f in (folder / layout.LABEL_TABLE, folder / layout.LABELS) if f.exists()]
        elif (number, part) >= first and part != _LABELS:
            rest.append(folder)
    return rest


def _kept(published: set[Place], first: Place | None) -> int:
    return sum(part == _CYCLE and (first is None or (n, part) < first) for n, part in published)


class _Check:
    """Checks the parts of a run one after another, each against those before it."""

    def __init__(self, run: Path, rests_on: Mapping[str, Any], ground: Ground, read: Read) -> None:
        self._run, self._read = run, read
        self._cycle_zero = rests_on.get("cycle_zero")
        self._ground = ground
        self._labelled: UnitIds | None = None
        self._picked: UnitIds = np.empty(0, np.int64)

    def __call__(self, place: Place) -> list[Damage]:
        """Return what is wrong with a part; all parts before it are whole."""
        number, part = place
        path = _manifest(self._run, place)
        found = self._read(path.parent, path.name)
        if found:
            return found
        try:
            return (self._cycle, self._selection, self._labels)[part](number, path)
        except StoreError as error:
            return [damage_by(error, path)]

    def _cycle(self, number: int, path: Path) -> list[Damage]:
        facts, data = schema.read(path, "cycle"), path.parent
        if facts.get("number") != number:
            return [Damage(path, f"is of cycle {facts.get('number')}")]
        if (key := facts.get("shared")) is not None:
            if self._cycle_zero not in (None, key):
                return [Damage(path, f"points to cycle 0 {key}; its run is of {self._cycle_zero}")]
            if not self._ground.shared(key):
                return [Damage(path, f"points to the shared cycle 0 {key}, damaged or gone")]
            data = layout.shared(self._ground.experiment, key)
        elif found := lacking(facts, path, self._ground):
            return found
        labelled = arrays.read_array(data / layout.LABELLED)
        if self._labelled is not None and not np.array_equal(labelled, self._labelled):
            return [Damage(path, "has other labelled units than the cycles before it chose")]
        self._labelled = labelled
        return []

    def _selection(self, _: int, path: Path) -> list[Damage]:
        self._picked = _ids(path.parent / layout.PICKS)
        if self._labelled is not None and np.isin(self._picked, self._labelled).any():
            return [Damage(path, "picked units that were labelled already")]
        return []

    def _labels(self, _: int, path: Path) -> list[Damage]:
        ids = _ids(path.parent / layout.LABEL_TABLE)
        if self._labelled is None or not np.isin(ids, self._picked).all():
            return [Damage(path, "labels units that were not picked")]
        self._labelled = np.concatenate([self._labelled, ids])
        return []


def _ids(table: Path) -> UnitIds:
    return arrays.read_table(table, ["unit_id"])["unit_id"].to_numpy(np.int64)
