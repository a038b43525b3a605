"""Folders that are written aside and published by their manifest, which is renamed in last."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any, Self

from workbench.errors import StoreError
from workbench.observation import ImageScan
from workbench.store import files, layout, schema
from workbench.store.rasters import FEATURES, MAP, PREDICTION, Raster, RasterWriter
from workbench.store.records import Keep


class AsideWriter:
    """Writes the rasters of a scan into a folder aside, in a ``with`` statement.

    The end of the statement removes what was not published.

    Args:
        path: the path of the published folder.
        keep: which rasters are written.
    """

    def __init__(self, path: Path, keep: Keep) -> None:
        self._path = path
        self._aside = files.aside(path)
        self._keep = keep
        self._open: RasterWriter | None = None

    def __enter__(self) -> Self:
        files.make_folder(self._aside)
        self._open = RasterWriter(self._aside)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._open is not None:
            self._open.discard()
        files.remove(self._aside)

    @property
    def _rasters(self) -> RasterWriter:
        if self._open is None:
            raise StoreError(f"{self._path} is written inside a `with` statement; enter it first.")
        return self._open

    def add(self, result: ImageScan) -> None:
        """Queue the scan's rasters of one image; a thread writes them in the background.

        Raises:
            StoreError: if writing an earlier image's rasters failed.
            ScoreError: if an earlier image's map is not finite.
        """
        rasters, image = self._rasters, result.image_id
        for name, values in result.score_maps.items() if self._keep.maps else ():
            rasters.add(Raster(MAP, name, image, values))
        if result.prediction is not None and self._keep.predictions:
            rasters.add(Raster(PREDICTION, "", image, result.prediction))
        if result.feature_map is not None and self._keep.features:
            rasters.add(Raster(FEATURES, "", image, result.feature_map))


def publish_folder(
    aside: Path, path: Path, manifest: dict[str, Any], name: str = layout.CYCLE
) -> None:
    """Publish a folder: rename it, then write its manifest.

    Args:
        aside: the folder aside, with all its files.
        path: the path of the published folder.
        manifest: its record; this function adds the list of the files with sizes and digests.
        name: the file name of the manifest.

    Raises:
        StoreError: if it is published already, or writing fails.
    """
    if files.is_there(path / name):
        raise StoreError(f"{path} is published already; what is published never changes.")
    values = {**manifest, "files": files.seal_tree(aside)}
    with files.disk_errors(path):
        files.remove(path)  # a folder without manifest, from a process killed at this very place
        aside.rename(path)
        files.sync_folder(path.parent)
    files.write_bytes(path / name, schema.to_bytes(values))


def clear(folder: Path, name: str = layout.CYCLE) -> None:
    """Remove what a killed writer left among published folders; the caller holds the lock.

    Args:
        folder: the parent of numbered folders.
        name: the file name of their manifest; the writer of a folder without one was killed between
            the two renames.
    """
    files.remove_asides(folder)
    whole = layout.numbered(folder, name).values()
    for entry in layout.numbered(folder).values():
        if entry in whole:
            files.remove_asides(entry)
        else:
            files.remove(entry)
