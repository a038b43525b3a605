"""What the references of an experiment measured: networks trained on the whole pool."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from workbench.store import damage, files, layout
from workbench.store.report import Report

if TYPE_CHECKING:
    from workbench.config import ExperimentConfig
    from workbench.types import DatasetCard


class HasReferences:
    """An experiment's record, which lists references.

    Subclasses set ``path``, its folder, ``config`` and ``card``.
    """

    path: Path
    config: ExperimentConfig
    card: DatasetCard

    @property
    def reference_seeds(self) -> list[tuple[str, int]]:
        """Name and seed of each reference that its config lists, trained or not."""
        return [
            (one.name, seed)
            for one in self.config.references
            for seed in one.seeds_of(self.config.seeds)
        ]

    @property
    def referenced(self) -> list[tuple[str, int]]:
        """Name and seed of each published reference that its config lists, readable or not."""
        return [
            one
            for one in self.reference_seeds
            if files.is_there(layout.reference(self.path, *one) / layout.REPORT)
        ]

    def references(self) -> dict[tuple[str, int], Report]:
        """Return what its references measured, by name and seed, in the config's order.

        One that is damaged is left out with a warning.
        """
        return dict(damage.readable(self.referenced, lambda one: self._reference(*one)))

    def reference(self, name: str, seed: int) -> Report | None:
        """Return what a reference measured with a seed; ``None`` if nothing is published.

        Raises:
            StoreError: if it is damaged.
        """
        there = files.is_there(layout.reference(self.path, name, seed) / layout.REPORT)
        return self._reference(name, seed) if there else None

    def _reference(self, name: str, seed: int) -> Report:
        return Report(layout.reference(self.path, name, seed), len(self.card.classes))
