"""Scores, maps and embeddings added to a published cycle: folders beside its tables.

A supplement is written aside and published by its manifest, as a cycle is; the read side joins its
columns and maps to the cycle's own.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.store import arrays, layout, schema
from workbench.store.rasters import RasterReader


class Supplement:
    """The read side of one supplement.

    Args:
        path: its folder; its manifest exists.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._manifest = schema.read(path / layout.CYCLE, "supplement")

    @property
    def revision(self) -> str:
        """An identifier of its content, which never changes."""
        return str(self._manifest["revision"])

    @property
    def scores(self) -> list[dict[str, Any]]:
        """Its scores, as the cycle's manifest lists its own."""
        return list(self._manifest["scores"])

    @property
    def maps(self) -> list[dict[str, Any]]:
        """Its maps of riders, as the cycle's manifest lists its own."""
        return list(self._manifest["maps"])

    @property
    def embeddings(self) -> list[str]:
        """Keys of its embeddings."""
        return [str(key) for key in self._manifest["embeddings"]]

    @property
    def unit_scores(self) -> list[str]:
        """Its unit-score columns."""
        return [str(name) for name in self._manifest["unit_scores"]]

    @property
    def units(self) -> pd.DataFrame:
        """Its table: unit_id and the columns that it adds, one row per candidate."""
        return arrays.read_table(self.path / layout.UNITS)

    @cached_property
    def rasters(self) -> RasterReader:
        """The reader of its rasters."""
        return RasterReader(self.path)


def supplements(data: Path) -> list[Supplement]:
    """Return the published supplements in the folder of a cycle's tables, oldest first."""
    folders = sorted((data / layout.SUPPLEMENTS).glob("[0-9]*"))
    return [Supplement(folder) for folder in folders if (folder / layout.CYCLE).exists()]
