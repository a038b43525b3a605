"""Clicks by recorded outlines in a whole experiment: only those of labelled units are read."""

import workbench as wb
from tests.datasets.fakes import cityscapes as fake
from workbench.config import parse_config
from workbench.datasets import open_dataset
from workbench.datasets.cityscapes import Cityscapes
from workbench.engine.experiment import run_experiment

CONFIG = {
    "name": "drawn",
    "dataset": {"name": "cityscapes"},
    "units": "image",
    "model": "tiny",
    "learner": {"name": "supervised", "epochs": 1, "batch_size": 2},
    "budget": {"unit": "images", "initial": 2, "per_cycle": 1, "cycles": 3},
    "methods": ["random"],
    "seeds": [0],
    "compute": {"device": "cpu"},
}


def test_clicks_are_those_that_were_recorded_and_no_other_outline_is_read(tmp_path, monkeypatch):
    fake.make(tmp_path / "data" / "cityscapes", images=6)
    read = set()
    plain = Cityscapes.outlines

    def outlines(self, split, key):
        assert split == "train"
        read.add(key)
        return plain(self, split, key)

    monkeypatch.setattr(Cityscapes, "outlines", outlines)
    identity = run_experiment(parse_config(CONFIG), tmp_path / "store", tmp_path / "data")
    monkeypatch.undo()
    experiment = wb.open_store(tmp_path / "store").experiment(identity)
    (run,) = experiment.runs()
    pool = experiment.pool.set_index("unit_id")
    dataset = open_dataset("cityscapes", tmp_path / "data")
    for cycle in run.cycles:
        keys = pool.loc[cycle.labelled].image_id
        clicks = [
            len(outline.vertices) + 1 for key in keys for outline in dataset.outlines("train", key)
        ]
        assert cycle.metrics.labelled_clicks == sum(clicks)
    assert read == set(pool.loc[run.cycles[-1].labelled].image_id)
    assert len(read) == 4 < len(pool)
