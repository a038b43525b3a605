"""The experiment schema: what is refused, and what an experiment's id depends on."""

import pytest

from workbench import presets
from workbench.config import load_config, parse_config
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


def test_id_ignores_paths_and_words_but_nothing_else():
    plain = parse_config(values())
    assert parse_config(values(description="other words")).id == plain.id
    rooted = parse_config(values(dataset={"name": "synthetic", "root": "/somewhere"}))
    assert rooted.id == plain.id
    assert parse_config(values(seeds=[1])).id != plain.id
    assert parse_config(values(model={"name": "tiny", "dropout": 0.5})).id != plain.id


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"budgt": 1}, "did you mean 'budget'"),
        ({"budget": {"initial": 2, "per_cycle": 2, "cycle": 2}}, "budget.cycles is missing"),
        (
            {"budget": {"initial": 2, "per_cycle": 2, "cycles": 2, "unt": "x"}},
            "did you mean 'unit'",
        ),
        ({"budget": {"initial": 0, "per_cycle": 2, "cycles": 2}}, "budget.initial is 0"),
        ({"methods": []}, "methods"),
        ({"methods": ["random", "random"]}, "lists 'random' twice"),
        ({"methods": [{"name": "a", "scor": "entropy"}]}, "did you mean 'score'"),
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
