"""``workbench report``: where it writes, and what it refuses."""

from pathlib import Path

import pytest

from tests.cli.conftest import Invoke, assert_one_sentence
from workbench.store import open_store


def test_it_writes_one_file_and_says_its_size(
    cli: Invoke, sample_store: Path, tmp_path: Path
) -> None:
    (record,) = open_store(sample_store).experiments()
    result = cli("report", "sam", "--store", sample_store)
    assert result.exit_code == 0, result.stderr
    file = tmp_path / f"{record.id}.html"
    assert file.read_text().startswith("<!doctype html>")
    assert f"{file.name} (" in result.stdout
    assert "MiB)" in result.stdout
    other = tmp_path / "new" / "r.html"
    other.parent.mkdir()
    other.write_text("old")
    assert cli("report", "sam", "--out", other, "--store", sample_store).exit_code == 0
    assert other.read_text().startswith("<!doctype html>")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["new", file.name]


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["smaple"], ["smaple", "sample-"]),
        (["sample/random-s0"], ["random-s0"]),
        (["sam", "--out", "."], ["directory"]),
        (["sam", "--out", "file/report.html"], ["file", "another --out"]),
    ],
)
def test_wrong_names_and_places_are_a_sentence(
    cli: Invoke, sample_store: Path, tmp_path: Path, arguments: list[str], parts: list[str]
) -> None:
    (tmp_path / "file").write_text("a file")
    assert_one_sentence(cli("report", *arguments, "--store", sample_store), *parts)
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_report_never_lands_inside_the_store(cli: Invoke, sample_store: Path) -> None:
    inside = sample_store / "report.html"
    result = cli("report", "sam", "--out", inside, "--store", sample_store)
    assert_one_sentence(result, "lies inside the store")
    assert not inside.exists()
