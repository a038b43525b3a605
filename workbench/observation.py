"""What one scan found of the pool, collected in memory: everything a query may be based on.

The scan streams its images into an :class:`ObservationBuilder`; the query reads the
:class:`Observation` that it builds; the store writes it and gives back an equal one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.errors import NotStoredError, ScoreError, ShapeError
from workbench.types import UnitIds

Floats = npt.NDArray[np.float64]


class Scanned(Protocol):
    """What the scan found in one image; ``workbench.scoring``'s ``ImageScan`` is one.

    Whoever adds one leaves its arrays unchanged afterwards. Row i of every array (n, …) belongs to
    unit i of ``unit_ids``.
    """

    @property
    def image_id(self) -> str:
        """The dataset's key of the image."""

    @property
    def unit_ids(self) -> UnitIds:
        """(n,) the image's units, labelled or not."""

    @property
    def unit_scores(self) -> Mapping[str, npt.NDArray[np.float64]]:
        """Column name ► (n,) exact unit scores."""

    @property
    def class_shares(self) -> npt.NDArray[np.float32]:
        """(n, C) predicted share of each class."""

    @property
    def boundary_share(self) -> npt.NDArray[np.float32]:
        """(n,) share of pixels next to another predicted class."""

    @property
    def columns(self) -> Mapping[str, npt.NDArray[np.float64]]:
        """Column name ► (n,) further numbers of the units, e.g. predicted clicks."""

    @property
    def embeddings(self) -> Mapping[str, npt.NDArray[np.float32]]:
        """``Embedding.key`` ► (n, D) feature vectors."""

    @property
    def score_maps(self) -> Mapping[str, npt.NDArray[np.float32]]:
        """Name ► (H, W) map."""

    @property
    def prediction(self) -> npt.NDArray[np.uint8] | None:
        """(H, W) predicted class."""

    @property
    def feature_map(self) -> npt.NDArray[np.float16] | None:
        """(h, w, D) coarse features."""


@dataclass(frozen=True)
class Embeddings:
    """One feature vector for every unit of the pool.

    Attributes:
        unit_ids: (P,) int64, ascending.
        vectors: (P, D) float32.
        labelled: (P,) bool, whether the unit was labelled before this cycle's selection.
    """

    unit_ids: UnitIds
    vectors: npt.NDArray[np.float32]
    labelled: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.unit_ids)

    @classmethod
    def of(
        cls, unit_ids: npt.ArrayLike, vectors: npt.ArrayLike, labelled: npt.ArrayLike
    ) -> Embeddings:
        """Sort vectors by their units and mark those that are labelled.

        Args:
            unit_ids: (P,) in any order.
            vectors: (P, D).
            labelled: (L,) ids of the units that are labelled.
        """
        ids = np.asarray(unit_ids, np.int64)
        order = np.argsort(ids, kind="stable")
        ids, values = ids[order], np.asarray(vectors, np.float32)[order]
        return cls(ids, values, np.isin(ids, np.asarray(labelled, np.int64)))


@dataclass(frozen=True)
class Observation:
    """What one scan found; everything a query may be based on.

    Attributes:
        units: one row per unlabelled candidate, ascending by ``unit_id``: ``boundary_share``,
            ``class_0`` … (predicted shares, left out of very large pools of windows), the riders'
            columns (e.g. ``clicks``), the exact unit scores under ``naming.column``.
        embeddings: ``Embedding.key`` ► the pool's vectors; those of the network before training
            end in ``-initial``.
        score_columns: names of the columns of ``units`` that hold unit scores.
    """

    units: pd.DataFrame
    embeddings: Mapping[str, Embeddings] = field(default_factory=dict)
    score_columns: tuple[str, ...] = ()

    @property
    def class_shares(self) -> npt.NDArray[np.float32]:
        """(U, C) predicted share of each class; a score may be called like one (class_entropy)."""
        return self.units[class_columns(self.units)].to_numpy(np.float32)

    def embedding(self, key: str) -> Embeddings:
        """Return the vectors under a key.

        Raises:
            NotStoredError: if this scan made none of that kind.
        """
        if key not in self.embeddings:
            found = ", ".join(sorted(self.embeddings)) or "none"
            raise NotStoredError(
                f"This scan holds no {key} embedding (it holds {found}); run it again with that "
                "embedding."
            )
        return self.embeddings[key]

    def with_embeddings(self, more: Mapping[str, Embeddings]) -> Observation:
        """Return the same observation with further embeddings."""
        return replace(self, embeddings={**self.embeddings, **more})


def class_columns(units: pd.DataFrame) -> list[str]:
    """Return the columns of a unit table that hold the predicted shares of the classes."""
    return [name for name in units.columns if name.removeprefix("class_").isdigit()]


class ObservationBuilder:
    """Collects what a scan finds, image by image; a scan's sink."""

    def __init__(self) -> None:
        self._tables: list[pd.DataFrame] = []
        self._scores: tuple[str, ...] = ()
        self._vectors: dict[str, list[tuple[UnitIds, npt.NDArray[np.float32]]]] = {}

    def add(self, result: Scanned) -> None:
        """Take the units and vectors of one image.

        Raises:
            ScoreError: if one of its numbers is not finite; names the image.
        """
        image = result.image_id
        table: dict[str, Any] = {"unit_id": np.asarray(result.unit_ids, np.int64)}
        table["boundary_share"] = np.asarray(result.boundary_share, np.float32)
        for number, share in enumerate(np.asarray(result.class_shares, np.float32).T):
            table[f"class_{number}"] = share
        for name, values in result.columns.items():
            table[name] = _finite(values, f"The column {name} of image {image!r}")
        for name, values in result.unit_scores.items():
            table[name] = _finite(values, f"The unit score {name} of image {image!r}")
        self._tables.append(pd.DataFrame(table))
        self._scores = tuple(result.unit_scores)
        for key, vectors in result.embeddings.items():
            _finite(vectors, f"An embedding of image {image!r}")
            part = (np.asarray(result.unit_ids, np.int64), np.asarray(vectors, np.float32))
            self._vectors.setdefault(key, []).append(part)

    def finish(self, labelled: npt.ArrayLike) -> Observation:
        """Return what was found, without the rows of labelled units.

        Args:
            labelled: (L,) units that are labelled; their vectors stay.

        Raises:
            ShapeError: if nothing was scanned, or a unit came twice.
        """
        if not self._tables:
            raise ShapeError("No image was scanned; scan the pool first.")
        ids = np.asarray(labelled, np.int64)
        units = pd.concat(self._tables, ignore_index=True)
        units = units[~units["unit_id"].isin(ids)].sort_values("unit_id", ignore_index=True)
        if not units["unit_id"].is_unique:
            raise ShapeError("The scan gave a unit twice; every unit may come once.")
        embeddings = {
            key: Embeddings.of(
                np.concatenate([one for one, _ in parts]),
                np.concatenate([one for _, one in parts]),
                ids,
            )
            for key, parts in self._vectors.items()
        }
        return Observation(units, embeddings, self._scores)


def _finite(values: npt.ArrayLike, what: str) -> Floats:
    """Return numbers that are all finite: nothing else is ever stored, ranked or replaced."""
    found = np.asarray(values, np.float64)
    if not np.isfinite(found).all():
        raise ScoreError(
            f"{what} is not finite; look at that image, and lower the learning rate if the "
            "network's weights have grown out of bounds."
        )
    return found
