"""What goes into a store and comes out of it, as frozen records."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from workbench.errors import ShapeError
from workbench.types import UnitIds

RunState = Literal["pending", "running", "waiting", "done", "failed", "stopped", "interrupted"]


@dataclass(frozen=True)
class RunStatus:
    """Where a run stands.

    Attributes:
        state: ``waiting``: for labels that are not there yet. ``interrupted`` is derived: the run's
            last word was ``running``, but no process holds its lock.
        cycle: the cycle that is worked on, or the last one.
        cycles: how many there will be.
        phase: what is done now: ``train``, ``scan``, ``select`` …
        done: steps of the phase that are done.
        total: steps of the phase.
        heartbeat: seconds since 1970 (UTC) of the last sign of life; for display only.
        message: what went wrong, or empty.
        pid: the process that works on it.
    """

    state: RunState
    cycle: int = 0
    cycles: int = 0
    phase: str = ""
    done: int = 0
    total: int = 0
    heartbeat: float = 0.0
    message: str = ""
    pid: int | None = None


@dataclass(frozen=True)
class Origin:
    """Where a cycle comes from.

    Attributes:
        store: the store's folder.
        experiment: the experiment's id.
        run: the run's id; ``None`` for a shared cycle 0 that was opened for itself.
        shared: the cycle-0 key, where its tables and maps are those of a shared cycle 0.
        method: name of the run's method.
        seed: the run's seed.
    """

    store: Path
    experiment: str
    run: str | None = None
    shared: str | None = None
    method: str | None = None
    seed: int | None = None


@dataclass(frozen=True)
class CycleMetrics:
    """How good a cycle's network is on one split, and what its labels cost.

    Attributes:
        split: the split that was measured.
        values: metric's name ► value; NaN if nothing was measured.
        iou: (C,) IoU per class, NaN where the class is absent.
        confusion: (C, C) int64, rows are the truth.
        labelled_units: query units labelled before this cycle's selection.
        labelled_pixels: their pixels.
        pool_units: query units in the whole pool.
        pool_pixels: their pixels.
        labelled_classes: (C,) int64 pixels of each class among what was labelled before this
            cycle's selection; ``None`` where they were not counted.
        labelled_clicks: what labelling took up to then; likewise.
    """

    split: str
    values: Mapping[str, float]
    iou: npt.NDArray[np.float64]
    confusion: npt.NDArray[np.int64]
    labelled_units: int
    labelled_pixels: int
    pool_units: int
    pool_pixels: int
    labelled_classes: npt.NDArray[np.int64] | None = None
    labelled_clicks: int | None = None

    @property
    def miou(self) -> float:
        """Mean IoU over the classes present, a fraction in [0, 1]; NaN if nothing was measured."""
        return self.values.get("miou", math.nan)

    @property
    def pixel_accuracy(self) -> float:
        """Share of pixels whose class is right, a fraction in [0, 1]."""
        return self.values.get("pixel_accuracy", math.nan)


@dataclass(frozen=True)
class ScoreInfo:
    """A stored score: its canonical name and its fixed range.

    Attributes:
        name: ``acquisition`` or ``acquisition@committee``.
        low: smallest possible value.
        high: largest possible value.
        unit: unit of the value, e.g. ``nats``.
    """

    name: str
    low: float
    high: float
    unit: str = ""


@dataclass(frozen=True)
class MapInfo:
    """A map that a network beside the segmenting one puts into the scan, e.g. predicted clicks.

    Attributes:
        name: of the map.
        low: smallest value that colours tell apart.
        high: largest.
        unit: unit of the value, e.g. ``clicks/pixel``.
        network: name of the network that predicts it.
    """

    name: str
    low: float
    high: float
    unit: str = ""
    network: str = ""


@dataclass(frozen=True)
class Network:
    """A network of a cycle.

    Attributes:
        sha256: digest of its weights' file, whether or not they were kept.
        path: the file (safetensors); ``None`` if the weights were not kept.
    """

    sha256: str
    path: Path | None = None


@dataclass(frozen=True)
class Selection:
    """What a method chose to label next.

    Attributes:
        unit_ids: (k,) in the order picked.
        scores: (k,) float64 the score each was ranked by; ``None`` where the method has none.
        reasons: one sentence for all, or one a unit, e.g. ``"largest entropy"``.
    """

    unit_ids: UnitIds
    scores: npt.NDArray[np.float64] | None = None
    reasons: str | Sequence[str] = ""

    def __post_init__(self) -> None:
        ids = _once(self.unit_ids, "A selection")
        object.__setattr__(self, "unit_ids", ids)
        if self.scores is not None:
            scores = np.asarray(self.scores, dtype=np.float64)
            if scores.shape != ids.shape:
                raise ShapeError(f"A selection of {len(ids)} units has {scores.shape} scores.")
            object.__setattr__(self, "scores", scores)
        if not isinstance(self.reasons, str) and len(self.reasons) != len(ids):
            raise ShapeError(f"A selection of {len(ids)} units has {len(self.reasons)} reasons.")


@dataclass(frozen=True)
class Labels:
    """What was labelled of a selection.

    Attributes:
        unit_ids: (k,) in the order picked; a selection may hold more than was paid for.
        clicks: (k,) int64 what labelling each took; ``None`` where that was not counted.
    """

    unit_ids: UnitIds
    clicks: npt.NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        ids = _once(self.unit_ids, "A record of labels")
        object.__setattr__(self, "unit_ids", ids)
        if self.clicks is None:
            return
        clicks = np.asarray(self.clicks, np.int64)
        if clicks.shape != ids.shape:
            raise ShapeError(f"The labels of {len(ids)} units have {clicks.shape} clicks.")
        object.__setattr__(self, "clicks", clicks)


def _once(unit_ids: npt.ArrayLike, what: str) -> UnitIds:
    ids = np.asarray(unit_ids, dtype=np.int64)
    if len(np.unique(ids)) != len(ids):
        raise ShapeError(f"{what} holds the same unit twice; every unit may appear once.")
    return ids


@dataclass(frozen=True)
class Keep:
    """Which parts of a cycle stay on disk; the tables, metrics and embeddings always do."""

    maps: bool = True
    predictions: bool = True
    features: bool = True
    weights: bool = True


@dataclass(frozen=True)
class Measured:
    """What the evaluation of a cycle's network on one split gave.

    Attributes:
        values: metric's name ► value, e.g. ``miou`` and ``pixel_accuracy`` as fractions.
        iou: (C,) NaN where a class is absent.
        confusion: (C, C) rows are the truth.
    """

    values: Mapping[str, float]
    iou: npt.NDArray[np.float64]
    confusion: npt.NDArray[np.int64]


@dataclass(frozen=True)
class CycleFacts:
    """What a cycle's record holds beside what was observed and measured.

    Attributes:
        labelled_classes: (C,) pixels of each class among what the network was trained on.
        labelled_clicks: what labelling that took, in clicks.
        maps: those of the networks beside the segmenting one.
        scan: name of the network that scanned; left out: the one that was written first.
        device: where it was computed, e.g. ``cpu`` or ``cuda``.
        extras: anything else worth keeping, JSON-ready, e.g. ``{"best_epoch": 20}``.
    """

    labelled_classes: npt.NDArray[np.int64] | None = None
    labelled_clicks: int | None = None
    maps: Sequence[MapInfo] = ()
    scan: str | None = None
    device: str = ""
    extras: Mapping[str, Any] = field(default_factory=dict)
