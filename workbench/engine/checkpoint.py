"""Keeps the state of a training in the store until the training ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from safetensors import SafetensorError

from workbench.learning import FileCheckpoint
from workbench.store import files


class StoredCheckpoint(FileCheckpoint):
    """The state of a training in a file of the store; a full disk raises StoreError."""

    def write(self, state: Callable[[], Mapping[str, Any]]) -> None:
        """Write a state.

        Raises:
            StoreError: if the file cannot be written.
        """
        try:
            super().write(state)
        except (OSError, SafetensorError) as error:
            raise files.disk_error(self.path, error) from error
