"""Writing scores that are added to a published cycle; see :mod:`workbench.store.supplement`."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.errors import StoreError
from workbench.store import arrays, files, layout, schema
from workbench.store.cycle_writer import publish_folder
from workbench.store.rasters import MAP, Raster, RasterWriter
from workbench.store.records import Scanned, ScoreInfo
from workbench.store.supplement import Supplement


class SupplementWriter:
    """Takes a further scan of a published cycle; a scan's sink, to be used in a ``with`` statement.

    Its caller holds the lock of the run, or of the shared cycle 0, that the cycle belongs to.

    Args:
        data: the folder that holds the cycle's tables.
        scores: the scores that are added.
        labelled: (L,) units that were labelled; they are no candidates and left out.
    """

    def __init__(self, data: Path, scores: Sequence[ScoreInfo], labelled: npt.ArrayLike) -> None:
        folder = data / layout.SUPPLEMENTS
        files.make_folder(folder)
        files.remove_asides(folder)
        taken = [int(entry.name) for entry in folder.glob("[0-9]*")]
        self._path = folder / f"{max(taken, default=-1) + 1:04d}"
        self._aside = files.aside(self._path)
        self._scores = list(scores)
        self._labelled = np.asarray(labelled, np.int64)
        self._tables: list[pd.DataFrame] = []
        self._rasters: RasterWriter | None = None

    def __enter__(self) -> Self:
        files.make_folder(self._aside)
        self._rasters = RasterWriter(self._aside)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._rasters is not None:
            self._rasters.discard()
        files.remove(self._aside)

    def add(self, result: Scanned) -> None:
        """Take the unit scores and score maps of one image.

        Raises:
            StoreError: if the disk refused an earlier image's.
        """
        if self._rasters is None:
            raise StoreError("A supplement is written inside its `with` statement; enter it first.")
        self._tables.append(pd.DataFrame({"unit_id": result.unit_ids, **result.unit_scores}))
        for name, values in result.score_maps.items():
            self._rasters.add(Raster(MAP, name, result.image_id, values))

    def publish(self) -> Supplement:
        """Wait for the disk and let readers see the added scores.

        Raises:
            StoreError: if the disk refuses, or nothing was scanned.
        """
        if self._rasters is None or not self._tables:
            raise StoreError("This supplement holds no scanned image; scan the pool first.")
        self._rasters.finish()
        table = pd.concat(self._tables, ignore_index=True)
        table = table[~table["unit_id"].isin(self._labelled)]
        table = table.sort_values("unit_id", ignore_index=True)
        arrays.write_table(self._aside / layout.UNITS, table)
        manifest = schema.record(
            "supplement",
            created=time.time(),
            revision=uuid.uuid4().hex,
            scores=[vars(score) for score in self._scores],
            unit_scores=[name for name in table.columns if name != "unit_id"],
        )
        publish_folder(self._aside, self._path, manifest)
        return Supplement(self._path)
