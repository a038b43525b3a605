"""A run that scores each unit as an image of its own, against boxes that are cut by hand."""

import numpy as np
import pytest
import torch

import workbench as wb
from workbench.datasets import open_dataset
from workbench.engine.experiment import run_experiment
from workbench.engine.rescan import rescan
from workbench.models import build, load_weights


def test_unit_scores_are_those_of_each_box_fed_alone(small, tmp_path):
    config = small(
        methods=["entropy"],
        budget={"initial": 8, "per_cycle": 4, "cycles": 2},
        scan={"view": "unit", "batch_size": 4},
    )
    identity = run_experiment(config, tmp_path, tmp_path)
    rescan(tmp_path, f"{identity}/entropy-s0", ["least_confidence"])
    dataset = open_dataset(config.dataset, tmp_path)
    for cycle in wb.open_store(tmp_path).run(f"{identity}/entropy-s0").cycles:
        model = build("tiny:width=4", cycle.classes, seed=0).eval()
        load_weights(model, cycle.weights)
        entropy, least_confidence = [], []
        for unit in cycle.units.itertuples():
            image = dataset.image("train", unit.image_id)
            box = np.ascontiguousarray(image[unit.y0 : unit.y1, unit.x0 : unit.x1])
            with torch.no_grad():
                alone = model(model.normalise(torch.from_numpy(box)[None])).softmax(dim=1).double()
            entropy.append(torch.special.entr(alone).sum(dim=1).mean().item())
            least_confidence.append(1 - alone.amax(dim=1).mean().item())
        assert cycle.unit_scores("entropy").tolist() == pytest.approx(entropy, rel=1e-4)
        added = cycle.unit_scores("least_confidence").tolist()
        assert added == pytest.approx(least_confidence, rel=1e-4)
