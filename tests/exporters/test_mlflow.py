"""MLflow's own client finds what the store holds; a second export adds nothing."""

import shutil
import sqlite3

import pytest

from tests.store.sample import write_sample_store
from workbench.errors import StoreError
from workbench.exporters import EXPORTERS, export
from workbench.exporters._mlflow_names import flat, name_of
from workbench.store import open_store

SPEC = EXPORTERS.bind("mlflow:images=1")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("metrics/miou", "metrics/miou"),
        ("iou/road way", "iou/road way"),
        ("iou/Stra\u00dfe: a/b", "iou/Stra_e_ a_b"),
        ("iou/..", "iou/_.."),
        ("iou/" + 300 * "x", "iou/" + 236 * "x"),
    ],
)
def test_names_are_those_that_mlflow_takes(text, name):
    from mlflow.utils.validation import _validate_metric_name

    assert name_of(text) == name
    _validate_metric_name(name)


def test_settings_are_flat_texts():
    values = {"a": {"b": {"c": 1}, "d": None}, "e": [1, 2], "f": "text", "g": 7000 * "x", "h": True}
    found = flat(values)
    assert found == {
        "a.b.c": "1",
        "e": "[1, 2]",
        "f": "text",
        "g": 6000 * "x",
        "h": "true",
    }


def test_what_is_no_mlflow_store_is_refused_and_left_alone(shared, tmp_path):
    store = open_store(shared.sample(running=True))
    file = tmp_path / "mlflow.db"
    file.write_text("not a database, but long enough to be read as one")
    with pytest.raises(StoreError, match="file is not a database"):
        export(SPEC, store, store.runs(), tmp_path)
    assert file.read_text().startswith("not a database")
    file.unlink()
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE theirs (a)")
    with pytest.raises(StoreError, match="is the database of another program; choose another"):
        export(SPEC, store, store.runs(), tmp_path)
    with pytest.raises(StoreError, match="No cycle of these runs is published yet"):
        export(SPEC, store, [], tmp_path)


def runs_in(folder):
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=f"sqlite:///{folder / 'mlflow.db'}")
    ids = [one.experiment_id for one in client.search_experiments() if one.name != "Default"]
    return client, {run.info.run_name: run for run in client.search_runs(ids)}


@pytest.mark.slow
def test_runs_are_added_once_replaced_when_grown_and_never_half(shared, tmp_path, monkeypatch):
    from workbench.exporters import _mlflow

    trained, out = shared.trained(), tmp_path / "out"
    chosen = [trained.run("random"), trained.run("entropy")]
    store = open_store(trained.store)
    export(SPEC, store, chosen, out)
    client, found = runs_in(out)
    assert sorted(found) == ["entropy-s0", "random-s0"]
    run, cycles = found["entropy-s0"], trained.run("entropy").cycles
    assert run.info.status == "FINISHED"
    assert run.data.params["method.score"] == "entropy"
    assert run.data.params["budget.initial"] == "8"
    assert run.data.tags["workbench.run"] == trained.run("entropy").id
    history = client.get_metric_history(run.info.run_id, "metrics/miou")
    assert [(m.step, m.value) for m in history] == [(c.number, c.metrics.miou) for c in cycles]
    losses = client.get_metric_history(run.info.run_id, "train/loss")
    assert [m.step for m in losses] == list(range(1, 7))
    names = {file.path for file in client.list_artifacts(run.info.run_id)}
    assert names == {"experiment.yaml", "metrics.csv", "selections.csv", "pictures"}
    assert not (tmp_path / "mlruns").exists()

    again = export(SPEC, store, chosen, out)
    assert all("is there already, with the same content" in note for note in again.notes)
    assert {k: v.info.run_id for k, v in runs_in(out)[1].items()} == {
        k: v.info.run_id for k, v in found.items()
    }

    def interrupted(*_):
        raise KeyboardInterrupt

    other = EXPORTERS.bind("mlflow:images=0")  # another content
    with monkeypatch.context() as patch:
        patch.setattr(_mlflow, "_log_pictures", interrupted)
        with pytest.raises(KeyboardInterrupt):
            export(other, store, chosen[:1], out)
    assert runs_in(out)[1]["random-s0"].info.run_id == found["random-s0"].info.run_id
    export(other, store, chosen[:1], out)
    _, grown = runs_in(out)
    assert len(grown) == 2
    assert grown["random-s0"].info.run_id != found["random-s0"].info.run_id


@pytest.mark.slow
def test_an_interruption_while_the_database_is_made_leaves_nothing(tmp_path, monkeypatch):
    from workbench.exporters import _mlflow

    store = open_store(write_sample_store(tmp_path / "store", methods=("random",), seeds=(0,)))

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(_mlflow.MlflowClient, "search_experiments", interrupted)
    with pytest.raises(KeyboardInterrupt):
        export(SPEC, store, store.runs(), tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []
    shutil.rmtree(tmp_path / "out")
