import numpy as np
import pytest

from workbench.acquisition import softmax_score
from workbench.errors import ConfigError, ScoreError
from workbench.figures import simplex


@pytest.fixture(scope="module")
def data():
    return simplex.read(temperature=10)


def values(data, name):
    return data.table[data.table["score"] == name].set_index(["p1", "p2", "p3"])["value"]


def test_the_table_is_a_grid_of_softmaxes(data):
    one = data.table[data.table["score"] == "entropy"]
    np.testing.assert_allclose(one[["p1", "p2", "p3"]].sum(axis=1), 1)
    assert len(one) == 31 * 32 // 2
    assert not one[["p1", "p2", "p3"]].duplicated().any()
    assert (one[["p1", "p2", "p3"]] >= 0).all(axis=None)
    assert [p.name for p in data.panels] == list(simplex.PANELS)


@pytest.mark.parametrize("name", ["entropy", "least_confidence", "margin", "bvsb_ratio"])
def test_corners_are_certain_and_the_middle_is_the_largest(data, name):
    found, (panel,) = values(data, name), [p for p in data.panels if p.name == name]
    assert found[1.0, 0.0, 0.0] == pytest.approx(0, abs=1e-4)
    assert found.idxmax() == pytest.approx((1 / 3, 1 / 3, 1 / 3)) or name in (
        "margin",
        "bvsb_ratio",
    )
    assert found.max() == pytest.approx(panel.high)
    assert found[0.5, 0.5, 0.0] == pytest.approx(
        {"entropy": np.log(2), "least_confidence": 0.5}.get(name, 1.0), abs=1e-4
    )


def test_odin_follows_the_temperature():
    points = np.log([0.6, 0.3, 0.1])
    for temperature in (0.1, 1.0, 100.0):
        found = values(simplex.read(["odin"], temperature=temperature), "odin")
        expected = softmax_score(points, "least_confidence", temperature)
        assert found[0.6, 0.3, 0.1] == pytest.approx(expected)
    cold = simplex.read(["least_confidence", "odin"], temperature=1)
    np.testing.assert_allclose(values(cold, "odin"), values(cold, "least_confidence"))
    assert cold.panels[1].title == "ODIN, T = 1"


@pytest.mark.parametrize("temperature", simplex.TEMPERATURES)
def test_lines_part_the_area_into_tenths_at_every_temperature(temperature):
    """Also where values hardly differ, and the better score is always the higher rank."""
    (panel,) = simplex.read(["odin"], temperature=temperature).panels
    inside = simplex._probabilities(*simplex._picture())[1]
    ranks, shown = panel.ranks[inside], panel.values[inside]
    for tenth in np.linspace(0.1, 0.9, 9):
        assert (ranks < tenth).mean() == pytest.approx(tenth, abs=0.02)
    assert (np.diff(shown[np.argsort(ranks)]) >= -1e-6).all()


def test_values_outside_the_triangle_are_covered(data):
    drawn = simplex.figure(data)
    covers = [t for t in drawn.data if t.type == "scatter" and t.fill == "toself"]
    assert {t.fillcolor for t in covers} == {drawn.layout.paper_bgcolor}
    assert len(covers) == len(data.panels)


def test_colours_span_the_fixed_range_and_the_bar_says_its_unit(data):
    heats = [t for t in simplex.figure(data).data if t.type == "heatmap"]
    assert [(h.zmin, h.zmax) for h in heats] == [(0, panel.high) for panel in data.panels]
    assert [h.colorbar.title.text for h in heats] == [panel.unit for panel in data.panels]
    assert heats[0].zmax == pytest.approx(np.log(3))


def test_corners_are_labelled(data):
    texts = [a.text for a in simplex.figure(data).layout.annotations]
    for corner in ("class 1", "class 2", "class 3"):
        assert texts.count(corner) == len(data.panels)


def test_one_panel_fills_the_width(data):
    drawn = simplex.figure(simplex.read(["margin"]))
    assert drawn.layout.xaxis.domain[0] == 0
    assert len([t for t in drawn.data if t.type == "heatmap"]) == 1


def test_what_cannot_be_drawn_is_told():
    with pytest.raises(ConfigError, match="margins"):
        simplex.read(["margins"])
    with pytest.raises(ConfigError, match="No panel"):
        simplex.read([])
    with pytest.raises(ScoreError, match="temperature"):
        simplex.read(["odin"], temperature=0)
