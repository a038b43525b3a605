"""The read side of one published cycle: its records and tables, its scores and maps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.errors import NotStoredError
from workbench.naming import DEFAULT_AGGREGATION, column, rider_column, score_name, split_score
from workbench.store import arrays, layout
from workbench.store.cycle_record import CycleRecord
from workbench.store.quantise import restore, to_8bit
from workbench.store.rasters import FEATURES, MAP, PREDICTION, RasterReader
from workbench.store.records import MapInfo, ScoreInfo


class Cycle(CycleRecord):
    """One published cycle: what was observed, measured and selected, with its maps."""

    # scores

    @property
    def scores(self) -> list[str]:
        """Names of the scores of this cycle's scan, whether or not their maps were stored."""
        return list(self._scores)

    @property
    def maps(self) -> list[str]:
        """Names of all maps with a value per pixel: the scores, then the maps of riders."""
        return [*self._scores, *self._maps]

    @property
    def map_infos(self) -> list[MapInfo]:
        """The maps of riders, each with its range and network."""
        return list(self._maps.values())

    @cached_property
    def _scores(self) -> dict[str, ScoreInfo]:
        facts = [*self._facts.scores, *(s for one in self._supplements for s in one.scores)]
        return {score.name: score.info() for score in facts}

    @cached_property
    def _maps(self) -> dict[str, MapInfo]:
        facts = [*self._facts.maps, *(m for one in self._supplements for m in one.maps)]
        return {one.name: one.info() for one in facts}

    def score_info(self, score: str) -> ScoreInfo:
        """Return the fixed range and unit of a score, or of another one of :attr:`maps`.

        Raises:
            NotStoredError: if the scan of this cycle did not compute it.
        """
        name = score_name(*split_score(score))
        if name in self._scores:
            return self._scores[name]
        if name in self._maps:
            found = self._maps[name]
            return ScoreInfo(found.name, found.low, found.high, found.unit)
        raise self._missing(f"the score {score!r}", self.scores, "`workbench rescan` adds it")

    def score_range(self, score: str) -> tuple[float, float, str]:
        """Return (low, high, unit) of a score: its possible values, the same for every map."""
        info = self.score_info(score)
        return info.low, info.high, info.unit

    def unit_scores(self, score: str, aggregation: str = DEFAULT_AGGREGATION) -> pd.Series:
        """Return the exact unit scores of the candidates.

        Args:
            score: e.g. ``"entropy"``; ``"column:clicks"`` for a column that a rider wrote.
            aggregation: spec string, e.g. ``"count_above:threshold=0.5"``.

        Returns:
            float64, indexed by unit_id, higher = query first.

        Raises:
            NotStoredError: if the scan did not compute them.
        """
        if (written := rider_column(score)) is not None:
            return self._rider_column(written)
        name = column(score_name(*split_score(score)), aggregation)
        if name not in self.unit_score_columns:
            name = column(score_name(*split_score(score)), _canonical(aggregation))
        if name not in self.unit_score_columns:
            mapped, rescan = self.has_maps(score), "`workbench rescan` adds it"
            advice = "`workbench whatif` computes it from the maps" if mapped else rescan
            raise self._missing(f"the unit score {name!r}", self.unit_score_columns, advice)
        table = self.units if "units" in vars(self) else self._column(name)
        return table.set_index("unit_id")[name]

    def _rider_column(self, name: str) -> pd.Series:
        if name not in self.units:
            advice = "name its rider in a method and run that in another --store"
            raise self._missing(f"the column {name!r}", [str(c) for c in self.units], advice)
        return self.units.set_index("unit_id")[name].astype(np.float64)

    def _column(self, name: str) -> pd.DataFrame:
        """Read one column only: for millions of windows the whole table takes much longer."""
        parts = [one.sealed for one in self._supplements if name in one.unit_scores]
        held = parts[0] if parts else self._sealed
        return arrays.read_table(held.path(layout.UNITS), ["unit_id", name])

    # rasters

    @cached_property
    def _rasters(self) -> Sequence[RasterReader]:
        return [RasterReader(self._sealed), *(one.rasters for one in self._supplements)]

    def _reader(self, kind: str, name: str = "") -> RasterReader:
        """Return the reader of rasters of a kind: of the cycle's folder or of a supplement."""
        return next((r for r in self._rasters if r.holds(kind, name)), self._rasters[0])

    def _image_ids(self, kind: str) -> list[str]:
        return sorted({image for reader in self._rasters for image in reader.image_ids(kind)})

    def has_maps(self, score: str) -> bool:
        """Whether the scan computed a score, or a rider's map, and maps of it were stored."""
        name = score_name(*split_score(score))
        return name in self.maps and any(r.holds(MAP, name) for r in self._rasters)

    @property
    def image_ids(self) -> list[str]:
        """Ids of the images whose score maps were stored, sorted."""
        return self._image_ids(MAP)

    @property
    def predicted_image_ids(self) -> list[str]:
        """Ids of the images whose prediction was stored, sorted."""
        return self._image_ids(PREDICTION)

    def score_map(self, score: str, image_id: str) -> npt.NDArray[np.float32]:
        """Return a score map (H, W) in the score's own unit, from its 8 or 16 stored bits.

        Raises:
            NotStoredError: if the cycle does not hold it.
        """
        return restore(*self._map(score, image_id))

    def score_map_8bit(
        self, score: str, image_id: str
    ) -> tuple[npt.NDArray[np.uint8], float, float]:
        """Return a score map for display: (H, W) uint8, and the values of 0 and of 255.

        Raises:
            NotStoredError: if the cycle does not hold it.
        """
        codes, low, high = self._map(score, image_id)
        return to_8bit(codes), low, high

    def each_score_map(
        self, score: str, image_ids: Iterable[str]
    ) -> Iterator[tuple[str, npt.NDArray[Any], float, float]]:
        """Yield the score maps of many images as they are stored, faster than one by one.

        Yields:
            image id, in the order of the maps on disk; codes (h, w) uint8 or uint16, reduced where
            the image is larger than the map limit; the values of the lowest and of the highest
            code. ``store.quantise.restore`` turns codes into scores.

        Raises:
            NotStoredError: if the cycle does not hold one of them.
        """
        name = self.score_info(score).name
        reader = self._reader(MAP, name)
        return reader.read_many(MAP, name, image_ids, partial(self._no_map, name))

    def _map(self, score: str, image_id: str) -> tuple[npt.NDArray[Any], float, float]:
        name = self.score_info(score).name
        return self._reader(MAP, name).read(MAP, name, image_id, self._no_map(name, image_id))

    def _no_map(self, name: str, image_id: str) -> str:
        return (
            f"{self!r} holds no {name} map of image {image_id!r}; `workbench rescan` with --scores "
            f"{name} adds its maps, or choose one of its image_ids."
        )

    def prediction(self, image_id: str) -> npt.NDArray[np.uint8]:
        """Return the predicted class of each pixel, (H, W) uint8.

        Raises:
            NotStoredError: if the cycle does not hold it.
        """
        what = self._no_prediction(image_id)
        values, _, _ = self._reader(PREDICTION).read(PREDICTION, "", image_id, what)
        return values

    def each_prediction(
        self, image_ids: Iterable[str]
    ) -> Iterator[tuple[str, npt.NDArray[np.uint8]]]:
        """Yield image id and prediction of many images, faster than one by one.

        Raises:
            NotStoredError: if the cycle does not hold one of them.
        """
        reader = self._reader(PREDICTION)
        for found in reader.read_many(PREDICTION, "", image_ids, self._no_prediction):
            yield found[0], found[1]

    def _no_prediction(self, image_id: str) -> str:
        return f"{self!r} holds no prediction of image {image_id!r}; see keep.predictions."

    def feature_map(self, image_id: str) -> npt.NDArray[np.float16]:
        """Return the coarse feature map of an image, (h, w, D) float16.

        Raises:
            NotStoredError: if the cycle does not hold it.
        """
        what = self._no_features(image_id)
        values, _, _ = self._reader(FEATURES).read(FEATURES, "", image_id, what)
        return values

    @property
    def feature_tap(self) -> str:
        """Where in the network the coarse feature maps were read; empty if not recorded."""
        return self._facts.features.tap

    def _no_features(self, image_id: str) -> str:
        return f"{self!r} holds no feature map of image {image_id!r}; see keep.features."

    def _missing(self, what: str, held: list[str], advice: str) -> NotStoredError:
        return NotStoredError(
            f"{self!r} does not hold {what}; it holds {', '.join(held) or 'none'}. To have it: "
            f"{advice}."
        )


def _canonical(aggregation: str) -> str:
    """Return an aggregation's key: ``count_above:0.5`` becomes ``count_above:threshold=0.5``."""
    from workbench.aggregation import AGGREGATIONS

    return AGGREGATIONS.bind(aggregation).key
