"""The probe takes bf16 only where it is clearly faster and right."""

from functools import partial

import pytest
import torch

from workbench.learning import _probe, probe_precision
from workbench.models import build
from workbench.models.base import SegmentationModel


def _build():
    return build({"name": "tiny", "width": 4}, 3, seed=0)


def _clock(monkeypatch, forward, step):
    """Let the probe find these times of bf16, where float32 takes 1."""
    now = [0.0]

    def run(low, model, x, precision):
        now[0] += low if precision == "bf16" else 1.0

    monkeypatch.setattr(_probe, "process_time", lambda: now[0])
    monkeypatch.setattr(_probe, "_supported", lambda: True)
    monkeypatch.setattr(_probe, "_forward", partial(run, forward))
    monkeypatch.setattr(_probe, "_step", partial(run, step))


@pytest.mark.parametrize(
    ("forward", "step", "wanted"),
    [(0.5, 0.5, "bf16"), (0.5, 0.9, "float32"), (0.9, 0.5, "float32"), (1.5, 1.5, "float32")],
)
def test_both_must_be_clearly_faster(monkeypatch, forward, step, wanted):
    _clock(monkeypatch, forward, step)
    assert probe_precision(_build, (24, 32), threads=1) == wanted


def test_without_the_instructions_nothing_is_timed(monkeypatch):
    monkeypatch.setattr(_probe, "_supported", lambda: False)
    monkeypatch.setattr(_probe, "_forward", None)
    assert probe_precision(_build, (24, 32), threads=1) == "float32"


def test_wrong_gradients_are_never_taken(monkeypatch):
    _clock(monkeypatch, 0.1, 0.1)
    monkeypatch.setattr(SegmentationModel, "right_in_bf16", False)
    assert probe_precision(_build, (24, 32), threads=1) == "float32"


def test_runs_with_the_threads_asked_for_and_leaves_them_as_they_were(monkeypatch):
    used = []
    monkeypatch.setattr(_probe, "_supported", lambda: True)
    for name in ("_forward", "_step"):
        monkeypatch.setattr(_probe, name, lambda *_: used.append(torch.get_num_threads()))
    probe_precision(_build, (24, 32), threads=2)
    assert set(used) == {2}
    assert torch.get_num_threads() == 1


def test_a_real_probe_changes_nothing():
    state = torch.get_rng_state()
    assert probe_precision(_build, (24, 32), 1) in {"float32", "bf16"}
    assert torch.equal(torch.get_rng_state(), state)
