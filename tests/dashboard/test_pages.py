"""Every page opens on a full, a half-finished and an empty store; what is on it works."""

import json

import pandas as pd
import pytest
import streamlit as st

from dashboard.text import plain
from tests.dashboard.conftest import PAGES, ROOT
from workbench.figures import _references, why
from workbench.store import open_store
from workbench.types import local_numbers


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


@pytest.mark.parametrize("page", ["overview", "explore", "compare"])
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
    app = open_page(tmp_path / "other", "overview")
    assert not app.exception
    assert "is not a run store" in app.error[0].value


def test_the_metric_of_curves_and_of_classes_is_a_choice_in_the_address(open_page, full):
    view = {"metric": "Boundary IoU of sky", "class_metric": "Dice"}  # in words, as it once was
    app = open_page(full, "compare", **view)
    assert not app.exception
    assert {box.key: box.value for box in app.selectbox}["metric"] == "boundary_iou:sky"
    assert app.segmented_control(key="class_metric").value == "dice"
    tables = [set(frame.value.columns) for frame in app.dataframe]
    assert any({"dice", "sd"} <= columns for columns in tables)
    app.segmented_control(key="class_metric").set_value("boundary_iou").run()
    assert any("boundary_iou" in frame.value.columns for frame in app.dataframe)


def test_curves_are_normalised_by_a_switch_or_it_is_said_why_not(open_page, full, monkeypatch):
    app = open_page(full, "compare", normalised="true")
    assert not app.exception
    assert app.toggle(key="normalised").value is True
    assert "lists no reference" in app.info[0].value
    plain = app.dataframe[0].value
    whole = {"experiment": [open_store(full).experiments()[0].id], "reference": ["supervised"]}
    table = pd.DataFrame({**whole, "miou": [0.95]})
    monkeypatch.setattr(_references, "references_table", lambda _: table)
    st.cache_resource.clear()
    app = open_page(full, "compare", normalised="true")
    assert not app.exception
    assert not app.info
    means = app.dataframe[0].value["mean"]
    assert means.min() == pytest.approx(0.0, abs=1e-9)
    assert app.toggle(key="normalised").set_value(False).run().dataframe[0].value.equals(plain)


def test_the_cycle_slider_moves_the_page(open_page, full):
    app = open_page(full, "explore")
    assert "Selected in this cycle" in [head.value for head in app.subheader]
    assert [f for f in app.dataframe if "picked" in f.value], "cycle 0 selected units"
    app = app.select_slider(key="cycle").set_value(2).run()
    assert not app.exception
    assert not [f for f in app.dataframe if "picked" in f.value], "the last cycle selects nothing"


def test_the_image_buttons_go_round(open_page, full):
    app = open_page(full, "explore")
    ids = app.selectbox(key="image").options
    before = app.selectbox(key="image").value
    images = [before]
    for _ in range(len(ids)):
        app = app.button(key="image-J").click().run()
        images.append(app.selectbox(key="image").value)
    assert app.selectbox(key="image").value == before
    assert len(set(images)) == len(ids)


def test_an_image_can_be_let_go_and_the_rest_stays(open_page, full):
    app = open_page(full, "explore")
    app = app.button(key="clear").click().run()
    assert not app.exception
    assert app.selectbox(key="image").value is None
    assert "No image is chosen" in app.info[0].value
    assert app.query_params["image"] == ""
    assert len(app.dataframe) == 1
    app = app.button(key="image-J").click().run()
    assert app.selectbox(key="image").value == app.selectbox(key="image").options[0]


@pytest.mark.parametrize("page", ["explore", "compare", "what_if"])
def test_no_method_is_a_sentence(open_page, full, page):
    app = open_page(full, page)
    app = app.pills(key="methods").set_value([]).run()
    assert not app.exception
    assert "at least one method" in app.info[0].value


def test_a_half_finished_experiment_is_named_as_such(open_page, half):
    app = open_page(half, "compare")
    assert any("k\\_center, seed 0 (interrupted)" in line.value for line in app.caption)


def test_an_interrupted_experiment_can_be_resumed(open_page, half):
    app = open_page(half, "overview")
    assert "Resume" in [button.label for button in app.button]
    assert any(code.value.startswith("workbench run sample.yaml") for code in app.code)


def test_a_projection_that_is_missing_is_computed_as_a_job_upon_a_click(open_page, own_half):
    app = open_page(own_half, "explore")
    assert not app.exception
    assert any("under a second" in info.value for info in app.info)
    assert not (own_half / "launches").exists(), "opening a page starts nothing"
    app = next(b for b in app.button if b.label == "Compute PCA").click().run()
    assert len(list((own_half / "launches").iterdir())) == 1
    for _ in range(40):  # until the stand-in has ended
        if app.error:
            break
        app = app.run()
    assert "PCA was not computed. The stand-in computes nothing." in app.error[0].value
    assert "Try again" in [button.label for button in app.button]


def test_pca_stays_until_the_projection_that_was_asked_for_is_there(open_page, full):
    drawn = len(open_page(full, "explore").get("plotly_chart"))
    app = open_page(full, "explore", projection="tsne")
    assert not app.exception
    assert "Compute t-SNE" in [button.label for button in app.button]
    assert plain("Until then: PCA.") in [line.value for line in app.caption]
    assert len(app.get("plotly_chart")) == drawn


def test_the_picks_are_pictures_that_say_who_picked_there(open_page, full):
    app = open_page(full, "explore", cycle="1")
    galleries = [sent for sent in components(app) if "pictures" in sent and "panes" not in sent]
    gallery = galleries[-1]  # after those of the Why card
    wanted: dict = {}
    for run in open_store(full).runs():
        if run.seed == 0:
            for image in run.cycle(1).selection["image_id"]:
                wanted.setdefault(image, set()).add(run.method.name)
    assert {
        one["image"]: {mark["name"] for mark in one["marks"]} for one in gallery["pictures"]
    } == wanted
    chosen = app.selectbox(key="image").value
    assert [one["image"] for one in gallery["pictures"] if one["chosen"]] == (
        [chosen] if chosen in wanted else []
    )


def test_the_card_tells_why_the_first_pick_was_picked(open_page, full):
    run = next(r for r in open_store(full).runs() if (r.method.name, r.seed) == ("entropy", 0))
    first = run.cycle(0).selection.iloc[0]
    view = {"method": "entropy", "cycle": "0", "image": first["image_id"]}
    app = open_page(full, "explore", **view, unit=str(first["unit_id"]))
    assert not app.exception
    assert not app.error
    told = [line.value for line in app.markdown if line.value.startswith("Picked 1st of")]
    known = why.read(run, 0, int(first["unit_id"]))
    assert told == [plain(known.sentence)]
    assert plain(f"Picked by {', '.join(known.picked_by)}.") in [c.value for c in app.caption]
    beside = next(f.value for f in app.dataframe if "sentence" in f.value)
    assert set(beside["sentence"]) == set(known.table["sentence"])
    assert beside["method"][0] == "entropy"


def test_the_card_of_an_image_is_of_its_first_pick(open_page, full):
    run = next(r for r in open_store(full).runs() if (r.method.name, r.seed) == ("entropy", 0))
    first = run.cycle(0).selection.iloc[0]
    app = open_page(full, "explore", method="entropy", cycle="0", image=first["image_id"])
    heads = [head.value for head in app.subheader]
    number = local_numbers([int(first["unit_id"])])[0]
    assert plain(f"Why: unit {number} of {first['image_id']}") in heads


def components(app):
    """Return what the components on a page were sent."""
    return [json.loads(one.proto.json) for one in app.get("bidi_component") if one.proto.json]


def test_how_the_picks_spread_is_a_table(open_page, full):
    table = open_page(full, "compare", show="queries").dataframe[-2].value
    assert set(table["method"]) == {"random", "entropy"}
    assert {"coverage_radius", "same_sequence_share"} <= set(table)


def test_a_pane_names_its_run_in_the_methods_colour(open_page, full):
    from dashboard.context import colours

    app = open_page(full, "explore", method="entropy", seed="1")
    colour = colours(open_store(full).runs())["entropy"]
    names = [html.value for html in app.get("html") if "run-name" in html.value]
    assert any(colour in name and "entropy, seed 1, cycle 0" in name for name in names)
    chips = next(html.value for html in app.get("html") if "st-key-methods" in html.value)
    assert f"nth-of-type(2)::before{{background:{colour}}}" in chips


def test_every_page_is_in_the_navigation():
    frame = (ROOT / "app.py").read_text()
    assert [page for page in PAGES if f'PageEntry(\n        "{page}",' not in frame] == []
