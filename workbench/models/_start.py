"""Where a network's weights come from: random, by name from a server, or from a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from torch import Tensor

from workbench.models._downloads import download
from workbench.models._weights import read_state
from workbench.models._with_encoder import EncoderNetwork, fill_network


def start(
    model: EncoderNetwork,
    weights: str,
    freeze: str,
    named: Mapping[str, tuple[str, str]],
    head: Sequence[str],
    renamed: Callable[[Mapping[str, Tensor]], Mapping[str, Tensor]] = dict,
) -> None:
    """Load a network's weights and freeze its encoder, as its settings say.

    Args:
        model: the network, with random weights.
        weights: none, a name in ``named``, or the path of a file.
        freeze: none or backbone.
        named: name ► what these weights are, and the address of their file.
        head: prefixes of the names of everything whose shape depends on the number of classes; in
            weights for another number of them it is not loaded and starts from random weights.
        renamed: turns names of other code into those of this package.

    Raises:
        ModelError: if weights cannot be had, or do not fit.
    """
    if weights in named:
        what, url = named[weights]
        fill_network(model, renamed(download(url, f"The {what}")), Path(url), head)
    elif weights != "none":
        path = Path(weights).expanduser()
        fill_network(model, renamed(read_state(path, [*named, "none"])), path, head)
    if freeze == "backbone":
        model.freeze_backbone()
