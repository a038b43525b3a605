"""Collects the result of one scan in memory: everything that a query may be based on.

The scan adds its images one by one to an :class:`ObservationBuilder`; the query reads the
:class:`Observation` that it returns; the store writes it and reads back an equal one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.errors import NotStoredError, ScoreError, ShapeError
from workbench.types import UnitIds

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ImageScan:
    """The results of the scan for one image; row i of every array (n, …) is ``unit_ids[i]``.

    Its arrays must not change after it was added to a sink.

    Attributes:
        number: the image's position in the training split.
        image_id: its key.
        unit_ids: (n,) ids of all units of its layout, labelled or not.
        unit_scores: column name ► (n,) exact scores, in the score's own unit.
        class_shares: (n, C) share of the unit's pixels that is predicted as each class; (n, 0) if
            not requested.
        boundary_share: (n,) share of the unit's pixels that have a 4-neighbour, in the unit or
            beside it, of another predicted class.
        embeddings: ``Embedding.key`` ► (n, D).
        score_maps: name of a score or of a rider's map ► (H, W), reduced to the request's limit;
            empty if not requested. With the view ``unit``, pixels of no unit have the lowest
            value of the score or of the rider's map.
        prediction: (H, W) predicted classes at full size, or ``None``. With the view ``unit``,
            pixels of no unit are void.
        feature_map: (h, w, D) coarse features, at most 16×16×256, cells of equal size that cover
            the image; more channels are projected by ``scoring.pooling.projection``. ``None`` if
            not requested, and with the view ``unit``.
        columns: name ► (n,) the riders' values of the units, beside the means of their maps, which
            are among ``unit_scores`` as their maps are among ``score_maps``.
    """

    number: int
    image_id: str
    unit_ids: UnitIds
    unit_scores: Mapping[str, npt.NDArray[np.float64]]
    class_shares: npt.NDArray[np.float32]
    boundary_share: npt.NDArray[np.float32]
    embeddings: Mapping[str, npt.NDArray[np.float32]]
    score_maps: Mapping[str, npt.NDArray[np.float32]]
    prediction: npt.NDArray[np.uint8] | None
    feature_map: npt.NDArray[np.float16] | None
    columns: Mapping[str, npt.NDArray[np.float64]] = field(default_factory=dict)


@dataclass(frozen=True)
class Embeddings:
    """One feature vector for every unit of the pool.

    Attributes:
        unit_ids: (P,) int64, ascending.
        vectors: (P, D) float32.
        labelled: (P,) bool, whether the unit was labelled before the selection of this cycle.
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
        """Return the vectors sorted by unit id, with the labelled units marked.

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
    """The result of one scan: everything that a query may be based on.

    Attributes:
        units: one row per unlabelled candidate, ascending by ``unit_id``: ``boundary_share``,
            ``class_0`` … (predicted shares, left out for very large pools of windows), the columns
            of the riders (e.g. ``clicks``), the exact unit scores under ``naming.column``.
        embeddings: ``Embedding.key`` ► the vectors of the pool; keys of embeddings by the network
            before training end in ``-initial``.
        score_columns: names of the columns of ``units`` that hold unit scores.
    """

    units: pd.DataFrame
    embeddings: Mapping[str, Embeddings] = field(default_factory=dict)
    score_columns: tuple[str, ...] = ()

    @property
    def class_shares(self) -> npt.NDArray[np.float32]:
        """(U, C) predicted share of each class."""
        return self.units[class_columns(self.units)].to_numpy(np.float32)

    def embedding(self, key: str) -> Embeddings:
        """Return the vectors under a key.

        Raises:
            NotStoredError: if this scan computed no embedding of this key.
        """
        if key not in self.embeddings:
            found = ", ".join(sorted(self.embeddings)) or "none"
            raise NotStoredError(
                f"This scan holds no {key} embedding (it holds {found}); run it again with that "
                "embedding."
            )
        return self.embeddings[key]

    def with_embeddings(self, more: Mapping[str, Embeddings]) -> Observation:
        """Return a copy with further embeddings."""
        return replace(self, embeddings={**self.embeddings, **more})


def class_columns(units: pd.DataFrame) -> list[str]:
    """Return the columns of a unit table that hold the predicted shares of the classes.

    Other columns may begin alike, e.g. those of the score ``class_entropy``.
    """
    return [name for name in units.columns if name.removeprefix("class_").isdigit()]


class ObservationBuilder:
    """A sink of a scan: collects its results image by image."""

    def __init__(self) -> None:
        self._tables: list[pd.DataFrame] = []
        self._scores: tuple[str, ...] = ()
        self._vectors: dict[str, list[tuple[UnitIds, npt.NDArray[np.float32]]]] = {}

    def add(self, result: ImageScan) -> None:
        """Add the units and vectors of one image.

        Raises:
            ScoreError: if one of its numbers is not finite; the message names the image.
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
        """Return the observation: rows of unlabelled units, vectors of all units.

        Args:
            labelled: (L,) ids of the labelled units.

        Raises:
            ShapeError: if no image was added, or a unit was added twice.
        """
        if not self._tables:
            raise ShapeError("No image was scanned; scan the pool first.")
        ids = np.asarray(labelled, np.int64)
        units = pd.concat(self._tables, ignore_index=True)
        units = units[~units["unit_id"].isin(ids)].sort_values("unit_id", ignore_index=True)
        if not units["unit_id"].is_unique:
            raise ShapeError("The scan returned a unit twice; wanted every unit once.")
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
    """Return the values as float64.

    Raises:
        ScoreError: if one is not finite: such a value is never stored, ranked or replaced.
    """
    found = np.asarray(values, np.float64)
    if not np.isfinite(found).all():
        raise ScoreError(
            f"{what} is not finite; look at that image, and lower the learning rate if the "
            "network's weights have grown out of bounds."
        )
    return found
