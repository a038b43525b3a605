"""The exported graph answers as torch does, at other sizes than it was traced at, too."""

import json
import math

import numpy as np
import pytest
import torch

from workbench.errors import StoreError
from workbench.exporters import EXPORTERS, export
from workbench.exporters._onnx import TOLERANCE
from workbench.exporters._onnx_graph import WithPreprocessing, plain_copy
from workbench.models import build, load_weights
from workbench.models._grouped import GroupedConv
from workbench.store import open_store


@pytest.mark.parametrize("size", [(32, 48), (33, 50), (7, 11), (1, 1), (64, 5)])
def test_padding_by_arithmetic_is_the_networks_own(size):
    network = build({"name": "tiny", "width": 4}, 3, seed=0).eval()
    images = torch.randint(0, 256, (2, *size, 3), dtype=torch.uint8)
    with torch.no_grad():
        expected = network(network.normalise(images))
        for free in (True, False):
            found = WithPreprocessing(network, free=free)(images)
            torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)


def test_the_copy_runs_plain_convolutions_and_leaves_the_network():
    network = build({"name": "deeplabv3plus_meal"}, 3, seed=0).eval()
    kinds = [type(module) for module in network.modules()]
    assert GroupedConv in kinds
    plain = plain_copy(network)
    assert GroupedConv not in [type(module) for module in plain.modules()]
    assert [type(module) for module in network.modules()] == kinds
    x = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(plain(x), network(x), rtol=1e-4, atol=1e-4)


def test_a_cycle_without_weights_and_one_that_is_not_there_are_sentences(shared, tmp_path):
    store = open_store(shared.sample(running=True))
    run = store.runs()[0]
    with pytest.raises(StoreError, match=r"has no cycle 7; published so far: 0, 1, 2\."):
        export(EXPORTERS.bind("onnx:cycle=7"), store, [run], tmp_path)
    trained = shared.trained(LIGHT)
    light = open_store(trained.store)
    with pytest.raises(StoreError, match=r"Cycle 0 of .* kept no weights; .* keep\.weights: all"):
        export(EXPORTERS.bind("onnx:cycle=0"), light, light.runs(), tmp_path)
    with pytest.raises(StoreError, match="There is no run"):
        export(EXPORTERS.bind("onnx"), store, [], tmp_path)
    assert list(tmp_path.iterdir()) == []


from tests.experiments import SMALL  # noqa: E402 - beside what is made of it

LIGHT = {**SMALL, "name": "noweights", "methods": ["random"], "keep": {"weights": "none"}}


@pytest.mark.slow
def test_the_file_answers_as_torch_at_any_size(shared, tmp_path):
    import onnx
    import onnxruntime

    trained = shared.trained()
    run = trained.run("entropy")
    found = export(EXPORTERS.bind("onnx:cycle=1"), open_store(trained.store), [run], tmp_path)
    (path,) = found.paths
    assert path == tmp_path / run.experiment.id / "entropy-s0-cycle-0001.onnx"
    assert "images of any size" in found.notes[0]
    model = onnx.load(path)
    onnx.checker.check_model(model)
    about = {entry.key: entry.value for entry in model.metadata_props}
    cycle = run.cycle(1)
    assert about["weights_sha256"] == cycle.networks[cycle.scan].sha256
    assert tuple(json.loads(about["classes"])) == run.experiment.card.classes
    assert about["run"] == run.id
    network = build({"name": "tiny", "width": 4}, run.experiment.card.n_classes, seed=0)
    network = load_weights(network, cycle.weights).eval()
    session = onnxruntime.InferenceSession(path)
    generator = np.random.default_rng(1)
    for shape in [(1, 32, 48, 3), (3, 40, 41, 3), (2, 9, 100, 3)]:
        images = generator.integers(0, 256, shape, dtype=np.uint8)
        (logits,) = session.run(None, {"images": images})
        with torch.no_grad():
            expected = network(network.normalise(torch.from_numpy(images))).numpy()
        assert logits.dtype == np.float32
        assert logits.shape == expected.shape
        assert np.abs(logits - expected).max() <= TOLERANCE * np.abs(expected).max()


@pytest.mark.slow
def test_a_network_that_cannot_be_traced_freely_is_exported_at_its_size(
    shared, tmp_path, monkeypatch
):
    from workbench.exporters import _onnx

    whole = _onnx._traced
    tried = []

    def traced(network, size, *, free):
        tried.append(free)
        if free:
            raise RuntimeError("a size is a constant here")
        return whole(network, size, free=free)

    monkeypatch.setattr(_onnx, "_traced", traced)
    trained = shared.trained()
    store = open_store(trained.store)
    found = export(EXPORTERS.bind("onnx"), store, [trained.run("random")], tmp_path)
    assert tried == [True, False]
    assert "images of 48×32 pixels only" in found.notes[0]


def test_a_graph_that_answers_otherwise_is_refused(shared, tmp_path, monkeypatch):
    from workbench.exporters import _onnx

    monkeypatch.setattr(_onnx, "_traced", lambda *_, free: None)
    monkeypatch.setattr(_onnx, "_with_metadata", lambda *_: b"")
    for answer in (2 * TOLERANCE, math.inf):
        monkeypatch.setattr(_onnx, "_difference", lambda *_, answer=answer: answer)
        trained = shared.trained()
        with pytest.raises(StoreError, match=r"cannot be exported as ONNX .*its logits differ"):
            export(
                EXPORTERS.bind("onnx"), open_store(trained.store), [trained.run("random")], tmp_path
            )
    assert not list(tmp_path.rglob("*.onnx"))
