"""Scores that bf16 would order otherwise are computed in float32; all else stays as it was."""

import numpy as np
import pytest

from tests.scoring.networks import FLOAT32, network, request, run, scan_images
from workbench.compute import ResolvedCompute
from workbench.config import Embedding
from workbench.scoring.scores import Score, parse_score

BF16 = ResolvedCompute("cpu", "bf16")
TEXTS = ("entropy", "margin", "least_confidence", "total_entropy@transforms:hflip")


@pytest.fixture(scope="module")
def model():
    return network()


@pytest.fixture
def precisions(monkeypatch):
    """The precision of each pass of the network, as the scan makes them."""
    import torch

    made = []

    def fold(model):
        inner = model.run

        def recorded(x):
            made.append("bf16" if torch.is_autocast_enabled("cpu") else "float32")
            return inner(x)

        monkeypatch.setattr(model, "run", recorded)
        return model

    monkeypatch.setattr("workbench.scoring.scan.fold", fold)
    return made


def test_named_scores_are_those_of_a_float32_scan_and_the_others_those_of_a_bf16_scan(model):
    everything = {"embeddings": (Embedding(),), "batch_size": 2}
    low = run(model, scan_images(), request(*TEXTS, **everything), BF16)
    full = run(model, scan_images(), request(*TEXTS, **everything), FLOAT32)
    named = frozenset({"margin", "total_entropy@transforms:hflip"})
    mixed = run(model, scan_images(), request(*TEXTS, float32=named, **everything), BF16)
    for key, result in mixed.items():
        for name, scores in result.unit_scores.items():
            wanted = (full if name in named else low)[key]
            np.testing.assert_array_equal(scores, wanted.unit_scores[name])
            np.testing.assert_array_equal(result.score_maps[name], wanted.score_maps[name])
        # whatever is scored beside them, predictions and features are the scan's own
        np.testing.assert_array_equal(result.prediction, low[key].prediction)
        np.testing.assert_array_equal(result.feature_map, low[key].feature_map)
        for name, found in result.embeddings.items():
            np.testing.assert_array_equal(found, low[key].embeddings[name])


def test_passes_are_shared_within_each_precision(model, precisions):
    named = frozenset({"margin", "total_entropy@transforms:hflip"})
    run(model, scan_images(1), request(*TEXTS, float32=named), BF16)
    assert precisions == ["bf16", "float32", "float32"]  # one image; there also its mirror image


def test_a_float32_scan_makes_no_pass_twice(model, precisions):
    run(model, scan_images(1), request(*TEXTS, float32=frozenset(TEXTS)), FLOAT32)
    assert precisions == ["float32"] * 2


def test_a_score_that_states_it_needs_no_naming(model, precisions, monkeypatch):
    monkeypatch.setattr(Score, "needs_float32", property(lambda score: score.name == "margin"))
    found = run(model, scan_images(1), request("entropy", "margin"), BF16)
    assert precisions == ["bf16", "float32"]
    full = run(model, scan_images(1), request("margin"), FLOAT32)
    scores = [result["image0"].unit_scores["margin"] for result in (found, full)]
    np.testing.assert_array_equal(*scores)


FLOAT32_SCORES = [
    "ripu",
    "least_confidence@odin:0.01",
    "least_confidence@odin:0.3",
    "bvsb_ratio",
    "vote_entropy@mc_dropout",
    "variation_ratio@transforms:hflip",
    "variance@mc_dropout",
    "mutual_information@ensemble:2",
]
BF16_SCORES = [
    *TEXTS,
    "least_confidence@odin:1",
    "least_confidence@odin:1000,0.0014",
    "expected_entropy@mc_dropout",
    "total_entropy@ensemble:2",
]


def test_scores_state_what_was_measured():
    """See docs/benchmarks.md: float32 where Kendall's τ fell under 0.99."""
    assert all(parse_score(text).needs_float32 for text in FLOAT32_SCORES)
    assert not any(parse_score(text).needs_float32 for text in BF16_SCORES)


def test_sharp_odin_shares_no_pass_with_bf16_scores(model, precisions):
    texts = ("entropy", "least_confidence@odin:0.01", "least_confidence@odin:10")
    found = run(model, scan_images(1), request(*texts), BF16)
    assert precisions == ["bf16", "float32"]
    full = run(model, scan_images(1), request(texts[1]), FLOAT32)
    sharp = parse_score(texts[1]).name
    scores = [result["image0"].unit_scores[sharp] for result in (found, full)]
    np.testing.assert_array_equal(*scores)
