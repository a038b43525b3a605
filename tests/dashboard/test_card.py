"""The card of the chosen experiment on the overview: curve, verdict, warnings, picks."""

import json

import pandas as pd
import pytest

from dashboard import loaders
from dashboard.text import plain
from tests.store.sample import write_shrunk_store
from workbench.figures import _repeats, comparison
from workbench.figures._repeats import Repeats
from workbench.store import open_store


@pytest.fixture
def runs(full):
    return open_store(full).experiments()[0].runs()


def links(app):
    return [(one.label, one.proto.query_string) for one in app.get("page_link")]


def test_the_verdict_is_that_of_the_comparison_and_leads_to_it(open_page, full, runs):
    app = open_page(full, "overview")
    assert not app.exception
    assert len(app.get("plotly_chart")) == 1
    (sentence,) = comparison.read(runs).foremost
    assert plain(sentence) in [line.value for line in app.markdown]
    query = dict(links(app))["All on Compare"]
    assert f"experiment={runs[0].experiment.id}" in query
    assert "show=results" in query


def test_warnings_are_those_that_were_measured(open_page, full, runs):
    app = open_page(full, "overview")
    found = _repeats.read(runs).table["sentence"]
    shown = [label for label, query in links(app) if "show=queries" in query]
    assert shown == [plain(sentence) for sentence in found[:4]]


def test_a_warning_leads_to_its_measure_and_no_name_becomes_markdown(open_page, full, monkeypatch):
    sentence = "87 % of *entropy*'s picks repeat a sequence."
    row = {"measure": "same_sequence_share", "sentence": sentence}
    monkeypatch.setattr(loaders, "repeats", lambda _: Repeats(pd.DataFrame([row])))
    app = open_page(full, "overview")
    query = dict(links(app))["87 % of \\*entropy\\*'s picks repeat a sequence."]
    assert "show=queries" in query
    assert "measures=same_sequence_share" in query


def test_the_first_picks_of_each_method_are_pictures(open_page, full, runs):
    app = open_page(full, "overview")
    sent = [json.loads(one.proto.json or "{}") for one in app.get("bidi_component")]
    rows = [one["pictures"] for one in sent if "pictures" in one]
    assert len(rows) == 2, "one row a method, of the chosen seed"
    for run, row in zip([run for run in runs if run.seed == 0], rows, strict=True):
        assert run.cycle(2).selection.empty, "the last cycle selects nothing"
        first = run.cycle(1).selection["image_id"].drop_duplicates()[:4]
        assert [picture["image"] for picture in row] == first.tolist()


def test_no_method_is_a_sentence_and_the_runs_stay(open_page, full):
    app = open_page(full, "overview")
    app = app.pills(key="methods").set_value([]).run()
    assert not app.exception
    assert any("Choose at least one method" in line.value for line in app.caption)
    assert len(app.dataframe) == 2


def test_without_a_published_cycle_there_is_no_card(open_page, full, monkeypatch):
    run = type(open_store(full).experiments()[0].runs()[0])
    monkeypatch.setattr(run, "cycle_numbers", ())
    app = open_page(full, "overview")
    assert not app.exception
    assert not app.get("plotly_chart")
    assert sum("No cycle is published yet" in line.value for line in app.caption) == 1
    assert not [label for label, _ in links(app) if label == "All on Compare"]
    assert len(app.dataframe) == 2


def test_one_method_alone_has_no_verdict(open_page, tmp_path):
    app = open_page(write_shrunk_store(tmp_path / "runs"), "overview", methods="entropy")
    assert not app.exception
    assert any("no pair" in line.value for line in app.markdown)
