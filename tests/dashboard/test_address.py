"""An address holds every choice, opens the same view again, and never another one instead."""

import shutil
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from dashboard import navigation
from dashboard.context import choose
from tests.store import sample
from workbench.store import open_store

CONTEXT = ["experiment", "methods", "seed", "cycle", "image", "unit"]


def texts(app):
    return {
        name: value if isinstance(value, list) else [value]
        for name, value in app.query_params.items()
    }


@pytest.mark.parametrize("page", ["overview", "explore", "compare", "what_if"])
def test_defaults_stand_in_the_address_too(open_page, full, page):
    record = open_store(full).experiments()[0]
    app = open_page(full, page).run()
    found = texts(app)
    assert list(found)[: len(CONTEXT)] == CONTEXT
    first = record.runs()[0].cycle(0).selection["image_id"].iloc[0]
    assert list(found.values())[: len(CONTEXT)] == [
        [record.id], ["random", "entropy"], ["0"], ["0"], [first], [""],
    ]  # fmt: skip
    named = [w.key for kind in ("selectbox", "segmented_control") for w in app.get(kind)]
    assert not set(named) - set(found) - {"jobs"}


def test_an_address_gives_the_view_and_reads_the_same_again(open_page, full):
    experiment = open_store(full).experiments()[0]
    view = {
        "experiment": experiment.id,
        "methods": ["entropy", "random"],
        "seed": "1",
        "cycle": "2",
        "image": experiment.pool["image_id"].iloc[4],
        "method": "entropy",
        "beside": "random, seed 1",
        "score": "margin",
    }
    app = open_page(full, "explore", **view)
    assert not app.exception
    assert app.select_slider(key="cycle").value == 2
    assert app.selectbox(key="score").value == "margin"
    assert app.selectbox(key="image").value == view["image"]
    full_address = texts(app.run())
    assert {name: full_address[name][-1] for name in view if name != "methods"} == {
        name: text for name, text in view.items() if name != "methods"
    }
    again = open_page(full, "explore", **full_address)
    assert texts(again) == full_address


@pytest.mark.parametrize(
    ("name", "given", "what", "offered"),
    [
        ("experiment", "sampel-1", "experiment 'sampel-1'", "sample"),
        ("methods", "entropie", "method 'entropie'", "entropy"),
        ("seed", "7", "seed '7'", "1"),
        ("cycle", "99", "published cycle '99'", "2"),
        ("image", "none", "image 'none'", ""),
        ("unit", "999999999", "unit '999999999'", ""),
        ("score", "entropi", "score 'entropi'", "entropy"),
        ("method", "margin", "method 'margin'", "random"),
    ],
)
def test_what_is_not_there_is_told_with_what_is_nearest(
    open_page, full, name, given, what, offered
):
    app = open_page(full, "explore", **{name: given})
    assert not app.exception
    assert app.error[0].value.replace("\\", "") == f"There is no {what}."
    assert texts(app) == {name: [given]}, "the address stays as it is"
    assert not app.dataframe
    queries = [parse_qs(link.proto.query_string, True) for link in app.main.get("page_link")]
    assert queries
    assert all(query[name] != [given] for query in queries)
    assert any(query[name][0].startswith(offered) for query in queries)
    assert not open_page(full, "explore", **queries[0]).error


def test_a_newer_experiment_changes_no_old_address(open_page, half, tmp_path):
    store = shutil.copytree(half, tmp_path / "store")
    (old,) = open_store(store).experiments()
    address = texts(open_page(store, "compare").run())
    sample.write_sample_store(store, methods=("random",), seeds=(3,), grid=(1, 2))
    assert open_store(store).experiments()[0].id != old.id
    app = open_page(store, "compare", **address)
    assert app.selectbox(key="experiment").value == old.id
    assert texts(app.run()) == address
    app = open_page(store, "compare")
    assert app.selectbox(key="experiment").value != old.id, "without one, the newest is shown"


def test_another_experiment_of_ones_own_choice_starts_afresh(open_page, half, tmp_path):
    store = shutil.copytree(half, tmp_path / "store")
    sample.write_sample_store(store, methods=("random",), seeds=(3,), grid=(1, 2))
    app = open_page(store, "explore")
    old = app.selectbox(key="experiment").options[1]
    app = app.selectbox(key="experiment").set_value(old).run()
    assert not app.exception
    assert not app.error
    assert texts(app)["methods"] == ["entropy", "k_center"]
    assert texts(app)["seed"] == ["0"]


def test_a_choice_survives_another_view_of_its_page(open_page, full):
    app = open_page(full, "compare")
    app = app.selectbox(key="metric").set_value("pixel_accuracy").run()
    app = app.segmented_control(key="show").set_value("queries").run()
    assert "metric" not in app.query_params
    app = app.segmented_control(key="show").set_value("results").run()
    assert app.selectbox(key="metric").value == "pixel_accuracy"
    assert app.query_params["metric"] == "pixel_accuracy"


def test_links_to_the_pages_take_along_what_is_looked_at(open_page, full):
    app = open_page(full, "explore", cycle="1", seed="1")
    links = app.sidebar.get("page_link")
    assert [link.proto.label for link in links] == [
        "Overview", "Explore", "Compare", "What if", "Learn",
    ]  # fmt: skip
    for link in links:
        query = parse_qs(link.proto.query_string, True)
        assert (query["cycle"], query["seed"]) == (["1"], ["1"])
        assert list(query)[:6] == CONTEXT


def test_a_click_on_a_row_chooses_the_unit_everywhere(open_page, full, monkeypatch):
    run = open_store(full).runs()[0]
    picked = run.cycle(0).selection.iloc[1]
    app = open_page(full, "explore")
    app.session_state["image"] = str(picked["image_id"])  # what the row's callback does
    app.session_state["unit"] = int(picked["unit_id"])
    app = app.run()
    assert app.selectbox(key="image").value == picked["image_id"]
    assert app.query_params["unit"] == str(picked["unit_id"])
    assert str(picked["image_id"]) in app.button(key="clear").label.replace("\\", "")
    app = app.selectbox(key="image").set_value(app.selectbox(key="image").options[-1]).run()
    assert app.query_params["unit"] == "", "a unit lies in the chosen image"
    assert callable(choose)


@pytest.mark.parametrize(
    ("former", "now"),
    [
        ("/experiments?experiment=a-1", "/?experiment=a-1"),
        ("/learning_curves?metric=dice&x=pixels", "/compare?metric=dice&x=pixels&show=results"),
        ("/query_analysis?methods=a&methods=b", "/compare?methods=a&methods=b&show=queries"),
        (
            "/score_maps?run=entropy%2C+seed+1&cycle=2&image=x%2Fy",
            "/explore?cycle=2&image=x%2Fy&method=entropy&seed=1",
        ),
        ("/embedding", "/explore"),
        ("/entropy_distribution?pixels=One+image", "/learn?pixels=One+image&lesson=entropy"),
        ("/acquisition_functions", "/learn?lesson=functions"),
    ],
)
def test_addresses_of_former_pages_lead_to_the_same_view(former, now):
    client = TestClient(Starlette(routes=navigation.routes()), follow_redirects=False)
    answer = client.get(former)
    assert answer.status_code == 307
    assert answer.headers["location"] == now
    assert not urlsplit(answer.headers["location"]).netloc
