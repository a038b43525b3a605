"""The probe takes bf16 only where it is clearly faster and right."""

import pytest
import torch

from workbench.learning import _probe, probe_precision
from workbench.models import build
from workbench.models.base import SegmentationModel


def _build():
    return build({"name": "tiny", "width": 4}, 3, seed=0)


def _clock(monkeypatch, forward, step):
    """Let the probe find these times of bf16, where float32 takes 1."""
    for name, low in (("_forward", forward), ("_step", step)):
        times = {"float32": 1.0, "bf16": low}
        monkeypatch.setattr(_probe, name, lambda model, x, precision, t=times: t[precision])


@pytest.mark.parametrize(
    ("forward", "step", "wanted"),
    [(0.5, 0.5, "bf16"), (0.5, 0.9, "float32"), (0.9, 0.5, "float32"), (1.5, 1.5, "float32")],
)
def test_both_must_be_clearly_faster(monkeypatch, forward, step, wanted):
    monkeypatch.setattr(_probe, "_supported", lambda: True)
    _clock(monkeypatch, forward, step)
    assert probe_precision(_build, (24, 32), threads=1) == wanted


def test_without_the_instructions_nothing_is_timed(monkeypatch):
    monkeypatch.setattr(_probe, "_supported", lambda: False)
    monkeypatch.setattr(_probe, "_forward", None)
    assert probe_precision(_build, (24, 32), threads=1) == "float32"


def test_wrong_gradients_are_never_taken(monkeypatch):
    monkeypatch.setattr(_probe, "_supported", lambda: True)
    monkeypatch.setattr(SegmentationModel, "right_in_bf16", False)
    _clock(monkeypatch, 0.1, 0.1)
    assert probe_precision(_build, (24, 32), threads=1) == "float32"


def test_leaves_threads_and_random_state_as_they_were():
    before, state = torch.get_num_threads(), torch.get_rng_state()
    found = probe_precision(_build, (24, 32), threads=before + 1, train_size=(16, 16))
    assert found in {"float32", "bf16"}
    assert torch.get_num_threads() == before
    assert torch.equal(torch.get_rng_state(), state)
