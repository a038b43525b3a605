"""The page *Learn*: of every store, and without one."""

import pandas as pd
import pytest

from workbench.acquisition import ACQUISITIONS
from workbench.advisor import advise
from workbench.figures import simplex
from workbench.store import open_store

CHARTS = {"entropy": 1, "functions": len(simplex.PANELS)}


@pytest.mark.parametrize("lesson", CHARTS)
def test_they_open_on_a_full_and_a_half_finished_store(open_page, full, half, lesson):
    for store in (full, half):
        app = open_page(store, "learn", lesson=lesson)
        assert not app.exception
        assert not app.error
        assert len(app.title) == 1
        assert len(app.get("plotly_chart")) == CHARTS[lesson]


def test_without_experiments_the_synthetic_pool_is_still_there(open_page, tmp_path):
    app = open_page(tmp_path / "runs", "learn", lesson="entropy")
    assert not app.exception
    assert "no experiment" in app.info[0].value
    app = open_page(tmp_path / "runs", "learn", lesson="entropy", pixels="Synthetic")
    assert not app.exception
    assert not app.info
    assert list(app.dataframe[0].value["label"])[:2] == ["Entropy", "Least confidence"]


def test_without_experiments_the_triangles_are_there(open_page, tmp_path):
    app = open_page(tmp_path / "runs", "learn", temperature="100")
    assert not app.exception
    assert app.select_slider(key="temperature").value == 100
    assert list(app.dataframe[0].value["name"]) == ACQUISITIONS.names()


def test_an_address_gives_one_image_of_one_cycle(open_page, full):
    image = open_store(full).experiments()[0].pool["image_id"].iloc[4]
    view = {"lesson": "entropy", "pixels": "image", "image": image, "cycle": "2"}
    app = open_page(full, "learn", **view, method="entropy", seed="1", axis="entropy")
    assert not app.exception
    assert not app.error
    assert app.selectbox(key="image").value == image
    summary = app.dataframe[0].value
    assert list(summary["score"]) == ["entropy", "margin"]


def test_scores_can_be_left_out_and_entropy_stays(open_page, full):
    app = open_page(full, "learn", lesson="entropy")
    app = app.multiselect(key="scores").set_value([]).run()
    assert not app.exception
    assert list(app.dataframe[0].value["score"]) == ["entropy"]


def test_without_a_rise_the_curves_lie_in_the_order_of_temperature(open_page, full):
    app = open_page(full, "learn", lesson="entropy", pixels="Synthetic")
    distance = app.dataframe[0].value.set_index("label")["distance"]
    assert distance["ODIN, T = 10"] > distance["ODIN, T = 100"]
    app = app.slider(key="rise").set_value(0.0).run()
    distance = app.dataframe[0].value.set_index("label")["distance"]
    assert distance["ODIN, T = 10"] < distance["ODIN, T = 100"]


def test_no_triangle_is_a_sentence(open_page, full):
    app = open_page(full, "learn")
    app = app.multiselect(key="functions").set_value([]).run()
    assert not app.exception
    assert "at least one function" in app.info[0].value


def test_the_advice_is_the_advisors_with_and_without_runs(open_page, full, tmp_path):
    view = {"lesson": "advice", "pool": "redundant", "training": "supervised"}
    app = open_page(tmp_path / "runs", "learn", **view)
    assert not app.exception
    assert not app.info
    known = advise("redundant", semi_supervised=False)
    pd.testing.assert_frame_equal(app.dataframe[0].value, known.table)
    assert len(app.expander) == len(known.recommendations)
    app = open_page(full, "learn", **view, against="runs")
    assert not app.exception
    own = advise("redundant", semi_supervised=False, runs=open_store(full).runs())
    pd.testing.assert_frame_equal(app.dataframe[0].value, own.table)
    assert [text.value for text in app.text if text.value.startswith("Your runs")] == [
        f"Your runs: {one.own.sentence}" for one in own.recommendations
    ]
