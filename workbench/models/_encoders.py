"""The encoders of segmentation-models-pytorch: their names, downloads and image statistics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches

import huggingface_hub.constants as hub
import segmentation_models_pytorch as smp
import timm
from huggingface_hub import get_session

from workbench.errors import ModelError
from workbench.models.base import IMAGENET_MEAN, IMAGENET_STD

_REACHABLE_WITHIN = 5.0
"""Time limit of a request to the weights' server, seconds; then only local copies are used."""


def check_encoder(name: str) -> str:
    """Return the library's spelling of an encoder's name.

    Raises:
        ModelError: if the library has no such encoder; names the nearest one that it has.
    """
    names = smp.encoders.get_encoder_names()
    if name in names:
        return name
    if name.startswith("tu-"):
        plain = name.removeprefix("tu-")
        if timm.is_model(plain):
            return name
        candidates = [f"tu-{model}" for model in timm.list_models()]
    else:
        candidates = names
    near = get_close_matches(name, candidates, n=1, cutoff=0.4)
    hint = f"; did you mean {near[0]!r}?" if near else "."
    raise ModelError(
        f"There is no encoder {name!r}{hint} Encoders are those of segmentation-models-pytorch "
        f"({', '.join(names[:3])}, mobilenet_v2, …) and tu-NAME for every network of timm."
    )


@contextmanager
def quick_downloads() -> Iterator[None]:
    """Within this context, use local copies of weights only if their server is not reachable.

    The library would retry for most of a minute.
    """
    before = hub.HF_HUB_OFFLINE
    hub.HF_HUB_OFFLINE = before or not _reachable()
    try:
        yield
    finally:
        hub.HF_HUB_OFFLINE = before


def _reachable() -> bool:
    try:
        get_session().head(hub.ENDPOINT, timeout=_REACHABLE_WITHIN)
    except Exception:  # its class depends on the version of the HTTP library
        return False
    return True


def encoder_statistics(
    encoder: str, *, pretrained: bool
) -> tuple[Sequence[float], Sequence[float]]:
    """Return mean and standard deviation, in [0, 1], of the images an encoder was trained on.

    Without pretrained weights these are ImageNet's: the network learns its own scale.
    """
    if not pretrained:
        return IMAGENET_MEAN, IMAGENET_STD
    with quick_downloads():
        found = smp.encoders.get_preprocessing_params(encoder)
    top = float(found["input_range"][1])  # some were trained on images in [0, 255]
    return [value / top for value in found["mean"]], [value / top for value in found["std"]]
