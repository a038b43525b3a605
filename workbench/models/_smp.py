"""DeepLabv3+ and U-Net of segmentation-models-pytorch, with any encoder that it knows."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import segmentation_models_pytorch as smp
import torch
import torch.nn.functional as F
from segmentation_models_pytorch.decoders.deeplabv3.decoder import ASPPPooling
from torch import Tensor, nn

from workbench.errors import ModelError
from workbench.models._encoders import check_encoder, encoder_statistics, quick_downloads
from workbench.models._grouped import speed_up_grouped
from workbench.models._weights import fill, read_state
from workbench.models.base import SegmentationModel


class SmpNetwork(SegmentationModel):
    """A network of the library, run part by part so that its feature maps can be read.

    The parts keep the library's names, so its weights fit.

    Args:
        network: with ``encoder``, ``decoder`` and ``segmentation_head``.
        n_classes: classes, void not counted.
        stride: images are padded to a multiple of it.
        dropouts: (rate before the decoder, rate before the classifier).
        statistics: mean and standard deviation of the images it expects.
    """

    def __init__(
        self,
        network: nn.Module,
        n_classes: int,
        stride: int,
        dropouts: tuple[float, float],
        statistics: tuple[Sequence[float], Sequence[float]],
    ) -> None:
        head: Any = network.segmentation_head
        encoder: Any = network.encoder
        taps = {"backbone": encoder.out_channels[-1], "decoder": head[0].in_channels}
        super().__init__(n_classes, taps, stride, *statistics)
        self.encoder = encoder
        self.decoder: nn.Module = network.decoder  # type: ignore[assignment]
        self.segmentation_head = head
        self.bottleneck_dropout = nn.Dropout(dropouts[0])
        self.head_dropout = nn.Dropout(dropouts[1])

    def run(self, x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """See the base class."""
        maps = self.encoder(x)
        backbone = maps[-1]
        decoder = self.decoder([*maps[:-1], self.bottleneck_dropout(backbone)])
        classifier = self.segmentation_head[0]
        # float32 from here on: rounding logits to 8 bits would tie scores
        logits = classifier(self.head_dropout(decoder)).float()
        return logits, {"backbone": backbone, "decoder": decoder}

    def enlarge(self, logits: Tensor) -> Tensor:
        """See the base class."""
        enlarged: Tensor = self.segmentation_head[1](logits)
        return enlarged


class _PooledNorm(nn.BatchNorm2d):
    """Batch norm after global pooling; a batch of one image is normalised with running statistics.

    With a single value a channel there is no variance to divide by.
    """

    def forward(self, x: Tensor) -> Tensor:
        if self.training and x.numel() == self.num_features:
            return F.batch_norm(
                x, self.running_mean, self.running_var, self.weight, self.bias, False, 0.0, self.eps
            )
        return super().forward(x)


def deeplabv3plus(
    n_classes: int,
    encoder: str,
    weights: str,
    dropout: float,
    dropout_at: tuple[str, ...],
    output_stride: int,
) -> SmpNetwork:
    """Build DeepLabv3+ (Chen et al. 2018).

    Dropout after the ASPP projection with rate 0.1 is the DeepLab code's own training rate; Mittal
    et al. put it into the decoder as well.

    Raises:
        ModelError: see :func:`workbench.models.build`.
    """
    network = _make(
        smp.DeepLabV3Plus,
        encoder,
        weights,
        n_classes,
        encoder_output_stride=output_stride,
        decoder_aspp_dropout=dropout if "aspp" in dropout_at else 0.0,
    )
    for module in network.modules():
        if isinstance(module, ASPPPooling):
            module[2] = _PooledNorm(module[2].num_features)
    head = dropout if "head" in dropout_at else 0.0
    return _finish(network, encoder, weights, n_classes, output_stride, (0.0, head))


def unet(
    n_classes: int, encoder: str, weights: str, dropout: float, dropout_at: tuple[str, ...]
) -> SmpNetwork:
    """Build U-Net (Ronneberger et al. 2015).

    Raises:
        ModelError: see :func:`workbench.models.build`.
    """
    network = _make(smp.Unet, encoder, weights, n_classes)
    places = ("bottleneck", "head")
    bottleneck, head = (dropout if place in dropout_at else 0.0 for place in places)
    return _finish(network, encoder, weights, n_classes, 32, (bottleneck, head))


def _make(
    architecture: Any, encoder: str, weights: str, n_classes: int, **settings: Any
) -> nn.Module:
    name = check_encoder(encoder)
    pretrained: str | bool | None = None
    if weights == "imagenet":
        pretrained = True if name.startswith("tu-") else "imagenet"
    try:
        with warnings.catch_warnings(), quick_downloads():
            warnings.simplefilter("ignore", DeprecationWarning)  # the library's own, of its names
            network: nn.Module = architecture(
                encoder_name=name, encoder_weights=pretrained, classes=n_classes, **settings
            )
    except OSError as error:
        reason = str(error).partition(".")[0]
        raise ModelError(
            f"The ImageNet weights of encoder {encoder!r} could not be downloaded ({reason}); "
            "give weights: none or the path of a weights file, or run once with a connection."
        ) from None
    except Exception as error:  # the encoders refuse in many ways what they cannot do
        raise _unusable(encoder, weights, error) from None
    return network


def _unusable(encoder: str, weights: str, error: Exception) -> ModelError:
    reason = str(error).partition("\n")[0][:160].rstrip(".") or type(error).__name__
    return ModelError(
        f"Encoder {encoder!r} with weights: {weights} cannot be used in this network ({reason}); "
        "take another encoder, e.g. mobilenet_v2 or resnet50."
    )


def _finish(
    network: nn.Module,
    encoder: str,
    weights: str,
    n_classes: int,
    stride: int,
    dropouts: tuple[float, float],
) -> SmpNetwork:
    speed_up_grouped(network)
    statistics = encoder_statistics(encoder, pretrained=weights == "imagenet")
    model = SmpNetwork(network, n_classes, stride, dropouts, statistics)
    _try_out(model, encoder, weights)
    if weights not in {"none", "imagenet"}:
        _load(model, Path(weights).expanduser())
    return model


def _try_out(model: SmpNetwork, encoder: str, weights: str) -> None:
    """Run the network once: some encoders are accepted that have other strides than they say.

    Raises:
        ModelError: if it does not run.
    """
    side = 2 * model.stride
    model.eval()
    try:
        with torch.no_grad():
            logits = model(torch.zeros(1, 3, side, side))
    except Exception as error:  # whatever a layer says about shapes that do not fit
        raise _unusable(encoder, weights, error) from None
    if logits.shape[-2:] != (side, side):
        problem = f"it gives {tuple(logits.shape[-2:])} for an image of {side} pixels"
        raise _unusable(encoder, weights, ValueError(problem))
    model.train()


def _load(model: SmpNetwork, path: Path) -> None:
    """Load a whole network's weights, or an encoder's alone.

    A classifier for another number of classes is left out: it starts from its random weights.
    """
    state = read_state(path)
    if not any(name.startswith("encoder.") for name in state):
        classifiers = ("classifier.", "fc.", "head.", "last_linear.")
        state = {k: v for k, v in state.items() if not k.startswith(classifiers)}
        fill(model.encoder, state, path)
        return
    own = model.state_dict()
    head = [name for name in own if name.startswith("segmentation_head.")]
    if any(name in state and state[name].shape != own[name].shape for name in head):
        state |= {name: own[name] for name in head}
    if not any(name.startswith("decoder.") for name in state):
        prefix = "encoder."
        encoder_only = {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}
        fill(model.encoder, encoder_only, path)
        return
    fill(model, {k: torch.as_tensor(v) for k, v in state.items()}, path)
