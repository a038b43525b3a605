"""The page *Query analysis*: what it shows is what the figures read."""

import pandas as pd
import pytest

from workbench.figures import class_distribution, method_overlap, query_analysis
from workbench.store import open_store


@pytest.fixture
def runs(full):
    return open_store(full).experiments()[0].runs()


def frames(app):
    return [frame.value for frame in app.dataframe]


def test_its_tables_are_those_of_the_figures(open_page, full, runs):
    app = open_page(full, "query_analysis", cycle="1")
    assert not app.exception
    assert not app.error
    assert len(app.get("plotly_chart")) == 2 + len(method_overlap.KINDS)
    data = query_analysis.read(runs)
    expected = [
        data.overall.reset_index(),
        data.table,
        class_distribution.read(runs, 1).entropy,
        class_distribution.read(runs, 1).table,
        method_overlap.read(runs, 1).summary,
    ]
    for shown, table in zip(frames(app), expected, strict=True):
        pd.testing.assert_frame_equal(shown, table)


def test_methods_spread_and_measures_can_be_chosen(open_page, full, runs):
    app = open_page(full, "query_analysis", band="sd", methods="entropy")
    assert not app.exception
    assert set(frames(app)[1]["method"]) == {"entropy"}
    app = app.multiselect(key="measures").set_value(["coverage_radius"]).run()
    assert not app.exception
    words = [line.value for line in app.markdown if line.value.startswith("**Coverage radius.**")]
    assert len(words) == 1
    assert not [line for line in app.markdown if "**Boundary share.**" in line.value]


def test_nothing_chosen_is_a_sentence(open_page, full):
    app = open_page(full, "query_analysis")
    for key in ("measures", "methods"):
        chosen = app.multiselect(key=key).value
        app = app.multiselect(key=key).set_value([]).run()
        assert not app.exception
        assert "at least one measure and one method" in app.info[0].value
        app = app.multiselect(key=key).set_value(chosen).run()


def test_the_last_cycle_has_no_query_to_compare(open_page, full):
    app = open_page(full, "query_analysis", cycle="2")
    assert not app.exception
    assert frames(app)[-1].empty
    assert set(frames(app)[2]["set"]) >= {"random", "entropy"}
