"""U2PL: a teacher's pseudo-labels, and a contrast that uses the unreliable ones.

Wang et al., "Semi-supervised semantic segmentation using unreliable pseudo-labels" (CVPR 2022), as
Mittal et al. use it; what their text leaves open is taken from the authors' public code.
"""

from __future__ import annotations

import copy as copies
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor

from workbench.learning._continue import (
    OPTIMIZER,
    OptimizerState,
    restore_moments,
    weights_bytes,
)
from workbench.learning._cutmix import CutMix
from workbench.learning._ema import copy, decay_at, follow
from workbench.learning._extremes import entropy, extremes
from workbench.learning._loop import At, TrainingResult
from workbench.learning._loss import cross_entropy
from workbench.learning._pool import PoolBatches
from workbench.learning._projection import Part, Projected, Projection, centres, channels
from workbench.learning._supervised import Batch, Supervised, SupervisedTraining
from workbench.learning._u2pl_contrast import Cells, Contrast
from workbench.learning._u2pl_memory import Memory
from workbench.learning.base import NETWORK, LabelledSamples, Measurement, Trained, TrainTask
from workbench.models.base import SegmentationModel
from workbench.seeding import seed_of
from workbench.types import IGNORE

if TYPE_CHECKING:
    from lightning_fabric import Fabric

    from workbench.models._weights import HasState

TEACHER = "teacher"
PROJECTION = "projection"
_OF_PROJECTION = "projection_optimizer"
_OF_TEACHER = "teacher_projection"


@dataclass(frozen=True)
class U2PL(Supervised):
    """The settings of U2PL, as registered in ``workbench.learning``.

    The teacher is the network that is validated, scans the pool and is stored, as in the authors'
    evaluation. With ``continues`` the student, its projection and the moments of the optimisers
    are stored too and go on; the teacher starts as a copy of the student, the memory empty.
    """

    epochs: int = 80
    batch_size: int = 4
    optimizer: str = "sgd"
    lr: float = 0.001
    schedule: str = "poly"
    weight_decay: float = 0.0001
    augment: tuple[str, ...] = ("hflip", "scale")
    sup_only_epochs: int = 1
    ema: float = 0.99
    unreliable: float = 0.2
    self_training: float = 1.0
    cutmix: float = 0.5
    contrast: float = 0.1
    temperature: float = 0.5
    anchors: int = 256
    negatives: int = 50
    confidence: float = 0.3
    low_rank: int = 3
    high_rank: int = 20
    memory: int = 30000
    projection: int = 256
    tap: str = "decoder"

    def training(self, task: TrainTask, fabric: Fabric, samples: LabelledSamples) -> U2PLTraining:
        """Return what the loop runs.

        Raises:
            ConfigError: if the network has no feature map called ``tap``.
        """
        return U2PLTraining(self, task, fabric, samples)

    def trained(self, found: TrainingResult) -> Trained:
        """Return the teacher, and what goes on."""
        training = cast(U2PLTraining, found.training)
        networks = {TEACHER: training.teacher}
        kept: dict[str, HasState] = {}
        if self.continues:
            networks[NETWORK] = training.model
            kept = {
                OPTIMIZER: OptimizerState(training.optimizers[NETWORK]),
                PROJECTION: training.projection,
                _OF_PROJECTION: OptimizerState(training.optimizers[PROJECTION]),
            }
        return Trained(
            networks,
            scan=TEACHER,
            validation=found.validation,
            extras=found.extras,
            kept=kept,
        )

    def stored_bytes(self, model: SegmentationModel) -> int:
        """Return the bytes that a training stores: the teacher, and what goes on.

        Raises:
            ConfigError: if the network has no feature map called ``tap``.
        """
        teacher, inputs = weights_bytes(model), channels(model, self.tap)
        if not self.continues:
            return teacher
        with torch.device("meta"):  # shapes alone
            projection = Projection(inputs, self.projection)
        ours = weights_bytes(projection) + self._moments_bytes(projection)
        return teacher + super().stored_bytes(model) + ours

    def unreliable_share(self, at: At) -> float:
        """Return the share of the pseudo-labels that counts as unreliable in an epoch."""
        return self.unreliable * (1 - (at.epoch - 1) / at.epochs)


class U2PLTraining(SupervisedTraining):
    """A student with labels, pseudo-labels and contrast, and the teacher that follows it.

    In a step the teacher labels a batch of unlabelled images in evaluation mode; CutMix mixes them
    with their labels; then both networks run on them and the labelled ones in training mode, and
    the teacher's entropy decides which pixels count. The teacher's batch norm keeps running
    statistics of its own (all as in the authors' code). In the first, supervised epochs, and where
    no unlabelled image is left, the student trains by labels alone and the teacher is a copy of it.

    Where the code differs from the paper's text the text decides: the code's negatives on labelled
    images are an empty set, and it takes anchors and centres of the wrong classes where one is
    absent from the batch (its issues 171 and 111). Ours besides: the projection acts on each cell
    of a tap, where theirs is a second decoder; every class has a memory of the same size.

    Args:
        settings: the settings of the learner.
        task: the task of the learner.
        fabric: the device.
        samples: the labelled samples.
    """

    scan = TEACHER

    def __init__(
        self, settings: U2PL, task: TrainTask, fabric: Fabric, samples: LabelledSamples
    ) -> None:
        super().__init__(settings, task, fabric, samples)
        self.u2pl = settings
        inputs = channels(self.model, settings.tap)
        self.projection = Projection(inputs, settings.projection).to(fabric.device)
        # the projection is no part of the network: it has no trunk, and all of it is new
        of_projection = replace(settings, head_lr=1.0).optimiser(self.projection)
        if settings.continues and task.previous is not None:
            self.projection.load_state_dict(task.previous.state(PROJECTION))
            restore_moments(task.previous, of_projection, _OF_PROJECTION)
        self.teacher = copies.deepcopy(self.model).requires_grad_(False)
        of_teacher = copies.deepcopy(self.projection).requires_grad_(False)
        self.networks |= {
            TEACHER: self.teacher,
            PROJECTION: self.projection,
            _OF_TEACHER: of_teacher,
        }
        self.optimizers[PROJECTION] = of_projection
        self._students = Projected(self.model, self.projection, settings.tap)
        self._teachers = Projected(self.teacher, of_teacher, settings.tap)
        self._run_student = fabric.setup_module(self._students)
        self._run_teacher = fabric.setup_module(self._teachers)
        self._label = fabric.setup_module(self.teacher)
        self._set_unlabelled(task)
        self._parts: Iterator[tuple[Tensor, Tensor]] = iter(())

    def _set_unlabelled(self, task: TrainTask) -> None:
        """Set what is done with unlabelled images, and its state."""
        settings, device = self.u2pl, self.fabric.device
        self._pool: PoolBatches | None = None
        images = task.unlabelled()
        if not len(images):
            return
        augmentation = settings.augmentation(seed_of(task.seed, "unlabelled augmentation"))
        seed = seed_of(task.seed, "unlabelled")
        self._pool = PoolBatches(images, settings.batch_size, augmentation, seed, device)
        self._mix = CutMix(settings.cutmix, seed_of(task.seed, "cutmix"))
        self._contrast = Contrast(
            Memory(self.model.n_classes, settings.memory, settings.projection, device),
            seed_of(task.seed, "contrast"),
            (settings.low_rank, settings.high_rank),
            settings.confidence,
            settings.anchors,
            settings.negatives,
            settings.temperature,
        )
        parts: dict[str, Any] = {"unlabelled": self._pool, "cutmix": self._mix}
        if augmentation is not None:
            parts["unlabelled augmentation"] = augmentation
        self.stateful |= parts | {"contrast": self._contrast}

    def rates(self, at: At) -> Mapping[str, float]:
        """Return the learning rates; the projection's is that outside the trunk."""
        rate = self.settings.rate(at)
        return {NETWORK: rate, PROJECTION: rate * self.settings.head_lr}

    def step(self, positions: list[int], at: At) -> None:
        """Take one step of the student, then one of the teacher after it."""
        supervised = self.u2pl.sup_only_epochs * (at.steps // at.epochs)
        if self._pool is None or at.step < supervised:
            self._parts = iter(())
            super().step(positions, at)
            copy(self._teachers, self._students)
            return
        passes = min(self.settings.accumulate, len(positions))
        per_pass = -(-len(positions) // passes)
        self._parts = self._pseudo_labelled(self._pool, -(-len(positions) // per_pass))
        super().step(positions, at)
        self.advance(PROJECTION)
        follow(self._teachers, self._students, decay_at(at.step - supervised, self.u2pl.ema))

    @torch.no_grad()
    def _pseudo_labelled(self, pool: PoolBatches, parts: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Return the next unlabelled images and their pseudo-labels, mixed, in some parts."""
        images, inside = pool.take()
        self.teacher.eval()
        found = [
            self._label(self.teacher.normalise(some)).argmax(1)
            for some in images.tensor_split(parts)
        ]
        self.teacher.train()
        labels = torch.where(inside, torch.cat(found), IGNORE).to(torch.uint8)
        images, labels = self._mix(images, labels)
        return zip(images.tensor_split(parts), labels.tensor_split(parts), strict=True)

    def losses(self, batch: Batch, at: At) -> dict[str, Tensor]:
        """Return the terms of the loss of a batch; a part of one has bounds of its own."""
        more = next(self._parts, None)
        if more is None:
            return super().losses(batch, at)
        images, pseudo = more
        labelled, unlabelled = self._run_student(batch.images, images)
        with torch.no_grad():
            theirs = self._run_teacher(batch.images, images)
            doubt = entropy(theirs[1].logits)
            sure, unsure = extremes(doubt, pseudo != IGNORE, self.u2pl.unreliable_share(at))
        reliable = torch.where(unsure, IGNORE, pseudo)
        self.note("reliable_share", _share(reliable, pseudo))
        self_training = reliable_cross_entropy(unlabelled.logits, reliable, pseudo)
        cells = Cells(
            torch.cat([labelled.features, unlabelled.features]),
            torch.cat([part.features for part in theirs]),
            torch.cat([_probs(part) for part in theirs], dim=1),
            _join(theirs, batch.masks, pseudo),
            _join(theirs, torch.zeros_like(batch.masks), torch.ones_like(pseudo)).bool(),
            _join(theirs, batch.masks != IGNORE, sure),
            _join(theirs, batch.masks != IGNORE, unsure),
        )
        return {
            **self.labelled_terms(labelled.logits, batch),
            "self_training": self.u2pl.self_training * batch.share * self_training,
            "contrast": self.u2pl.contrast * batch.share * self._contrast(cells),
        }

    def validate(self) -> Measurement:
        """Return the measurement of the teacher on the validation split."""
        return self._task.validate(self.teacher)


def reliable_cross_entropy(logits: Tensor, reliable: Tensor, pseudo: Tensor) -> Tensor:
    """Return the mean cross-entropy on the reliable pseudo-labels over the share of them.

    Args:
        logits: (B, C, H, W) float32 of the student.
        reliable: (B, H, W) uint8 pseudo-labels, void where they are not reliable.
        pseudo: (B, H, W) uint8 all pseudo-labels, void outside the images.

    Returns:
        a scalar in nats; 0 if no pseudo-label is reliable.
    """
    share = _share(reliable, pseudo)
    return cross_entropy(logits, reliable) / torch.where(share > 0, share, 1.0)


def _share(reliable: Tensor, pseudo: Tensor) -> Tensor:
    """Return the share of the pseudo-labels that is reliable, a scalar float32; 0 of none."""
    count = (pseudo != IGNORE).sum().clamp(min=1)
    return (reliable != IGNORE).sum() / count


def _probs(part: Part) -> Tensor:
    """Return (C, N) the softmax at the centres of the cells."""
    return centres(part.logits, part.cells).softmax(1).transpose(0, 1).flatten(1)


def _join(parts: tuple[Part, ...], *maps: Tensor) -> Tensor:
    """Return (N,) the values of maps (B, H, W) of all parts at the centres of their cells."""
    found = [centres(m, part.cells).flatten() for part, m in zip(parts, maps, strict=True)]
    return torch.cat(found)
