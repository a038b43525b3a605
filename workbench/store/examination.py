"""Finds what a repair has to do in one experiment: what is damaged, and what rests on that."""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path
from typing import Any

from workbench.errors import StoreError
from workbench.store import arrays, files, layout, schema
from workbench.store.experiment import ExperimentRecord
from workbench.store.findings import Findings, present
from workbench.store.integrity import Damage, damage_by
from workbench.store.prefix import (
    Ground,
    Prefix,
    prefix_of,
    read_damages,
    record_of_run,
    record_or_none,
    wrong_shared,
)

_BESIDE = (("reports", layout.REPORT), ("state", layout.STATE))
"""What lies beside the cycles of a run, and is made again where it is gone."""
_KEPT_IN_FOLDERS = ("runs", "shared", "choices", "untrained", "training", "references")


def of_experiment(folder: Path, only: str | None = None) -> Findings:
    """Return what is to be done in an experiment.

    Args:
        folder: the experiment's folder.
        only: the name of the folder of the only run that is looked at, with those that rest on the
            same damage.

    Raises:
        StoreVersionError: if another version of this package wrote a part of it.
    """
    return _Experiment(folder, only).findings()


class _Experiment:
    """One experiment, of which each folder is read once."""

    def __init__(self, folder: Path, only: str | None) -> None:
        self._folder = folder
        self._only = only
        self._shared = cache(self._damages_of_shared)
        self._untrained = cache(self._damages_of_untrained)
        self._pointed_to = set[str]()

    def findings(self) -> Findings:
        """Return what is to be done; runs come first: the damage they rest on moves last."""
        found = Findings()
        for run in _folders(self._folder / "runs"):
            found = found + self._of_run(run)
        return (
            found
            + self._of_shared()
            + self._of_untrained()
            + self._of_choices()
            + self._of_references()
            + self._of_record()
            + self._of_strays()
        )

    def _is_cut_off(self, run: Path) -> bool:
        """Whether the shared cycle 0 that a run points to is not whole."""
        found = record_or_none(layout.cycle(run, 0) / layout.CYCLE, "cycle")
        key = found.get("shared") if isinstance(found, dict) else None
        return key is not None and not self._is_whole_shared(key)

    def _ground(self) -> Ground:
        return Ground(
            self._folder,
            self._is_whole_shared,
            lambda key, name: not self._untrained(key, name),
        )

    def _is_whole_shared(self, key: str) -> bool:
        self._pointed_to.add(key)
        return not self._shared(key)

    def _of_run(self, run: Path) -> Findings:
        if self._only not in (None, run.name) and not self._is_cut_off(run):
            return Findings()
        record, wrong = record_of_run(run)
        prefix = prefix_of(run, record, self._ground())
        # a status without the record that is written before it would be damage
        records = present(run / layout.STATUS, run / layout.RUN) if wrong else ()
        beside = [
            (number, path, manifest)
            for parent, manifest in _BESIDE
            for number, path in layout.numbered(run / parent).items()
        ]
        moves = [*(path for n, path, _ in beside if n >= prefix.kept), *prefix.rest, *records]
        if moves:
            moves = [*_trainings(run, prefix.kept), *moves]
        found = Findings(
            (*wrong, *prefix.damages),
            moves=tuple(moves),
            again={f"{self._folder.name}/{run.name}": prefix.lost} if prefix.lost else {},
        )
        for number in range(prefix.kept):
            found = found + _of_supplements(layout.cycle(run, number))
        for number, path, manifest in beside:
            if number < prefix.kept:
                found = found + _made_again([path], manifest)
        if not wrong:
            found = _of_status(run, prefix, bool(moves), self._cycles) + found
        return found + _of_events(run)

    @property
    def _cycles(self) -> int:
        """The number of cycles of a run; 0 if the experiment's record cannot be read."""
        try:
            return ExperimentRecord(self._folder).config.budget.cycles
        except StoreError:
            return 0

    # what runs rest on

    def _damages_of_shared(self, key: str) -> list[Damage]:
        folder = layout.shared(self._folder, key)
        return read_damages(folder) or wrong_shared(folder, self._ground())

    def _damages_of_untrained(self, key: str, name: str) -> list[Damage]:
        return read_damages(layout.untrained(self._folder, key, name), layout.UNTRAINED)

    def _of_shared(self) -> Findings:
        found = Findings()
        for folder in _folders(self._folder / "shared"):
            published = present(folder / layout.CYCLE)
            if not published and folder.name not in self._pointed_to:
                continue  # from a process that was killed while it published it
            if damages := self._shared(folder.name):
                training = present(layout.training(self._folder, folder.name))
                found = found + Findings(tuple(damages), moves=(*training, folder))
            else:
                found = found + _of_supplements(folder)
        return found

    def _of_untrained(self) -> Findings:
        found = Findings()
        for key in _folders(self._folder / "untrained"):
            for folder in _folders(key):
                if damages := self._untrained(key.name, folder.name):
                    found = found + Findings(tuple(damages), moves=(folder,))
        return found

    def _of_references(self) -> Findings:
        found = Findings()
        for folder in _folders(self._folder / "references"):
            numbered = list(layout.numbered(folder).values())
            found = found + _made_again(numbered, layout.REPORT)
        return found

    def _of_choices(self) -> Findings:
        """Return damaged choices; one is written again from the copy that cycle 0 holds."""
        found = Findings()
        for path in sorted((self._folder / "choices").glob("[!.]*.json")):
            damage = record_or_none(path, "choice")
            if not isinstance(damage, Damage):
                continue
            copy = self._chosen(path.stem)
            if copy is None:
                found = found + Findings((damage,), moves=(path,))
            else:
                values = schema.to_bytes(schema.record("choice", choice=copy))
                found = found + Findings((damage,), replaced=(path,), written={path: values})
        return found

    def _chosen(self, key: str) -> dict[str, Any] | None:
        path = layout.shared(self._folder, key) / layout.CYCLE
        if not present(path) or self._shared(key):
            return None
        copy: dict[str, Any] | None = schema.read(path, "cycle")["extras"].get("initial")
        return copy

    # the experiment's own files

    def _of_record(self) -> Findings:
        path = self._folder / layout.EXPERIMENT
        begun = any(_folders(self._folder / "runs"))
        if not present(path) and not begun:
            return Findings()  # from a process that was killed while it made the experiment
        found = read_damages(self._folder, layout.EXPERIMENT)
        if any(one.path == path for one in found):  # then nothing lists the digest of the pool
            found += _unreadable_pool(self._folder)
        paths = {one.path for one in found} | ({path} if found else set())
        return Findings(tuple(found), moves=present(*sorted(paths, reverse=True)))

    def _of_strays(self) -> Findings:
        places = [
            f for f in present(*(self._folder / n for n in _KEPT_IN_FOLDERS)) if not f.is_dir()
        ]
        runs = self._folder / "runs"
        entries = sorted(runs.iterdir()) if runs.is_dir() else []
        named = [entry for entry in entries if not entry.name.startswith(files.ASIDE)]
        strays = (*places, *(entry for entry in named if not entry.is_dir()))
        return Findings(tuple(Damage(f, "is no folder") for f in strays), moves=strays)


def _folders(parent: Path) -> list[Path]:
    """Return the folders in a folder without those that are not published."""
    entries = sorted(parent.iterdir()) if parent.is_dir() else []
    return [e for e in entries if e.is_dir() and not e.name.startswith(files.ASIDE)]


def _unreadable_pool(folder: Path) -> list[Damage]:
    if not present(folder / layout.POOL):
        return []  # it is written again with the record
    try:
        arrays.read_table(folder / layout.POOL)
    except StoreError as error:
        return [damage_by(error, folder / layout.POOL)]
    return []


def _trainings(run: Path, kept: int) -> list[Path]:
    """Return the states of trainings that rest on what is set aside, or made it."""
    found = _folders(run / "training")
    return [f for f in found if not f.name.isdecimal() or int(f.name) >= kept]


def _of_supplements(cycle: Path) -> Findings:
    return _made_again(_folders(cycle / layout.SUPPLEMENTS))


def _made_again(folders: list[Path], manifest: str = layout.CYCLE) -> Findings:
    """Return which published folders are damaged, of those without which a run is whole."""
    found = Findings()
    for folder in folders:
        if damages := read_damages(folder, manifest):
            found = found + Findings(tuple(damages), moves=(folder,))
    return found


def _of_events(run: Path) -> Findings:
    path = run / layout.EVENTS
    if not present(path) or path.is_file():
        return Findings()
    return Findings((Damage(path, "is no file"),), moves=(path,))


def _of_status(run: Path, prefix: Prefix, moved: bool, cycles: int) -> Findings:
    """Return the status that is true after the repair, where the stored one would not be."""
    path = run / layout.STATUS
    before = record_or_none(path, "status")
    damages = (before,) if isinstance(before, Damage) else ()
    values = before if isinstance(before, dict) else {}
    total = int(values.get("cycles") or cycles)
    done = 0 < total <= prefix.kept
    wrong = values.get("state") == "done" and not done
    if not (moved or damages or wrong or (before is None and prefix.kept)):
        return Findings()
    state = "done" if done else "interrupted" if prefix.kept else "pending"
    new = schema.record(
        "status",
        heartbeat=time.time(),
        state=state,
        cycle=prefix.kept - done,
        cycles=total,
        phase="",
        done=0,
        total=0,
        message="" if state == "done" else _message(prefix),
        pid=None,
    )
    replaced = present(path) if damages else ()
    return Findings(damages, replaced, {path: schema.to_bytes(new)})


def _message(prefix: Prefix) -> str:
    again = "the same `workbench run` goes on"
    if prefix.lost:
        lost = words(prefix.lost)
        return f"Set aside as damaged or resting on damage: cycle {lost}; {again}."
    if prefix.rest:
        return f"A damaged selection of cycle {prefix.kept - 1} is set aside; {again}."
    return f"It holds {prefix.kept} whole cycles; {again}."


def words(numbers: tuple[int, ...]) -> str:
    """Return ascending numbers in words: ``2``, ``2 and 3``, ``2 to 5``."""
    if len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"{numbers[0]} to {numbers[-1]}"
    return " and ".join(filter(None, [", ".join(map(str, numbers[:-1])), str(numbers[-1])]))
