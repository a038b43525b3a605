"""Segmentation networks: any image size in, logits and feature maps out.

An entry's implementation is called as ``(n_classes, **settings) -> SegmentationModel``; use
:func:`build`, which also fixes the initial weights. The setting ``dropout_at`` names the places
where dropout may sit.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbench.errors import ConfigError
from workbench.models._entry import ModelEntry
from workbench.registry import Bound, Param, Registry, lazy_exports


def require_tap(model: Bound[ModelEntry], tap: str) -> None:
    """Check that a network has the tap that embeddings are made from.

    Raises:
        ConfigError: if the network does not have it.
    """
    if tap not in model.entry.taps:
        raise ConfigError(
            f"embedding.tap is {tap}, which the network {model.name} does not have; choose one of "
            f"{', '.join(model.entry.taps)}, or another network."
        )


MODELS = Registry("model", "workbench.models", ModelEntry)


def _weights(what: str) -> Param:
    return Param(
        "weights",
        "str",
        "none",
        f"none, imagenet (downloads the {what}), or the path of a safetensors or PyTorch file",
    )


def _with_weights(options: Mapping[str, Any]) -> bool:
    return bool(options["weights"] != "none")


def _dropout(default: float) -> Param:
    return Param(
        "dropout",
        "float",
        default,
        "share of values dropped in training; Monte Carlo dropout needs more than 0",
        low=0.0,
        high=0.95,
    )


def _dropout_at(places: tuple[str, ...], text: str) -> Param:
    return Param("dropout_at", "strs", places[:1], text, choices=places)


_RATES = Param(
    "rates",
    "ints",
    None,
    "the three atrous rates of its spatial pyramid; left out, 6, 12 and 18 at output stride 16 and "
    "twice as much at 8",
    low=1,
    high=1024,
    optional=True,
)
_FREEZE = Param(
    "freeze",
    "str",
    "none",
    "backbone: the encoder's weights do not change, its batch norm is in eval mode",
    choices=("none", "backbone"),
)

MODELS.add(
    ModelEntry(
        "deeplabv3plus",
        "workbench.models._smp:deeplabv3plus",
        "DeepLabv3+: atrous spatial pyramid pooling and a light decoder at a quarter of the size.",
        params=(
            Param("encoder", "str", "mobilenet_v2", "encoder, e.g. resnet50 or tu-<timm name>"),
            _weights("encoder's ImageNet weights"),
            _dropout(0.1),
            _dropout_at(
                ("aspp", "head"), "aspp: after its projection; head: before the classifier"
            ),
            Param(
                "output_stride", "int", 16, "stride of the last encoder features", choices=(8, 16)
            ),
            _RATES,
            _FREEZE,
        ),
        source="Chen et al. 2018 (ECCV), through segmentation-models-pytorch",
        taps=("backbone", "aspp", "decoder"),
        pretrained=_with_weights,
    ),
    ModelEntry(
        "unet",
        "workbench.models._smp:unet",
        "U-Net: an encoder and a decoder joined by skip connections at every size.",
        params=(
            Param("encoder", "str", "resnet34", "encoder, e.g. resnet50 or tu-<timm name>"),
            _weights("encoder's ImageNet weights"),
            _dropout(0.1),
            _dropout_at(("bottleneck", "head"), "bottleneck: before the decoder; head: at its end"),
            _FREEZE,
        ),
        source="Ronneberger et al. 2015 (MICCAI), through segmentation-models-pytorch",
        pretrained=_with_weights,
    ),
    ModelEntry(
        "tiny",
        "workbench.models._tiny:TinyNetwork",
        "A network of a few ten thousand weights for the demo, teaching and tests.",
        params=(
            Param("width", "int", 16, "channels of the first layer", low=4, high=128),
            _dropout(0.1),
        ),
        source="this package",
    ),
)

if TYPE_CHECKING:
    from workbench.models._at_stride import AtStride as AtStride
    from workbench.models._build import build as build
    from workbench.models._folded import fold as fold
    from workbench.models._weights import load_weights as load_weights
    from workbench.models._weights import save_weights as save_weights
    from workbench.models.base import SegmentationModel as SegmentationModel

__getattr__, _lazy = lazy_exports(
    __name__,
    {
        "AtStride": "workbench.models._at_stride:AtStride",
        "SegmentationModel": "workbench.models.base:SegmentationModel",
        "build": "workbench.models._build:build",
        "fold": "workbench.models._folded:fold",
        "load_weights": "workbench.models._weights:load_weights",
        "save_weights": "workbench.models._weights:save_weights",
    },
)
__all__ = [
    "MODELS",
    "AtStride",
    "ModelEntry",
    "SegmentationModel",
    "build",
    "fold",
    "load_weights",
    "require_tap",
    "save_weights",
]
