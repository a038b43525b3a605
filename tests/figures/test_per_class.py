import numpy as np
import pytest

from tests.store.sample import write_sample_store
from workbench.errors import ConfigError
from workbench.figures import per_class
from workbench.store import open_store


def test_mean_over_seeds_at_the_last_cycle_that_all_have(runs):
    data = per_class.read(runs)
    assert data.cycle == 1  # one run is a cycle behind
    road = data.table.query("method == 'random' and `class` == 'road'").iloc[0]
    values = [r.cycle(1).metrics.iou[0] for r in runs if r.method.name == "random"]
    assert road["iou"] == pytest.approx(np.mean(values))
    assert road["sd"] == pytest.approx(np.std(values, ddof=1))


def test_an_absent_class_is_a_dash_and_the_mean_is_the_miou(runs):
    data = per_class.read(runs)
    rows = data.table.query("method == 'entropy'").set_index("class")
    assert np.isnan(rows.loc["car", "iou"])
    assert rows.loc["car", "seeds"] == 0
    mious = [r.cycle(1).metrics.miou for r in runs if r.method.name == "entropy"]
    assert rows.loc["mean", "iou"] == pytest.approx(np.mean(mious))
    assert "–" in {cell for row in per_class.figure(data).data[0].text for cell in row}


def test_runs_of_two_experiments_are_refused(runs, tmp_path):
    other = open_store(
        write_sample_store(tmp_path, methods=("random",), seeds=(5,), images=4, grid=(3, 2))
    )
    with pytest.raises(ConfigError, match="choose runs of one"):
        per_class.read([*runs, *other.runs()])
