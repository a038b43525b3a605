"""Any list of scores in one scan: each committee once, each pass once, whatever the batches."""

import numpy as np
import pytest
import torch

from tests.scoring.networks import FLOAT32, Kept, Painted, network, request, scan_images
from workbench.errors import ModelError
from workbench.scoring.scan import scan

COMMITTEES = (
    "softmax",
    "mc_dropout:3",
    "transforms:hflip+rot90+translate4",
    "ensemble:2",
    "odin:1000",
    "odin:10,0.001",
)
TEXTS = tuple(
    f"{acquisition}@{committee}"
    for committee in COMMITTEES
    for acquisition in ("entropy", "mutual_information", "vote_entropy", "variance", "ripu")
)


def scanned(images, wanted, model=None):
    model = model or network()
    kept = Kept()
    scan(model, images, wanted, FLOAT32, kept, members=(model, network(seed=1)))
    return kept


@pytest.fixture(scope="module")
def together():
    return scanned(scan_images(3), request(*TEXTS, batch_size=3, features=False))


def test_batch_size_and_order_change_no_score(together):
    found = scanned(scan_images(3)[::-1], request(*TEXTS, batch_size=2, features=False))
    for key, expected in together.items():
        for name, values in expected.unit_scores.items():
            # the sign of a gradient that is nearly zero has no tolerance: a little for ODIN's step
            atol = 1e-4 if "epsilon" in name else 2e-6
            np.testing.assert_allclose(
                found[key].unit_scores[name], values, atol=atol, err_msg=name
            )


@pytest.mark.parametrize("committee", COMMITTEES)
def test_a_committee_scores_the_same_alone_as_among_others(together, committee):
    texts = [text for text in TEXTS if text.endswith(f"@{committee}")]
    alone = scanned(scan_images(3), request(*texts, batch_size=3, features=False))
    assert len(alone["image0"].unit_scores) == len(texts)
    for key, result in alone.items():
        for name, values in result.unit_scores.items():
            np.testing.assert_allclose(
                values, together[key].unit_scores[name], atol=1e-6, err_msg=name
            )


def test_scores_of_a_committee_differ_from_those_of_another(together):
    scores = together["image0"].unit_scores
    named = [scores[name] for name in scores if name.startswith("entropy")]
    assert len(named) == len(COMMITTEES)
    assert len({tuple(np.round(values, 7)) for values in named}) == len(COMMITTEES)


@pytest.mark.parametrize(
    ("texts", "passes"),
    [
        (["entropy", "margin", "least_confidence"], 1),
        (["entropy", "least_confidence@odin:0.01", "least_confidence@odin:1000"], 1),
        (["entropy", "total_entropy@transforms:hflip", "ripu@transforms:hflip"], 2),
        (["variance@transforms:hflip", "variance@transforms:hflip+vflip"], 3),
        (["mutual_information@mc_dropout:5", "vote_entropy@mc_dropout:5"], 6),
        (["least_confidence@odin:10,0.001", "entropy@odin:10,0.001"], 3),
    ],
)
def test_every_pass_is_made_once_a_batch(texts, passes):
    model, runs = network(), []
    whole = model.run
    model.run = lambda x: runs.append(len(x)) or whole(x)
    scanned(scan_images(4), request(*texts, batch_size=2, features=False), model)
    assert runs.count(2) == 2 * passes  # what is folded first is tried on a single image


def test_dropout_needs_a_network_that_has_it():
    with pytest.raises(ModelError, match="trained with dropout"):
        scanned(scan_images(1), request("mutual_information@mc_dropout"), Painted())


def test_ensembles_need_their_networks():
    kept = Kept()
    with pytest.raises(ModelError, match="has 0 networks"):
        scan(network(), scan_images(1), request("variance@ensemble:4"), FLOAT32, kept)


def test_a_scan_with_a_gradient_leaves_none_behind():
    model = network()
    scanned(scan_images(2), request("least_confidence@odin:10,0.001"), model)
    assert all(p.grad is None for p in model.parameters())
    assert all(p.requires_grad for p in model.parameters())
    assert torch.is_grad_enabled()
