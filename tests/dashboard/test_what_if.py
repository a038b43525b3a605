"""The page *What if*: what is asked reaches the engine's query, what changed is shown."""

import pytest

import workbench as wb
from workbench.store import open_store


@pytest.fixture
def cycle(full):
    runs = open_store(full).runs()
    return next(run for run in runs if run.id.endswith("entropy-s0")).cycle(1)


def test_it_starts_with_the_runs_own_query(open_page, full, cycle):
    app = open_page(full, "what_if", method="entropy", cycle="1")
    assert not app.exception
    assert not app.error
    picks = app.dataframe[0].value
    assert picks["unit_id"].tolist() == cycle.selected.tolist()
    change = app.table[0].value
    assert change.loc["Jaccard, units", "both"] == "100.0%"
    assert not any("cached maps" in line.value for line in app.caption)


def test_an_address_gives_the_question(open_page, full, cycle):
    view = {
        "method": "entropy",
        "cycle": "1",
        "score": "margin",
        "whatif-aggregation": "count_above",
        "whatif-aggregation-count_above-threshold": "0.25",
        "whatif-units": "grid",
        "whatif-units-grid-rows": "3",
        "whatif-selector": "power_noise",
        "whatif-selector-power_noise-beta": "2",
        "whatif-k": "5",
    }
    app = open_page(full, "what_if", **view)
    assert not app.exception
    asked = wb.whatif(cycle, "margin", "count_above:0.25", "grid:3x2", "power_noise:2", k=5)
    assert app.dataframe[0].value["unit_id"].tolist() == asked.tolist()
    assert any("cached maps of margin" in line.value for line in app.caption)
    assert "Jaccard, pixels" in app.table[0].value.index


def test_a_pool_filter_narrows_the_query(open_page, full, cycle):
    app = open_page(full, "what_if", method="entropy", cycle="1")
    app = app.selectbox(key="whatif-pool-filter").set_value("every_nth_frame").run()
    app = app.number_input(key="whatif-pool-filter-every_nth_frame-n").set_value(2).run()
    assert not app.exception
    k = len(cycle.selected)
    expected = wb.whatif(cycle, "entropy", k=k, pool_filter="every_nth_frame:2")
    assert app.dataframe[0].value["unit_id"].tolist() == expected.tolist()
    assert any(r"every\_nth\_frame\:n=2 leaves" in line.value for line in app.caption)


def test_costs_are_asked_for_where_a_selector_reads_them(open_page, full, cycle):
    app = open_page(full, "what_if", method="entropy", cycle="1")
    assert "whatif-costs" not in [box.key for box in app.selectbox]
    app = app.selectbox(key="whatif-selector").set_value("cereals").run()
    assert app.selectbox(key="whatif-costs").options == ["uniform", "area", "boundary"]
    app = app.selectbox(key="whatif-costs").set_value("boundary").run()
    assert not app.exception
    k = len(cycle.selected)
    expected = wb.whatif(cycle, "entropy", selector="cereals", k=k, costs="boundary")
    assert app.dataframe[0].value["unit_id"].tolist() == expected.tolist()


def test_the_threshold_moves_within_the_scores_range(open_page, full, cycle):
    app = open_page(full, "what_if", method="entropy", cycle="1")
    app = app.selectbox(key="whatif-aggregation").set_value("count_above").run()
    slider = app.slider(key="whatif-aggregation-count_above-threshold")
    low, high, _ = cycle.score_range("entropy")
    assert (slider.min, slider.max) == pytest.approx((low, high))
    app = slider.set_value(0.5).run()
    assert not app.exception
    expected = wb.whatif(cycle, "entropy", "count_above:0.5", k=len(cycle.selected))
    assert app.dataframe[0].value["unit_id"].tolist() == expected.tolist()


def test_every_selector_has_its_settings_drawn(open_page, full):
    app = open_page(full, "what_if", method="entropy", cycle="1")
    for name in ("k_center", "class_stratified", "suggestive_annotation", "ceal"):
        app = app.selectbox(key="whatif-selector").set_value(name).run()
        assert not app.exception, name
        assert not app.error, name
        assert len(app.dataframe) == 1


def test_what_cannot_be_answered_is_one_sentence(open_page, full):
    view = {"method": "entropy", "cycle": "1", "whatif-units": "grid"}
    app = open_page(full, "what_if", **view, **{"whatif-units-grid-rows": "999"})
    assert not app.exception
    assert "does not fit" in app.error[0].value


def test_the_last_cycle_can_be_asked_though_it_made_no_query(open_page, full):
    app = open_page(full, "what_if", method="entropy", cycle="2")
    assert not app.exception
    change = app.table[0].value
    assert change.loc["Units", "made"] == "0"
    assert change.loc["Overlap, share of the smaller query's units", "both"] == ""


def test_another_selector_keeps_the_image(open_page, full, cycle):
    app = open_page(full, "what_if", method="entropy", cycle="1")
    names = app.selectbox(key="image").options
    pool = open_store(full).runs()[0].experiment.pool
    assert set(names) <= set(pool["image_id"])  # no count beside a name: it would come back as one
    app = app.selectbox(key="image").set_value(names[0]).run()
    app = app.selectbox(key="whatif-selector").set_value("random").run()
    assert not app.exception
    assert not app.error
    assert app.selectbox(key="image").value == names[0]


def test_a_selector_that_cannot_run_on_the_units_is_not_offered(open_page, full):
    app = open_page(full, "what_if", method="entropy", cycle="1")
    assert "meal" in app.selectbox(key="whatif-selector").options
    app = app.selectbox(key="whatif-selector").set_value("class_stratified").run()
    app = app.selectbox(key="whatif-units").set_value("window").run()
    assert not app.exception
    offered = app.selectbox(key="whatif-selector").options
    assert "top_k" in offered
    assert not {"meal", "k_center", "class_stratified"} & set(offered)
