"""Stores that a test run writes once, for all modules and workers.

They are read only: a test that changes a store takes a copy (``shutil.copytree``).
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from tests.store.sample import write_sample_store
from workbench.datasets.synthetic import Synthetic
from workbench.pool import MaskLabels
from workbench.store import open_store

SMALL = {
    "name": "small",
    "dataset": {"name": "synthetic", "train": 12, "val": 4, "height": 32, "width": 48},
    "units": "grid:2x2",
    "model": {"name": "tiny", "width": 4},
    "learner": {"name": "supervised", "epochs": 2, "batch_size": 4, "lr": 0.01},
    "methods": ["random", "entropy", "k_center"],
    "seeds": [0],
    "budget": {"initial": 8, "per_cycle": 4, "cycles": 3},
    "scan": {"scores": ["margin"], "batch_size": 4},
    "compute": {"precision": "float32", "device": "cpu"},
}
"""Three methods, three cycles on the built-in scenes: seconds on a CPU."""


@dataclass(frozen=True)
class Trained:
    """A store with one experiment that the engine ran, and the events of that run."""

    store: Path
    events: list[dict[str, Any]]

    @property
    def experiment(self) -> Any:
        (only,) = open_store(self.store).experiments()
        return only

    def run(self, method: str, seed: int = 0) -> Any:
        runs = self.experiment.runs()
        return next(r for r in runs if (r.method.name, r.seed) == (method, seed))


class SharedStores:
    """Writes each store the first time that any worker wants it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(exist_ok=True)

    def trained(self, values: Mapping[str, Any] = SMALL) -> Trained:
        """Return an experiment that ran to its end.

        Args:
            values: the experiment as its YAML file would give it.
        """
        path = self._once("trained", values, lambda folder: _train(values, folder))
        return _read(path)

    def sample(self, **settings: Any) -> Path:
        """Return a made-up store; settings as of :func:`write_sample_store`."""
        return self.made("sample", lambda path: write_sample_store(path, **settings), **settings)

    def made(self, kind: str, write: Callable[[Path], Any], **settings: Any) -> Path:
        """Return what a function wrote, once for the same kind and settings."""
        return self._once(kind, settings, lambda folder: write(folder / "store")) / "store"

    def _once(self, kind: str, settings: Any, write: Callable[[Path], Any]) -> Path:
        text = json.dumps(settings, sort_keys=True, default=str)
        path = self.root / f"{kind}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
        done = path.with_suffix(".done")
        with FileLock(path.with_suffix(".lock")):
            if not done.exists():
                shutil.rmtree(path, ignore_errors=True)  # a worker may have died in it
                path.mkdir()
                write(path)
                done.touch()
        return path


def _train(values: Mapping[str, Any], folder: Path) -> None:
    from workbench.config import parse_config
    from workbench.engine.experiment import run_experiment

    with (folder / "events.jsonl").open("w", encoding="utf-8") as out:

        def note(event: Mapping[str, Any]) -> None:
            out.write(json.dumps(event) + "\n")

        run_experiment(parse_config(values), folder / "store", folder / "data", on_event=note)


def _read(folder: Path) -> Trained:
    lines = (folder / "events.jsonl").read_text(encoding="utf-8").splitlines()
    return Trained(folder / "store", [json.loads(line) for line in lines])


def guard_masks(patch: Any) -> list[str]:
    """Let masks of the pool be read inside the label source alone; return the ids it will read."""
    reading: list[bool] = []
    read: list[str] = []
    plain_mask, plain_read = Synthetic.mask, MaskLabels._mask

    def mask(self: Any, split: str, key: str) -> Any:
        assert split != "train" or reading, f"the mask of {key} was read outside the label source"
        if split == "train":
            read.append(key)
        return plain_mask(self, split, key)

    def source(self: Any, number: int) -> Any:
        reading.append(True)
        try:
            return plain_read(self, number)
        finally:
            reading.pop()

    patch.setattr(Synthetic, "mask", mask)
    patch.setattr(MaskLabels, "_mask", source)
    return read
