"""The advice: Table 7, its conflicts with the paper's own findings, and what a pool counts as."""

from types import SimpleNamespace

import pandas as pd
import pytest

import workbench as wb
from workbench.advisor import Recommendation
from workbench.errors import ConfigError


def one(pool: str, budget: str, semi_supervised: bool) -> Recommendation:
    (found,) = wb.advise(pool, budget, semi_supervised).recommendations
    return found


def agreements(*scenario) -> dict[str, str]:
    return {f.where: f.agrees for f in one(*scenario).findings}


def sentence(where: str, *scenario) -> str:
    (found,) = (f.sentence for f in one(*scenario).findings if f.where == where)
    return found


def test_without_a_word_all_of_table_7_is_told():
    found = wb.advise()
    assert found.source.endswith("Table 7")
    assert found.pool.kind is None
    assert isinstance(found.table, pd.DataFrame)
    cells = [
        *("Random", "Random-SSL", "Single", "Single-SSL"),
        *("Batch", "Batch", "Batch", "Batch-SSL"),
    ]
    assert found.table["advice"].to_list() == cells
    assert found.table["contested"].to_list() == [True] * 2 + [False, True] + [False] * 2 + [
        True,
        True,
    ]
    assert set(found.table["own"]) == {""}


@pytest.mark.parametrize(
    ("known", "rows"), [({"pool": "diverse"}, 4), ({"budget": "low"}, 4), ({}, 8)]
)
def test_what_is_known_leaves_the_scenarios_that_fit(known, rows):
    table = wb.advise(**known).table
    assert len(table) == rows
    for key, value in known.items():
        assert set(table[key]) == {value}
    assert set(wb.advise(**known, semi_supervised=True).table["semi_supervised"]) == {True}


def test_low_budgets_of_diverse_pools_conflict_with_section_4_3():
    for semi in (False, True):
        assert agreements("diverse", "low", semi) == {
            "PASCAL VOC": "yes",
            "Cityscapes": "no",
            "A2D2 Pool-0f": "no",
        }
    text = sentence("Cityscapes", "diverse", "low", True)
    assert "(section 4.3): Single is best without semi-supervised training" in text
    assert "48.85 of Pool-11f" in sentence("A2D2 Pool-0f", "diverse", "low", False)
    text = sentence("PASCAL VOC", "diverse", "low", True)
    assert "Random-SSL in mIoU@6 (68.60) and AUC@10 (5.37)" in text


def test_high_budgets_of_diverse_pools_conflict_with_section_4_2():
    assert set(agreements("diverse", "high", False).values()) == {"yes"}
    assert agreements("diverse", "high", True) == {
        "Cityscapes": "no",
        "A2D2 Pool-0f": "no",
        "PASCAL VOC": "yes",
        "A2D2 Pool-0f with U2PL": "no",
    }
    text = sentence("Cityscapes", "diverse", "high", True)
    assert "best Coreset-SSL in mIoU@30 (63.14) and AUC@50 (24.47)" in text
    text = sentence("A2D2 Pool-0f", "diverse", "high", True)
    assert "Section 4.2 calls BALD the best" in text
    assert "With semi-supervised training EquAL-SSL in AUC@50 (20.02), Coreset-SSL in" in text


def test_redundant_pools_agree_but_for_pool_5f_and_u2pl():
    for semi in (False, True):
        assert agreements("redundant", "low", semi) == {"A2D2 Pool-11f": "yes"}
        assert one("redundant", "low", semi).methods == ("coreset",)
    assert agreements("redundant", "high", False) == {
        "A2D2 Pool-5f": "in part",  # Table 3 has Entropy's AUC at 19.48, Coreset's at 19.44
        "A2D2 Pool-11f": "yes",
        "A2D2 Pool-21f": "yes",
        "A2D2 Pool-Aug": "yes",
    }
    found = one("redundant", "high", True)
    assert [f.where for f in found.findings if f.agrees != "yes"] == ["A2D2 Pool-11f with U2PL"]
    assert found.sure.startswith("Contested: 5 of 6 findings of the paper agree; no runs")
    text = sentence("A2D2 Pool-11f with U2PL", "redundant", "high", True)
    assert "(Table 3 and Table 4; section 4.2): best Coreset in mIoU@30 (47.72)" in text
    assert "U2PL-Coreset in mIoU@30 (46.28)" in text


def test_bald_is_told_where_it_is_higher_and_not_counted():
    text = sentence("A2D2 Pool-11f", "redundant", "high", False)
    assert (
        "not exactly comparable (section 3.3): BALD in mIoU@30 (47.85) and AUC@50 (18.74)" in text
    )
    assert "BALD" not in sentence("A2D2 Pool-11f", "redundant", "high", True)
    assert "BALD in AUC@50 (17.80)" in sentence("A2D2 Pool-Aug", "redundant", "high", True)


def test_one_finding_is_called_one():
    assert one("redundant", "low", False).sure == (
        "Not contested: the one finding that it prints, on A2D2 Pool-11f, agrees; no runs of yours "
        "were given."
    )


def measured(index: float, following: float) -> SimpleNamespace:
    return SimpleNamespace(pool="video:consecutive=5", index=index, following=following)


@pytest.mark.parametrize(
    ("index", "following", "kind"),
    [
        (0.1, 0.0, "diverse"),
        (0.49, 0.49, "diverse"),
        (0.5, 0.5, "redundant"),
        (0.83, 5 / 6, "redundant"),
        (0.18, 0.83, None),
        (0.83, 0.07, None),
        (0.2, float("nan"), "diverse"),
        (0.7, float("nan"), "redundant"),
    ],
)
def test_a_measured_pool_counts_as_what_both_measures_say(index, following, kind):
    found = wb.advise(measured(index, following), "low", False)
    assert found.pool.kind == kind
    assert set(found.table["pool"]) == ({kind} if kind else {"diverse", "redundant"})
    assert f"{100 * index:.1f} %" in found.pool.sentence
    assert ("disagree" in found.pool.sentence) == (kind is None)
    assert "nan" not in found.pool.sentence


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ({"pool": "divers"}, "did you mean 'diverse'"),
        ({"pool": ["redundant"]}, "wb.pool_redundancy"),
        ({"pool": 0.8}, "wanted diverse, redundant"),
        ({"budget": "hihg"}, "did you mean 'high'"),
        ({"budget": "5-5"}, "no kind of budget '5-5'"),
    ],
)
def test_another_kind_is_refused_in_a_sentence(known, words):
    with pytest.raises(ConfigError, match=words) as error:
        wb.advise(**known)
    assert len(str(error.value)) <= 300
