"""Embeds the pool once per seed, with the network as it is before cycle 0 is trained.

With pretrained weights these are the features that MEAL fits its plane on (Algorithm 1, step 0).
They are written under the cycle-0 lock and before cycle 0 is published, so a reader that finds a
published cycle 0 finds them too, and a resumed run reads the same vectors as the run it resumes.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.config import Embedding
from workbench.engine.events import Progress
from workbench.engine.method import PlannedMethod
from workbench.engine.setting import Setting
from workbench.learning.base import NETWORK
from workbench.models import build
from workbench.observation import Embeddings, ImageScan
from workbench.scoring.scan import ScanRequest, scan
from workbench.seeding import seed_of
from workbench.store.writer import ExperimentWriter
from workbench.types import UnitIds


def embed_before_training(
    setting: Setting,
    experiment: ExperimentWriter,
    methods: tuple[PlannedMethod, ...],
    seed: int,
    training_seed: int,
    progress: Progress,
) -> None:
    """Write the embeddings by the untrained network of a seed that are read and not stored yet.

    The network has the weights that the training of cycle 0 of this seed starts from.

    Args:
        setting: data, plan and compute.
        experiment: the experiment that they are written to.
        methods: the methods that share the cycle 0.
        seed: the seed of the runs.
        training_seed: the seed of the training of cycle 0.
        progress: is called at every batch.
    """
    plan = setting.plan
    key = plan.cycle_zero_key(methods[0], seed)
    for wanted in plan.untrained_embeddings_of(methods):
        if not experiment.has_untrained(key, wanted.key):
            experiment.write_untrained(
                key, wanted.key, _embed(setting, methods[0], wanted, training_seed, progress)
            )


def _embed(
    setting: Setting, method: PlannedMethod, wanted: Embedding, seed: int, progress: Progress
) -> Embeddings:
    weights = seed_of(seed, 0, "weights", NETWORK)
    model = build(method.model, setting.dataset.card.n_classes, weights)
    taken = _Vectors()
    request = ScanRequest(
        scores=(),
        embeddings=(wanted.model_copy(update={"weights": "current"}),),
        maps=False,
        predictions=False,
        features=False,
        batch_size=setting.plan.config.scan.batch_size,
        view=setting.plan.config.scan.view,
    )
    scan(
        model.to(setting.compute.device),
        setting.images(),
        request,
        setting.compute,
        taken,
        lambda done: progress.step("embed", done, setting.geometry.n_images),
    )
    return Embeddings.of(np.concatenate(taken.ids), np.concatenate(taken.vectors), ())


def embedded_before_training(
    setting: Setting,
    experiment: ExperimentWriter,
    methods: tuple[PlannedMethod, ...],
    seed: int,
    labelled: UnitIds,
) -> dict[str, Embeddings]:
    """Return the stored embeddings by the untrained network that some methods read, by key."""
    plan = setting.plan
    key = plan.cycle_zero_key(methods[0], seed)
    wanted = [one.key for one in plan.untrained_embeddings_of(methods)]
    found = {one: experiment.untrained(key, one, labelled) for one in wanted}
    return {one: vectors for one, vectors in found.items() if vectors is not None}


class _Vectors:
    """A sink of a scan that collects the vectors of the units and nothing else."""

    def __init__(self) -> None:
        self.ids: list[UnitIds] = []
        self.vectors: list[npt.NDArray[np.float32]] = []

    def add(self, result: ImageScan) -> None:
        """Add the vectors of the units of one image."""
        (vectors,) = result.embeddings.values()
        self.ids.append(result.unit_ids)
        self.vectors.append(vectors)
