"""A store that grows: real experiments of ``workbench run``, one step after the other.

Each experiment starts with two methods, gets more cycles, a method, a seed, and in one run a
score that its finished cycles did not have (``workbench rescan``); then the next one begins.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from workbench.store import open_store

SCORE = "vote_entropy@transforms:hflip"


class Growth:
    """Makes a store grow in a thread of its own, with processes of their own.

    Args:
        folder: for the experiments' files and datasets.
        store: the store.
        rng: decides the pauses.
        pause_s: mean of the seconds between two steps.

    Attributes:
        steps: steps that are done.
        errors: what a step printed that did not end well.
    """

    def __init__(self, folder: Path, store: Path, rng: random.Random, pause_s: float) -> None:
        self.steps = 0
        self.errors: list[str] = []
        self._folder, self._store, self._rng, self._pause_s = folder, store, rng, pause_s
        self._ended = threading.Event()
        self._command: subprocess.Popen[str] | None = None
        self._plan = self._steps()

    def step(self) -> None:
        """Take the next step and wait until it is done."""
        step = next(self._plan)
        command = [sys.executable, "-m", "workbench", *step, "--store", str(self._store)]
        quiet = {**os.environ, "OMP_NUM_THREADS": "1"}
        self._command = subprocess.Popen(
            command, env=quiet, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        _, printed = self._command.communicate()
        if self._command.returncode and not self._ended.is_set():
            self.errors.append(f"{' '.join(step)}: {printed.strip()[-300:]}")
        self.steps += 1

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Take steps, with pauses, until the block is left."""
        thread = threading.Thread(target=self._work, name="growth")
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            if self._command is not None and self._command.poll() is None:
                self._command.terminate()
            thread.join()

    def _work(self) -> None:
        while not self._ended.wait(self._rng.uniform(0.5, 1.5) * self._pause_s):
            self.step()

    def _steps(self) -> Iterator[list[str]]:
        number = 0
        while True:
            name = f"soak-{number}"
            for grown in _grown(name, number):
                file = self._folder / f"{name}.yaml"
                file.write_text(yaml.safe_dump(grown), encoding="utf-8")
                yield ["run", str(file), "--data", str(self._folder)]
            newest = open_store(self._store).experiments()[0]
            yield ["rescan", newest.runs()[0].id, "--scores", SCORE]
            number += 1


def _grown(name: str, number: int) -> Iterator[dict[str, Any]]:
    """Yield an experiment, growing."""
    values: dict[str, Any] = {
        "name": name,
        "description": f"Experiment {number} of a store that grows",
        "dataset": {"name": "synthetic", "train": 24, "val": 4, "height": 96, "width": 128},
        "units": "grid:2x2",
        "model": {"name": "tiny", "width": 4},
        "learner": {"name": "supervised", "epochs": 2, "batch_size": 4, "lr": 0.01},
        "methods": ["random", "entropy"],
        "seeds": [number],
        "budget": {"initial": 8, "per_cycle": 4, "cycles": 3},
        "scan": {"scores": ["entropy", "margin"], "batch_size": 4},
        "compute": {"precision": "float32", "device": "cpu"},
    }
    yield values
    values["budget"]["cycles"] = 5
    yield values
    values["methods"].append("k_center")
    yield values
    values["seeds"].append(number + 1)
    yield values
