"""The state of a training in one safetensors file; a training resumed from it is bit-identical."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

_TENSOR, _ARRAY, _DICT, _LIST = "tensor", "array", "dict", "list"


class Stateful(Protocol):
    """An object whose state changes during training: an order of samples, a random generator."""

    def state_dict(self) -> Mapping[str, Any]:
        """Return nested dicts and lists of tensors, arrays and plain values."""

    def load_state_dict(self, state: Mapping[str, Any], /) -> Any:
        """Restore a state."""


@dataclass
class FileCheckpoint:
    """Stores a training's state in a file, replaced as a whole.

    Attributes:
        path: path of the file; its folder exists.
        every: shortest time between two writes, seconds; epochs in between are not written.
    """

    path: Path
    every: float = 30.0
    _written: float = field(default_factory=time.monotonic, repr=False)

    def read(self) -> Mapping[str, Any] | None:
        """Return the stored state; ``None`` if there is no complete one."""
        try:
            with safe_open(self.path, framework="pt") as file:
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
                text = file.metadata()["values"]
                whole = file.metadata()["sha256"] == _digest(tensors, text)
                values = json.loads(text)
        except (OSError, SafetensorError, KeyError, TypeError, ValueError):
            return None  # no file yet, or an incomplete one: the training starts again
        if not whole:
            return None  # a bit flipped: the training starts again, and ends with the same weights
        state: Mapping[str, Any] = unpack(values, tensors)
        return state

    def write(self, state: Callable[[], Mapping[str, Any]]) -> None:
        """Write a state to a temporary file, then rename that to the checkpoint's name."""
        if time.monotonic() - self._written < self.every:
            return
        tensors: dict[str, Tensor] = {}
        values = pack(state(), tensors)
        aside = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        text = json.dumps(values)
        save_file(tensors, aside, metadata={"values": text, "sha256": _digest(tensors, text)})
        aside.replace(self.path)
        self._written = time.monotonic()


def _digest(tensors: Mapping[str, Tensor], text: str) -> str:
    """Return the SHA-256 of a state: its values, then its tensors by name."""
    digest = hashlib.sha256(text.encode())
    for name, tensor in sorted(tensors.items()):
        about = f"{name} {tensor.dtype} {tuple(tensor.shape)}"
        digest.update(about.encode())
        digest.update(tensor.contiguous().flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()


def pack(value: Any, tensors: dict[str, Tensor]) -> Any:
    """Return a tree as JSON values; its tensors and arrays are copied into ``tensors``.

    Raises:
        TypeError: for a value of a type that cannot be stored.
    """
    if isinstance(value, Tensor | np.ndarray):
        name = str(len(tensors))
        tensor = torch.from_numpy(value) if isinstance(value, np.ndarray) else value.detach().cpu()
        tensors[name] = tensor.clone(memory_format=torch.contiguous_format)
        return {_ARRAY if isinstance(value, np.ndarray) else _TENSOR: name}
    if isinstance(value, Mapping):
        return {_DICT: [[key, pack(item, tensors)] for key, item in value.items()]}
    if isinstance(value, list | tuple):
        return {_LIST: [pack(item, tensors) for item in value]}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"a training's state holds {type(value).__name__}, which cannot be stored")


def unpack(value: Any, tensors: Mapping[str, Tensor]) -> Any:
    """Return the tree that was passed to :func:`pack`, with lists in place of tuples."""
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == _TENSOR:
        return tensors[content]
    if kind == _ARRAY:
        return tensors[content].numpy()
    if kind == _DICT:
        return {key: unpack(item, tensors) for key, item in content}
    return [unpack(item, tensors) for item in content]


def restore_optimizer(optimizer: torch.optim.Optimizer, state: Mapping[str, Any]) -> None:
    """Load an optimiser's state, each part with the memory layout of its weights.

    The fused kernels require the same layout of both.
    """
    optimizer.load_state_dict(dict(state))
    for weights, parts in optimizer.state.items():
        for name, part in parts.items():
            if isinstance(part, Tensor) and part.shape == weights.shape and part.ndim:
                parts[name] = torch.empty_like(weights).copy_(part)
