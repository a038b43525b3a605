"""Scores, maps and embeddings added to a published cycle: folders beside its tables.

A supplement is written aside and published by its manifest, as a cycle is; the read side joins its
columns and maps to the cycle's own.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import pandas as pd

from workbench.store import arrays, contents, damage, layout
from workbench.store.fields import Map, Score
from workbench.store.rasters import RasterReader
from workbench.store.sealed import SealedFolder


class Supplement:
    """The read side of one supplement.

    Args:
        path: its folder; its manifest exists.

    Attributes:
        path: its folder.
        sealed: its files.

    Raises:
        StoreError: if its manifest is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._manifest = contents.published(path / layout.CYCLE, contents.Supplement)
        self.sealed = SealedFolder(path, self._manifest.files, path / layout.CYCLE)

    @property
    def revision(self) -> str:
        """An identifier of its content, which never changes."""
        return self._manifest.revision

    @property
    def scores(self) -> list[Score]:
        """Its scores, as the cycle's manifest lists its own."""
        return self._manifest.scores

    @property
    def maps(self) -> list[Map]:
        """Its maps of riders, as the cycle's manifest lists its own."""
        return self._manifest.maps

    @property
    def embeddings(self) -> list[str]:
        """Keys of its embeddings."""
        return self._manifest.embeddings

    @property
    def unit_scores(self) -> list[str]:
        """Its unit-score columns."""
        return self._manifest.unit_scores

    @property
    def units(self) -> pd.DataFrame:
        """Its table: unit_id and the columns that it adds, one row per candidate."""
        return arrays.read_table(self.sealed.path(layout.UNITS))

    @cached_property
    def rasters(self) -> RasterReader:
        """The reader of its rasters."""
        return RasterReader(self.sealed)


def supplements(data: Path) -> list[Supplement]:
    """Return the published supplements in the folder of a cycle's tables, oldest first.

    One that is damaged is left out with a warning: the cycle is whole without it.
    """
    folders = layout.numbered(data / layout.SUPPLEMENTS, layout.CYCLE)
    return [found for _, found in damage.readable(folders.values(), Supplement)]
