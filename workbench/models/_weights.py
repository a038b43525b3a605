"""Weights in files: writes safetensors, reads safetensors or PyTorch state dicts; no pickle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from workbench.errors import ModelError

Network = TypeVar("Network", bound=nn.Module)


class HasState(Protocol):
    """A ``torch.nn.Module``, or another object with weights."""

    def state_dict(self) -> Mapping[str, Any]:
        """Return its weights and buffers."""


def save_weights(model: HasState, path: Path) -> None:
    """Write a network's state as safetensors; the caller makes the write atomic.

    Raises:
        OSError: if the file cannot be written.
    """
    state = {k: v.detach().cpu().contiguous() for k, v in model.state_dict().items()}
    try:
        save_file(state, path)
    except SafetensorError as error:
        # the library wraps the system's error, e.g. for a full disk
        raise OSError(f"Cannot write weights to {path}: {error}.") from error


def load_weights(model: Network, path: Path) -> Network:
    """Load a state that :func:`save_weights` wrote into a network; return the network.

    Raises:
        ModelError: if the file is missing or broken, or does not fit the network.
    """
    fill(model, read_state(path), path)
    return model


def read_state(path: Path, names: Sequence[str] = ()) -> dict[str, Tensor]:
    """Read a state dict from a safetensors or PyTorch file.

    PyTorch files are read with ``weights_only``, so nothing in them is executed; a dict around the
    state (``state_dict``, ``model``) and a ``module.`` prefix are removed.

    Args:
        path: path of the file.
        names: what the setting may hold besides a path, e.g. ``imagenet``, for the message.

    Raises:
        ModelError: if the file is missing or has neither format.
    """
    if not path.is_file():
        wanted = " or ".join(["the path of a safetensors or PyTorch file", *names])
        raise ModelError(f"There is no weights file {path}; give {wanted}.")
    try:
        found = load_file(path)
    except SafetensorError:
        found = _read_pytorch(path)
    except OSError as error:
        raise ModelError(f"The weights file {path} cannot be read: {error}.") from None
    return {name.removeprefix("module."): value for name, value in found.items()}


def _read_pytorch(path: Path) -> dict[str, Tensor]:
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # any error of the unpickler for a broken file
        reason = str(error).partition("\n")[0][:120] or type(error).__name__
        raise ModelError(
            f"The weights file {path} is neither safetensors nor a PyTorch state dict ({reason})."
        ) from None
    for wrapper in ("state_dict", "model"):
        if isinstance(found, dict) and isinstance(found.get(wrapper), dict):
            found = found[wrapper]
    if not isinstance(found, dict) or not all(isinstance(v, Tensor) for v in found.values()):
        raise ModelError(f"The weights file {path} holds no state dict; wanted names and tensors.")
    return found


def fill(module: nn.Module, state: Mapping[str, Tensor], path: Path) -> None:
    """Copy a state into a module, every name and shape of which must fit.

    Raises:
        ModelError: if a tensor is missing, unexpected or of another shape; names the first one.
    """
    own = module.state_dict()
    # older files lack the counters of batch norm
    missing = sorted(n for n in own.keys() - state.keys() if "num_batches" not in n)
    unexpected = sorted(state.keys() - own.keys())
    shapes = [n for n in own if n in state and own[n].shape != state[n].shape]
    if missing:
        problem = f"lacks {missing[0]} (and {len(missing) - 1} more)"
    elif unexpected:
        problem = f"has {unexpected[0]} (and {len(unexpected) - 1} more), which the network lacks"
    elif shapes:
        name = shapes[0]
        problem = f"has {name} as {tuple(state[name].shape)}; wanted {tuple(own[name].shape)}"
    else:
        module.load_state_dict(dict(state), strict=False)
        return
    raise ModelError(f"The weights file {path} does not fit this network: it {problem}.")
