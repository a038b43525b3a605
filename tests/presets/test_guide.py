"""The usage guide of Mittal et al.: its cells, and names that exist."""

import pytest

from workbench import presets
from workbench.errors import ConfigError
from workbench.methods import METHODS
from workbench.presets import Choice, cells_of, guide, published


def test_the_cells_are_those_of_table_7() -> None:
    cells = {(s.pool, s.budget, s.semi_supervised): s.advice.words for s in guide().scenarios}
    assert cells == {
        ("diverse", "low", False): "Random",
        ("diverse", "low", True): "Random-SSL",
        ("diverse", "high", False): "Single",
        ("diverse", "high", True): "Single-SSL",
        ("redundant", "low", False): "Batch",
        ("redundant", "low", True): "Batch",
        ("redundant", "high", False): "Batch",
        ("redundant", "high", True): "Batch-SSL",
    }
    assert guide().budgets == {"low": "2-2", "high": "10-10"}


def test_its_methods_are_those_that_are_registered_and_published() -> None:
    found = guide()
    methods = [name for names in found.choices.values() for name in names]
    assert len(set(methods)) == len(methods)
    assert set(methods) <= set(METHODS.names())
    assert {one.advice for one in found.scenarios} <= set(found.choices)
    of_tables = {c.method for c in published("mittal").cells if c.method}
    assert of_tables - set(methods) == {"uniform", "uniform_at_5_entropy"}
    assert found.other_network <= set(methods)


def test_every_finding_has_its_numbers_or_says_what_was_best() -> None:
    for one in guide().findings:
        assert (one.best is None) == (one.preset is not None)
        for name in filter(None, (one.preset, one.against)):
            assert name in presets.PRESETS
            assert any(c.value is not None and c.method for c in cells_of(name))
    assert {f.section for f in guide().findings} == {"4.1 and 4.2", "4.2", "4.3", "4.4"}


def test_every_published_pool_of_these_budgets_is_a_finding() -> None:
    tables = {"Table 2", "Table 3", "Table 4", "Table 5"}
    measured = {c.preset for c in published("mittal").cells if c.table in tables}
    assert measured - {f.preset for f in guide().findings} == {"mittal-voc-5-5"}  # in between


def test_the_lead_at_5_5_is_as_its_note_says() -> None:
    at = {(c.row, c.column): c.value for c in cells_of("mittal-voc-5-5")}
    leads = [
        round(at["Coreset", column] - at["Random", column], 2)
        for column in ("VOC 5-5 mIoU", "VOC 5-5 AUC")
    ]
    assert leads == [0.15, 0.04]
    assert all(
        at["Coreset", column] > at[row, column]
        for row in ("Random", "Entropy", "EquAL")
        for column in ("VOC 5-5 mIoU", "VOC 5-5 AUC")
    )
    ((kind, text),) = guide().notes
    assert kind == "diverse"
    assert "0.15 points of mIoU and 0.04 of AUC" in text


def test_a_method_has_one_kind() -> None:
    assert guide().choice_of("flip_entropy") == Choice("single", semi_supervised=False)
    assert guide().choice_of("coreset_u2pl") == Choice("batch", semi_supervised=True)
    with pytest.raises(ConfigError, match="did you mean 'entropy'"):
        guide().choice_of("entropi")
    with pytest.raises(ConfigError, match="usage guide 'chen'"):
        guide("chen")
