"""Every page opens on a full, a half-finished and an empty store; an address gives the view."""

import pandas as pd
import pytest
import streamlit as st

from tests.dashboard.conftest import PAGES, ROOT
from workbench.figures import _references
from workbench.store import open_store


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_on_a_full_store(open_page, full, page):
    app = open_page(full, page)
    assert not app.exception
    assert not app.error
    assert len(app.title) == 1


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_on_a_half_finished_store(open_page, half, page):
    app = open_page(half, page)
    assert not app.exception
    assert not app.error


@pytest.mark.parametrize("page", ["experiments", "learning_curves", "score_maps", "embedding"])
@pytest.mark.parametrize("made", [True, False])
def test_without_experiments_a_page_names_the_command_that_makes_one(
    open_page, tmp_path, page, made
):
    store = tmp_path / "runs"
    if made:
        store.mkdir()
    app = open_page(store, page)
    assert not app.exception
    assert "no experiment" in app.info[0].value
    assert app.code[0].value == f"workbench demo --store {store}"
    assert store.exists() == made, "looking must not make a store"


def test_a_folder_that_is_no_store_is_one_sentence(open_page, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").write_text("mine")
    app = open_page(tmp_path / "other", "experiments")
    assert not app.exception
    assert "is not a run store" in app.error[0].value


def test_the_metric_of_curves_and_of_classes_is_a_choice_in_the_address(open_page, full):
    view = {"metric": "Boundary IoU of sky", "class_metric": "Dice"}
    app = open_page(full, "learning_curves", **view)
    assert not app.exception
    assert {box.key: box.value for box in app.selectbox}["metric"] == "boundary_iou:sky"
    assert app.segmented_control(key="class_metric").value == "dice"
    tables = [set(frame.value.columns) for frame in app.dataframe]
    assert any({"dice", "sd"} <= columns for columns in tables)
    app.segmented_control(key="class_metric").set_value("boundary_iou").run()
    assert any("boundary_iou" in frame.value.columns for frame in app.dataframe)


def test_curves_are_normalised_by_a_switch_or_it_is_said_why_not(open_page, full, monkeypatch):
    app = open_page(full, "learning_curves", normalised="true")
    assert not app.exception
    assert app.toggle(key="normalised").value is True
    assert "lists no reference" in app.info[0].value
    plain = app.dataframe[0].value
    whole = {"experiment": [open_store(full).experiments()[0].id], "reference": ["supervised"]}
    table = pd.DataFrame({**whole, "miou": [0.95]})
    monkeypatch.setattr(_references, "references_table", lambda _: table)
    st.cache_resource.clear()
    app = open_page(full, "learning_curves", normalised="true")
    assert not app.exception
    assert not app.info
    means = app.dataframe[0].value["mean"]
    assert means.min() == pytest.approx(0.0, abs=1e-9)
    assert app.toggle(key="normalised").set_value(False).run().dataframe[0].value.equals(plain)


def test_an_address_gives_the_view(open_page, full):
    experiment = open_store(full).experiments()[0]
    image = experiment.pool["image_id"].iloc[4]
    view = {
        "experiment": experiment.id,
        "run": "entropy, seed 1",
        "beside": "random, seed 1",
        "score": "margin",
        "cycle": "2",
        "image": image,
    }
    app = open_page(full, "score_maps", **view)
    assert not app.exception
    assert {box.key: box.value for box in app.selectbox if box.key in view} == {
        key: value for key, value in view.items() if key != "cycle"
    }
    assert app.select_slider(key="cycle").value == 2


def test_an_address_with_unknown_names_falls_back(open_page, full):
    app = open_page(full, "score_maps", experiment="gone", run="none", image="none", cycle="99")
    assert not app.exception
    assert app.selectbox(key="run").value == "random, seed 0"
    assert app.select_slider(key="cycle").value == 0


def test_the_cycle_slider_moves_the_page(open_page, full):
    app = open_page(full, "score_maps")
    assert len(app.dataframe) == 1, "cycle 0 selected units"
    app = app.select_slider(key="cycle").set_value(2).run()
    assert not app.exception
    assert not app.dataframe, "the last cycle selects nothing"


def test_the_image_buttons_go_round(open_page, full):
    app = open_page(full, "score_maps")
    ids = app.selectbox(key="image").options
    images = [open_store(full).experiments()[0].pool["image_id"].iloc[0]]
    before = app.selectbox(key="image").value
    for _ in range(len(ids)):
        app = app.button(key="image-K").click().run()
        images.append(app.selectbox(key="image").value)
    assert app.selectbox(key="image").value == before
    assert len(set(images)) == len(ids)


def test_curves_of_no_method_say_so(open_page, full):
    app = open_page(full, "learning_curves")
    app = app.multiselect(key="methods").set_value([]).run()
    assert not app.exception
    assert "at least one method" in app.info[0].value


def test_a_half_finished_experiment_is_named_as_such(open_page, half):
    app = open_page(half, "learning_curves")
    assert any("k\\_center, seed 0 (interrupted)" in line.value for line in app.caption)


def test_an_interrupted_experiment_can_be_resumed(open_page, half):
    app = open_page(half, "experiments")
    assert "Resume" in [button.label for button in app.button]
    assert any(code.value.startswith("workbench run sample.yaml") for code in app.code)


def test_a_projection_that_is_missing_is_computed_as_a_job_upon_a_click(open_page, own_half):
    app = open_page(own_half, "embedding")
    assert not app.exception
    assert "under a second" in app.info[0].value
    assert not (own_half / "launches").exists(), "opening a page starts nothing"
    app = next(b for b in app.button if b.label == "Compute PCA").click().run()
    assert len(list((own_half / "launches").iterdir())) == 1
    for _ in range(40):  # until the stand-in has ended
        if app.error:
            break
        app = app.run()
    assert "PCA was not computed. The stand-in computes nothing." in app.error[0].value
    assert "Try again" in [button.label for button in app.button]


def test_the_embedding_page_shows_the_picks_and_the_numbers(open_page, full):
    app = open_page(full, "embedding")
    assert any("pool-images" in html.value for html in app.get("html"))
    table = app.dataframe[0].value
    assert set(table["method"]) == {"random", "entropy"}
    assert {"coverage_radius", "same_sequence_share"} <= set(table)


def test_every_page_is_in_the_navigation():
    frame = (ROOT / "app.py").read_text()
    assert [page for page in PAGES if f'"app_pages/{page}.py"' not in frame] == []
