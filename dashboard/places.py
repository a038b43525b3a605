"""What ``dashboard.serve`` sets: where store and datasets lie, which hosts are answered."""

from __future__ import annotations

import os
from pathlib import Path


def store_path() -> Path:
    """Return the run store's folder; it need not exist."""
    return Path(os.environ.get("WORKBENCH_STORE", "runs"))


def data_path() -> Path:
    """Return the folder that holds one folder per dataset."""
    return Path(os.environ.get("WORKBENCH_DATA", "data"))


def allowed_hosts() -> list[str]:
    """Return the hosts that are answered besides this machine's own and the bound address."""
    return os.environ.get("WORKBENCH_ALLOW_HOST", "").split()
