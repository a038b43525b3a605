"""``doctor``: checks what this machine has and what is missing."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Literal

from typer import Exit, Option

from workbench.cli._console import print_lines, print_table
from workbench.cli._options import DEFAULT_DATA, DEFAULT_STORE, DataOption, StoreOption
from workbench.cli._sentences import MENDABLE
from workbench.cli._verify import verify_store
from workbench.compute import usable_cores
from workbench.errors import WorkbenchError
from workbench.printable import byte_size

PACKAGES = (
    "al-workbench",
    "torch",
    "torchvision",
    "segmentation-models-pytorch",
    "timm",
    "lightning-fabric",
    "numpy",
    "opencv-python-headless",
    "scikit-image",
    "scikit-learn",
    "umap-learn",
    "zarr",
    "pandas",
    "pyarrow",
    "pydantic",
    "streamlit",
    "plotly",
    "jupyterlab",
    "anywidget",
)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
State = Literal["ok", "note", "missing"]
LEAST_FREE_BYTES = 1024**3


@dataclass(frozen=True)
class Finding:
    """The result of one check.

    Attributes:
        what: the thing that was checked.
        state: ``ok``; ``missing`` where something required is missing or broken; else ``note``.
        found: what was found, and what to do about a problem.
    """

    what: str
    state: State
    found: str


def doctor(
    store: StoreOption = DEFAULT_STORE,
    data: DataOption = DEFAULT_DATA,
    verify: Annotated[
        bool,
        Option("--verify", help="Read every byte of the store instead, and compare the digests."),
    ] = False,
) -> None:
    """Check Python, torch, the device, the disk, the store and the data."""
    if verify:
        verify_store(store)
        return
    from workbench.cli._plugins import print_plugins, read_all_plugins

    plugins = read_all_plugins()  # before torch is loaded: a plug-in that loads it is told of
    findings = [
        _python(),
        *_torch(),
        _threads(),
        _browser(),
        _disk(store),
        _store(store),
        _data(data),
    ]
    rows = [(f.state, f.what, f.found) for f in findings]
    print_table(("", "what", "found"), rows, prose=("found",))
    print_lines("")
    packages = [_package(name) for name in PACKAGES]
    print_table(("package", "version"), [(f.what, f.found) for f in packages])
    print_plugins(plugins)
    missing = [f.what for f in (*findings, *packages) if f.state == "missing"]
    if missing:
        print_lines("", f"Problems: {', '.join(missing)}.")
        raise Exit(MENDABLE)


def _python() -> Finding:
    return Finding("Python", "ok", f"{platform.python_version()} at {sys.executable}")


def _package(name: str) -> Finding:
    try:
        return Finding(name, "ok", version(name))
    except PackageNotFoundError:
        return Finding(name, "missing", "not installed; `make install` installs it")


def _torch() -> list[Finding]:
    try:
        import torch
    except (ImportError, OSError) as error:
        return [Finding("torch", "missing", f"cannot be imported ({error}); `make install` again")]
    built_for = f"CUDA {torch.version.cuda}" if torch.version.cuda else "CPU only"
    found = Finding("torch", "ok", f"{torch.__version__}, {built_for}")
    if not torch.cuda.is_available():
        return [found, Finding("device", "note", "no CUDA device: runs use the CPU")]
    count = torch.cuda.device_count()
    devices = "; ".join(f"cuda:{i} {torch.cuda.get_device_name(i)}" for i in range(count))
    return [found, Finding("device", "ok", devices)]


def _threads() -> Finding:
    return Finding("CPU", "ok", f"{usable_cores()} usable cores ({platform.machine()})")


def _browser() -> Finding:
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path:
        return Finding("Chromium", "ok", f"{path} (only the browser tests need it)")
    return Finding("Chromium", "note", "none; only the browser tests need it")


def _disk(store: Path) -> Finding:
    folder = next(f for f in (store, *store.absolute().parents) if f.exists())
    free = shutil.disk_usage(folder).free
    enough = free >= LEAST_FREE_BYTES
    advice = "" if enough else "; free some or choose another --store"
    state: State = "ok" if enough else "note"
    return Finding("disk", state, f"{byte_size(free)} free at {folder}{advice}")


def _store(store: Path) -> Finding:
    from workbench.store import open_store

    if not store.exists():
        return Finding("store", "note", f"none at {store} yet; the first run creates it")
    return _try("store", lambda: f"{len(open_store(store).experiments())} experiments at {store}")


def _data(data: Path) -> Finding:
    from workbench.datasets import DATASETS

    needed = [entry.name for entry in DATASETS if entry.needs_root]
    there = [name for name in needed if (data / name).is_dir()]
    if not there:
        return Finding("data", "note", f"no dataset at {data}; built-in scenes need none")
    return Finding("data", "ok", f"{', '.join(there)} at {data}")


def _try(what: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(what, "ok", check())
    except WorkbenchError as error:
        return Finding(what, "missing", str(error))
