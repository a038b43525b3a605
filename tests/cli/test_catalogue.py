"""``presets``, ``methods``, ``datasets`` and ``doctor``."""

import re
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Invoke, assert_one_sentence
from tests.datasets.fakes import FAKES, isic
from workbench.datasets import DATASETS
from workbench.methods import METHODS
from workbench.models import MODELS
from workbench.naming import rider_column
from workbench.presets import PRESETS
from workbench.selection import POOL_FILTERS, SELECTORS


def first_words(text: str) -> list[str]:
    return [line.split()[0] for line in text.splitlines() if line.strip() and line[0] != " "]


def test_presets_lists_every_preset(cli: Invoke) -> None:
    assert set(PRESETS) <= set(first_words(cli("presets").stdout))


def test_methods_lists_every_method_with_its_source(cli: Invoke) -> None:
    text = cli("methods").stdout
    assert first_words(text)[1 : 1 + len(METHODS.names())] == METHODS.names()
    for entry in METHODS:
        assert entry.source in text


def test_the_26_approaches_of_chen_et_al_can_be_found(cli: Invoke) -> None:
    text = cli("methods").stdout
    assert re.search(
        r"The 26 approaches of Chen et al\. .*units: image and units: crop:512x512", text
    )


@pytest.mark.parametrize("name", METHODS.names())
def test_a_method_tells_paper_formula_and_needs(cli: Invoke, name: str) -> None:
    entry = METHODS.entry(name)
    text = cli("methods", name).stdout
    assert entry.summary in text
    assert entry.source in text
    assert re.search(r"^needs ", text, flags=re.MULTILINE)
    of_pixels = entry.score is not None and rider_column(entry.score) is None
    assert bool(re.search(r"^formula +\S", text, re.MULTILINE)) == of_pixels


def test_needs_are_said(cli: Invoke) -> None:
    needs = {
        "bald_count": "a threshold, model.dropout",
        "suggestive_annotation": "several networks, embeddings",
        "uniform_at_5_entropy": "sequences",
        "entropy": "–",
    }
    for name, words in needs.items():
        assert re.search(rf"^needs +{words}$", cli("methods", name).stdout, flags=re.MULTILINE)
    assert_one_sentence(cli("methods", "entropi"), "entropi", "did you mean 'entropy'")


def test_the_learner_that_a_method_brings_is_named(cli: Invoke) -> None:
    learners = {
        "random": "the experiment's",
        "entropy_s4gan": r"s4gan: .*\(s4GAN\)\.",
        "ceal": r"pseudo_labels:.*loss=dice.*: Supervised, also on images .*",
        "equal": r"self_consistency:.*continues=.*: .*",
    }
    for name, words in learners.items():
        assert re.search(rf"^learner +{words}$", cli("methods", name).stdout, flags=re.MULTILINE)
    assert re.search(
        r"^report points +self_consistency: ", cli("methods", "equal_plus").stdout, re.MULTILINE
    )
    (line,) = (line for line in cli("methods").stdout.splitlines() if line.startswith("coreset_u"))
    assert line.split()[:5] == ["coreset_u2pl", "–", "mean", "k_center", "u2pl"]


def test_parts_lists_every_setting(cli: Invoke) -> None:
    text = cli("methods", "--parts").stdout
    for registry in (MODELS, SELECTORS, POOL_FILTERS):
        for entry in registry:
            assert re.search(rf"^{entry.name}\b", text, flags=re.MULTILINE)
            for param in entry.params:
                assert re.search(rf"^ +{param.name} ", text, flags=re.MULTILINE)


@pytest.mark.parametrize("arguments", [["datasets"], ["datasets", "list"]])
def test_datasets_lists_every_dataset(cli: Invoke, arguments: list[str]) -> None:
    assert set(DATASETS.names()) <= set(first_words(cli(*arguments).stdout))


def test_check_decodes_every_file(cli: Invoke) -> None:
    options = [f"--option={text}" for text in ("train=6", "val=3", "height=48", "width=64")]
    result = cli("datasets", "check", "synthetic", *options)
    assert result.exit_code == 0, result.stderr
    assert "all 9 images and masks can be read" in result.stdout
    assert re.search(r"^train +6 +48×64", result.stdout, flags=re.MULTILINE)


def test_check_prints_the_digest_of_every_byte(cli: Invoke, tmp_path: Path) -> None:
    result = cli("datasets", "check", "synthetic", "--option", "train=2", "--option", "val=1")
    assert "Content digest: sha256:" in result.stdout
    wanted = ["--split", "test", "--option", "train=2", "--option", "val=1"]
    assert_one_sentence(cli("datasets", "check", "synthetic", *wanted), "no split 'test'")


def test_check_names_what_is_wrong(cli: Invoke, tmp_path: Path) -> None:
    assert_one_sentence(cli("datasets", "check", "camvdi"), "camvdi", "did you mean 'camvid'")
    missing = cli("datasets", "check", "camvid", "--data", tmp_path / "none")
    assert_one_sentence(missing, str(tmp_path / "none" / "camvid"), "data/README.md")
    assert_one_sentence(cli("datasets", "check", "synthetic", "--option", "train"), "key=value")
    assert_one_sentence(cli("datasets", "check", "synthetic", "--option", "trian=3"), "train")


def test_check_tells_of_many_sizes_by_the_smallest_and_the_largest(
    cli: Invoke, tmp_path: Path
) -> None:
    isic.make(tmp_path / "isic", images=12)
    result = cli("datasets", "check", "isic", "--data", tmp_path)
    assert re.search(r"^train +12 +22×31, 22×32, 23×31", result.stdout, flags=re.MULTILINE)
    for height in range(30, 34):
        isic.make(tmp_path / f"{height}", images=1, size=(height, 32))
        shutil.copytree(tmp_path / f"{height}", tmp_path / "isic", dirs_exist_ok=True)
        for path in (tmp_path / "isic").glob("*Training*/ISIC_0000000*"):
            path.rename(path.with_name(path.name.replace("0000000", f"00005{height}")))
    result = cli("datasets", "check", "isic", "--data", tmp_path)
    assert re.search(r"^train +15 +10 sizes, 22×31 to 33×32", result.stdout, flags=re.MULTILINE)


@pytest.mark.parametrize("name", FAKES)
def test_check_answers_a_wrong_root_with_one_sentence(
    cli: Invoke, tmp_path: Path, name: str
) -> None:
    FAKES[name](tmp_path / name)
    wrong = tmp_path / "holiday"
    wrong.mkdir()
    (wrong / "beach.txt").write_text("x")
    result = cli("datasets", "check", name, "--option", f"root={wrong}")
    assert_one_sentence(result, "holiday", f"data/README.md#{name}")


def test_doctor_looks_at_everything(cli: Invoke, sample_store: Path) -> None:
    result = cli("doctor", "--store", sample_store)
    assert result.exit_code == 0, result.stdout
    for what in ("Python", "torch", "device", "CPU", "Chromium", "disk", "store", "data"):
        assert re.search(rf"^(ok|note) +{what}\b", result.stdout, flags=re.MULTILINE)
    assert "1 experiment" in result.stdout


def test_doctor_names_a_store_that_cannot_be_read(cli: Invoke, tmp_path: Path) -> None:
    (tmp_path / "not_a_store").mkdir()
    (tmp_path / "not_a_store" / "letter.txt").write_text("hello")
    result = cli("doctor", "--store", tmp_path / "not_a_store")
    assert result.exit_code == 2
    assert "not a run store" in result.stdout
    assert "Problems: store." in result.stdout


POOLED = ["synthetic", "--option", "train=24", "--option", "height=24", "--option", "width=32"]


def test_a_pool_is_checked_and_its_redundancy_is_told(cli: Invoke) -> None:
    found = cli("datasets", "check", *POOLED, "--option", "val=2", "--pool", "video:6,2")
    assert found.exit_code == 0
    assert re.search(r"^train +6 +24×32 +[12]$", found.stdout, flags=re.MULTILINE)

    pools = ["--pool", "full", "--pool", "video:6,2"]
    text = cli("datasets", "redundancy", *POOLED, *pools).stdout
    assert re.search(r"^full +24 +\d+\.\d +\d+\.\d % +91\.7 %$", text, flags=re.MULTILINE)
    assert re.search(r"^video:images=6,consecutive=2 +6 +\d", text, flags=re.MULTILINE)
    assert "by tiny, random weights" in text
    assert_one_sentence(cli("datasets", "redundancy", *POOLED, "--pool", "film"), "film", "full")
    assert_one_sentence(cli("datasets", "check", *POOLED, "--pool", "video:7,2"), "whole groups")
