"""data/README.md tells of every dataset and setting that exists, and of no other count."""

from pathlib import Path

import pytest

from workbench.datasets import DATASETS, glas, isic, pascal_voc
from workbench.datasets.camvid import CARD
from workbench.datasets.folder_card import FolderCard

TEXT = (Path(__file__).parents[2] / "data" / "README.md").read_text(encoding="utf-8")


def _section(name):
    return TEXT.split(f"\n## {name}\n")[1].split("\n## ")[0]


def test_every_dataset_has_a_section_under_its_own_name():
    titles = [line.removeprefix("## ") for line in TEXT.splitlines() if line.startswith("## ")]
    assert titles == DATASETS.names()


def test_every_setting_is_described():
    for entry in DATASETS:
        for param in entry.params:
            where = TEXT if param.name in {"root", "resize"} else _section(entry.name)
            assert param.name in where, f"{entry.name}.{param.name}"
    for key in FolderCard.model_fields:
        assert f"`{key}`" in _section("folder")


def test_classes_and_counts_of_camvid_are_the_cards():
    section = " ".join(_section("camvid").split())
    assert ", ".join(CARD.classes) in section
    for split, count in CARD.splits.items():
        assert f"{split}/" in section
        assert str(count) in section


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("pascal_voc", pascal_voc.CARD.splits.values()),
        ("pascal_voc", [pascal_voc.OWN_TRAIN]),
        ("isic", isic.CARD.splits.values()),
        ("glas", glas.CARD.splits.values()),
        ("glas", [17, 68]),
    ],
)
def test_counts_of_the_cards_are_in_their_sections(name, counts):
    for count in counts:
        assert f"{count:,}" in _section(name)


def test_classes_of_voc_are_the_cards():
    assert ", ".join(pascal_voc.CARD.classes) in " ".join(_section("pascal_voc").split())


def test_defaults_of_the_scenes_are_those_of_the_entry():
    defaults = {p.name: p.default for p in DATASETS.entry("synthetic").params}
    assert "| `train`, `val`, `test` | {train}, {val}, {test} |".format(**defaults) in TEXT
    assert "| `height`, `width` | {height}, {width} |".format(**defaults) in TEXT
    for name in ("frames", "redundancy", "seed"):
        assert f"| `{name}` | {defaults[name]} |" in TEXT
