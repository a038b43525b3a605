"""Sentences beside an answer, and the table of an image, on answers made up for it."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from workbench.what_if import _query
from workbench.what_if._query import _notes
from workbench.what_if._result import WhatIf, WhatIfQuery


@pytest.mark.parametrize(
    ("stored", "partly", "unit", "k", "words"),
    [
        (False, 0, "units", 3, []),
        (False, 2, "units", 3, ["2 candidates overlap labelled pixels"]),
        (True, 0, "units", None, []),
        (True, 0, "clicks", 3, []),
        (True, 0, "clicks", None, ["Without labels the clicks are unknown"]),
        (False, 1, "clicks", None, ["1 candidates overlap", "the clicks are unknown"]),
    ],
)
def test_only_what_is_so_is_noted(monkeypatch, stored, partly, unit, k, words):
    config = SimpleNamespace(budget=SimpleNamespace(unit=unit))
    run = SimpleNamespace(experiment=SimpleNamespace(config=config))
    monkeypatch.setattr(_query, "run_of", lambda cycle: run)
    pool = SimpleNamespace(stored=stored, partly_labelled=partly, cycle=None)
    notes = _notes(SimpleNamespace(pool_filter=None), pool, k)
    assert len(notes) == len(words)
    assert all(word in note for word, note in zip(words, notes, strict=True))


def test_what_a_filter_leaves_is_noted(monkeypatch):
    config = SimpleNamespace(budget=SimpleNamespace(unit="units"))
    run = SimpleNamespace(experiment=SimpleNamespace(config=config))
    monkeypatch.setattr(_query, "run_of", lambda cycle: run)
    monkeypatch.setattr(_query, "allowed", lambda one, whole, ids: np.array([True, False, True]))
    pool = SimpleNamespace(stored=True, partly_labelled=0, whole=None, unit_ids=range(3))
    pool.cycle = None
    (note,) = _notes(SimpleNamespace(pool_filter=SimpleNamespace(key="thin")), pool, 1)
    assert note == "thin leaves 2 of 3 unlabelled units to choose from."


COLUMNS = ["unit_id", "y0", "x0", "y1", "x1", "state", "rank", "score"]


def units(*rows):
    """Units of 4×4 pixels below each other."""
    table = pd.DataFrame(rows, columns=["unit_id", "image_id", "score"])
    y0 = 4 * np.arange(len(table))
    return table.assign(y0=y0, x0=0, y1=y0 + 4, x1=4)


def answer(overlap=False, outlines=None):
    query = WhatIfQuery("run", 0, "entropy", "mean", "grid:2x2", "top_k", 2, 0)
    return WhatIf(
        ids=np.array([12, 10]),
        query=query,
        units=units((10, "a", 0.5), (11, "a", 0.25), (12, "a", 0.75), (20, "b", 0.1)),
        labelled=units((9, "a", np.nan), (11, "a", np.nan), (21, "b", np.nan)),
        approximate=(),
        notes=(),
        _compare=lambda: "compared",
        _outlines=outlines or (lambda ids: None),
        overlap=overlap,
    )


def test_units_of_an_image_are_counted_from_0_and_labelled_in_part_are_labelled():
    found = answer().units_of("a")
    assert list(found.columns) == COLUMNS
    assert found.index.tolist() == [0, 1, 2, 3]
    assert found["unit_id"].tolist() == [9, 10, 11, 12]
    assert found["state"].tolist() == ["labelled", "selected", "labelled", "selected"]
    assert found["rank"].tolist() == [-1, 1, -1, 0]
    np.testing.assert_array_equal(found["score"], [np.nan, 0.5, 0.25, 0.75])
    assert len(answer().units_of("c")) == 0


def test_of_units_that_overlap_those_that_are_marked_are_drawn():
    found = answer(overlap=True).units_of("b")
    assert list(found.columns) == COLUMNS
    assert found.index.tolist() == [0]
    assert found["unit_id"].tolist() == [21]
    assert found["state"].tolist() == ["labelled"]


def test_units_that_are_no_rectangles_have_outlines():
    asked = []

    def outlines(ids):
        asked.append(ids.tolist())
        return [f"ring of {n}" for n in ids]

    found = answer(outlines=outlines).units_of("b")
    assert found["outline"].tolist() == ["ring of 20", "ring of 21"]
    answer(outlines=outlines).units_of("c")
    assert asked == [[20, 21]], "not asked for an image without units"


def test_the_selection_and_the_words_of_an_answer():
    found = answer()
    assert found.selection["rank"].tolist() == [0, 1]
    assert found.selection["unit_id"].tolist() == [12, 10]
    assert found.selection["score"].tolist() == [0.75, 0.5]
    assert found.unit_scores.loc[11] == 0.25
    assert found.change == "compared"
    assert (12 in found, 11 in found) == (True, False)
    assert found.query.ranked_by == "entropy/mean"
