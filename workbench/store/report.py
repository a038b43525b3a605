"""What a report point measured: a network that was trained for that alone, beside a cycle of a run.

A report is written aside and published by its manifest, as a cycle is. The run is whole without
it: one that is damaged is trained again. What a reference of an experiment measured, a network
trained on the whole pool, is a report, too, that belongs to no cycle; its number is 0.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workbench.store import contents, layout, schema
from workbench.store.measured import MeasuredRecord
from workbench.store.records import Network
from workbench.store.sealed import SealedFolder


class Report(MeasuredRecord):
    """The read side of one report.

    Args:
        path: its folder; its manifest exists.
        classes: number of classes of its experiment.

    Attributes:
        path: its folder.

    Raises:
        StoreError: if its manifest is damaged.
    """

    _facts: contents.Report

    def __init__(self, path: Path, classes: int) -> None:
        self.path = path
        self._file = path / layout.REPORT
        self._facts = contents.published(self._file, contents.Report)
        if f"{self._facts.number:04d}" != path.name:
            raise schema.damaged(self._file, f"is the report of cycle {self._facts.number}")
        measured = {len(split.iou) for split in self._facts.splits.values()}
        if measured != {classes}:
            raise schema.damaged(
                self._file, f"measured {sorted(measured)} classes; wanted {classes}"
            )
        self._sealed = SealedFolder(path, self._facts.files, self._file)

    def __repr__(self) -> str:
        if self.path.parents[1].name == "references":
            return f"Report(the reference {self.path.parent.name})"
        return f"Report({self.number} of {self.path.parents[1].name})"

    @property
    def number(self) -> int:
        """The number of the cycle whose labelled units its network was trained on."""
        return self._facts.number

    @property
    def revision(self) -> str:
        """An identifier of its content, which never changes."""
        return self._facts.revision

    @property
    def created(self) -> float:
        """When it was published, seconds since 1970 (UTC)."""
        return self._facts.created

    @property
    def trained_by(self) -> dict[str, Any]:
        """``learner`` and ``model``, each with all its settings."""
        return {"learner": dict(self._facts.learner), "model": dict(self._facts.model)}

    @property
    def networks(self) -> dict[str, Network]:
        """Its network by its name."""
        return {
            name: Network(facts.sha256, layout.network(self.path, name) if facts.kept else None)
            for name, facts in self._facts.networks.items()
        }

    @property
    def weights(self) -> Path | None:
        """The file (safetensors) of its network, compared with its digest; ``None`` if not kept.

        Raises:
            StoreError: if the file is gone, or holds other weights.
        """
        (found,) = self.networks.values()
        if found.path is None:
            return None
        return self._sealed.path(found.path.relative_to(self.path).as_posix())

    @property
    def device(self) -> str:
        """The device of its training."""
        return self._facts.device

    @property
    def extras(self) -> dict[str, Any]:
        """Further records of the learner on the training, e.g. the best epoch."""
        return dict(self._facts.extras)
