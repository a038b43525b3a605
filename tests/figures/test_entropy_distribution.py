import numpy as np
import pytest

from workbench.acquisition import ACQUISITIONS
from workbench.committees import COMMITTEES
from workbench.errors import ConfigError, NotStoredError
from workbench.figures import entropy_distribution
from workbench.figures._scores import ODIN_TEMPERATURES, line, odin, words
from workbench.figures._style import THEMES
from workbench.metrics import EntropyHistogram


@pytest.fixture
def cycle(runs):
    return next(r for r in runs if r.method.name == "entropy" and r.seed == 0).cycle(1)


@pytest.fixture(scope="module")
def synthetic():
    return entropy_distribution.read_synthetic(count=3000)


def curve(data, score):
    return data.table[data.table["score"] == score]


# of stored maps


def test_one_image_is_sorted_exactly_as_cached(cycle):
    image = cycle.image_ids[2]
    data = entropy_distribution.read_cycle(cycle, ["margin"], image)
    entropy, margin = (
        cycle.score_map(s, image).ravel().astype(float) for s in ("entropy", "margin")
    )
    order = np.argsort(entropy, kind="stable")
    exact = np.append(0, np.cumsum(margin[order])) / margin.sum()
    found = curve(data, "margin")
    ranks = np.rint(found["share"] * len(order)).astype(int)
    np.testing.assert_allclose(found["share"], ranks / len(order))
    np.testing.assert_allclose(found["fraction"], exact[ranks], atol=1e-9)
    assert data.pixels == entropy.size
    assert data.summary.set_index("score").loc["margin", "mean"] == pytest.approx(margin.mean())


def test_a_whole_cycle_adds_up_all_images_with_maps(cycle):
    data = entropy_distribution.read_cycle(cycle)
    assert list(data.summary["score"]) == cycle.scores
    everything = np.stack([cycle.score_map("entropy", image) for image in cycle.image_ids])
    assert data.pixels == everything.size
    assert data.summary["mean"][0] == pytest.approx(everything.mean(), rel=1e-6)
    assert f"{len(cycle.image_ids)} images" in data.title
    assert "cache" in data.origin
    order = np.sort(everything.ravel()).astype(float)
    share = curve(data, "entropy")["share"]
    exact = np.interp(share, np.arange(order.size + 1) / order.size,
                      np.append(0, np.cumsum(order)) / order.sum())  # fmt: skip
    np.testing.assert_allclose(curve(data, "entropy")["fraction"], exact, atol=1e-4)


def test_maps_are_read_one_image_after_the_other(cycle, monkeypatch):
    """What is kept meanwhile is the histogram, whose size does not depend on the pool's."""
    read, sizes = [], []
    whole = EntropyHistogram.add

    def add(self, entropy, scores):
        sizes.append((np.size(entropy), len(self._counts)))
        whole(self, entropy, scores)

    original = type(cycle).score_map
    monkeypatch.setattr(EntropyHistogram, "add", add)
    monkeypatch.setattr(
        type(cycle), "score_map", lambda c, s, i: read.append(i) or original(c, s, i)
    )
    entropy_distribution.read_cycle(cycle, ["entropy"])
    assert list(dict.fromkeys(read)) == cycle.image_ids
    assert len(set(sizes)) == 1
    assert len(sizes) == len(cycle.image_ids)


def test_entropy_is_always_drawn_and_first(cycle):
    data = entropy_distribution.read_cycle(cycle, "margin", cycle.image_ids[0])
    assert list(data.summary["score"]) == ["entropy", "margin"]
    assert data.summary["distance"][0] == 0


def test_what_is_not_kept_is_told(cycle, monkeypatch):
    with pytest.raises(NotStoredError, match="variance"):
        entropy_distribution.read_cycle(cycle, ["variance"])
    with pytest.raises(NotStoredError, match="nowhere"):
        entropy_distribution.read_cycle(cycle, image_id="nowhere")
    monkeypatch.setattr(type(cycle), "image_ids", [])
    with pytest.raises(NotStoredError, match="keeps no score maps; `workbench rescan`"):
        entropy_distribution.read_cycle(cycle)


def test_a_score_of_nothing_but_zeros_is_named_and_left_out(cycle, monkeypatch):
    whole = type(cycle).score_map
    monkeypatch.setattr(type(cycle), "score_map", lambda c, s, i: whole(c, s, i) * (s != "margin"))
    data = entropy_distribution.read_cycle(cycle)
    assert list(data.summary["score"]) == ["entropy"]
    assert data.notices == ("Without a curve, being 0 everywhere: Margin.",)
    texts = [a.text for a in entropy_distribution.figure(data).layout.annotations]
    assert any("Margin" in text for text in texts)


# of synthetic pools


def test_every_softmax_score_and_odin_at_every_temperature_of_the_paper(synthetic):
    words = list(synthetic.summary["label"])
    assert words[:3] == ["Entropy", "Least confidence", "Margin"]
    assert words[-5:] == [f"ODIN, T = {t}" for t in ("0.01", "0.1", "10", "100", "1000")]
    for _, points in synthetic.table.groupby("score"):
        assert points["fraction"].iloc[0] == 0
        assert points["fraction"].iloc[-1] == pytest.approx(1)
        assert points["fraction"].is_monotonic_increasing


def test_the_papers_finding_by_the_area_between_the_curves(synthetic):
    distance = synthetic.summary.set_index("label")["distance"]
    assert distance["ODIN, T = 10"] > distance["ODIN, T = 100"] > distance["Least confidence"]
    other = entropy_distribution.read_synthetic("independent", count=3000)
    distance = other.summary.set_index("label")["distance"]
    assert distance["Least confidence"] < distance["ODIN, T = 10"] < distance["ODIN, T = 100"]


def test_the_same_seed_gives_the_same_pool(synthetic):
    again = entropy_distribution.read_synthetic(count=3000)
    assert again.table.equals(synthetic.table)
    other = entropy_distribution.read_synthetic(count=3000, seed=1)
    assert not other.table.equals(synthetic.table)
    assert "seed 1" in other.origin


def test_scores_may_be_spelt_as_in_an_experiment():
    data = entropy_distribution.read_synthetic(
        scores=["least_confidence@odin:10", "margin@odin:100"], count=300, classes=3
    )
    assert list(data.summary["label"]) == ["Entropy", "ODIN, T = 10", "Margin (ODIN, T = 100)"]


@pytest.mark.parametrize(
    "score", ["mutual_information@mc_dropout", "ripu", "least_confidence@odin:10,0.01"]
)
def test_scores_that_need_more_than_a_softmax_are_refused(score):
    with pytest.raises(ConfigError, match="more than one softmax"):
        entropy_distribution.read_synthetic(scores=[score], count=30)


# the drawing


@pytest.mark.parametrize("x", entropy_distribution.X_TITLES)
def test_a_line_a_score_over_either_axis(synthetic, x):
    drawn = entropy_distribution.figure(synthetic, x=x)
    named = [t for t in drawn.data if t.name != "all pixels alike"]
    assert [t.name for t in named] == list(synthetic.summary["label"])
    assert len(drawn.data) - len(named) == (x == "share"), "the diagonal has no meaning over nats"
    assert drawn.layout.xaxis.title.text == entropy_distribution.X_TITLES[x]
    np.testing.assert_array_equal(named[0].x, curve(synthetic, "entropy")[x])


def test_an_unknown_axis_is_told(synthetic):
    with pytest.raises(ConfigError, match="share"):
        entropy_distribution.figure(synthetic, x="shares")


def test_scores_in_words():
    assert words(odin(1000)) == "ODIN, T = 1000"
    assert words("least_confidence@odin:1000,0.0014") == "ODIN, T = 1000, ε = 0.0014"
    assert words("mutual_information@mc_dropout") == "Mutual information (mc_dropout)"
    assert words("of_an_extension") == "of_an_extension"


def test_committees_and_functions_from_outside_are_drawn_as_ours(from_outside):
    from_outside(
        COMMITTEES,
        """
        from workbench.committees import CommitteeEntry
        from workbench.registry import Param

        ENTRIES = [
            CommitteeEntry(
                "tempered",
                "workbench.committees._odin:odin",
                "One softmax at a temperature.",
                params=(Param("t", "float", 2.0, "T"),),
                passes=lambda options: ("identity",),
                temperature=lambda options: options["t"],
                label=lambda options: f"Tempered, T = {options['t']:g}",
                usual="margin",
            )
        ]
        """,
    )
    from_outside(
        ACQUISITIONS,
        """
        from workbench.acquisition import AcquisitionEntry

        ENTRIES = [
            AcquisitionEntry(
                "gap",
                "workbench.acquisition._margin:margin",
                "Another margin.",
                upper=lambda classes, members: 1.0,
                unit="probability",
                of_softmax=True,
                title="The gap",
            )
        ]
        """,
    )
    scores = ["margin@tempered:10", "gap@tempered:10", "gap", "margin@odin:10"]
    data = entropy_distribution.read_synthetic(scores=scores, count=300, classes=3)
    assert list(data.summary["label"]) == [
        "Entropy",
        "Tempered, T = 10",
        "The gap (Tempered, T = 10)",
        "The gap",
        "Margin (ODIN, T = 10)",
    ]
    means = data.summary.set_index("label")["mean"]
    assert means["Tempered, T = 10"] == means["Margin (ODIN, T = 10)"]
    looks = {
        label: line(name, "light") for name, label in zip(scores, means.index[1:], strict=True)
    }
    assert looks["Tempered, T = 10"] == looks["Margin (ODIN, T = 10)"]
    assert looks["The gap"].get("dash") != "dash"


@pytest.mark.parametrize("theme", THEMES)
def test_lines_can_be_told_apart(theme):
    names = [*entropy_distribution.SYNTHETIC_SCORES, "mutual_information@mc_dropout", "unknown"]
    looks = [line(name, theme) for name in names]
    assert len({(look["color"], look.get("dash")) for look in looks}) == len(names)
    dashed = {name for name, look in zip(names, looks, strict=True) if look.get("dash") == "dash"}
    assert dashed == {name for name in names if "@odin" in name}
    assert len(dashed) == len(ODIN_TEMPERATURES)
