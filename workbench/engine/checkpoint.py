"""The state of a training in the store, while it lasts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from safetensors import SafetensorError

from workbench.learning import FileCheckpoint
from workbench.store import files


class StoredCheckpoint(FileCheckpoint):
    """A training's state in a file of the store: a full disk is one sentence."""

    def write(self, state: Callable[[], Mapping[str, Any]]) -> None:
        """Write a state.

        Raises:
            StoreError: if the disk refuses.
        """
        try:
            super().write(state)
        except (OSError, SafetensorError) as error:
            raise files.disk_error(self.path, error) from error
