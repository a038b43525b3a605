"""A run keeps nothing of a cycle that is over: what is alive does not grow from cycle to cycle."""

import gc
import tracemalloc

import pytest
import torch

from benchmarks.memory import SCENES, measure
from tests.experiments import SMALL
from workbench.config import parse_config
from workbench.engine.experiment import run_experiment

VALUES = SMALL | {
    "methods": ["k_center"],
    "budget": {"initial": 8, "per_cycle": 4, "cycles": 4},
}

WARM = VALUES | {"budget": {"initial": 8, "per_cycle": 4, "cycles": 2}}


def test_what_is_alive_after_a_cycle_does_not_grow(tmp_path):
    """Counts bytes that Python and numpy hold, and those of tensors; the first cycles import."""
    alive = []

    def note(event):
        if event["event"] == "cycle":
            gc.collect()
            tensors = [x for x in gc.get_objects() if issubclass(type(x), torch.Tensor)]
            held = sum(x.untyped_storage().nbytes() for x in tensors)
            alive.append((tracemalloc.get_traced_memory()[0], held))

    run_experiment(parse_config(WARM), tmp_path / "warm", tmp_path)  # imports, fills caches
    tracemalloc.start()
    try:
        run_experiment(parse_config(VALUES), tmp_path / "store", tmp_path, on_event=note)
    finally:
        tracemalloc.stop()
    traced, held = zip(*alive, strict=True)
    assert len(alive) == 4
    assert max(traced[1:]) <= 1.05 * traced[1] + 100_000  # bytes: the events and records themselves
    assert max(held[1:]) <= 1.05 * held[1]


@pytest.mark.slow
def test_resident_memory_grows_by_at_most_5_percent_from_cycle_1_on(tmp_path):
    for sizes in measure(SCENES, tmp_path).values():
        assert max(sizes[1:]) <= 1.05 * sizes[1]
