"""A network that another distribution brings, in a whole experiment with several learners."""

import pytest
import torch

import workbench as wb
from tests.experiments import SMALL
from workbench.config import parse_config
from workbench.engine.experiment import run_experiment
from workbench.engine.forecast import forecast
from workbench.engine.plan import resolve
from workbench.errors import ConfigError
from workbench.models import MODELS, build, load_weights

MODEL = {"name": "pyramid", "channels": 4, "dropout": 0.2}
U2PL = {"tap": "middle", "epochs": 2, "sup_only_epochs": 0, "projection": 4, "memory": 9}
THEIRS = {
    **SMALL,
    "units": "image",
    "model": MODEL,
    "learner": {"name": "supervised", "epochs": 1, "batch_size": 4, "head_lr": 10.0},
    "methods": [
        {"name": "k_center", "embedding": {"tap": "middle"}},
        {"name": "bald", "score": "mutual_information@mc_dropout:members=2"},
        {"name": "random_u2pl", "learner": U2PL},
        {"name": "equal", "learner": {"batch_size": 4}},
    ],
    "budget": {"initial": 4, "per_cycle": 2, "cycles": 2},
}


@pytest.fixture(autouse=True)
def _theirs(from_outside):
    from_outside(MODELS, "from tests.engine.their_network import PYRAMID as ENTRIES")


def test_it_trains_scans_and_is_stored_as_ours_are(tmp_path):
    config = parse_config(THEIRS)
    assert forecast(config, tmp_path).bytes["weights"] > 0
    store = tmp_path / "store"
    identity = run_experiment(config, store, tmp_path)
    runs = {run.method.name: run for run in wb.open_store(store).runs(identity)}
    assert list(runs) == ["k_center", "bald", "random_u2pl", "equal"]
    for run in runs.values():
        assert run.status.state == "done"
        first, last = run.cycles
        assert len(first.selected) == 2
        network = load_weights(build(MODEL, 9, seed=0), last.weights_of(last.scan))
        assert not torch.equal(network.middle.weight, build(MODEL, 9, seed=0).middle.weight)
    assert set(runs["random_u2pl"].cycle(0).extras["terms"]) == {
        "cross_entropy", "self_training", "contrast"
    }  # fmt: skip
    assert "consistency" in runs["equal"].cycle(1).extras["terms"]
    assert runs["k_center"].cycle(1).embeddings.vectors.shape[1] == MODEL["channels"]
    assert list(runs["k_center"].cycle(1).observation.embeddings) == ["middle-image-current"]


@pytest.mark.parametrize(
    ("tap", "words"),
    [
        ("aspp", "embedding.tap is aspp, which the network pyramid does not have"),
        ("../up", "embedding.tap is '../up'"),
        ("a" * 41, "embedding.tap is 'aaa"),
    ],
)
def test_the_tap_of_an_embedding_is_one_of_the_networks(tap, words):
    with pytest.raises(ConfigError, match=words):
        resolve(parse_config({**THEIRS, "embedding": {"tap": tap}, "methods": ["k_center"]}))


def test_a_tap_that_it_does_not_have_is_refused_before_a_run_begins(tmp_path):
    with pytest.raises(ConfigError, match="channels"):
        resolve(parse_config({**THEIRS, "model": {**MODEL, "channels": 0}}))
    ours = {**U2PL, "tap": "aspp"}
    config = parse_config({**THEIRS, "methods": [{"name": "random_u2pl", "learner": ours}]})
    with pytest.raises(ConfigError, match="has the taps backbone, middle, decoder"):
        forecast(config, tmp_path)
    with pytest.raises(ConfigError, match="has the taps backbone, middle, decoder"):
        run_experiment(config, tmp_path / "store", tmp_path)
    assert not (tmp_path / "store").exists()
