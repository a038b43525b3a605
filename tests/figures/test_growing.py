"""Figures of a run that publishes a cycle while they are read: every look finds one more."""

from collections import Counter

import pytest

from workbench.figures import (
    catalogue,
    class_distribution,
    learning_curve,
    method_overlap,
    per_class,
    query_analysis,
)
from workbench.store import Run, open_store


@pytest.fixture
def growing(shared, monkeypatch):
    """A store whose runs have one more cycle at each look, and were planned with one cycle."""
    store = open_store(shared.sample())
    whole, looks = Run.cycle_numbers.fget, Counter()

    def numbers(run):
        looks[run.id] += 1
        return whole(run)[: looks[run.id]]

    monkeypatch.setattr(Run, "cycle_numbers", property(numbers))
    return store


@pytest.mark.parametrize(
    "figure",
    [class_distribution, learning_curve, method_overlap, per_class, query_analysis],
    ids=lambda module: module.__name__.rpartition(".")[2],
)
def test_a_cycle_that_is_published_meanwhile_is_no_error(growing, figure):
    record = growing.experiments()[0]
    planned = record.config.budget.model_copy(update={"cycles": 1})
    record.config = record.config.model_copy(update={"budget": planned})
    assert len(figure.read(record.runs()).table)


def test_nor_is_it_in_the_catalogue(growing):
    assert len(catalogue.read(growing).table) == len(growing.experiments()[0].runs())
