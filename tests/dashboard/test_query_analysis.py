"""*Compare*, the queries: what it shows is what the figures read."""

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
    app = open_page(full, "compare", show="queries", cycle="1")
    assert not app.exception
    assert not app.error
    assert len(app.get("plotly_chart")) == 2 + len(method_overlap.KINDS)  # measures and spread
    data = query_analysis.read(runs)
    expected = [
        data.overall.reset_index(),
        data.table,
        method_overlap.read(runs, 1).summary,
    ]
    for shown, table in zip(frames(app), expected, strict=False):
        pd.testing.assert_frame_equal(shown, table)


def test_the_classes_of_the_labelled_sets_are_a_result(open_page, full, runs):
    app = open_page(full, "compare", cycle="1")
    data = class_distribution.read(runs, 1)
    for shown, table in zip(frames(app)[-2:], (data.entropy, data.table), strict=True):
        pd.testing.assert_frame_equal(shown, table)


def test_methods_spread_and_measures_can_be_chosen(open_page, full, runs):
    app = open_page(full, "compare", show="queries", band="sd", methods="entropy")
    assert not app.exception
    assert set(frames(app)[1]["method"]) == {"entropy"}
    app = app.multiselect(key="measures").set_value(["coverage_radius"]).run()
    assert not app.exception
    words = [line.value for line in app.markdown if line.value.startswith("**Coverage radius.**")]
    assert len(words) == 1
    assert not [line for line in app.markdown if "**Boundary share.**" in line.value]


def test_nothing_chosen_is_a_sentence(open_page, full):
    app = open_page(full, "compare", show="queries")
    for kind, key, what in (("multiselect", "measures", "measure"), ("pills", "methods", "method")):
        chosen = getattr(app, kind)(key=key).value
        app = getattr(app, kind)(key=key).set_value([]).run()
        assert not app.exception
        assert f"at least one {what}" in app.info[0].value
        app = getattr(app, kind)(key=key).set_value(chosen).run()


def test_the_last_cycle_has_no_query_to_compare(open_page, full):
    app = open_page(full, "compare", show="queries", cycle="2")
    assert not app.exception
    assert frames(app)[2].empty
