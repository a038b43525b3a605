"""Entropy distributions and acquisition functions: of every store, and without one."""

import pytest

from workbench.acquisition import ACQUISITIONS
from workbench.figures import simplex
from workbench.store import open_store

CHARTS = {"entropy_distribution": 1, "acquisition_functions": len(simplex.PANELS)}


@pytest.mark.parametrize("page", CHARTS)
def test_they_open_on_a_full_and_a_half_finished_store(open_page, full, half, page):
    for store in (full, half):
        app = open_page(store, page)
        assert not app.exception
        assert not app.error
        assert len(app.title) == 1
        assert len(app.get("plotly_chart")) == CHARTS[page]


def test_without_experiments_the_synthetic_pool_is_still_there(open_page, tmp_path):
    app = open_page(tmp_path / "runs", "entropy_distribution")
    assert not app.exception
    assert "no experiment" in app.info[0].value
    app = open_page(tmp_path / "runs", "entropy_distribution", pixels="Synthetic")
    assert not app.exception
    assert not app.info
    assert list(app.dataframe[0].value["label"])[:2] == ["Entropy", "Least confidence"]


def test_without_experiments_the_triangles_are_there(open_page, tmp_path):
    app = open_page(tmp_path / "runs", "acquisition_functions", temperature="100")
    assert not app.exception
    assert app.select_slider(key="temperature").value == 100
    assert list(app.dataframe[0].value["name"]) == ACQUISITIONS.names()


def test_an_address_gives_one_image_of_one_cycle(open_page, full):
    image = open_store(full).experiments()[0].pool["image_id"].iloc[4]
    view = {"pixels": "One image", "run": "entropy, seed 1", "cycle": "2", "image": image}
    app = open_page(full, "entropy_distribution", **view, axis="Entropy")
    assert not app.exception
    assert not app.error
    assert app.selectbox(key="image").value == image
    summary = app.dataframe[0].value
    assert list(summary["score"]) == ["entropy", "margin"]


def test_scores_can_be_left_out_and_entropy_stays(open_page, full):
    app = open_page(full, "entropy_distribution")
    app = app.multiselect(key="scores").set_value([]).run()
    assert not app.exception
    assert list(app.dataframe[0].value["score"]) == ["entropy"]


def test_without_a_rise_the_curves_lie_in_the_order_of_temperature(open_page, full):
    app = open_page(full, "entropy_distribution", pixels="Synthetic")
    distance = app.dataframe[0].value.set_index("label")["distance"]
    assert distance["ODIN, T = 10"] > distance["ODIN, T = 100"]
    app = app.slider(key="rise").set_value(0.0).run()
    distance = app.dataframe[0].value.set_index("label")["distance"]
    assert distance["ODIN, T = 10"] < distance["ODIN, T = 100"]


def test_no_triangle_is_a_sentence(open_page, full):
    app = open_page(full, "acquisition_functions")
    app = app.multiselect(key="functions").set_value([]).run()
    assert not app.exception
    assert "at least one function" in app.info[0].value
