"""The read side of one published cycle. Nothing is read before it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.errors import NotStoredError
from workbench.naming import DEFAULT_AGGREGATION, column, score_name, split_score
from workbench.store import arrays, initial, layout, schema
from workbench.store.quantise import restore, to_8bit
from workbench.store.rasters import FEATURES, MAP, PREDICTION, RasterReader
from workbench.store.records import CycleMetrics, Embeddings, ScoreInfo
from workbench.store.supplement import Supplement, supplements
from workbench.types import UnitIds

if TYPE_CHECKING:
    from workbench.store.reader import Run


class Cycle:
    """One published cycle: what was known, scored and chosen.

    Tables are read once and kept as long as the object lives; treat them as read-only.

    Args:
        path: the cycle's folder; its manifest exists.
        run: the run it belongs to; ``None`` for a shared cycle 0 seen for itself.
        data: the folder of its tables and maps, where that is a shared cycle 0.

    Attributes:
        path: the cycle's folder.
        run: the run it belongs to.
    """

    def __init__(self, path: Path, run: Run | None, data: Path | None = None) -> None:
        self.path = path
        self.run = run
        self._manifest = schema.read(path / layout.CYCLE, "cycle")
        self._data = path if data is None else data

    def __repr__(self) -> str:
        return f"Cycle({self.number} of {self.run.id if self.run else self.path.name})"

    @property
    def number(self) -> int:
        """The cycle's number, from 0."""
        return int(self._manifest["number"])

    @property
    def revision(self) -> str:
        """Changes when scores are added, else never once it is published. Good as a cache key."""
        return "+".join([str(self._manifest["revision"]), *(s.revision for s in self._supplements)])

    @property
    def data_path(self) -> Path:
        """The folder of its tables and maps: its own, or that of the shared cycle 0."""
        return self._data

    @property
    def shared_key(self) -> str | None:
        """The key of the shared cycle 0 that it points to, if it does."""
        key = self._manifest.get("shared")
        return None if key is None else str(key)

    @property
    def created(self) -> float:
        """When it was published, seconds since 1970 (UTC)."""
        return float(self._manifest["created"])

    @cached_property
    def _facts(self) -> dict[str, Any]:
        """The manifest of the folder that holds tables and maps."""
        if self._data == self.path:
            return self._manifest
        return schema.read(self._data / layout.CYCLE, "cycle")

    @cached_property
    def _supplements(self) -> list[Supplement]:
        """Scores that were added before this object first asked; a new object sees later ones."""
        return supplements(self._data)

    @property
    def extras(self) -> dict[str, Any]:
        """What else the engine kept of training and scan, e.g. the best epoch."""
        return dict(self._facts["extras"])

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self._facts["metrics"]["iou"])

    @cached_property
    def metrics(self) -> CycleMetrics:
        """How good this cycle's network is on the validation split."""
        return arrays.metrics_from(self._facts["metrics"])

    @cached_property
    def labelled(self) -> UnitIds:
        """(L,) units labelled before this cycle's selection, in the order of labelling."""
        return arrays.read_array(self._data / layout.LABELLED)

    @cached_property
    def selection(self) -> pd.DataFrame:
        """The units chosen: rank, unit_id, image_id, y0, x0, y1, x1, score, reason, cost_clicks.

        The last one is not there in cycles that did not count clicks.
        """
        return arrays.read_table(self.path / layout.SELECTION)

    @cached_property
    def selected(self) -> UnitIds:
        """(k,) units chosen, in the order picked; empty in the last cycle."""
        return self.selection["unit_id"].to_numpy(np.int64)

    @cached_property
    def units(self) -> pd.DataFrame:
        """Every unlabelled candidate, ascending by id, with exact scores.

        Columns: unit_id, image_id, y0, x0, y1, x1, sequence, frame, area (pixels), boundary_share,
        class_0 … class_{C-1} (predicted shares), clicks (predicted; only where a network for it was
        trained), then one column a unit score (``naming.column``).
        """
        table = arrays.read_table(self._data / layout.UNITS)
        for added in self._supplements:
            table = table.merge(added.units, on="unit_id", validate="one_to_one")
        return table

    @cached_property
    def embeddings(self) -> Embeddings:
        """The feature vector of every unit of the pool.

        Raises:
            NotStoredError: if the scan made none.
        """
        if not self._facts["embeddings"]:
            if self.initial_embeddings is not None:
                return self.initial_embeddings
            raise NotStoredError(f"{self!r} holds no embeddings; run it again with an embedding.")
        ids = arrays.read_array(self._data / layout.EMBEDDING_IDS)
        vectors = arrays.read_array(self._data / layout.EMBEDDINGS)
        return Embeddings(ids, vectors, np.isin(ids, self.labelled))

    @cached_property
    def initial_embeddings(self) -> Embeddings | None:
        """The vectors by the network as it was before cycle 0's training, the same in all cycles.

        ``None`` where neither the experiment's embedding nor a method asked for them.
        """
        key = self._facts.get("initial")
        if key is None:
            return None
        return initial.read(layout.initial(layout.experiment_of(self._data), key), self.labelled)

    @property
    def weights(self) -> Path | None:
        """The network's weights (safetensors), or ``None`` if they were not kept."""
        path = self._data / layout.WEIGHTS
        return path if path.exists() else None

    @property
    def cost_weights(self) -> Path | None:
        """The click-cost network's weights, or ``None`` if there was none or they were not kept."""
        path = self._data / layout.COST_WEIGHTS
        return path if path.exists() else None

    # scores

    @property
    def scores(self) -> list[str]:
        """Names of the scores of this cycle's scan, whether or not their maps were kept."""
        return [str(score["name"]) for score in self._score_facts]

    @property
    def maps(self) -> list[str]:
        """Names of all that has a value a pixel: the scores, then the map of predicted clicks."""
        return [*self.scores, *(str(one["name"]) for one in self._cost_maps)]

    @property
    def _cost_maps(self) -> list[dict[str, Any]]:
        return list(self._facts.get("cost_maps", ()))

    @property
    def _score_facts(self) -> list[dict[str, Any]]:
        added = [score for supplement in self._supplements for score in supplement.scores]
        return [*self._facts["scores"], *added]

    @property
    def unit_score_columns(self) -> list[str]:
        """The unit table's score columns (``naming.split_column`` takes them apart)."""
        added = [name for supplement in self._supplements for name in supplement.columns]
        return [*map(str, self._facts["unit_scores"]), *added]

    def score_info(self, score: str) -> ScoreInfo:
        """Return the fixed range and unit of a score, or of another one of :attr:`maps`.

        Raises:
            NotStoredError: if this cycle's scan did not compute it.
        """
        wanted = score_name(*split_score(score))
        for stored in (*self._score_facts, *self._cost_maps):
            if stored["name"] == wanted:
                return ScoreInfo(**stored)
        raise self._missing(f"the score {score!r}", self.scores, "scan.scores")

    def score_range(self, score: str) -> tuple[float, float, str]:
        """Return (low, high, unit) of a score: its possible values, the same for every map."""
        info = self.score_info(score)
        return info.low, info.high, info.unit

    def unit_scores(self, score: str, aggregation: str = DEFAULT_AGGREGATION) -> pd.Series:
        """Return the exact unit scores of the candidates.

        Args:
            score: e.g. ``"entropy"``.
            aggregation: spec string, e.g. ``"count_above:threshold=0.5"``.

        Returns:
            float64, indexed by unit_id, higher = query first.

        Raises:
            NotStoredError: if the scan did not compute it.
        """
        name = column(score_name(*split_score(score)), aggregation)
        if name not in self.unit_score_columns:
            name = column(score_name(*split_score(score)), _canonical(aggregation))
        if name not in self.unit_score_columns:
            raise self._missing(f"the unit score {name!r}", self.unit_score_columns, "scan.scores")
        table = self.units if "units" in vars(self) else self._column(name)
        return table.set_index("unit_id")[name]

    def _column(self, name: str) -> pd.DataFrame:
        """Read one column alone: of millions of windows the whole table is much more."""
        parts = [one.path for one in self._supplements if name in one.columns]
        path = parts[0] if parts else self._data
        return arrays.read_table(path / layout.UNITS, ["unit_id", name])

    # rasters

    @cached_property
    def _rasters(self) -> RasterReader:
        return RasterReader(self._data)

    @property
    def image_ids(self) -> list[str]:
        """Images of which score maps were kept, sorted."""
        return self._rasters.image_ids(MAP)

    @property
    def predicted_image_ids(self) -> list[str]:
        """Images of which the prediction was kept, sorted."""
        return self._rasters.image_ids(PREDICTION)

    def score_map(self, score: str, image_id: str) -> npt.NDArray[np.float32]:
        """Return a score map (H, W) in the score's own unit, from its 8 or 16 stored bits.

        Raises:
            NotStoredError: if the cycle did not keep it.
        """
        return restore(*self._map(score, image_id))

    def score_map_8bit(
        self, score: str, image_id: str
    ) -> tuple[npt.NDArray[np.uint8], float, float]:
        """Return a score map for display: (H, W) uint8, and the values of 0 and of 255.

        Raises:
            NotStoredError: if the cycle did not keep it.
        """
        codes, low, high = self._map(score, image_id)
        return to_8bit(codes), low, high

    def each_score_map(
        self, score: str, image_ids: Iterable[str]
    ) -> Iterator[tuple[str, npt.NDArray[Any], float, float]]:
        """Yield the score maps of many images as they are stored, quicker than one by one.

        Yields:
            image id, in the order in which the maps lie; codes (h, w) uint8 or uint16, reduced
            where the image is larger than the map limit; the values of the lowest and of the
            highest code. ``store.quantise.restore`` makes scores of these.

        Raises:
            NotStoredError: if the cycle did not keep one of them.
        """
        name = self.score_info(score).name
        return self._map_reader(name).read_many(MAP, name, image_ids, partial(self._no_map, name))

    def map_key(self, score: str, image_id: str) -> str:
        """Name everything a map depends on: weights, image, acquisition, committee, settings."""
        name = self.score_info(score).name
        of_costs = name in {one["name"] for one in self._cost_maps}
        weights = self._facts["cost_weights" if of_costs else "weights"]
        return f"{weights}/{name}/{image_id}"

    def _map(self, score: str, image_id: str) -> tuple[npt.NDArray[Any], float, float]:
        name = self.score_info(score).name
        return self._map_reader(name).read(MAP, name, image_id, self._no_map(name, image_id))

    def _map_reader(self, name: str) -> RasterReader:
        for supplement in self._supplements:
            if name in {score["name"] for score in supplement.scores}:
                return supplement.rasters
        return self._rasters

    def _no_map(self, name: str, image_id: str) -> str:
        return (
            f"{self!r} keeps no {name} map of image {image_id!r}; set keep.maps to all and run the "
            "experiment again, or choose one of its image_ids."
        )

    def prediction(self, image_id: str) -> npt.NDArray[np.uint8]:
        """Return the predicted class of each pixel, (H, W) uint8.

        Raises:
            NotStoredError: if the cycle did not keep it.
        """
        what = self._no_prediction(image_id)
        values, _, _ = self._rasters.read(PREDICTION, "", image_id, what)
        return values

    def each_prediction(
        self, image_ids: Iterable[str]
    ) -> Iterator[tuple[str, npt.NDArray[np.uint8]]]:
        """Yield image id and prediction of many images, quicker than one by one.

        Raises:
            NotStoredError: if the cycle did not keep one of them.
        """
        for found in self._rasters.read_many(PREDICTION, "", image_ids, self._no_prediction):
            yield found[0], found[1]

    def _no_prediction(self, image_id: str) -> str:
        return f"{self!r} keeps no prediction of image {image_id!r}; see keep.predictions."

    def feature_map(self, image_id: str) -> npt.NDArray[np.float16]:
        """Return the coarse feature map of an image, (h, w, D) float16.

        Raises:
            NotStoredError: if the cycle did not keep it.
        """
        what = self._no_features(image_id)
        values, _, _ = self._rasters.read(FEATURES, "", image_id, what)
        return values

    def each_feature_map(
        self, image_ids: Iterable[str]
    ) -> Iterator[tuple[str, npt.NDArray[np.float16]]]:
        """Yield image id and coarse feature map of many images, quicker than one by one.

        Raises:
            NotStoredError: if the cycle did not keep one of them.
        """
        for found in self._rasters.read_many(FEATURES, "", image_ids, self._no_features):
            yield found[0], found[1]

    def _no_features(self, image_id: str) -> str:
        return f"{self!r} keeps no feature map of image {image_id!r}; see keep.features."

    def _missing(self, what: str, known: list[str], setting: str) -> NotStoredError:
        return NotStoredError(
            f"{self!r} does not hold {what}; it holds {', '.join(known) or 'none'}. Add it with "
            f"`workbench rescan`, or name it in {setting} of a new experiment."
        )


def _canonical(aggregation: str) -> str:
    """Return an aggregation's key: ``count_above:0.5`` becomes ``count_above:threshold=0.5``."""
    from workbench.aggregation import AGGREGATIONS

    return AGGREGATIONS.bind(aggregation).key
