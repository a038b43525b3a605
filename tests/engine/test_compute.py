"""Where an experiment runs, in which precision, and how many of its runs at a time."""

from types import SimpleNamespace

import pytest
import torch

from workbench import learning
from workbench.compute import ResolvedCompute
from workbench.config import Compute
from workbench.engine import compute
from workbench.engine.compute import device_of, resolve_compute, side_by_side
from workbench.errors import ConfigError


def asked(device="auto", precision="auto", threads=1):
    return Compute.model_construct(device=device, precision=precision, threads=threads)


def have(monkeypatch, gpus):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpus > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)


@pytest.mark.parametrize(
    ("gpus", "device", "wanted"),
    [
        (0, "auto", "cpu"),
        (2, "auto", "cuda"),
        (0, "cpu", "cpu"),
        (2, "cpu", "cpu"),
        (1, "cuda", "cuda"),
        (1, "cuda:0", "cuda:0"),
        (2, "cuda:1", "cuda:1"),
    ],
)
def test_the_device_that_is_used(monkeypatch, gpus, device, wanted):
    have(monkeypatch, gpus)
    assert device_of(asked(device)) == wanted


@pytest.mark.parametrize(
    ("gpus", "device", "words"),
    [
        (2, "gpu", "wanted auto, cpu, cuda or cuda:N"),
        (2, "tpu:1", "wanted auto, cpu, cuda or cuda:N"),
        (2, "cuda:", "wanted auto, cpu, cuda or cuda:N"),
        (2, "cuda:x", "wanted auto, cpu, cuda or cuda:N"),
        (2, "cuda:2", "torch finds 2 CUDA devices"),
        (0, "cuda", "torch finds 0 CUDA devices"),
        (0, "cuda:0", "torch finds 0 CUDA devices"),
    ],
)
def test_a_device_that_is_not_there_is_refused(monkeypatch, gpus, device, words):
    have(monkeypatch, gpus)
    with pytest.raises(ConfigError, match=words):
        device_of(asked(device))


def test_the_precision_is_probed_only_where_none_is_asked_for(monkeypatch):
    have(monkeypatch, 1)
    probed = []

    def probe(build, size, threads, device):
        probed.append((build(), size, threads, device))
        return "bf16"

    monkeypatch.setattr(learning, "probe_precision", probe)
    monkeypatch.setattr("workbench.models.build", lambda model, classes, seed: (classes, seed))

    def resolved(config):
        plan = SimpleNamespace(config=SimpleNamespace(compute=config), model="m")
        return resolve_compute(plan, 11, (32, 48))

    given = resolved(asked("cpu", "float32", 3))
    assert given == ResolvedCompute("cpu", "float32", 3)
    assert probed == []
    assert resolved(asked("auto", "auto", 2)) == ResolvedCompute("cuda", "bf16", 2)
    assert probed == [((11, 0), (32, 48), 2, "cuda")]


@pytest.mark.parametrize(
    ("jobs", "runs", "device", "cores", "threads", "wanted"),
    [
        (None, 9, "cpu", 8, 1, 8),
        (None, 9, "cpu", 8, 3, 2),
        (None, 5, "cpu", 8, 1, 5),
        (None, 9, "cpu", 2, 4, 1),
        (None, 9, "cuda", 8, 1, 1),
        (1, 9, "cpu", 8, 1, 1),
        (4, 9, "cuda:1", 2, 4, 4),
        (4, 3, "cpu", 2, 4, 3),
    ],
)
def test_runs_at_a_time(monkeypatch, jobs, runs, device, cores, threads, wanted):
    monkeypatch.setattr(compute, "usable_cores", lambda: cores)
    config = SimpleNamespace(compute=asked(threads=threads))
    assert side_by_side(jobs, SimpleNamespace(config=config, runs=range(runs)), device) == wanted


def test_no_run_at_a_time_is_refused():
    with pytest.raises(ConfigError, match="--jobs is 0"):
        side_by_side(0, SimpleNamespace(runs=range(3)), "cpu")
