"""Comparisons of stored runs, the win matrix, and methods that are the same."""

import shutil
from types import SimpleNamespace

import numpy as np
import pytest

from tests.experiments import SMALL
from workbench.errors import ConfigError
from workbench.figures import comparison, learning_curve, win_matrix
from workbench.figures._alike import Alike
from workbench.metrics import alc
from workbench.store import open_store


@pytest.fixture(scope="module")
def many(shared):
    """Runs of two methods with eight seeds."""
    store = shared.sample(methods=("random", "entropy"), seeds=tuple(range(8)), images=8)
    return open_store(store).experiments()[0].runs()


def test_the_last_budget_that_all_runs_reached_is_compared(runs):
    data = comparison.read(runs)
    assert (data.at, data.budget) == (1, "8 units")  # one run was killed in cycle 2
    assert data.baseline == "random"
    curves = learning_curve.read(runs).table.query("cycle == 1").set_index(["method", "seed"])
    difference = curves["value"]["entropy"] - curves["value"]["random"]
    row = data.table.query("first == 'entropy' and second == 'random' and measure == 'value'")
    assert row["difference"].item() == pytest.approx(difference.mean())
    assert row["verdict"].item() == "too few"
    assert len(data.table.query("measure == 'value'")) == 3
    pairs = [sentence.partition(",")[0] for sentence in data.foremost]
    assert pairs == ["entropy − random", "k_center − random", "k_center − entropy"]


def test_a_budget_is_named_in_its_unit_or_in_percent(runs):
    assert comparison.read(runs, at=5).at == comparison.read(runs, at="8").at == 1
    assert comparison.read(runs, at="25%").at == 1  # 8 of 32 units
    assert comparison.read(runs, at=12).table["seeds"].min() == 1


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"at": "13"}, "12 units; choose one up to that"),
        ({"at": "many"}, "'many'"),
        ({"at": "x" * 500}, "wanted"),
        ({"at": -1}, "-1"),
        ({"pair": ("entropy", "rndom")}, "did you mean 'random'"),
        ({"y": "miuo"}, "did you mean 'miou'"),
        ({"y": "iou"}, "name the class"),
    ],
)
def test_what_cannot_be_compared_is_a_sentence(runs, settings, words):
    with pytest.raises(ConfigError, match=words) as error:
        comparison.read(runs, **settings)
    assert len(str(error.value)) <= 300


def test_eight_seeds_tell_and_say_so(many):
    data = comparison.read(many)
    assert data.at == 2
    row = data.table.query("measure == 'value'").iloc[0]
    assert row["verdict"] == ("better" if row["difference"] > 0 else "worse")
    assert row["p"] == 2 / 2**8
    assert "is better (p = 0.0078)" in data.sentences[0]
    wins = win_matrix.read(many).table.set_index(["method", "against"])
    assert wins.loc[("entropy", "random"), ["budgets", "ahead", "wins"]].to_list() == [2, 2, 2]
    assert wins.loc[("random", "entropy"), ["budgets", "ahead", "wins"]].to_list() == [2, 0, 0]


def test_one_pair_is_its_first_minus_its_second(runs):
    data = comparison.read(runs, pair=("random", "entropy"))
    other = comparison.read(runs, pair=("entropy", "random"))
    assert data.order == ("random", "entropy")
    assert data.table["difference"].to_numpy() == pytest.approx(-other.table["difference"])
    assert (data.baseline, other.baseline) == ("entropy", "random")
    assert set(data.table["tests"]) == {1}


def test_a_method_against_itself_is_the_same_run(runs):
    data = comparison.read(runs, pair=("random", "random"))
    assert set(data.table["verdict"]) == {"same"}
    assert "the same run under two names" in data.sentences[0]


def test_runs_that_are_equal_bit_for_bit_are_called_so(runs):
    alike = Alike(runs)
    assert alike.of("random", "entropy") == ""
    twins = {run.seed: run for run in runs if run.method.name == "random"}
    others = [run for run in runs if run.method.name == "entropy"]
    changed = [Renamed(twins[run.seed], "entropy", run.method) for run in others]
    assert Alike([*twins.values(), *changed]).of("random", "entropy") == "same"
    same_definition = [Renamed(run, "again", run.method) for run in twins.values()]
    found = Alike([*twins.values(), *same_definition])
    assert found.of("random", "again") == "replay"
    assert found.replays(["random", "again"]) == {("again", "random"): "replay"}


class Renamed:
    """A run that another method's name and definition stand on."""

    def __init__(self, run, name, method, reports=()):
        self._run = run
        self.reports = reports
        self.method = method.model_copy(update={"name": name})

    def __getattr__(self, name):
        return getattr(self._run, name)


@pytest.mark.parametrize(("cell", "words"), [(5, "same"), (6, "same picks")])
def test_networks_of_report_points_are_held_against_each_other_not_those_between(runs, cell, words):
    """As EquAL and EquAL+: the same queries, and a loss of its own for what is reported."""

    def report(value):
        return SimpleNamespace(number=2, metrics=SimpleNamespace(confusion=np.diag([value, 7])))

    twins = [run for run in runs if run.method.name == "random"]
    others = [run for run in runs if run.method.name == "entropy"]
    both = [Renamed(run, "random", run.method, [report(5)]) for run in twins]
    for twin, other in zip(twins, others, strict=True):
        both.append(Renamed(twin, "entropy", other.method, [report(cell)]))
    assert Alike(both).of("random", "entropy") == "same"
    assert Alike(both, reported=True).of("random", "entropy") == words


def test_methods_have_their_interval_at_the_budget(many):
    data = comparison.read(many)
    row = data.methods.query("method == 'random' and measure == 'value'").iloc[0]
    values = [run.cycle(2).metrics.miou for run in many if run.method.name == "random"]
    assert row["mean"] == pytest.approx(np.mean(values))
    assert row["low"] < row["mean"] < row["high"]
    assert set(data.methods["measure"]) == {"value", "auc"}


def test_one_budget_has_no_area_under_it(many):
    begun = comparison.read(many, at=many[0].experiment.config.budget.initial)
    assert begun.at == 0
    assert set(begun.methods["measure"]) == set(begun.table["measure"]) == {"value"}


def test_the_difference_curve_turns_pairs_to_the_baseline(runs):
    data = comparison.read(runs)
    drawn = comparison.figure(data)
    assert [trace.name for trace in drawn.data] == ["entropy", "k_center"]
    expected = data.budgets.query("first == 'k_center' and second == 'random'")["difference"]
    np.testing.assert_allclose(drawn.data[1].y, expected)
    one = comparison.figure(comparison.read(runs, pair=("random", "k_center")))
    np.testing.assert_allclose(one.data[0].y, -expected)


def test_nothing_measured_and_one_method_are_sentences(runs):
    alone = [run for run in runs if run.method.name == "random"]
    for found in (comparison.read([]), comparison.read(alone)):
        assert found.table.empty
        assert comparison.figure(found).layout.annotations[0].text.endswith(".")
        assert win_matrix.figure(win_matrix.counted(found)).layout.annotations[0].text
    assert comparison.read(alone).csv().empty


def test_a_damaged_cycle_hides_nothing_else(shared, tmp_path):
    store = tmp_path / "store"
    shutil.copytree(shared.sample(images=8, running=True), store)
    (record,) = open_store(store).experiments()
    (record.path / "runs/entropy-s0/cycles/0001/cycle.json").write_text("{}")
    with pytest.warns(UserWarning, match="entropy-s0"):
        data = comparison.read(record.runs(), at=8)
    rows = data.table.query("measure == 'value'").set_index(["first", "second"])["seeds"]
    assert rows.to_dict() == {
        ("entropy", "random"): 1,
        ("k_center", "random"): 2,
        ("k_center", "entropy"): 1,
    }


def test_the_csv_has_every_pair_at_the_budget_and_at_every_one(runs):
    data = comparison.read(runs)
    table = data.csv()
    assert table["scope"].value_counts().to_dict() == {
        "at 8 units": len(data.table),
        "every budget": len(data.budgets),
    }
    assert table[["first", "second", "measure", "cycle", "difference"]].notna().all().all()


def test_with_the_whole_pool_there_are_alc_and_shares_of_it(many):
    data = comparison.read(many, full=0.9)
    rows = data.methods.set_index(["method", "measure"])
    random = rows.loc[("random", "value")]
    assert random["share_of_full"] == pytest.approx(random["mean"] / 0.9)
    values = np.array(
        [[r.cycle(n).metrics.miou for n in range(3)] for r in many if r.method.name == "random"]
    )
    one = learning_curve.read(many).table.query("method == 'random' and seed == 0")
    expected = alc(8 * one["pool_share"], values.mean(axis=0), 0.9)
    assert rows.loc[("random", "alc"), "mean"] == pytest.approx(expected)
    assert set(data.table["measure"]) == {"value", "auc", "alc"}
    assert np.isnan(comparison.read(many).methods["share_of_full"]).all()


def test_the_whole_pool_is_looked_up_in_an_experiment_of_the_same_pool(shared, runs):
    budget = {"unit": "%", "initial": 1, "per_cycle": 0, "cycles": 1}
    whole = shared.trained({**SMALL, "methods": ["random"], "budget": budget}).experiment
    found = comparison.whole_pool(whole, whole, "miou")
    assert found == whole.runs()[0].cycle(0).metrics.miou
    with pytest.raises(ConfigError, match="is no full supervision of"):
        comparison.whole_pool(whole, runs[0].experiment, "miou")
    with pytest.raises(ConfigError, match="whole pool labelled; wanted an experiment"):
        comparison.whole_pool(runs[0].experiment, runs[0].experiment, "miou")
