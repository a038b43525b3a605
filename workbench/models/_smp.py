"""DeepLabv3+ and U-Net of segmentation-models-pytorch, with any of its encoders."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import segmentation_models_pytorch as smp
import torch
from segmentation_models_pytorch.decoders.deeplabv3.decoder import ASPPPooling
from torch import Tensor, nn

from workbench.errors import ModelError
from workbench.models._encoders import check_encoder, encoder_statistics, quick_downloads
from workbench.models._enlarge import Enlarge
from workbench.models._grouped import speed_up_grouped
from workbench.models._pooled_norm import repair_pooling
from workbench.models._rates import pyramid_rates
from workbench.models._weights import fill, read_state
from workbench.models._with_encoder import EncoderNetwork


class SmpNetwork(EncoderNetwork):
    """A network of the library, run part by part so that its feature maps can be read.

    The parts have the library's names, so its weights fit.

    Args:
        network: the library's network, with ``encoder``, ``decoder`` and ``segmentation_head``.
        n_classes: number of classes, without void.
        stride: images are padded to a multiple of it.
        dropouts: (rate before the decoder, rate before the classifier).
        statistics: mean and standard deviation of its input images, in [0, 1].
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
        decoded = self.decode([*maps[:-1], self.bottleneck_dropout(backbone)])
        classifier = self.segmentation_head[0]
        # float32 from here on: rounding logits to 8 bits would tie scores
        logits = classifier(self.head_dropout(decoded["decoder"])).float()
        return logits, {"backbone": backbone, **decoded}

    def decode(self, maps: Sequence[Tensor]) -> dict[str, Tensor]:
        """Return the decoder's taps, by name, from the encoder's maps, largest first."""
        return {"decoder": self.decoder(maps)}

    def enlarge(self, logits: Tensor) -> Tensor:
        """See the base class."""
        enlarged: Tensor = self.segmentation_head[1](logits)
        return enlarged


class DeepLabNetwork(SmpNetwork):
    """DeepLabv3+ of the library, with one more tap: ``aspp``, the output of its spatial pyramid."""

    def __init__(self, network: nn.Module, *args: Any) -> None:
        super().__init__(network, *args)
        backbone, decoder = self.taps.values()
        pyramid: Any = self.decoder.get_submodule("aspp.0")
        channels = pyramid.project[0].out_channels
        self.taps = {"backbone": backbone, "aspp": channels, "decoder": decoder}

    def decode(self, maps: Sequence[Tensor]) -> dict[str, Tensor]:
        """See the base class; the steps are those of the library's decoder."""
        parts: Any = self.decoder
        pyramid, *refine = parts.aspp
        aspp = pyramid(maps[-1])
        coarse = aspp
        for layer in refine:
            coarse = layer(coarse)
        joined = torch.cat([parts.up(coarse), parts.block1(maps[2])], dim=1)
        return {"aspp": aspp, "decoder": parts.block2(joined)}


def deeplabv3plus(
    n_classes: int,
    encoder: str,
    weights: str,
    dropout: float,
    dropout_at: tuple[str, ...],
    output_stride: int,
    rates: tuple[int, ...] | None,
    freeze: str,
) -> SmpNetwork:
    """Build DeepLabv3+ (Chen et al. 2018).

    Dropout after the ASPP projection with rate 0.1 is the DeepLab code's own training rate; Mittal
    et al. put it into the decoder as well. The pyramid's rates are 6, 12 and 18 at output stride 16
    (Chen et al. IV-A) and twice that at 8, which has the same reach (Chen et al. 2018, 4.1).

    Raises:
        ModelError: for another number of rates; see also :func:`workbench.models.build`.
    """
    network = _make(
        smp.DeepLabV3Plus,
        encoder,
        weights,
        n_classes,
        encoder_output_stride=output_stride,
        decoder_atrous_rates=pyramid_rates(rates, output_stride),
        decoder_aspp_dropout=dropout if "aspp" in dropout_at else 0.0,
    )
    for module in network.modules():
        if isinstance(module, ASPPPooling):
            repair_pooling(module)
    head = dropout if "head" in dropout_at else 0.0
    statistics = encoder_statistics(encoder, pretrained=weights == "imagenet")
    model = DeepLabNetwork(network, n_classes, output_stride, (0.0, head), statistics)
    return _finish(model, encoder, weights, freeze)


def unet(
    n_classes: int,
    encoder: str,
    weights: str,
    dropout: float,
    dropout_at: tuple[str, ...],
    freeze: str,
) -> SmpNetwork:
    """Build U-Net (Ronneberger et al. 2015).

    Raises:
        ModelError: see :func:`workbench.models.build`.
    """
    network = _make(smp.Unet, encoder, weights, n_classes)
    places = ("bottleneck", "head")
    bottleneck, head = (dropout if place in dropout_at else 0.0 for place in places)
    statistics = encoder_statistics(encoder, pretrained=weights == "imagenet")
    model = SmpNetwork(network, n_classes, 32, (bottleneck, head), statistics)
    return _finish(model, encoder, weights, freeze)


def _make(
    architecture: Any, encoder: str, weights: str, n_classes: int, **settings: Any
) -> nn.Module:
    name = check_encoder(encoder)
    pretrained: str | bool | None = None
    if weights == "imagenet":
        pretrained = True if name.startswith("tu-") else "imagenet"
    try:
        with warnings.catch_warnings(), quick_downloads() if pretrained else nullcontext():
            warnings.simplefilter(
                "ignore", DeprecationWarning
            )  # the library's own warning about its encoder names
            network: nn.Module = architecture(
                encoder_name=name, encoder_weights=pretrained, classes=n_classes, **settings
            )
    except OSError as error:
        reason = str(error).partition(".")[0]
        raise ModelError(
            f"The ImageNet weights of encoder {encoder!r} could not be downloaded ({reason}); "
            "give weights: none or the path of a weights file, or run once with a connection."
        ) from None
    except Exception as error:  # encoders raise many kinds of errors for unsupported settings
        raise _unusable(encoder, weights, error) from None
    speed_up_grouped(network)
    for module in network.modules():
        if isinstance(module, nn.Upsample) and module.mode == "bilinear":
            module.__class__ = Enlarge
    return network


def _unusable(encoder: str, weights: str, error: Exception) -> ModelError:
    reason = str(error).partition("\n")[0][:160].rstrip(".") or type(error).__name__
    return ModelError(
        f"Encoder {encoder!r} with weights: {weights} cannot be used in this network ({reason}); "
        "take another encoder, e.g. mobilenet_v2 or resnet50."
    )


def _finish(model: SmpNetwork, encoder: str, weights: str, freeze: str) -> SmpNetwork:
    _try_out(model, encoder, weights)
    if weights not in {"none", "imagenet"}:
        _load(model, Path(weights).expanduser())
    if freeze == "backbone":
        model.freeze_backbone()
    return model


def _try_out(model: SmpNetwork, encoder: str, weights: str) -> None:
    """Run the network once, since the strides of some encoders differ from the declared ones.

    Raises:
        ModelError: if the network does not run, or its logits have another size than the image.
    """
    side = 2 * model.stride
    model.eval()
    try:
        with torch.no_grad():
            logits = model(torch.zeros(1, 3, side, side))
    except Exception as error:  # any error of a layer for shapes that do not fit
        raise _unusable(encoder, weights, error) from None
    if logits.shape[-2:] != (side, side):
        size = tuple(logits.shape[-2:])
        problem = f"its logits have the size {size} for an image of {side}×{side} pixels"
        raise _unusable(encoder, weights, ValueError(problem))
    model.train()


def _load(model: SmpNetwork, path: Path) -> None:
    """Load a whole network's weights, or an encoder's alone.

    A classifier for another number of classes is not loaded: it starts from random weights.
    """
    state = read_state(path, ["imagenet", "none"])
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
