"""The experiment schema: what is refused, and what an experiment's id depends on."""

import pytest

from workbench import presets
from workbench.config import (
    Component,
    Embedding,
    EmbeddingPart,
    Part,
    load_config,
    parse_config,
)
from workbench.engine.plan import resolve
from workbench.errors import ConfigError


def values(**changes):
    base = {
        "name": "small",
        "dataset": "synthetic",
        "model": "tiny",
        "learner": "supervised",
        "methods": ["random"],
        "budget": {"initial": 2, "per_cycle": 2, "cycles": 2},
    }
    return {**base, **changes}


def test_id_ignores_paths_words_and_what_an_experiment_grows_by():
    plain = parse_config(values())
    assert parse_config(values(description="other words")).id == plain.id
    rooted = parse_config(values(dataset={"name": "synthetic", "root": "/somewhere"}))
    assert rooted.id == plain.id
    longer = {"initial": 2, "per_cycle": 2, "cycles": 7}
    for grown in (
        {"methods": ["random", "entropy"]},
        {"seeds": [0, 1, 2]},
        {"budget": longer},
        {"scan": {"scores": ["margin"]}},
        {"keep": {"maps": "none"}},
        {"compute": {"device": "cuda:1"}},
    ):
        assert parse_config(values(**grown)).id == plain.id, grown


@pytest.mark.parametrize(
    "changes",
    [
        {"model": {"name": "tiny", "dropout": 0.5}},
        {"learner": {"name": "supervised", "epochs": 3}},
        {"units": "grid:2x2"},
        {"budget": {"initial": 2, "per_cycle": 3, "cycles": 2}},
        {"evaluation": {"split": "test"}},
        {"evaluation": {"validate": "test"}},
        {"compute": {"precision": "float32"}},
        {"compute": {"threads": 2}},
        {"initial": {"rule": "units"}},
    ],
)
def test_another_experiment_has_another_id(changes):
    assert parse_config(values(**changes)).id != parse_config(values()).id


def test_a_method_changes_single_settings_of_its_experiment():
    """Key by key where the name is the same or left out, whole where another one is named."""
    default = Component(name="supervised", epochs=9, lr=0.1)
    assert Part(epochs=3).of(default).spec == {"name": "supervised", "epochs": 3, "lr": 0.1}
    assert Part(name="supervised", lr=1).of(default).options == {"epochs": 9, "lr": 1}
    assert Part(name="other", depth=2).of(default).spec == {"name": "other", "depth": 2}
    changed = EmbeddingPart(tap="decoder").of(Embedding(view="unit"))
    assert changed == Embedding(tap="decoder", view="unit")


def test_a_method_may_set_a_setting_of_its_experiment_to_null():
    learner = {"name": "supervised", "crop": [8, 8]}
    methods = ["random", {"name": "whole", "score": "entropy", "learner": {"crop": None}}]
    plan = resolve(parse_config(values(learner=learner, methods=methods)))
    assert plan.method("random").learner.options["crop"] == (8, 8)
    assert plan.method("whole").learner.options["crop"] is None
    again = resolve(parse_config(plan.config.plain()))
    assert again.config == plan.config
    assert again.method("whole").learner.options == plan.method("whole").learner.options


def test_a_method_with_its_own_network_has_a_cycle_zero_of_its_own():
    plan = resolve(
        parse_config(
            values(
                methods=[
                    "random",
                    "entropy",
                    {"name": "bald", "model": {"dropout": 0.5}},
                    {"name": "longer", "score": "entropy", "learner": {"epochs": 3}},
                ]
            )
        )
    )
    keys = [plan.cycle_zero_key(method, 0) for method in plan.methods]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3
    assert [m.name for m in plan.sharing(keys[0], 0)] == ["random", "entropy"]
    assert plan.method("bald").model.options["dropout"] == 0.5
    assert plan.method("longer").learner.options["epochs"] == 3
    assert plan.model.options["dropout"] != 0.5


def test_evaluation_reads_no_mask_of_the_pool():
    for evaluation in ({"split": "train"}, {"validate": "train"}, {"split": ["val", "train"]}):
        with pytest.raises(ConfigError, match="only the oracle may read"):
            resolve(parse_config(values(evaluation=evaluation)))
    with pytest.raises(ConfigError, match="once each"):
        resolve(parse_config(values(evaluation={"split": ["val", "val"]})))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"budgt": 1}, "did you mean 'budget'"),
        ({"budget": {"initial": 2, "per_cycle": 2, "cycle": 2}}, "budget.cycles is missing"),
        (
            {"budget": {"initial": 2, "per_cycle": 2, "cycles": 2, "unt": "x"}},
            "did you mean 'unit'",
        ),
        ({"budget": {"initial": -1, "per_cycle": 2, "cycles": 2}}, "budget.initial is -1"),
        ({"methods": []}, "methods"),
        ({"methods": ["random", "random"]}, "lists 'random' twice"),
        ({"methods": [{"name": "a", "scor": "entropy"}]}, "did you mean 'score'"),
        ({"methods": [{"name": "a", "scan": {"view": "unit"}}]}, "'view'. Known: precision"),
        ({"methods": [{"name": "a", "learner": 3}]}, "methods.0.learner is 3; wanted keys and"),
        ({"methods": [{"name": "a", "embedding": "aspp"}]}, "is 'aspp'; wanted keys and values"),
        ({"evaluation": {"splits": "val"}}, "did you mean 'split'"),
        ({"name": "with space"}, "name is 'with space'"),
    ],
)
def test_bad_values_are_one_sentence(changes, words):
    with pytest.raises(ConfigError, match=words) as caught:
        parse_config(values(**changes))
    assert "\n" not in str(caught.value)


def test_overrides_reach_into_sections(tmp_path):
    path = tmp_path / "e.yaml"
    path.write_text(
        "name: small\ndataset: synthetic\nmodel: tiny\nlearner: supervised\n"
        "methods: [random]\nbudget: {initial: 2, per_cycle: 2, cycles: 2}\n"
    )
    config = load_config(path, ["budget.cycles=5", "learner.epochs=3", "seeds=[4, 5]"])
    assert config.budget.cycles == 5
    assert config.learner.options == {"epochs": 3}
    assert config.seeds == (4, 5)
    with pytest.raises(ConfigError, match="path=value"):
        load_config(path, ["budget.cycles"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [1", "not valid YAML at line"),
        ("- 1\n- 2", "wanted keys and values"),
        ("", "wanted keys"),
    ],
)
def test_broken_files_are_one_sentence(tmp_path, text, words):
    path = tmp_path / "e.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=words):
        load_config(path)


def test_a_missing_file_says_where_it_looked(tmp_path):
    with pytest.raises(ConfigError, match=r"no experiment file .*nothing\.yaml"):
        load_config(tmp_path / "nothing.yaml")


def test_every_preset_reads():
    for name in presets.PRESETS:
        assert presets.load(name).name == name
    with pytest.raises(ConfigError, match="did you mean 'demo'"):
        presets.load("dem")


def _budget(**changes):
    return parse_config(
        values(budget={"initial": 2, "per_cycle": 2, "cycles": 2, **changes})
    ).budget


@pytest.mark.parametrize("written", [0.1, "0.1", "10%", "10 %"])
def test_ten_per_cent_is_written_in_two_ways(written):
    budget = _budget(unit="%", initial=written, per_cycle=written, cycles=5)
    assert (budget.initial, budget.per_cycle) == (0.1, 0.1)
    assert [budget.nominal(cycle) for cycle in range(5)] == [0.1, 0.2, 0.3, 0.4, 0.5]
    assert (budget.total, budget.text(budget.total)) == (0.5, "50 %")


def test_amounts_are_whole_where_they_can_be():
    assert repr(_budget(unit="images", initial=50.0).initial) == "50"
    assert _budget(unit="images", initial=0.5, per_cycle="2.25").nominal(1) == 2.75
    assert _budget(initial=0, per_cycle="12").nominal(3) == 36
    assert _budget(initial=4, per_cycle=0, cycles=1).total == 4


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"initial": "four"}, r"initial is 'four': wanted a whole number of units"),
        ({"initial": 2.5}, r"initial is 2\.5: wanted a whole number of units"),
        ({"initial": "10%"}, r"initial is '10%': the unit is units"),
        ({"initial": True}, r"initial is True: wanted a whole number"),
        ({"per_cycle": float("inf")}, r"per_cycle is inf: wanted"),
        ({"per_cycle": float("nan"), "unit": "images"}, r"nan: wanted a number of images"),
        ({"per_cycle": "1e999999999"}, "at most 1,000,000,000,000"),
        ({"per_cycle": 0}, "per_cycle is 0, so the queries of 2 cycles would label nothing"),
        ({"unit": "%", "initial": 10}, r'initial is 10: wanted a share .* e\.g\. "10%"'),
        ({"unit": "%", "initial": "-1%"}, "wanted a share"),
        ({"unit": "percent"}, "budget.unit is 'percent'"),
        ({"cycles": 10**9}, "cycles is 1000000000"),
        ({"click_tolerance": float("inf")}, "click_tolerance is inf"),
    ],
)
def test_amounts_that_no_budget_has_are_one_sentence(changes, words):
    with pytest.raises(ConfigError, match=words) as caught:
        _budget(**changes)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("initial", "words"),
    [
        ({"rule": "middle"}, "initial.rule is 'middle'"),
        ({"rule": "middle_of", "sets": 0}, "initial.sets is 0"),
        (
            {"sets": 3},
            "sets and repeats are read by the rule middle_of only, and the rule is images",
        ),
        ({"filtred": True}, "did you mean 'filtered'"),
    ],
)
def test_initial_sets_that_do_not_fit_are_one_sentence(initial, words):
    with pytest.raises(ConfigError, match=words):
        parse_config(values(initial=initial))
