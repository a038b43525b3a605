from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from workbench.errors import ConfigError
from workbench.figures import _repeats, query_analysis
from workbench.figures._repeats import told

KEYS = ["method", "seed", "cycle", "same_sequence_share", "pool_same_sequence_share"]


def warned(*rows):
    """The warnings about queries of given shares: of a sequence, the pool's own, adjacent."""
    table = pd.DataFrame(rows, columns=[*KEYS, "adjacent_share"])
    data = query_analysis.QueryAnalysis(table, table, "range", ())
    return told(data).table


def test_a_share_above_the_pools_own_or_above_four_fifths_is_told_with_both():
    found = warned(
        ("entropy", 0, 0, 0.9, 0.7, np.nan),
        ("entropy", 0, 1, 0.8, 0.7, np.nan),
        ("entropy", 1, 0, 0.91, 0.7, np.nan),
        ("entropy", 1, 1, np.nan, np.nan, np.nan),  # the last cycle selects nothing
        ("k_center", 0, 0, 0.7, 0.7, np.nan),  # as the pool: not told
        ("margin", 0, 0, 0.85, 0.9, np.nan),
        ("random", 0, 0, 0.6, 0.9, np.nan),
    )
    assert found["method"].tolist() == ["entropy", "margin"]
    assert found["share"].tolist() == pytest.approx([0.87, 0.85])
    assert found["queries"].tolist() == [3, 1]
    assert found["sentence"].tolist() == [
        "87 % of entropy's picks repeat a sequence: their nearest other pick is of the same one "
        "(same-sequence share, mean of 3 queries; the pool's own: 70 %).",
        "85 % of margin's picks repeat a sequence: their nearest other pick is of the same one "
        "(same-sequence share, 1 query; the pool's own: 90 %).",
    ]


def test_adjacent_picks_are_held_against_random_in_the_same_cycles_and_seeds():
    nothing = (np.nan, np.nan)
    found = warned(
        ("random", 0, 0, *nothing, 0.2),
        ("random", 0, 1, *nothing, 0.9),  # entropy has not asked here yet
        ("entropy", 0, 0, *nothing, 0.5),
        ("margin", 0, 0, *nothing, 0.4),  # twice: not told
    )
    assert found["method"].tolist() == ["entropy"]
    assert found["reference"].tolist() == pytest.approx([0.2])
    assert found["sentence"].tolist() == [
        "50 % of entropy's picks have another pick in the same frame or the one beside it "
        "(adjacent in the sequence, 1 query; random's: 20 %)."
    ]


def test_without_random_adjacent_picks_are_told_above_four_fifths_alone():
    nothing = (np.nan, np.nan)
    found = warned(("entropy", 0, 0, *nothing, 0.81), ("margin", 0, 0, *nothing, 0.8))
    assert found["method"].tolist() == ["entropy"]
    assert found["sentence"][0].endswith("(adjacent in the sequence, 1 query).")


def test_what_is_read_are_the_measures_of_the_queries(runs):
    found = _repeats.read(runs).table.set_index(["measure", "method"])["share"]
    means = query_analysis.read(runs).overall.droplevel("experiment")
    assert len(found)
    for (measure, method), share in found.items():
        assert share == pytest.approx(means.loc[method, measure])


def test_a_pool_of_one_sequence_is_no_news(runs, monkeypatch):
    assert "same_sequence_share" in set(_repeats.read(runs).table["measure"])
    images = SimpleNamespace(sequences=np.array(["one"] * 8))
    record = SimpleNamespace(geometry=SimpleNamespace(images=images))
    monkeypatch.setattr(_repeats, "one_experiment", lambda *_: record)
    assert "same_sequence_share" not in set(_repeats.read(runs).table["measure"])


def test_nothing_published_is_no_warning_and_two_experiments_are_refused(runs):
    assert _repeats.read([]).table.empty
    assert list(_repeats.read([]).table) == list(_repeats.read(runs).table)
    other = SimpleNamespace(experiment=SimpleNamespace(id="other"))
    with pytest.raises(ConfigError, match="belong to 2 experiments"):
        _repeats.read([runs[0], other])
