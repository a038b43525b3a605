"""The advice against stored runs: which kind each method is, and what is compared."""

import pytest

import workbench as wb
from tests.store.sample import METHODS as METHODS_OF_SAMPLE
from tests.store.sample import sample_experiment, write_sample_store
from workbench.advisor import kind_of
from workbench.config import Method, parse_config
from workbench.errors import ConfigError
from workbench.methods import METHODS
from workbench.presets import guide
from workbench.store import open_store

CONFIG = {
    **{"name": "own", "dataset": "synthetic", "units": "image", "model": "tiny"},
    **{"learner": "supervised", "methods": ["random"], "seeds": [0]},
    "budget": {"unit": "units", "initial": 4, "per_cycle": 4, "cycles": 2},
}


def kind(selector: str, **parts) -> str | None:
    found = kind_of(Method(name="own", selector=selector, **parts), parse_config(CONFIG))
    return found.words if found else None


@pytest.mark.parametrize("name", [n for names in guide().choices.values() for n in names])
def test_the_papers_methods_are_of_the_kind_that_it_gives_them(name):
    method = Method(name=name, **METHODS.entry(name).parts)
    assert kind_of(method, parse_config(CONFIG)) == guide().choice_of(name)


@pytest.mark.parametrize(
    ("selector", "parts", "words"),
    [
        ("top_k", {"score": "margin"}, "Single"),
        ("k_center:cosine", {}, "Batch"),
        ("meal", {"score": "entropy"}, "Batch"),
        ("top_k", {"score": "margin", "learner": "s4gan"}, "Single-SSL"),
        ("random", {"learner": {"epochs": 3}}, "Random"),
        ("random", {"learner": "pseudo_labels"}, "Random-SSL"),
        ("uniform", {}, None),
        ("top_k", {"score": "entropy", "pool_filter": "every_nth_frame:5"}, None),
        ("of_a_plugin_that_is_not_here", {}, None),
    ],
)
def test_a_method_is_of_a_kind_by_its_selector_and_learner(selector, parts, words):
    assert kind(selector, **parts) == words


def test_an_experiments_learner_counts_for_its_methods():
    config = parse_config(CONFIG | {"learner": "s4gan"})
    assert kind_of(Method(name="own", selector="k_center"), config).words == "Batch-SSL"
    with_setting = Method(name="own", selector="k_center", learner={"epochs": 3})
    assert kind_of(with_setting, config).words == "Batch-SSL"


@pytest.fixture(scope="module")
def few(shared):
    """Runs of random, entropy and k_center with two seeds; the last was killed."""
    return open_store(shared.sample(images=8, running=True)).experiments()[0].runs()


@pytest.fixture(scope="module")
def many(shared):
    """Runs of random and entropy with eight seeds: they can be told apart."""
    store = shared.sample(methods=("random", "entropy"), seeds=tuple(range(8)), images=8)
    return open_store(store).experiments()[0].runs()


def own(runs, pool, semi_supervised=False, **settings):
    (found,) = wb.advise(pool, "high", semi_supervised, runs, **settings).recommendations
    return found


def test_two_seeds_cannot_tell(few):
    found = own(few, "redundant")
    assert found.own.support == "open"
    assert "k_center" in found.own.sentence
    assert "too few to tell" in found.own.sentence
    assert found.sure.endswith("your runs cannot tell.")


def test_eight_seeds_agree_with_one_advice_and_disagree_with_the_other(many):
    means = {}
    for run in many:
        means.setdefault(run.method.name, []).append(run.cycle(2).metrics.miou)
    entropy_wins = sum(means["entropy"]) > sum(means["random"])
    single = own(many, "diverse").own
    (low,) = wb.advise("diverse", "low", False, many).recommendations
    assert [single.support, low.own.support] == (
        ["agree", "disagree"] if entropy_wins else ["disagree", "agree"]
    )
    assert single.sentence == low.own.sentence
    assert "is better (p = 0.0078)" in single.sentence


def test_a_kind_that_was_not_run_is_silent_and_named(many):
    found = own(many, "redundant", semi_supervised=True).own
    assert found.support == "silent"
    assert found.sentence == (
        "None of your methods is Batch-SSL; add coreset_s4gan or coreset_u2pl to compare."
    )


def test_one_kind_alone_is_silent(many):
    found = own([run for run in many if run.method.name == "entropy"], "diverse").own
    assert (found.support, found.sentence) == (
        "silent",
        "All of your methods are Single: add another kind.",
    )


def test_the_budget_is_that_which_is_named(few):
    assert "at 4 units" in own(few, "diverse", at=4).own.sentence
    with pytest.raises(ConfigError, match="choose one up to that"):
        wb.advise(runs=few, at=1000)


def test_what_differs_from_the_paper_is_noted(few):
    notes = wb.advise(runs=few).notes
    assert "Your budget: 4 units to start with, 4 units per cycle." in notes
    assert "Your query units are grid; the guide was found on whole images." in notes
    assert any("the least p is 0.5" in note for note in notes)


def test_runs_that_measured_nothing_yet_are_silent(shared):
    def write(path):
        experiment = sample_experiment(path, ("random", "entropy"), images=8)
        for seed in (0, 1):
            with experiment.run(METHODS_OF_SAMPLE["random"], seed) as run:
                run.finish("stopped", "")

    runs = open_store(shared.made("unmeasured", write)).experiments()[0].runs()
    found = wb.advise("diverse", "low", False, runs)
    assert found.recommendations[0].own.sentence == "Your runs have measured nothing yet."
    assert found.table["own"].to_list() == ["silent"]


def test_a_replay_stands_for_nothing_but_the_noise(shared):
    def write(path):
        with pytest.MonkeyPatch.context() as patch:
            replay = Method(name="random_again", selector="random")
            patch.setitem(METHODS_OF_SAMPLE, "random_again", replay)
            methods = ("random", "entropy", "random_again")
            write_sample_store(path, methods=methods, seeds=(0,), images=6)

    runs = open_store(shared.made("replayed-random", write)).experiments()[0].runs()
    miou = {run.method.name: run.cycle(2).metrics.miou for run in runs}
    assert miou["random_again"] > miou["random"]  # else it would not be chosen anyway
    (found,) = wb.advise("diverse", "low", False, runs).recommendations
    assert found.own.support == "open"
    assert "entropy − random, mIoU" in found.own.sentence
    assert "within the replay floor" in found.own.sentence


def test_training_on_unlabelled_images_competes_only_where_it_is_at_hand(shared):
    def write(path):
        with pytest.MonkeyPatch.context() as patch:
            other = Method(name="uniform_s4gan", selector="uniform", learner="s4gan")
            patch.setitem(METHODS_OF_SAMPLE, "uniform_s4gan", other)
            methods = ("random", "uniform_s4gan")
            write_sample_store(path, methods=methods, seeds=(0,), images=6)

    runs = open_store(shared.made("unlabelled", write)).experiments()[0].runs()
    (supervised,) = wb.advise("diverse", "low", False, runs).recommendations
    assert supervised.own.sentence == "All of your methods are Random: add another kind."
    (low,) = wb.advise("redundant", "low", True, runs).recommendations
    assert low.own.sentence.startswith("None of your methods is Batch; add coreset")
