"""Report points: a network of their own is trained at given budgets and measured."""

import os
import signal

import numpy as np
import pytest

import workbench as wb
from tests.attack.damages import TINY
from tests.engine.test_growing import content
from workbench.config import parse_config
from workbench.engine.experiment import run_experiment
from workbench.engine.plan import resolve
from workbench.errors import ConfigError, StoppedError
from workbench.learning import LEARNERS, FileCheckpoint
from workbench.models import build, load_weights
from workbench.store.export import metrics_csv, selections_csv

LONGER = {"epochs": 3, "lr": 0.02}
REPORT = {"at": [6, "42%"], "learner": LONGER, "model": {"width": 6}}
"""6 of 24 units are labelled at cycle 1; 42 % are 10 units, as cycle 3 has."""
VALUES = {**TINY, "methods": ["random"]}


def experiment(**changes):
    return parse_config({**VALUES, **changes})


def run(store, **changes):
    run_experiment(experiment(**changes), store, store)
    return wb.open_store(store)


def reports_of(store):
    """What must be the same: every number of every report, and the digests of the networks."""
    return {
        (one.id, found.number): (
            found.metrics.confusion.tolist(),
            found.metrics.labelled_units,
            {name: network.sha256 for name, network in found.networks.items()},
            found.trained_by,
        )
        for one in store.runs()
        for found in one.reports
    }


@pytest.fixture(scope="module")
def once(shared):
    return wb.open_store(shared.trained({**VALUES, "report": REPORT}).store)


def test_a_network_of_its_own_is_trained_where_the_budget_reaches_a_point(once):
    for one in once.runs():
        assert [found.number for found in one.reports] == [1, 3]
        for found in one.reports:
            cycle = one.cycle(found.number)
            assert found.metrics.labelled_units == cycle.metrics.labelled_units
            assert found.metrics.labelled_pixels == cycle.metrics.labelled_pixels
            assert found.metrics.labelled_classes.tolist() == (
                cycle.metrics.labelled_classes.tolist()
            )
            assert found.trained_by["learner"]["epochs"] == 3
            assert found.trained_by["learner"]["batch_size"] == 4  # of the experiment
            assert found.trained_by["model"] == {**found.trained_by["model"], "width": 6}
            assert len(found.extras["losses"]) == 3
            assert found.splits == ["val"]
            assert found.metrics.confusion.sum() == cycle.metrics.confusion.sum()
            assert found.networks["network"].sha256 != cycle.networks["network"].sha256


def test_its_weights_are_those_that_were_measured(once):
    found = once.runs()[0].reports[0]
    plan = resolve(experiment(report=REPORT))
    model = build(plan.methods[0].reported.model, len(found.metrics.iou), seed=0)
    load_weights(model, found.weights)


def test_the_cycles_are_those_of_the_experiment_without_report_points(once, tmp_path):
    plain = run(tmp_path)
    assert plain.experiments()[0].id == once.experiments()[0].id
    assert metrics_csv(plain) == metrics_csv(once)
    assert selections_csv(plain) == selections_csv(once)


def test_points_added_to_a_finished_experiment_train_only_these(once, tmp_path):
    run(tmp_path)
    before = content(tmp_path)
    events = []
    config = experiment(report={**REPORT, "at": [6]})
    run_experiment(config, tmp_path, tmp_path, on_event=events.append)
    phases = {e["phase"] for e in events if e["event"] == "progress"}
    assert phases == {"train report", "validate report"}
    reported = [(e["method"], e["cycle"]) for e in events if e["event"] == "report"]
    assert reported == [("random", 1)]
    run(tmp_path, report=REPORT)
    after = content(tmp_path)
    changed = {f.name for f, digest in before.items() if after[f] != digest}
    assert changed <= {"status.json", "events.jsonl", "experiment.json", "index.sqlite"}
    assert reports_of(wb.open_store(tmp_path)) == reports_of(once)


def test_more_cycles_reach_a_point_that_lay_beyond(tmp_path):
    budget = {**VALUES["budget"], "cycles": 2}
    few = run(tmp_path, report=REPORT, budget=budget)
    assert [found.number for found in few.runs()[0].reports] == [1]
    more = run(tmp_path, report=REPORT)
    assert [found.number for found in more.runs()[0].reports] == [1, 3]


@pytest.mark.parametrize(
    "changed",
    [
        {"report": {**REPORT, "learner": {"epochs": 4}}},
        {"report": {**REPORT, "model": None}},
        {"methods": [{"name": "random", "report": {"learner": {"lr": 0.5}}}]},
    ],
)
def test_how_they_are_trained_does_not_change(shared, changed):
    made = shared.trained({**VALUES, "report": REPORT})
    before = content(made.store)
    words = r"^The report points of the run random of seed 0 were trained with report\.\w+\.\w+ "
    with pytest.raises(ConfigError, match=words):
        run_experiment(experiment(**{"report": REPORT, **changed}), made.store, made.store)
    assert content(made.store) == before


def test_a_method_may_differ_in_its_report_alone(tmp_path):
    own = {"name": "other", "score": "entropy", "report": {"learner": {"lr": 0.5}}}
    found = run(tmp_path, report=REPORT, methods=["entropy", own])
    entropy, other = found.runs()
    for number in (1, 3):
        np.testing.assert_array_equal(entropy.cycle(number).labelled, other.cycle(number).labelled)
        learners = [one.report(number).trained_by["learner"] for one in (entropy, other)]
        assert learners[1] == {**learners[0], "lr": 0.5}
        assert learners[0]["lr"] == 0.02


def test_at_cycle_0_one_run_trains_and_the_others_copy(tmp_path):
    events = []
    one_cycle = {"methods": ["random", "entropy"], "budget": {**VALUES["budget"], "cycles": 1}}
    config = experiment(report={"at": [0]}, **one_cycle)
    run_experiment(config, tmp_path, tmp_path, on_event=events.append)
    trained = [e["method"] for e in events if e.get("phase") == "train report"]
    assert set(trained) == {"random"}
    first, second = (one.report(0) for one in wb.open_store(tmp_path).runs())
    assert first.metrics.confusion.tolist() == second.metrics.confusion.tolist()
    assert first.weights.read_bytes() == second.weights.read_bytes()
    assert first.weights != second.weights
    assert first.revision != second.revision


def test_weights_need_not_be_kept(tmp_path, once):
    found = run(tmp_path, report=REPORT, keep={"weights": "all", "reports": "none"})
    assert all(one.weights is None for r in found.runs() for one in r.reports)
    assert reports_of(found) == reports_of(once)
    assert not list(tmp_path.rglob("reports/*/networks/*"))


def test_killed_or_stopped_it_goes_on_from_its_last_epoch(once, tmp_path, monkeypatch):
    plain = FileCheckpoint.write

    def at_every_epoch(checkpoint, state):
        checkpoint.every = 0.0
        plain(checkpoint, state)

    monkeypatch.setattr(FileCheckpoint, "write", at_every_epoch)
    monkeypatch.setattr("workbench.engine.events.PROGRESS_INTERVAL", 0.0)

    def stop(event):
        if event.get("phase") == "train report" and event["done"] == event["total"] - 1:
            os.kill(os.getpid(), signal.SIGTERM)

    config = experiment(report=REPORT)
    with pytest.raises(StoppedError):
        run_experiment(config, tmp_path, tmp_path, on_event=stop)
    begun = list(tmp_path.rglob("training/report-0001/*.safetensors"))
    assert len(begun) == 1
    events = []
    run_experiment(config, tmp_path, tmp_path, on_event=events.append)
    first = next(e for e in events if e.get("phase") == "train report")
    assert first["done"] > 1
    assert reports_of(wb.open_store(tmp_path)) == reports_of(once)
    assert not list(tmp_path.rglob("training/*"))


@pytest.mark.parametrize(
    ("report", "words"),
    [
        ({"at": [1.5]}, "report.at holds 1.5: wanted a whole number of units"),
        ({"at": ["101%"]}, "wanted a share"),
        ({"at": [-1]}, "wanted an amount in the budget's unit"),
        ({"at": ["ten"]}, "or a share, e.g. 12%"),
        ({"at": {"first": 6}}, r"report\.at is .*; wanted a list"),
        ({"at": ["nan%"]}, "wanted a share"),
        ({"at": [1] * 101}, "at most 100"),
        ({"at": [1], "learner": "supervized"}, "report.learner.*supervised"),
        ({"at": [1], "learner": {"epochs": 0}}, "epochs"),
        ({"at": [1], "models": "tiny"}, "model"),
        ({"learner": {"epochs": 3}}, r"report\.learner is given, but there are no report points"),
        ({"model": {"width": 8}}, r"report\.model is given, but there are no report points"),
        ({"at": [1], "learner": {"head_lr": 2}}, r"report\.learner\.head_lr is 2, but .* tiny"),
    ],
)
def test_what_cannot_be_is_refused(report, words):
    with pytest.raises(ConfigError, match=words):
        resolve(experiment(report=report))


def test_a_methods_own_report_needs_a_point_but_where_it_is_registered_with_one():
    own = {"name": "own", "score": "entropy", "report": {"learner": {"lr": 0.5}}}
    with pytest.raises(ConfigError, match=r"own: report\.learner is given, but there are no"):
        resolve(experiment(methods=[own], report={}))
    (plus,) = resolve(experiment(methods=["equal_plus"], report={})).methods
    assert plus.reported.learner.name == "self_consistency"
    assert resolve(resolve(experiment(methods=["equal_plus"], report={})).config)


def test_one_point_needs_no_list():
    assert experiment(report={"at": "12.50%"}).report.at == ("12.5%",)
    assert experiment(report={"at": 6}).report.at == (6,)


def test_a_share_of_the_pool_is_refused_where_the_budget_is_in_clicks():
    budget = {"unit": "clicks", "initial": 100, "per_cycle": 50, "cycles": 2}
    with pytest.raises(ConfigError, match="clicks of the whole pool are not counted"):
        experiment(budget=budget, report={"at": ["10%"]})
    assert experiment(budget=budget, report={"at": [120]}).report.at == (120,)


def test_a_learner_that_goes_on_begins_at_a_report_point_anew(tmp_path, from_outside):
    from_outside(LEARNERS, "from tests.learning.two_networks import PAIR as ENTRIES")
    values = {"learner": "pair", "methods": ["random"], "report": {"at": [6]}}
    found = run(tmp_path / "store", **values, budget={**VALUES["budget"], "cycles": 2})
    (one,) = found.runs()[0].reports
    assert list(one.networks) == ["teacher"]  # the one that is measured


def test_starting_from_nothing_labelled_up_to_everything(tmp_path):
    """Cycle 0 is the untrained network, also where a learner goes on from it."""
    learner = {**VALUES["learner"], "continues": True}
    budget = {"initial": 0, "per_cycle": 12, "cycles": 3}
    report = {"at": [0, "50%", "100%"], "learner": {"continues": False}}
    found = run(tmp_path, methods=["entropy"], learner=learner, budget=budget, report=report)
    (only,) = found.runs()
    assert [cycle.metrics.labelled_units for cycle in only.cycles] == [0, 12, 24]
    assert [one.metrics.labelled_units for one in only.reports] == [0, 12, 24]
    assert only.cycle(0).extras["losses"] == []
    assert len(only.cycle(0).selected) == 12
    assert len(only.cycle(2).units) == 0
    assert np.isfinite([one.metrics.miou for one in only.reports]).all()


def test_they_have_a_table_of_classes(once):
    from workbench.figures import per_class

    runs = once.runs()
    assert per_class.report_points(runs) == [1, 3]
    for number, wanted in ((None, 3), (1, 1)):
        data = per_class.read(runs, number, reported=True)
        found = runs[0].report(wanted).metrics
        assert (data.cycle, data.reported) == (wanted, True)
        np.testing.assert_array_equal(data.table["iou"], [*found.iou, found.miou])
        assert (
            f"report point at cycle {wanted}" in per_class.figure(data).layout.annotations[0].text
        )
    none = per_class.read(runs, 2, reported=True)
    assert none.table.empty
    assert "No report point" in per_class.figure(none).layout.annotations[0].text


def test_they_are_drawn_exported_and_printed(once, tmp_path, capsys):
    from workbench.cli._results import print_results
    from workbench.figures import learning_curve
    from workbench.store.export import export_csv

    runs = once.runs()
    curve = learning_curve.read(runs, x="nominal_share")
    assert curve.reports["cycle"].tolist() == curve.reported["cycle"].tolist() == [1, 3]
    values = [one.metrics.miou for one in runs[0].reports]
    assert curve.reports["value"].tolist() == curve.reported["mean"].tolist() == values
    assert curve.reported["x"].tolist() == [6 / 24, 10 / 24]
    drawn = learning_curve.figure(curve)
    (trace,) = (trace for trace in drawn.data if "reported" in trace.name)
    assert list(trace.y) == values
    assert trace.marker.symbol.endswith("-open")
    written = {path.name: path.read_text() for path in export_csv(once, tmp_path)}
    head, *lines = written["reports.csv"].splitlines()
    assert head == written["metrics.csv"].splitlines()[0]
    assert [line.split(",")[:6][1:] for line in lines] == [
        ["random", "0", str(n), str(units), lines[i].split(",")[5]]
        for i, (n, units) in enumerate([(1, 6), (3, 10)])
    ]
    print_results(runs)
    text = capsys.readouterr().out
    assert "Report points" in text
    assert f"{100 * values[1]:.1f}" in text
