"""The form draws what the schema and the registries hold, and gives back YAML as one would type."""

import sys

import pytest
import yaml
from streamlit.testing.v1 import AppTest

from dashboard import form
from workbench import launch, presets
from workbench.config import ExperimentConfig, Method, load_config, parse_config
from workbench.engine.plan import resolve
from workbench.errors import ConfigError
from workbench.registry import Param

CAMVID = {
    "name": "mine",
    "dataset": "camvid",
    "units": "grid:2x3",
    "model": {"name": "deeplabv3plus", "encoder": "mobilenet_v2"},
    "learner": {"name": "supervised", "augment": ["hflip"], "view": "unit"},
    "methods": [
        "random",
        {"name": "entropy", "aggregation": "count_above:0.5"},
        {"name": "own", "score": "margin"},
    ],
    "budget": {"unit": "pixels", "initial": 100, "per_cycle": 100, "cycles": 2},
}

OWN = {
    "name": "mine",
    "score": "margin",
    "aggregation": "count_above:0.5",
    "selector": "random",
    "pool_filter": "every_nth_frame:5",
    "costs": "area",
    "learner": {"epochs": 1, "augment": ["hflip"]},
    "model": {"name": "deeplabv3plus", "encoder": "resnet18"},
    "embedding": {"tap": "decoder", "weights": "initial"},
    "scan": {"precision": "float32"},
    "report": {"learner": {"epochs": 3}, "model": {"weights": "none"}},
    "seeds": [3],
}
"""A method with a value of its own for every key."""

WHOLE = {
    "name": "whole",
    "description": "Every key has another value than its default.",
    "dataset": {"name": "camvid", "resize": [96, 128]},
    "pool": {"name": "random", "share": 0.5, "seed": 3},
    "units": {"name": "grid", "rows": 2, "columns": 3},
    "model": {"name": "deeplabv3plus", "encoder": "resnet34"},
    "learner": {"name": "supervised", "augment": ["hflip"], "view": "unit"},
    "methods": [OWN, "random", {"name": "margin_count", "aggregation": "mean"}],
    "seeds": [3, 1],
    "budget": {"unit": "%", "initial": 0.1, "per_cycle": 0.05, "cycles": 2, "click_tolerance": 3.0},
    "initial": {
        "rule": "middle_of",
        "sets": 3,
        "repeats": 1,
        "share_across_seeds": True,
        "filtered": True,
    },
    "evaluation": {"split": ["val", "test"], "validate": "test"},
    "embedding": {"tap": "decoder", "view": "unit", "weights": "initial"},
    "riders": [{"name": "click_cost", "epochs": 3}],
    "scan": {
        "scores": ["entropy", "total_entropy@transforms:hflip"],
        "batch_size": 4,
        "resolution": "stride",
        "view": "unit",
        "map_limit": [64, 128],
    },
    "keep": {
        "maps": "last",
        "predictions": "none",
        "features": "last",
        "weights": "none",
        "units": "last",
        "embeddings": "none",
        "reports": "none",
    },
    "report": {
        "at": [0.125, 1, "12.5%"],
        "learner": {"name": "supervised", "epochs": 60, "augment": ["hflip"]},
        "model": {"encoder": "resnet50"},
    },
    "references": ["full", {"name": "wider", "model": {"encoder": "resnet50"}, "seeds": [3]}],
    "compute": {"device": "cpu", "precision": "float32", "threads": 2},
    "scaled": {"to": "laptop", "of": "another", "changes": ["learner.epochs: 60, in all ► 5"]},
}


def drawn(start):
    """Return what the form gives back of a config, untouched."""

    def page(start):
        import streamlit as st

        from dashboard import form

        st.session_state["found"] = form.experiment(start, "t")

    app = AppTest.from_function(page, default_timeout=30, kwargs={"start": start}).run()
    assert not app.exception
    return app.session_state["found"]


def shown_yaml(app):
    return yaml.safe_load(next(c.value for c in app.code if c.language == "yaml"))


@pytest.mark.parametrize("name", presets.PRESETS)
def test_the_brief_form_of_a_preset_is_the_same_experiment(name):
    config = presets.load(name)
    again = parse_config(form.brief(config))
    assert resolve(again).config.id == resolve(config).config.id
    complete = form.brief(resolve(config).config)
    assert resolve(parse_config(complete)).config.id == resolve(config).config.id


def test_the_brief_form_keeps_what_differs_and_nothing_else():
    config = resolve(parse_config(CAMVID)).config
    brief = form.brief(config)
    assert brief["dataset"] == "camvid"
    assert brief["units"] == {"name": "grid", "rows": 2, "columns": 3}
    assert brief["methods"][0] == "random"
    assert brief["methods"][1]["aggregation"] == "count_above:0.5"
    assert brief["methods"][2]["name"] == "own"
    assert "compute" not in brief
    assert resolve(parse_config(brief)).config.id == config.id


def test_the_round_trip_covers_every_key_of_the_schema():
    schema = ExperimentConfig.model_json_schema()
    assert WHOLE.keys() == schema["properties"].keys()
    assert OWN.keys() == Method.model_fields.keys()
    for name, part in schema["properties"].items():
        if "$ref" in part and part["$ref"] != "#/$defs/Component":
            section = schema["$defs"][part["$ref"].rpartition("/")[2]]
            assert WHOLE[name].keys() == section["properties"].keys()
            for key, field in section["properties"].items():
                assert WHOLE[name][key] != field.get("default"), f"{name}.{key} is at its default"


def test_every_key_comes_back_from_the_form():
    config = parse_config(WHOLE)
    found = drawn(form.brief(config))
    assert found == form.brief(config)
    again = parse_config(found)
    assert again == config
    assert again.id == config.id


@pytest.mark.parametrize("key", [key for key in OWN if key != "name"])
@pytest.mark.parametrize("name", ["mine", "entropy"])
def test_a_method_keeps_each_key_of_its_own(key, name):
    method = {"name": name, key: OWN[key]}
    config = parse_config(
        {**CAMVID, "seeds": WHOLE["seeds"], "methods": ["random", method, "margin"]}
    )
    assert form.brief(config)["methods"] == ["random", method, "margin"]


def test_a_method_keeps_a_default_that_its_registered_namesake_has_not():
    given = parse_config({**CAMVID, "methods": [{"name": "odin_count", "aggregation": "mean"}]})
    config = resolve(given).config
    assert config.methods[0].aggregation == "mean"
    assert resolve(parse_config(drawn(form.brief(config)))).config.methods == config.methods


def test_a_row_of_the_table_is_a_reference(monkeypatch):
    schema = ExperimentConfig.model_json_schema()
    properties = schema["$defs"]["Reference"]["properties"]
    seen = {}

    def editor(rows, **about):
        seen.update(rows=rows, columns=list(about["column_config"]))
        return [
            {"name": "full", "learner": None, "model": "", "seeds": None},
            {"name": "wider", "model": "{width: 6}", "seeds": "[0, 5]"},
            {"name": None, "model": "{width: 7}"},
        ]

    monkeypatch.setattr(form.st, "data_editor", editor)
    found = form.references([{"name": "old", "seeds": [3]}], properties, "t")
    assert found == ["full", {"name": "wider", "model": {"width": 6}, "seeds": [0, 5]}]
    assert set(seen["columns"]) == set(properties)
    assert seen["columns"][0] == "name"
    assert seen["rows"] == [{"name": "old", "learner": None, "model": None, "seeds": "[3]"}]


@pytest.mark.parametrize("split", ["val", ["val"], ["val", "test"]])
def test_splits_stay_a_name_or_a_list(split):
    config = parse_config({**CAMVID, "evaluation": {"split": split}})
    assert parse_config(drawn(form.brief(config))).evaluation == config.evaluation


def test_a_part_of_a_method_that_is_no_yaml_is_refused(monkeypatch):
    properties = ExperimentConfig.model_json_schema()["$defs"]["Method"]["properties"]
    row = {"name": "mine", "score": None, "learner": "{epochs: 1", "scan": "{precision: float32}"}
    monkeypatch.setattr(form.st, "data_editor", lambda *_, **__: [row])
    (found,) = form.methods([], properties, "t")
    assert found["scan"] == {"precision": "float32"}
    with pytest.raises(ConfigError, match="no learner"):
        resolve(parse_config({**CAMVID, "methods": [{**found, "score": "margin"}]}))


def test_untouched_the_form_gives_back_what_it_started_with(open_page, full):
    app = open_page(full, "new_experiment", start="preset demo")
    assert not app.exception
    assert resolve(parse_config(shown_yaml(app))).config == resolve(presets.load("demo")).config


def test_every_section_and_parameter_has_a_field(open_page, full):
    app = open_page(full, "new_experiment", start="preset demo")
    keys = {
        element.key
        for kind in ("selectbox", "number_input", "text_input", "toggle", "multiselect")
        for element in app.get(kind)
        if element.key
    }
    schema = ExperimentConfig.model_json_schema()
    others = ("report", "initial", "embedding", "evaluation")
    for section in ("budget", "scan", "keep", "compute", *others):
        name = schema["properties"][section]["$ref"].rpartition("/")[2]
        for field in schema["$defs"][name]["properties"]:
            assert f"new.preset demo.{section}.{field}" in keys
    params: tuple[Param, ...] = form.LEARNERS.entry("supervised").params
    for param in params:
        assert f"new.preset demo.learner-supervised-{param.name}" in keys


def test_a_changed_field_changes_the_yaml(open_page, full):
    app = open_page(full, "new_experiment", start="preset demo")
    app.number_input(key="new.preset demo.budget.cycles").set_value(2)
    app = app.selectbox(key="new.preset demo.units").set_value("grid").run()
    app = app.number_input(key="new.preset demo.units-grid-rows").set_value(3).run()
    assert not app.exception
    assert shown_yaml(app)["budget"]["cycles"] == 2
    assert shown_yaml(app)["units"]["rows"] == 3


def test_a_wrong_value_is_one_sentence_and_nothing_can_be_started(open_page, full):
    app = open_page(full, "new_experiment", start="preset demo")
    app = app.multiselect(key="new.preset demo.methods.registered").set_value([]).run()
    assert not app.exception
    assert len(app.error) == 1
    assert "methods" in app.error[0].value
    assert "Start" not in [button.label for button in app.button]


def test_yaml_with_an_unknown_name_is_answered_with_the_nearest(open_page, full):
    app = open_page(full, "new_experiment", start="preset demo", edit="YAML")
    text = app.text_area[0].value.replace("model: tiny", "model: tinny")
    app = app.text_area[0].set_value(text).run()
    assert "did you mean 'tiny'?" in app.error[0].value


@pytest.mark.parametrize("text", ["name: [", "just words", ""])
def test_text_that_is_no_config_is_one_sentence(open_page, full, text):
    app = open_page(full, "new_experiment", start="preset demo", edit="YAML")
    app = app.text_area[0].set_value(text).run()
    assert not app.exception
    assert len(app.error) == 1


def test_start_runs_the_config_that_is_shown(open_page, tmp_path):
    store = tmp_path / "runs"
    app = open_page(store, "new_experiment", start="preset demo")
    expected = resolve(presets.load("demo")).config
    app = next(b for b in app.button if b.label == "Start").click().run()
    job = launch.find_job(store, expected.id)
    assert job is not None
    assert load_config(job.config_file) == expected
    assert job.data == str(tmp_path / "data")


def test_the_cost_is_told_on_demand_and_only_of_the_config_shown(open_page, full):
    app = open_page(full, "new_experiment", start="preset demo")
    app = next(b for b in app.button if b.label == "What will it cost?").click().run()
    assert "The stand-in computes nothing." in [code.value for code in app.code]
    app = app.number_input(key="new.preset demo.budget.cycles").set_value(2).run()
    assert "The stand-in computes nothing." not in [code.value for code in app.code]


def test_the_cost_is_what_the_store_does_not_hold_yet(open_page, full, monkeypatch):
    def shown(config, store, data, jobs):
        return [sys.executable, "-c", f"print('store', {str(store)!r})"]

    app = open_page(full, "new_experiment", start="preset demo")
    monkeypatch.setattr(launch, "run_command", shown)
    app = next(b for b in app.button if b.label == "What will it cost?").click().run()
    assert f"store {full}" in [code.value for code in app.code]


def test_a_stored_experiment_can_be_copied(open_page, full):
    app = open_page(full, "new_experiment")
    copy = next(o for o in app.selectbox(key="start").options if o.startswith("copy of"))
    app = app.selectbox(key="start").set_value(copy).run()
    assert not app.exception
    assert shown_yaml(app)["name"] == "sample"
