"""The registry entry of an export format, what is exported, and what came of it."""

from __future__ import annotations

from collections.abc import Sized
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from workbench.errors import ConfigError, StoreError
from workbench.registry import Entry

if TYPE_CHECKING:
    from workbench.store import ExperimentRecord, Run, Store
    from workbench.store.report import Report


@dataclass(frozen=True, kw_only=True)
class ExporterEntry(Entry):
    """An export format, as data.

    Attributes:
        writes: what stands in the folder afterwards, in words.
        modules: the modules that must be installed beside this package's own dependencies.
        extra: the extra of the distribution that brings them.
    """

    writes: str = ""
    modules: tuple[str, ...] = ()
    extra: str = ""

    def require_installed(self) -> None:
        """Check that the libraries of this format are there, without importing them.

        Raises:
            ConfigError: if one is not; it says how to install it.
        """
        missing = [name for name in self.modules if find_spec(name) is None]
        if missing:
            owner = self.origin or "al-workbench"
            raise ConfigError(
                f"The export format {self.name} needs {', '.join(missing)}, not installed here; "
                f"`pip install '{owner}[{self.extra}]'` brings it."
            )


class Reference(NamedTuple):
    """A network that was trained on the whole pool, beside the runs of its experiment.

    Attributes:
        experiment: the experiment.
        name: of the reference.
        seed: the seed.
        report: what it measured.
    """

    experiment: ExperimentRecord
    name: str
    seed: int
    report: Report

    @property
    def id(self) -> str:
        """``EXPERIMENT/references/NAME-sSEED``, which is the id of no run."""
        return f"{self.experiment.id}/references/{self.name}-s{self.seed}"


@dataclass(frozen=True)
class Chosen:
    """What is exported.

    Attributes:
        store: the store.
        runs: the runs of it, finished or not; they may be none.
    """

    store: Store
    runs: tuple[Run, ...]

    def references(self) -> list[Reference]:
        """Return the references of the runs' experiments, which all runs of these share."""
        records = {run.experiment.id: run.experiment for run in self.runs}.values()
        return [
            Reference(record, *key, found)
            for record in records
            for key, found in record.references().items()
        ]

    def begun(self, beside: Sized = ()) -> tuple[list[Run], tuple[str, ...]]:
        """Return the runs with a cycle that can be read, and a sentence on each of the others.

        Args:
            beside: what is exported beside runs; with any of it there need be no run.

        Raises:
            StoreError: if there is nothing to export.
        """
        numbers = {run.id: run.cycle_numbers for run in self.runs}
        runs = [run for run in self.runs if numbers[run.id]]
        if not runs and not len(beside):
            raise StoreError("No cycle of these runs is published yet: there is nothing to export.")
        left = [run.id for run in self.runs if not numbers[run.id]]
        return runs, tuple(f"{name} has no cycle to export and is left out." for name in left)


@dataclass(frozen=True)
class Exported:
    """What an export wrote.

    Attributes:
        paths: the files, or a folder or database that holds many.
        notes: sentences on what was left out, and why.
    """

    paths: tuple[Path, ...]
    notes: tuple[str, ...] = ()
