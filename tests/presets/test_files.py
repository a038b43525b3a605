"""Preset files: what they extend, their smaller forms, and what these say of themselves."""

from pathlib import Path

import pytest

from workbench import presets, yaml_text
from workbench.config import parse_config
from workbench.engine.plan import resolve
from workbench.errors import ConfigError
from workbench.presets import PRESETS, load, scales_of
from workbench.presets._file import FOLDER

PAPERS = ("chen", "equal", "meal", "mittal", "cereals", "ceal", "suggestive", "vaal")
SCALED = [name for name in PRESETS if "laptop" in scales_of(name)]


def write(folder: Path, text: str) -> str:
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_every_name_begins_with_its_paper_and_is_that_of_its_file() -> None:
    for name in PRESETS:
        assert name == "demo" or name.split("-")[0] in PAPERS
        assert load(name).name == name
        assert load(name).description


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_a_plan(name: str) -> None:
    plan = resolve(load(name))
    assert plan.runs
    assert plan.config.scaled is None


def test_every_preset_of_a_paper_has_a_laptop_form() -> None:
    assert set(SCALED) == set(PRESETS) - {"demo"}


@pytest.mark.parametrize("name", SCALED)
def test_a_laptop_form_keeps_methods_learners_and_budgets(name: str) -> None:
    full, small = resolve(load(name)), resolve(load(name, scale="laptop"))
    assert [m.name for m in small.methods] == [m.name for m in full.methods]
    for before, now in zip(full.methods, small.methods, strict=True):
        assert now.learner.name == before.learner.name
        assert now.reported.learner.name == before.reported.learner.name
        assert (now.score, now.aggregation.key) == (before.score, before.aggregation.key)
        assert now.selector.name == before.selector.name
    assert small.config.budget.cycles <= 13
    assert len(small.config.report.at) == len(full.config.report.at)
    if all(isinstance(point, str) for point in full.config.report.at):
        assert small.config.report.at == full.config.report.at


@pytest.mark.parametrize("name", SCALED)
def test_a_laptop_form_starts_from_random_weights_alone(name: str) -> None:
    plan = resolve(load(name, scale="laptop"))
    for method in plan.methods:
        for model in (method.model, method.reported.model):
            assert model.options.get("weights", "none") == "none"
            assert model.options.get("freeze", "none") == "none", "random weights stay random"
        if method.needs_untrained_reference:
            assert method.embedding.weights == "initial"


@pytest.mark.parametrize("name", SCALED)
def test_a_laptop_form_says_what_it_changed(name: str) -> None:
    full, small = load(name), load(name, scale="laptop")
    assert small.name == f"{name}-laptop"
    assert small.scaled is not None
    assert (small.scaled.to, small.scaled.of) == ("laptop", name)
    paths = [change.partition(":")[0] for change in small.scaled.changes]
    assert paths
    assert len(set(paths)) == len(paths)
    before, now = full.plain(), small.plain()
    differs = {key for key in now if before[key] != now[key]}
    assert {path.partition(".")[0] for path in paths} == differs - {"name", "scaled"}


def test_what_a_user_sets_after_the_scale_is_told_too() -> None:
    small = load("meal-camvid", ["learner.epochs=3", "methods.meal.selector=meal:9"], "laptop")
    assert "learner.epochs: 25 ► 3" in small.scaled.changes
    assert any(change.startswith("methods.meal") for change in small.scaled.changes)
    assert small.learner.options["epochs"] == 3
    assert resolve(small).method("meal").selector.options["n_informative"] == 9


def test_what_is_said_of_the_scale_is_no_part_of_the_id() -> None:
    small = load("meal-camvid", scale="laptop")
    assert small.model_copy(update={"scaled": None}).digest == small.digest
    again = parse_config(small.plain())
    assert again == small
    assert yaml_text.load(yaml_text.dump(small.plain()), "it") == small.plain()


def test_a_file_extends_a_preset_key_by_key(tmp_path: Path) -> None:
    mine = write(
        tmp_path,
        "extends: meal-camvid\nname: mine\nlearner: {epochs: 2}\nunits: image\n"
        "model: {name: tiny}\nembedding: {weights: initial}\nmethods: [entropy]\n"
        "laptop: {learner.epochs: 1}\n",
    )
    config = load(mine)
    assert (config.learner.options["epochs"], config.learner.options["batch_size"]) == (2, 8)
    assert config.model.spec == "tiny", "another name replaces the part"
    assert [m.name for m in config.methods] == ["entropy"]
    small = load(mine, scale="laptop")
    assert small.learner.options["epochs"] == 1
    assert small.dataset.options["resize"] == [120, 160], "of the preset's form"
    assert small.scaled.of == "mine"


@pytest.mark.parametrize(
    ("text", "scale", "said"),
    [
        ("extends: meal-camvit", None, "meal-camvid"),
        ("extends: meal-camvid-frozen", None, "name that one"),
        ("extends: demo\nname: mine", "laptop", "no section laptop"),
        ("extends: demo\nname: mine\nlaptop: 3", "laptop", "paths and values"),
        ("extends: demo\nname: mine\nlaptop: {seeds.x: 3}", "laptop", "seeds"),
        ("extends: demo\nname: mine\nlaptop: {name.x.y: 3}", "laptop", "name"),
        ("extends: demo\nname: mine\nlaptop: {methods.entropi.learner: {}}", "laptop", "entropy"),
        ("extends: demo\nname: mine\nlaptop: {methods.entropy: {}}", "laptop", "methods.NAME.KEY"),
        ("extends: demo\nname: mine\nlaptop: {}", "phone", "laptop"),
    ],
)
def test_what_cannot_be_read_is_refused_in_a_sentence(
    tmp_path: Path, text: str, scale: str | None, said: str
) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        load(write(tmp_path, text), scale=scale)
    assert "\n" not in str(caught.value)


def test_no_preset_extends_one_that_extends_another() -> None:
    parents = {name: yaml_text.read(FOLDER / f"{name}.yaml", "").get("extends") for name in PRESETS}
    assert all(parents[parent] is None for parent in parents.values() if parent)
    assert any(parents.values())
    assert presets.load("meal-camvid-frozen").model.options["weights"] == "imagenet"
