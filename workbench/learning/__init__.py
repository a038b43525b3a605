"""Learners: how the network is trained in every cycle.

An entry's implementation is called with its settings and returns a learner, whose ``fit`` takes a
:class:`TrainTask` and returns a :class:`Trained`. The learner of an entry of ``RIDERS`` takes a
:class:`RiderTask` and returns a :class:`TrainedRider`: a network beside the first that adds maps,
or columns of the unit table, to the same scan. A rider's setting ``model`` names the model of its
network; left out or empty, it is the experiment's.

:func:`learn` is the training loop; a learner implements a :class:`Training`.
"""

from typing import TYPE_CHECKING

from workbench.learning._adversarial import WITH_DISCRIMINATOR
from workbench.learning._entry import LearnerEntry, RiderEntry
from workbench.learning._params import MOST_STEPS, continues, training, weight
from workbench.learning._u2pl_params import U2PL
from workbench.registry import Param, Registry, lazy_exports
from workbench.rider import RiderMap

LEARNERS = Registry("learner", "workbench.learners", LearnerEntry)

LEARNERS.add(
    LearnerEntry(
        "supervised",
        "workbench.learning._supervised:Supervised",
        "Cross-entropy (or Dice) on the labelled units, from scratch or continuing, without void.",
        params=training(),
        source="Golestaneh & Kitani 4.1; Sreenivasaiah et al. 4; Chen et al. IV",
        continues=continues,
    ),
    LearnerEntry(
        "self_consistency",
        "workbench.learning._self_consistency:SelfConsistency",
        "Cross-entropy on images and mirror images, whose logits are to be the same everywhere.",
        params=(
            *training(
                epochs=60,
                batch_size=5,
                lr=0.0005,
                schedule="step",
                weight_decay=0.0002,
                augment=("hflip",),
            ),
            weight(
                "consistency_weight",
                1.0,
                "factor of the consistency term; at 0.5 its gradient is that of the released code",
            ),
        ),
        source="Golestaneh & Kitani 3, Eq. 5; 4.2 (EquAL, EquAL+)",
        continues=continues,
    ),
    *WITH_DISCRIMINATOR,
    LearnerEntry(
        "pseudo_labels",
        "workbench.learning._pseudo_labels:PseudoLabels",
        "Supervised, also on images that the network before is sure of, as it labels them.",
        params=(
            *training(whole_images=True, epochs=2, continues=True),
            Param(
                "delta", "float", 0.05, "mean entropy below which an image is taken, nats", 0, 10
            ),
            Param(
                "delta_decay", "float", 0.0, "taken off delta with every further cycle, nats", 0, 10
            ),
            Param(
                "most",
                "int",
                None,
                "most images; empty: all below delta",
                0,
                MOST_STEPS,
                optional=True,
            ),
            Param("grows_by", "int", 0, "images that most grows by a cycle", 0, MOST_STEPS),
            Param(
                "first_epochs",
                "int",
                None,
                "epochs of cycle 0; empty: as epochs",
                1,
                MOST_STEPS,
                optional=True,
            ),
        ),
        source="Górriz et al. 2017 (CEAL); Wang et al. 2016; Gu, III-A.1",
        continues=continues,
        scores=("entropy",),
        predictions=True,
        semi_supervised=True,
    ),
    LearnerEntry(
        "bootstrap",
        "workbench.learning._bootstrap:Bootstrap",
        "Several networks, each on labelled units drawn with replacement: a committee.",
        params=(
            *training(),
            Param("networks", "int", 4, "number of networks", 2, 100),
        ),
        source="Yang et al. 2017 (Suggestive Annotation); Gu, III-A.2",
        members=lambda options: int(options["networks"]),
        continues=continues,
    ),
)

LEARNERS.add(
    LearnerEntry(
        "u2pl",
        "workbench.learning._u2pl:U2PL",
        "A teacher's pseudo-labels on the unlabelled images, and contrast with unreliable ones.",
        params=U2PL,
        source="Wang et al. 2022 (U2PL); Mittal et al. 3.1",
        continues=continues,
        semi_supervised=True,
    ),
)

RIDERS = Registry("rider", "workbench.riders", RiderEntry)

RIDERS.add(
    RiderEntry(
        "click_cost",
        "workbench.learning._click_cost:ClickCost",
        "Predicts the clicks of every pixel from those of the labelled units, by Poisson loss.",
        params=(
            Param(
                "model",
                "str",
                None,
                "network, e.g. tiny:width=8; empty: as the experiment's",
                optional=True,
            ),
            Param("epochs", "int", 30, "passes over the labelled samples", 1, MOST_STEPS),
            Param("batch_size", "int", 8, "images per step", 1, 4096),
            Param("lr", "float", 0.001, "learning rate of Adam", 0.0, 100.0),
            Param("weight_decay", "float", 0.0, "L2 penalty on all weights", 0.0, 100.0),
            Param("hflip", "bool", True, "mirror half of the images in training"),
            Param("cell", "int", 16, "side of the cells in which the loss counts, pixels", 1, 4096),
        ),
        source="Mackowiak et al. 2018 (CEREALS); Gu, III-B.1",
        maps=(RiderMap("click_density", "clicks/pixel", {"clicks": "sum"}),),
    ),
)

if TYPE_CHECKING:
    from workbench.learning._checkpoint import FileCheckpoint as FileCheckpoint
    from workbench.learning._loop import At as At
    from workbench.learning._loop import Schedule as Schedule
    from workbench.learning._loop import Training as Training
    from workbench.learning._loop import TrainingResult as TrainingResult
    from workbench.learning._loop import learn as learn
    from workbench.learning._probe import probe_precision as probe_precision
    from workbench.learning.base import Checkpoint as Checkpoint
    from workbench.learning.base import ClickSamples as ClickSamples
    from workbench.learning.base import ImageSamples as ImageSamples
    from workbench.learning.base import LabelledSamples as LabelledSamples
    from workbench.learning.base import Learner as Learner
    from workbench.learning.base import Measurement as Measurement
    from workbench.learning.base import Previous as Previous
    from workbench.learning.base import RiderLearner as RiderLearner
    from workbench.learning.base import RiderTask as RiderTask
    from workbench.learning.base import Trained as Trained
    from workbench.learning.base import TrainedRider as TrainedRider
    from workbench.learning.base import TrainProgress as TrainProgress
    from workbench.learning.base import TrainTask as TrainTask

__getattr__, _lazy = lazy_exports(
    __name__,
    {
        "At": "workbench.learning._loop:At",
        "Checkpoint": "workbench.learning.base:Checkpoint",
        "ClickSamples": "workbench.learning.base:ClickSamples",
        "FileCheckpoint": "workbench.learning._checkpoint:FileCheckpoint",
        "ImageSamples": "workbench.learning.base:ImageSamples",
        "LabelledSamples": "workbench.learning.base:LabelledSamples",
        "Learner": "workbench.learning.base:Learner",
        "TrainingResult": "workbench.learning._loop:TrainingResult",
        "Measurement": "workbench.learning.base:Measurement",
        "Previous": "workbench.learning.base:Previous",
        "RiderLearner": "workbench.learning.base:RiderLearner",
        "RiderTask": "workbench.learning.base:RiderTask",
        "Schedule": "workbench.learning._loop:Schedule",
        "TrainProgress": "workbench.learning.base:TrainProgress",
        "TrainTask": "workbench.learning.base:TrainTask",
        "Trained": "workbench.learning.base:Trained",
        "TrainedRider": "workbench.learning.base:TrainedRider",
        "Training": "workbench.learning._loop:Training",
        "learn": "workbench.learning._loop:learn",
        "probe_precision": "workbench.learning._probe:probe_precision",
    },
)
__all__ = [
    "LEARNERS",
    "RIDERS",
    "At",
    "Checkpoint",
    "ClickSamples",
    "FileCheckpoint",
    "ImageSamples",
    "LabelledSamples",
    "Learner",
    "LearnerEntry",
    "Measurement",
    "Previous",
    "RiderEntry",
    "RiderLearner",
    "RiderMap",
    "RiderTask",
    "Schedule",
    "TrainProgress",
    "TrainTask",
    "Trained",
    "TrainedRider",
    "Training",
    "TrainingResult",
    "learn",
    "probe_precision",
]
