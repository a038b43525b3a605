"""Writing one cycle: streamed into a folder aside, published by its manifest, renamed in last."""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.errors import ScoreError, ShapeError, StoreError
from workbench.geometry import Geometry
from workbench.store import arrays, files, initial, layout, schema
from workbench.store.cycle import Cycle
from workbench.store.rasters import FEATURES, MAP, PREDICTION, Raster, RasterWriter
from workbench.store.reader import ExperimentRecord
from workbench.store.records import (
    NO_SELECTION,
    CycleMetrics,
    Embeddings,
    Keep,
    Measured,
    Scanned,
    ScoreInfo,
    Selection,
)
from workbench.types import UnitIds

_PLACE = ["unit_id", "image_id", "y0", "x0", "y1", "x1"]


class CycleWriter:
    """Takes a cycle's results as they come and publishes them all at once.

    It is the scan's sink. In a ``with`` statement; what was not published is removed at its end.

    Args:
        path: where the cycle will be.
        pool: where the units lie.
        number: the cycle's number.
        labelled: (L,) units labelled before this cycle's selection.
        scores: of the scan.
        keep: what stays on disk.
        published: makes the returned read side, given the number.
        initial: key of the embeddings by the network before training, where there are some.

    Attributes:
        labelled: (L,) as given.
    """

    def __init__(
        self,
        path: Path,
        *,
        pool: Geometry,
        number: int,
        labelled: UnitIds,
        scores: Sequence[ScoreInfo],
        keep: Keep,
        published: Callable[[int], Cycle] | None = None,
        initial: str | None = None,
    ) -> None:
        self._path = path
        self._initial = initial
        self._aside = files.aside(path)
        self._pool = pool
        self._number = number
        self.labelled = np.asarray(labelled, dtype=np.int64)
        self._scores = list(scores)
        self._keep = keep
        self._reopen = published
        self._weights: str | None = None
        self._cost_maps: list[ScoreInfo] = []
        self._cost_weights: str | None = None
        self._scanned: list[pd.DataFrame] = []
        self._columns: list[str] = []
        self._vectors: list[tuple[UnitIds, npt.NDArray[np.float32]]] = []
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

    def write_weights(self, save: Callable[[Path], None]) -> None:
        """Let the network write its weights.

        Args:
            save: writes safetensors to the path it is given. It is called even if weights are not
                kept, because every map's key holds their digest.

        Raises:
            StoreError: if the disk refuses.
        """
        self._weights = self._write_network(layout.WEIGHTS, save)

    def write_cost_network(self, cost_map: ScoreInfo, save: Callable[[Path], None]) -> None:
        """Let the click-cost network write its weights, and tell what its map holds.

        Args:
            cost_map: the map's name and range; its values come with the score maps.
            save: as for :meth:`write_weights`.

        Raises:
            StoreError: if the disk refuses.
        """
        self._cost_maps = [cost_map]
        self._cost_weights = self._write_network(layout.COST_WEIGHTS, save)

    def _write_network(self, name: str, save: Callable[[Path], None]) -> str:
        """Write weights, which stay if weights are kept, and return their digest."""
        path = self._aside / name
        try:
            save(path)
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()[:16]
        except Exception as error:
            raise files.disk_error(path, error) from error
        if not self._keep.weights:
            path.unlink()
        return digest

    def add(self, result: Scanned) -> None:
        """Take the scan's result of one image; its rasters go to the disk in the background.

        Raises:
            StoreError: if the disk refused an earlier image's.
            ScoreError: if a score, an embedding or an earlier image's map is not finite.
        """
        if self._rasters is None:
            raise StoreError("A cycle is written inside its `with` statement; enter it first.")
        image = result.image_id
        columns: dict[str, Any] = {"unit_id": result.unit_ids}
        columns["boundary_share"] = np.asarray(result.boundary_share, np.float32)
        for number, share in enumerate(np.asarray(result.class_shares, np.float32).T):
            columns[f"class_{number}"] = share
        for name, column in result.columns.items():
            columns[name] = _finite(column, f"The column {name} of image {image!r}")
        for name, scores in result.unit_scores.items():
            columns[name] = _finite(scores, f"The unit score {name} of image {image!r}")
        self._columns = list(result.unit_scores)
        self._scanned.append(pd.DataFrame(columns))
        for found in result.embeddings.values():
            vectors = _finite(found, f"An embedding of image {image!r}")
            ids = np.asarray(result.unit_ids, np.int64)
            self._vectors.append((ids, vectors.astype(np.float32)))
        for name, values in result.score_maps.items() if self._keep.maps else ():
            self._rasters.add(Raster(MAP, name, image, values))
        if result.prediction is not None and self._keep.predictions:
            self._rasters.add(Raster(PREDICTION, "", image, result.prediction))
        if result.feature_map is not None and self._keep.features:
            self._rasters.add(Raster(FEATURES, "", image, result.feature_map))

    @cached_property
    def units(self) -> pd.DataFrame:
        """Every unlabelled candidate, as :attr:`Cycle.units` will give it; ask after the scan."""
        if not self._scanned:
            raise StoreError("This cycle has no scanned image yet; scan the pool first.")
        scanned = pd.concat(self._scanned, ignore_index=True)
        scanned = scanned[~scanned["unit_id"].isin(self.labelled)]
        scanned = scanned.sort_values("unit_id", ignore_index=True)
        if not scanned["unit_id"].is_unique:
            raise ShapeError("The scan gave a unit twice; every unit may come once.")
        known = self._pool.places(scanned["unit_id"].to_numpy())
        known = known[[*_PLACE, "sequence", "frame", "area"]]
        return pd.concat([known, scanned.drop(columns="unit_id")], axis=1)

    @cached_property
    def embeddings(self) -> Embeddings | None:
        """The feature vectors, as :attr:`Cycle.embeddings` will give them; ask after the scan."""
        if not self._vectors:
            return self.initial_embeddings
        ids = np.concatenate([ids for ids, _ in self._vectors])
        order = np.argsort(ids, kind="stable")
        vectors = np.concatenate([vectors for _, vectors in self._vectors])[order]
        return Embeddings(ids[order], vectors, np.isin(ids[order], self.labelled))

    @cached_property
    def initial_embeddings(self) -> Embeddings | None:
        """Those by the network before training; ``None`` where they were not asked for."""
        if self._initial is None:
            return None
        folder = layout.initial(layout.experiment_of(self._path), self._initial)
        return initial.read(folder, self.labelled)

    def publish(self, measured: Measured, selection: Selection = NO_SELECTION) -> Cycle:
        """Write what is left, wait for the disk and let readers see the cycle.

        Args:
            measured: the evaluation's result.
            selection: what was chosen; none in the last cycle and in a shared cycle 0.

        Returns:
            The cycle's read side.

        Raises:
            StoreError: if the disk refuses; readers then see nothing of the cycle.
        """
        if self._rasters is None:
            raise StoreError("A cycle is published inside its `with` statement; enter it first.")
        self._rasters.finish()
        arrays.write_table(self._aside / layout.UNITS, self.units)
        arrays.write_array(self._aside / layout.LABELLED, self.labelled)
        if self._vectors and self.embeddings is not None:
            arrays.write_array(self._aside / layout.EMBEDDING_IDS, self.embeddings.unit_ids)
            arrays.write_array(self._aside / layout.EMBEDDINGS, self.embeddings.vectors)
        arrays.write_table(self._aside / layout.SELECTION, selection_table(self._pool, selection))
        manifest = schema.record(
            "cycle",
            number=self._number,
            created=time.time(),
            revision=uuid.uuid4().hex,
            shared=None,
            scores=[asdict(score) for score in self._scores],
            unit_scores=self._columns,
            embeddings=bool(self._vectors),
            initial=self._initial,
            weights=self._weights,
            cost_maps=[asdict(info) for info in self._cost_maps],
            cost_weights=self._cost_weights,
            metrics=arrays.metrics_to(self._metrics(measured)),
            extras=dict(measured.extras),
        )
        publish_folder(self._aside, self._path, manifest)
        return self._reopen(self._number) if self._reopen else Cycle(self._path, None)

    def _metrics(self, measured: Measured) -> CycleMetrics:
        return CycleMetrics(
            labelled_units=len(self.labelled),
            labelled_pixels=self._pool.spent(self.labelled, "pixels"),
            pool_units=len(self._pool),
            pool_pixels=self._pool.pixels,
            miou=measured.miou,
            pixel_accuracy=measured.pixel_accuracy,
            iou=np.asarray(measured.iou, np.float64),
            confusion=np.asarray(measured.confusion, np.int64),
            labelled_classes=measured.labelled_classes,
            labelled_clicks=measured.labelled_clicks,
        )


def _finite(values: npt.ArrayLike, what: str) -> npt.NDArray[np.float64]:
    """Return numbers that are all finite: nothing else is ever stored, ranked or replaced."""
    found = np.asarray(values, np.float64)
    if not np.isfinite(found).all():
        raise ScoreError(
            f"{what} is not finite; look at that image, and lower the learning rate if the "
            "network's weights have grown out of bounds."
        )
    return found


def selection_table(pool: Geometry, selection: Selection) -> pd.DataFrame:
    """Return the table of a selection, see :attr:`workbench.store.cycle.Cycle.selection`.

    Raises:
        PoolError: if it holds a unit that the pool does not.
    """
    ids = selection.unit_ids
    table = pool.places(ids)[_PLACE].astype(dict.fromkeys(("y0", "x0", "y1", "x1"), np.int64))
    table.insert(0, "rank", np.arange(len(ids), dtype=np.int64))
    scores = selection.scores
    table["score"] = np.full(len(ids), np.nan) if scores is None else scores
    reasons = selection.reasons
    table["reason"] = [reasons] * len(ids) if isinstance(reasons, str) else list(reasons)
    if selection.clicks is not None:
        table["cost_clicks"] = selection.clicks
    return table


def publish_pointer(
    path: Path, experiment: ExperimentRecord, key: str, selection: Selection
) -> None:
    """Publish a run's cycle 0 that shares tables and maps with other runs.

    Args:
        path: where the run's cycle will be.
        experiment: the experiment.
        key: the cycle-0 key.
        selection: what this run's method chose.

    Raises:
        StoreError: if the shared cycle is not there, or the disk refuses.
    """
    shared = layout.shared(experiment.path, key)
    if not (shared / layout.CYCLE).exists():
        raise StoreError(f"The shared cycle 0 {key} of {experiment.id} is not published yet.")
    aside = files.aside(path)
    try:
        files.make_folder(aside)
        table = selection_table(experiment.geometry, selection)
        arrays.write_table(aside / layout.SELECTION, table)
        manifest = schema.record(
            "cycle", number=0, created=time.time(), revision=uuid.uuid4().hex, shared=key
        )
        publish_folder(aside, path, manifest)
    finally:
        files.remove(aside)


def publish_folder(aside: Path, path: Path, manifest: dict[str, Any]) -> None:
    """Let readers see a folder: first it gets its name, then its manifest.

    Raises:
        StoreError: if it is published already, or the disk refuses.
    """
    if (path / layout.CYCLE).exists():
        raise StoreError(f"{path} is published already; a published cycle never changes.")
    files.sync_tree(aside)
    with files.disk_errors(path):
        files.remove(path)  # a folder without manifest, from a process killed at this very place
        aside.rename(path)
        files.sync_folder(path.parent)
    files.write_bytes(path / layout.CYCLE, schema.to_bytes(manifest))
