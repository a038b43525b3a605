"""Measures the memory of a run, cycle by cycle: ``python -m benchmarks.memory [DATA]``.

Prints the resident memory at the end of every
cycle of one run on the built-in scenes, and, where ``DATA/camvid`` exists, of one on CamVid at
360×480. From cycle 1 on it is to grow by at most 5 % (``docs/reliability.md``).
"""

import os
import sys
import tempfile
from pathlib import Path

from workbench.config import parse_config

CYCLES = 9
PAGE = os.sysconf("SC_PAGE_SIZE")

SCENES = {
    "name": "scenes",
    "dataset": {"name": "synthetic", "train": 240, "val": 48, "redundancy": 0.9},
    "units": "grid:4x4",
    "model": "tiny",
    "learner": {"name": "supervised", "epochs": 2, "batch_size": 8, "lr": 0.005},
    "methods": [{"name": "bald", "score": "mutual_information@mc_dropout:4"}, "k_center"],
    "seeds": [0],
    "budget": {"initial": 32, "per_cycle": 16, "cycles": CYCLES},
    "scan": {"scores": ["entropy", "margin"], "batch_size": 16},
    "compute": {"device": "cpu", "threads": 1},
}
CAMVID = {
    "name": "camvid",
    "dataset": "camvid",
    "units": "grid:4x4",
    "model": {"name": "deeplabv3plus", "encoder": "mobilenet_v2"},
    "learner": {"name": "supervised", "epochs": 1, "batch_size": 4, "lr": 0.005},
    "methods": ["entropy"],
    "seeds": [0],
    "budget": {"initial": 16, "per_cycle": 8, "cycles": CYCLES},
    "scan": {"batch_size": 4},
    "compute": {"device": "cpu", "threads": 1},
}


def resident() -> float:
    """Return the resident memory of this process in MiB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE / 2**20


def measure(values: dict, data: Path) -> dict[str, list[float]]:
    """Run an experiment in this process and return the memory after each cycle of each run."""
    from workbench.engine.experiment import run_experiment

    after: dict[str, list[float]] = {}

    def note(event: dict) -> None:
        if event["event"] == "cycle":
            after.setdefault(event["method"], []).append(resident())

    with tempfile.TemporaryDirectory() as store:
        run_experiment(parse_config(values), Path(store), data, 1, note)
    return after


def main() -> None:
    """Print a line for each run."""
    data = Path(sys.argv[1] if len(sys.argv) > 1 else "data")
    for values in (SCENES, CAMVID) if (data / "camvid").is_dir() else (SCENES,):
        for method, sizes in measure(values, data).items():
            growth = 100 * (max(sizes[1:]) / sizes[1] - 1)
            print(
                f"{values['name']} {method}: {', '.join(f'{s:.0f}' for s in sizes)} MiB; "
                f"at most {growth:.1f} % above cycle 1",
                flush=True,
            )


if __name__ == "__main__":
    main()
