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
