"""Why a unit was picked: known numbers, a naive form, and what is said of every selector."""

from unittest.mock import patch

import numpy as np
import pytest

from tests.store import sample
from workbench.config import Method
from workbench.errors import NotStoredError
from workbench.figures import why
from workbench.figures._query import Query
from workbench.figures._sentences import ordinal, why_sentence
from workbench.figures._unit_facts import NEAREST
from workbench.selection import SELECTORS
from workbench.store import Selection, open_store
from workbench.types import image_numbers

METHODS = {
    entry.name: Method(
        name=entry.name,
        selector=entry.name,
        score="entropy",
        costs="area" if "costs" in entry.arrays else None,
    )
    for entry in SELECTORS
}
PICKS = 4


@pytest.fixture(scope="module")
def every(tmp_path_factory):
    """A run of each selector; those whose value can be worked out made their picks themselves."""
    path = tmp_path_factory.mktemp("why") / "store"

    def choose(method, units, k, seed, cycle):
        record = open_store(path).experiments()[0]
        query = Query(record.run(f"{record.id}/{method}-s{seed}"), cycle)
        rng = np.random.default_rng(cycle)
        if query.selector.entry.decides:
            ids = query.selector.call(query._candidates, k, rng)
        else:
            ids = rng.permutation(units["unit_id"].to_numpy())[:k]
        return Selection(ids, None, query.selector.key)

    with patch.object(sample, "METHODS", METHODS), patch.object(sample, "choose", choose):
        sample.write_sample_store(
            path, methods=tuple(METHODS), seeds=(0,), cycles=2, images=6, grid=(2, 2)
        )
    return {run.method.name: run for run in open_store(path).runs()}


def of(runs, name, unit, others=()):
    return why.read(runs[name], 0, unit, others=others).table.iloc[0]


@pytest.mark.parametrize("name", SELECTORS.names())
def test_what_is_said_of_a_pick_of_every_selector(every, name):
    entry, run = SELECTORS.entry(name), every[name]
    picked = run.selection(0).unit_ids
    for place, unit in enumerate(picked.tolist(), 1):
        row = of(every, name, unit)
        assert (row["state"], row["rank"], row["picks"]) == ("picked", place, PICKS)
        assert row["reason"] == run.selection(0).reasons[place - 1]
        assert row["sentence"].startswith(f"Picked {ordinal(place)} of {PICKS}: ")
        assert row["decided_by"] == entry.decided_by
        if entry.decides:
            assert row["missing"] == ""
            assert row["left"] == row["candidates"] - (place - 1)
            assert f"{row['value']:.3g}" in row["sentence"]
            if not entry.drawn:
                assert (row["value_rank"], row["value_margin"] >= 0) == (1, True)
        else:
            assert np.isnan(row["value"])
            assert row["missing"] or entry.drawn
            assert row["missing"][1:].rstrip(".") in row["sentence"]


@pytest.mark.parametrize("name", SELECTORS.names())
def test_what_is_said_of_a_unit_that_no_selector_took(every, name):
    run, entry = every[name], SELECTORS.entry(name)
    picked, cycle = run.selection(0).unit_ids, run.cycle(0)
    free = np.setdiff1d(cycle.units["unit_id"], picked)
    for unit in free[:3].tolist():
        row = of(every, name, unit)
        assert (row["state"], row["rank"], row["reason"]) == ("not picked", 0, "")
        assert row["sentence"].startswith("Not picked: ")
        if entry.decides and not entry.drawn and row["value_rank"]:
            assert row["value_margin"] <= 0
    row = of(every, name, int(cycle.labelled[0]))
    assert (row["state"], row["value_rank"], row["score_rank"]) == ("labelled before", 0, 0)
    assert row["sentence"] == "Labelled before: no candidate of this query."


def test_the_distance_that_decides_is_that_of_a_plain_loop(every):
    run = every["k_center"]
    held, picked = run.cycle(0).embeddings, run.selection(0).unit_ids.tolist()
    vector = dict(zip(held.unit_ids.tolist(), held.vectors.astype(float), strict=True))
    for place, unit in enumerate(picked):
        centres = [*run.cycle(0).labelled.tolist(), *picked[:place]]
        nearest = min(float(np.linalg.norm(vector[unit] - vector[c])) for c in centres)
        row = of(every, "k_center", unit)
        assert row["value"] == pytest.approx(nearest, rel=1e-6)
        said = f"distance to the nearest labelled or picked unit {nearest:.3g}, the largest of "
        assert said in row["sentence"]
        assert "; by entropy alone it would be " in row["sentence"]


def test_score_rank_cut_off_and_margin_of_a_plain_loop(every):
    run = every["top_k"]
    scores = run.cycle(0).unit_scores("entropy").to_dict()
    largest = sorted(scores.values(), reverse=True)
    for unit, score in scores.items():
        row = of(every, "top_k", unit)
        assert row["score"] == score
        assert row["score_rank"] == 1 + largest.index(score)
        assert (row["candidates"], row["cut_off"]) == (len(scores), largest[PICKS - 1])
        assert row["margin"] == pytest.approx(score - largest[PICKS - 1])
        assert (row["rank"] > 0) == (row["margin"] >= 0)


def test_neighbours_classes_and_scores_of_a_plain_loop(every):
    run = every["k_center"]
    cycle, unit = run.cycle(0), int(run.selection(0).unit_ids[1])
    data = why.read(run, 0, unit, others=())
    held = cycle.embeddings
    away = {
        other: float(np.linalg.norm(v.astype(float) - held.vectors[held.unit_ids == unit][0]))
        for other, v in zip(held.unit_ids.tolist(), held.vectors, strict=True)
        if other != unit
    }
    kinds = {"labelled": cycle.labelled, "selected": run.selection(0).unit_ids}
    for kind, ids in kinds.items():
        wanted = sorted((away[i], i) for i in ids.tolist() if i != unit)[:NEAREST]
        found = data.neighbours[data.neighbours["kind"] == kind]
        assert found["unit_id"].tolist() == [i for _, i in wanted]
        np.testing.assert_allclose(found["distance"], [d for d, _ in wanted], rtol=1e-6)
        assert found["place"].tolist() == list(range(1, len(wanted) + 1))
    ranks = data.neighbours.set_index("unit_id")["rank"]
    assert ranks[run.selection(0).unit_ids[0]] == 1
    row = cycle.units.set_index("unit_id").loc[unit]
    shares = [row[f"class_{c}"] for c in range(5)]
    assert data.classes["share"].tolist() == sorted(map(float, shares), reverse=True)
    named = dict(zip(data.classes["class"], data.classes["share"], strict=True))
    assert [named[name] for name in sample.CLASSES] == pytest.approx(shares)
    assert data.scores["score"].is_monotonic_decreasing
    assert data.scores["picked"].sum() == PICKS
    assert data.notes == ()


def test_other_methods_of_the_seed_say_where_they_had_it(every):
    unit = int(every["top_k"].selection(0).unit_ids[0])
    data = why.read(every["top_k"], 0, unit)
    assert data.table["method"][0] == "top_k"
    assert sorted(data.table["method"]) == sorted(METHODS)
    took = {n for n, run in every.items() if unit in run.selection(0).unit_ids}
    assert set(data.picked_by) == took
    assert data.sentence == data.table["sentence"][0]


def test_a_gallery_has_each_unit_once_with_who_picked_it(every):
    runs = [every[name] for name in ("top_k", "vaal", "k_center")]
    table = why.picks(runs, 0).table
    picked = {run.method.name: run.selection(0).unit_ids.tolist() for run in runs}
    assert sorted(table["unit_id"]) == sorted(set().union(*picked.values()))
    for row in table.itertuples():
        names = [name for name, ids in picked.items() if row.unit_id in ids]
        ranks = [picked[name].index(row.unit_id) + 1 for name in names]
        assert row.picked_by == ", ".join(names)
        assert (row.methods, row.rank) == (len(names), min(ranks))
        assert row.ranks == ", ".join(f"{n} {r}" for n, r in zip(names, ranks, strict=True))
    assert table["methods"].is_monotonic_decreasing
    assert why.picks(runs, 7).table.empty
    assert why.picks([], 0).table.empty


def test_an_image_stands_for_its_first_pick_or_its_largest_score(every):
    run = every["top_k"]
    names = run.experiment.geometry.image_ids
    picked, scores = run.selection(0).unit_ids, run.cycle(0).unit_scores("entropy")
    for number, name in enumerate(names):
        unit = why.read(run, 0, image_id=name, others=()).unit
        assert unit["image_id"] == name
        mine = picked[image_numbers(picked) == number]
        rest = scores[image_numbers(scores.index.to_numpy()) == number]
        if len(mine):
            assert unit["unit_id"] == mine[0]
        elif len(rest):
            assert unit["unit_id"] == rest.idxmax()
        else:
            assert unit["unit_id"] in run.cycle(0).labelled
    for wrong in (None, "no such image"):
        with pytest.raises(NotStoredError, match="image"):
            why.read(run, 0, image_id=wrong)


def test_the_last_cycle_picks_nothing(every):
    unit = int(every["k_center"].cycle(1).units["unit_id"][0])
    row = why.read(every["k_center"], 1, unit, others=()).table.iloc[0]
    assert (row["state"], row["picks"], row["value_rank"]) == ("nothing picked yet", 0, 0)
    assert row["sentence"].startswith("Nothing picked yet: ")
    assert np.isnan(row["cut_off"])


def test_what_is_not_stored_is_said(every, monkeypatch):
    from workbench.store import Cycle

    def gone(*_):
        raise NotStoredError("It was not kept.")

    unit = int(every["k_center"].selection(0).unit_ids[0])
    monkeypatch.setattr(Cycle, "embeddings", property(gone))
    data = why.read(every["k_center"], 0, unit, others=())
    assert data.neighbours.empty
    assert data.notes == (
        "The nearest units are not known: It was not kept.",
        "What decided cannot be worked out again: It was not kept.",
    )
    assert "what decided cannot be worked out again: It was not kept" in data.sentence
    monkeypatch.setattr(Cycle, "unit_scores", gone)
    data = why.read(every["k_center"], 0, unit, others=())
    assert data.sentence.startswith("Picked 1st of 4: the scores are not stored")
    assert data.scores.empty


def test_of_many_candidates_only_what_ranks_by_itself_is_worked_out(every, monkeypatch):
    monkeypatch.setattr("workbench.figures._query.MOST", 10)
    unit = int(every["k_center"].selection(0).unit_ids[0])
    row = of(every, "k_center", unit)
    assert "worked out again for up to 10 candidates, and there were 20" in row["sentence"]
    unit = int(every["top_k"].selection(0).unit_ids[0])
    assert of(every, "top_k", unit)["value_rank"] == 1


ROW = {
    "state": "picked",
    "rank": 3,
    "picks": 8,
    "score_name": "entropy",
    "score": 0.5,
    "score_rank": 57,
    "candidates": 96,
    "decided_by": "distance to the nearest labelled or picked unit",
    "value": 0.41,
    "value_rank": 1,
    "left": 94,
    "value_margin": 0.1,
    "drawn": False,
    "missing": "",
}


@pytest.mark.parametrize(
    ("changes", "own", "sentence"),
    [
        (
            {},
            False,
            "Picked 3rd of 8: distance to the nearest labelled or picked unit 0.41, the largest of "
            "94 left; by entropy alone it would be 57th of 96.",
        ),
        (
            {"decided_by": "score", "value": 0.5},
            True,
            "Picked 3rd of 8: entropy 0.5, the largest of 94 left.",
        ),
        (
            {"state": "not picked", "rank": 0, "value_rank": 2, "value_margin": -0.1},
            False,
            "Not picked: distance to the nearest labelled or picked unit 0.41, the 2nd largest of "
            "94 left at the last pick, 0.1 below the one that was taken; by entropy alone it would "
            "be 57th of 96.",
        ),
        (
            {"decided_by": "", "value_rank": 0, "drawn": True},
            False,
            "Picked 3rd of 8: chance decides; by entropy alone it would be 57th of 96.",
        ),
        (
            {"decided_by": "", "value_rank": 0, "missing": "What decided is its cluster."},
            True,
            "Picked 3rd of 8: what decided is its cluster; by its entropy, 0.5, it is 57th of 96.",
        ),
        (
            {"state": "left out by the pool filter"},
            True,
            "Left out by the pool filter: no candidate of this query.",
        ),
    ],
)
def test_sentences(changes, own, sentence):
    assert why_sentence(ROW | changes, own=own) == sentence


def test_numbers_in_words():
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 102, 111, 1023)] == [
        *("1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "111th", "1,023rd")
    ]
