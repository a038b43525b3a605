"""What methods bring along to the scan: embeddings of their own, a precision of their own."""

import numpy as np

import workbench as wb
from tests.engine.queries import first_queries
from workbench.engine.plan import resolve

DECODER = {"name": "k_center_decoder", "selector": "k_center", "embedding": {"tap": "decoder"}}


def test_each_method_selects_by_its_own_embedding_of_the_shared_scan(small, tmp_path):
    found = first_queries(small(methods=["entropy", "k_center", DECODER]), tmp_path)
    keys = {"backbone-image-current", "decoder-image-current"}
    for name, cycle in found.items():
        assert set(cycle.observation.embeddings) == keys
        key = "decoder-image-current" if name == "k_center_decoder" else "backbone-image-current"
        wanted = cycle.observation.embedding(key)
        np.testing.assert_array_equal(cycle.embeddings.vectors, wanted.vectors)
    by_decoder = found["k_center_decoder"]
    assert by_decoder.selected.tolist() != found["k_center"].selected.tolist()
    assert wb.whatif(by_decoder).tolist() == by_decoder.selected.tolist()


def test_a_method_asks_for_its_own_score_in_float32_alone(small):
    exact = {"name": "margin", "scan": {"precision": "float32"}}
    plan = resolve(small(methods=["entropy", exact], scan={"scores": ["ripu"]}))
    assert plan.float32_of(plan.methods) == {"margin"}
    zero = [plan.cycle_zero_key(method, 0) for method in plan.methods]
    assert zero[0] != zero[1], "another precision of the scan is another cycle 0"


def test_what_if_pools_the_features_of_the_experiments_tap_in_any_order_of_the_methods(
    small, tmp_path
):
    alone = first_queries(small(methods=[DECODER]), tmp_path / "alone")["k_center_decoder"]
    both = first_queries(small(methods=["k_center", DECODER]), tmp_path / "both")
    first, second = (wb.whatif(c, units="grid:1x2") for c in (alone, both["k_center_decoder"]))
    assert first.tolist() == second.tolist()
    assert alone.feature_tap == both["k_center"].feature_tap == "backbone"
    image = alone.image_ids[0]
    np.testing.assert_array_equal(alone.feature_map(image), both["k_center"].feature_map(image))
    said = "of the tap backbone; the embedding of the method is of the tap decoder."
    assert said in first.approximate[-1]
    own = wb.whatif(both["k_center"], units="grid:1x2").approximate
    assert not any("the tap" in text for text in own)


def test_a_network_without_the_experiments_tap_gives_features_of_its_backbone(small):
    decoder = {"name": "random", "embedding": {"tap": "decoder"}}
    (method,) = (plan := resolve(small(methods=[decoder], embedding={"tap": "aspp"}))).methods
    assert plan.coarse_tap(method) == "backbone"
    (method,) = (plan := resolve(small(methods=["random"], embedding={"tap": "decoder"}))).methods
    assert plan.coarse_tap(method) == "decoder"
