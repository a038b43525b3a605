"""What goes into a store and comes out of it, as frozen records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from workbench.errors import ShapeError
from workbench.types import UnitIds

RunState = Literal["pending", "running", "done", "failed", "stopped", "interrupted"]


@dataclass(frozen=True)
class RunStatus:
    """Where a run stands.

    Attributes:
        state: ``interrupted`` is derived: the run's last word was ``running``, but no process holds
            its lock.
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
class CycleMetrics:
    """How good a cycle's network is, and what its labels cost.

    Attributes:
        labelled_units: query units labelled before this cycle's selection.
        labelled_pixels: their pixels.
        pool_units: query units in the whole pool.
        pool_pixels: their pixels.
        miou: mean IoU over the classes present, a fraction in [0, 1]; NaN if nothing was measured.
        pixel_accuracy: fraction in [0, 1].
        iou: (C,) IoU per class, NaN where the class is absent.
        confusion: (C, C) int64, rows are the truth.
        labelled_classes: (C,) int64 pixels of each class among what was labelled before this
            cycle's selection, as the oracle told them; ``None`` in cycles that did not keep them.
        labelled_clicks: what labelling took up to then; likewise.
    """

    labelled_units: int
    labelled_pixels: int
    pool_units: int
    pool_pixels: int
    miou: float
    pixel_accuracy: float
    iou: npt.NDArray[np.float64]
    confusion: npt.NDArray[np.int64]
    labelled_classes: npt.NDArray[np.int64] | None = None
    labelled_clicks: int | None = None


@dataclass(frozen=True)
class Embeddings:
    """One feature vector a unit of the pool.

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
class Selection:
    """What a method chose to label next.

    Attributes:
        unit_ids: (k,) in the order picked.
        scores: (k,) float64 the score each was ranked by; ``None`` where the method has none.
        reasons: one sentence for all, or one a unit, e.g. ``"largest entropy"``.
        clicks: (k,) int64 what labelling each took; ``None`` where that was not counted.
    """

    unit_ids: UnitIds
    scores: npt.NDArray[np.float64] | None = None
    reasons: str | Sequence[str] = ""
    clicks: npt.NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        ids = np.asarray(self.unit_ids, dtype=np.int64)
        object.__setattr__(self, "unit_ids", ids)
        if len(np.unique(ids)) != len(ids):
            raise ShapeError("A selection holds the same unit twice; every unit may appear once.")
        if self.scores is not None:
            scores = np.asarray(self.scores, dtype=np.float64)
            if scores.shape != ids.shape:
                raise ShapeError(f"A selection of {len(ids)} units has {scores.shape} scores.")
            object.__setattr__(self, "scores", scores)
        if self.clicks is not None and self.clicks.shape != ids.shape:
            raise ShapeError(f"A selection of {len(ids)} units has {self.clicks.shape} clicks.")
        if not isinstance(self.reasons, str) and len(self.reasons) != len(ids):
            raise ShapeError(f"A selection of {len(ids)} units has {len(self.reasons)} reasons.")


NO_SELECTION = Selection(np.empty(0, np.int64))
"""The last cycle's: its maps are worth seeing, it selects nothing."""


@dataclass(frozen=True)
class Keep:
    """Which parts of a cycle stay on disk; the tables, metrics and embeddings always do."""

    maps: bool = True
    predictions: bool = True
    features: bool = True
    weights: bool = True


class Scanned(Protocol):
    """What the scan tells of one image; ``workbench.scoring``'s ``ImageScan`` is one.

    The store takes the arrays over: whoever adds them does not change them afterwards.
    """

    @property
    def image_id(self) -> str:
        """The dataset's key of the image."""

    @property
    def unit_ids(self) -> UnitIds:
        """(n,) the image's units."""

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
    def embeddings(self) -> Mapping[str, npt.NDArray[np.float32]]:
        """(n, D) feature vectors."""

    @property
    def score_maps(self) -> Mapping[str, npt.NDArray[np.float32]]:
        """Score's name ► (H, W) map."""

    @property
    def prediction(self) -> npt.NDArray[np.uint8] | None:
        """(H, W) predicted class."""

    @property
    def feature_map(self) -> npt.NDArray[np.float16] | None:
        """(h, w, D) coarse features."""

    @property
    def columns(self) -> Mapping[str, npt.NDArray[np.float64]]:
        """Column name ► (n,) what riders say of each unit."""


@dataclass(frozen=True)
class Measured:
    """What the evaluation of a cycle's network gave.

    Attributes:
        miou: mean IoU over the classes present, fraction.
        pixel_accuracy: fraction.
        iou: (C,) NaN where a class is absent.
        confusion: (C, C) rows are the truth.
        extras: anything else worth keeping, JSON-ready, e.g. ``{"best_epoch": 20}``.
        labelled_classes: (C,) pixels of each class among what the network was trained on.
        labelled_clicks: what labelling that took, in clicks.
    """

    miou: float
    pixel_accuracy: float
    iou: npt.NDArray[np.float64]
    confusion: npt.NDArray[np.int64]
    extras: Mapping[str, Any] = field(default_factory=dict)
    labelled_classes: npt.NDArray[np.int64] | None = None
    labelled_clicks: int | None = None
