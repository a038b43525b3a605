"""The settings of U2PL, as data."""

from workbench.learning._params import MOST_STEPS, training, weight
from workbench.registry import Param

U2PL: tuple[Param, ...] = (
    *training(
        epochs=80,
        batch_size=4,
        optimizer="sgd",
        lr=0.001,
        schedule="poly",
        weight_decay=0.0001,
        augment=("hflip", "scale"),
    ),
    Param(
        "sup_only_epochs",
        "int",
        1,
        "epochs of every cycle before unlabelled images count; 0 where a cycle has one epoch",
        0,
        MOST_STEPS,
    ),
    Param("ema", "float", 0.99, "share of the teacher's weights that a step keeps", 0.0, 0.9999),
    Param(
        "unreliable",
        "float",
        0.2,
        "share of the pseudo-labels that counts as unreliable at the start; falls to 0 by epochs",
        0.0,
        1.0,
    ),
    weight("self_training", 1.0, "weight of the loss on pseudo-labels"),
    Param("cutmix", "float", 0.5, "share of the unlabelled batches mixed by CutMix", 0.0, 1.0),
    weight("contrast", 0.1, "weight of the contrast"),
    Param("temperature", "float", 0.5, "divides the similarities of the contrast", 0.01, 100.0),
    Param("anchors", "int", 256, "anchors of a class in a step", 1, 1024),
    Param("negatives", "int", 50, "negatives of an anchor", 1, 256),
    Param("confidence", "float", 0.3, "least probability of an anchor's class", 0.0, 1.0),
    Param(
        "low_rank",
        "int",
        3,
        "rank, from 0, that a class has at its negatives on unlabelled images, at least; on "
        "labelled ones it is below",
        1,
        255,
    ),
    Param(
        "high_rank", "int", 20, "rank that a class has at its negatives at most, excluded", 1, 256
    ),
    Param("memory", "int", 30000, "negatives kept of each class", 1, 50000),
    Param("projection", "int", 256, "channels of the features that are contrasted", 1, 512),
    Param("tap", "str", "decoder", "feature map that is projected, a tap of the network"),
)
