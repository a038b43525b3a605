"""``workbench advise`` as a user types it."""

from pathlib import Path

import pytest

from tests.cli.conftest import Invoke, assert_one_sentence


def test_all_of_the_guide_without_a_word(cli: Invoke) -> None:
    result = cli("advise")
    assert result.exit_code == 0, result.output
    for words in ("Table 7", "Random-SSL", "Single-SSL", "Batch-SSL", "both kinds are shown"):
        assert words in result.stdout
    assert result.stdout.count("Contested") + result.stdout.count("Not contested") == 8


def test_a_stated_pool_and_the_runs_of_a_store(cli: Invoke, sample_store: Path) -> None:
    words = ["--pool", "redundant", "--budget", "high", "--supervised", "--at", "8"]
    result = cli("advise", "sample", *words, "--store", sample_store)
    assert result.exit_code == 0, result.output
    assert "redundant  high (10-10)  supervised  Batch   coreset  3 of 4" in result.stdout
    assert "agrees in part: A2D2 Pool-5f (Table 3" in result.stdout
    assert "your runs: k_center − " in result.stdout
    assert "mIoU at 8 units" in result.stdout
    assert "diverse" not in result.stdout


def test_a_measured_pool(cli: Invoke) -> None:
    dataset = "synthetic:train=12,frames=4"
    result = cli("advise", "--dataset", dataset, "--budget", "low", "--semi-supervised")
    assert result.exit_code == 0, result.output
    assert "Pool full: redundancy index" in result.stdout
    assert "share of images that follow 75.0 %" in result.stdout


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["--pool", "redundent"], ["redundent", "did you mean 'redundant'"]),
        (["--budget", "5-5"], ["5-5", "high, low"]),
        (["--pool", "diverse", "--dataset", "camvid"], ["--pool and --dataset"]),
        (["--scheme", "video"], ["--scheme without --dataset"]),
        (["--at", "8"], ["--at without an experiment"]),
        (["--dataset", "camvyd"], ["did you mean 'camvid'"]),
        (["--dataset", "camvid"], ["camvid"]),
        (["--dataset", "synthetic", "--scheme", "vidio"], ["did you mean 'video'"]),
        (["nothing"], ["runs"]),
    ],
)
def test_wrong_words_are_a_sentence(cli: Invoke, words: list[str], parts: list[str]) -> None:
    assert_one_sentence(cli("advise", *words), *parts)


def test_a_budget_that_is_not_there_is_a_sentence(cli: Invoke, sample_store: Path) -> None:
    result = cli("advise", "sample", "--at", "1e9", "--store", sample_store)
    assert_one_sentence(result, "1e9")
