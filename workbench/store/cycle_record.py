"""The records and tables of one published cycle, each read at its first use."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import NotStoredError
from workbench.observation import Embeddings, Observation
from workbench.store import arrays, contents, embeddings, layout, schema, selections
from workbench.store.measured import MeasuredRecord
from workbench.store.records import Network, Origin
from workbench.store.sealed import SealedFolder
from workbench.store.supplement import Supplement, supplements
from workbench.types import UnitIds

PLACE = ("image_id", "y0", "x0", "y1", "x1", "sequence", "frame", "area")
"""Columns of the unit table for the place of a unit; the other columns come from the scan."""


class CycleRecord(MeasuredRecord):
    """One published cycle without its maps: what was observed, measured and selected.

    Each table is read once and stays in memory with the object; treat it as read-only.

    Args:
        path: the cycle's folder; its manifest exists.
        origin: the store, experiment and run that it belongs to.
        data: the folder of its tables and maps, where that is a shared cycle 0.
        selection: the folder of its selection; ``None`` for a shared cycle 0.
        embedding: key of the vectors that :attr:`embeddings` returns.
        classes: number of classes of its experiment; ``None``: whatever it measured.

    Attributes:
        path: the cycle's folder.
        origin: the store, experiment and run that it belongs to; ``store.run_of`` returns the run.

    Raises:
        StoreError: if a manifest, its own or that of the shared cycle 0, is damaged or gone.
    """

    _facts: contents.Cycle

    def __init__(
        self,
        path: Path,
        origin: Origin,
        *,
        data: Path | None = None,
        selection: Path | None = None,
        embedding: str = "",
        classes: int | None = None,
    ) -> None:
        self.path = path
        self.origin = origin
        self._manifest = _manifest(path)
        self._data = path if data is None else data
        tables = self._manifest if data is None else _manifest(data)
        self._facts = _facts(tables, self._data / layout.CYCLE, classes)
        self._selection = selection
        self._embedding = embedding
        self._picked = selections.NOTHING

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.number} of {self.origin.run or self.path.name})"

    @property
    def number(self) -> int:
        """The cycle's number, from 0."""
        return self._manifest.number

    @property
    def revision(self) -> str:
        """A cache key: it changes when a selection, labels or scores are added, else never."""
        parts = [self._manifest.revision, *(s.revision for s in self._supplements)]
        picked = [] if self._selection is None else selections.revisions(self._selection)
        return "+".join([*parts, *picked])

    @property
    def data_path(self) -> Path:
        """The folder of its tables and maps: its own, or that of the shared cycle 0."""
        return self._data

    @property
    def shared_key(self) -> str | None:
        """The key of the shared cycle 0 that it points to, if it does."""
        return self._manifest.shared

    @property
    def created(self) -> float:
        """When it was published, seconds since 1970 (UTC)."""
        return self._manifest.created

    @cached_property
    def _sealed(self) -> SealedFolder:
        """The files of the folder that holds tables and maps."""
        return SealedFolder(self._data, self._facts.files, self._data / layout.CYCLE)

    @cached_property
    def _supplements(self) -> list[Supplement]:
        """The supplements at the first read; a new object reads those published later."""
        return supplements(self._data)

    @property
    def extras(self) -> dict[str, Any]:
        """Further records of the engine on training and scan, e.g. the best epoch."""
        return dict(self._facts.extras)

    @property
    def device(self) -> str:
        """The device of its training and scan, e.g. ``cpu``; empty if not recorded."""
        return self._facts.device

    # metrics

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.metrics.iou)

    # labelled and selected units

    @cached_property
    def labelled(self) -> UnitIds:
        """(L,) units labelled before this cycle's selection, in the order of labelling."""
        return arrays.read_array(self._sealed.path(layout.LABELLED))

    def _as_picked(self) -> selections.Picked:
        if not self._picked.whole and self._selection is not None:
            self._picked = selections.read(self._selection)
        return self._picked

    @property
    def selection(self) -> pd.DataFrame:
        """The units selected: rank, unit_id, image_id, y0, x0, y1, x1, score, reason, cost_clicks.

        Empty before the selection is published, and in the last cycle. Once the labels are there,
        it holds the units that were labelled; only then, and if clicks were counted, it has the
        column ``cost_clicks``.
        """
        return self._as_picked().table

    @property
    def selected(self) -> UnitIds:
        """(k,) units selected, in the order picked; empty in the last cycle."""
        return self.selection["unit_id"].to_numpy(np.int64)

    # what was observed

    @cached_property
    def units(self) -> pd.DataFrame:
        """Every unlabelled candidate, ascending by id, with exact scores.

        Columns: unit_id, image_id, y0, x0, y1, x1, sequence, frame, area (pixels), boundary_share,
        class_0 … class_{C-1} (predicted shares), those of riders (e.g. clicks, predicted), then
        one column per unit score (``naming.column``).

        Raises:
            NotStoredError: if the cycle does not keep it.
        """
        if not self.keeps_units:
            raise NotStoredError(
                f"{self!r} keeps no unit table; set keep.units to all and run the experiment in "
                "another --store."
            )
        table = arrays.read_table(self._sealed.path(layout.UNITS))
        for added in self._supplements:
            table = table.merge(added.units, on="unit_id", validate="one_to_one")
        return table

    @property
    def keeps_units(self) -> bool:
        """Whether it keeps its unit table."""
        return self._sealed.holds(layout.UNITS)

    @property
    def unit_score_columns(self) -> list[str]:
        """The unit table's score columns (``naming.split_column`` splits their names)."""
        added = [name for supplement in self._supplements for name in supplement.unit_scores]
        return [*self._facts.unit_scores, *added]

    @cached_property
    def observation(self) -> Observation:
        """The results of the cycle's scan, as the query read them, and those of its supplements."""
        units = self.units.drop(columns=list(PLACE))
        return Observation(units, self.vectors, tuple(self.unit_score_columns))

    @cached_property
    def vectors(self) -> Mapping[str, Embeddings]:
        """Its embeddings by key, those by the network before training among them."""
        held = {key: self._vectors_of(key) for key in self._facts.embeddings}
        for added in self._supplements:
            held |= {key: partial(embeddings.read, added.sealed, key) for key in added.embeddings}
        return embeddings.StoredEmbeddings(held, lambda: self.labelled)

    def _vectors_of(self, key: str) -> embeddings.Reader:
        if not embeddings.is_untrained(key):
            return partial(embeddings.read, self._sealed, key)
        untrained = layout.untrained(
            layout.experiment_of(self._data), str(self._facts.untrained), key
        )
        return partial(embeddings.read_untrained, untrained)

    @property
    def embeddings(self) -> Embeddings:
        """The feature vector of every unit of the pool, of the kind that the run's method reads.

        Raises:
            NotStoredError: if the scan computed no embeddings of that kind.
        """
        if not self.vectors:
            raise NotStoredError(
                f"{self!r} keeps no embeddings: keep.embeddings left them out, or the pool has too "
                "many units for them; set keep.embeddings to all, or take fewer units, and run the "
                "experiment in another --store."
            )
        if self._embedding not in self.vectors:
            found = ", ".join(self.vectors)
            raise NotStoredError(
                f"{self!r} holds no {self._embedding} embeddings (it holds {found}); run the "
                "experiment again with that embedding."
            )
        return self.vectors[self._embedding]

    # networks

    @property
    def networks(self) -> dict[str, Network]:
        """Its networks by name, in the order in which they were written."""
        return {
            name: Network(facts.sha256, layout.network(self._data, name) if facts.kept else None)
            for name, facts in self._facts.networks.items()
        }

    def weights_of(self, name: str) -> Path | None:
        """Return the file (safetensors) of a network's weights, compared with its digest.

        ``None`` if the cycle has no network of this name, or its weights were not stored.

        Raises:
            StoreError: if the file is gone, or holds other weights.
        """
        found = self.networks.get(name)
        if found is None or found.path is None:
            return None
        return self._sealed.path(found.path.relative_to(self._data).as_posix())

    @property
    def scan(self) -> str:
        """The name of the network that scanned."""
        return str(self._facts.scan)

    @property
    def weights(self) -> Path | None:
        """File with the weights of the scanning network; see :meth:`weights_of`."""
        return self.weights_of(self.scan)


def _manifest(folder: Path) -> contents.Pointer | contents.Cycle:
    try:
        return contents.cycle(folder / layout.CYCLE)
    except FileNotFoundError:
        raise schema.damaged(folder / layout.CYCLE, "is gone") from None


def _facts(
    found: contents.Pointer | contents.Cycle, path: Path, classes: int | None
) -> contents.Cycle:
    """Return the manifest of the folder that holds tables and maps, once it is checked."""
    if not isinstance(found, contents.Cycle):
        raise schema.damaged(path, "points to another cycle; wanted tables of its own")
    measured = {len(split.iou) for split in found.splits.values()}
    if classes is not None and measured != {classes}:
        raise schema.damaged(path, f"measured {sorted(measured)} classes; wanted {classes}")
    return found
