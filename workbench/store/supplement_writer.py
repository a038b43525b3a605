"""The writer of supplements to a published cycle; see :mod:`workbench.store.supplement`."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from dataclasses import asdict

import numpy as np

from workbench.errors import ShapeError
from workbench.observation import Observation
from workbench.store import arrays, embeddings, files, layout, schema
from workbench.store.aside import AsideWriter, clear, publish_folder
from workbench.store.cycle import Cycle
from workbench.store.records import Keep, MapInfo, ScoreInfo
from workbench.store.supplement import Supplement


class SupplementWriter(AsideWriter):
    """Writes a further scan of a published cycle; a scan's sink, for use in a ``with`` statement.

    It adds what the cycle lacks: unit scores and other columns, embeddings, and every raster of the
    scan (of scores that the cycle has, too: their maps may not have been stored). The caller holds
    the lock of the run, or of the shared cycle 0, that the cycle belongs to.

    Args:
        cycle: a published cycle.
        scores: the scores of the scan.
    """

    def __init__(self, cycle: Cycle, scores: Sequence[ScoreInfo] = ()) -> None:
        folder = cycle.data_path / layout.SUPPLEMENTS
        files.make_folder(folder)
        clear(folder)
        super().__init__(folder / f"{max(layout.numbered(folder), default=-1) + 1:04d}", Keep())
        self._cycle = cycle
        self._scores = list(scores)

    def publish(self, observation: Observation, maps: Sequence[MapInfo] = ()) -> Supplement:
        """Wait for the disk and publish the supplement.

        Args:
            observation: the results of the scan.
            maps: the maps of riders in the scan.

        Raises:
            ShapeError: if its units are not those of the cycle.
            StoreError: if writing fails.
        """
        self._rasters.finish()
        held, units = self._cycle.units, observation.units
        if not np.array_equal(held["unit_id"].to_numpy(), units["unit_id"].to_numpy()):
            raise ShapeError(
                f"{len(units)} units were scanned for {self._cycle!r}, which has {len(held)}, or "
                "others; scan its own pool without the labelled units."
            )
        new = [name for name in units.columns if name not in held.columns]
        arrays.write_table(self._aside / layout.UNITS, units[["unit_id", *new]])
        vectors = {
            key: found
            for key, found in observation.embeddings.items()
            if key not in self._cycle.observation.embeddings
        }
        for key, found in vectors.items():
            embeddings.write(layout.embedding(self._aside, key), found)
        manifest = schema.manifest(
            "supplement",
            scores=[asdict(score) for score in self._scores],
            unit_scores=[name for name in new if name in observation.score_columns],
            maps=[asdict(info) for info in maps],
            embeddings=list(vectors),
        )
        publish_folder(self._aside, self._path, manifest)
        with contextlib.suppress(OSError):  # a look at many runs sees that something was published
            os.utime(self._cycle.path.parent)
        return Supplement(self._path)
