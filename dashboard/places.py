"""Where the store and the datasets lie, as ``dashboard.serve`` sets them."""

from __future__ import annotations

import os
from pathlib import Path


def store_path() -> Path:
    """Return the run store's folder; it need not exist."""
    return Path(os.environ.get("WORKBENCH_STORE", "runs"))


def data_path() -> Path:
    """Return the folder that holds one folder per dataset."""
    return Path(os.environ.get("WORKBENCH_DATA", "data"))
