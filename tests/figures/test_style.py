import pytest

from workbench.figures._style import STATE_COLOURS, THEMES, blank, caption, styles
from workbench.methods import METHODS
from workbench.viewer import script


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", THEMES)
def test_every_colour_stands_out_from_its_background(theme):
    look = THEMES[theme]
    assert all(contrast(colour, look.paper) >= 3 for colour in look.colours)
    assert contrast(look.ink, look.paper) >= 7
    assert contrast(look.muted, look.paper) >= 4.5


@pytest.mark.parametrize("name", ["random", "entropy", "entropy_count", "margin", "k_center"])
def test_a_methods_look_does_not_depend_on_who_else_is_shown(name):
    alone = styles([name])[name]
    together = ["random", "entropy", "entropy_count", "margin", "k_center", "my_own", "yours"]
    assert styles(together)[name] == alone


def test_methods_in_one_figure_never_share_a_look():
    names = [*METHODS.names(), *(f"mine_{i}" for i in range(20))]
    assert len(set(styles(names).values())) == len(names)


def test_up_to_eight_methods_differ_in_colour_alone():
    names = ["random", "mine", "yours", "theirs", "ours", "k_center", "a", "b"]
    assert len({style.colour for style in styles(names).values()}) == 8


def test_a_new_methods_look_does_not_depend_on_the_order():
    assert styles(["mine", "random"]) == styles(["random", "mine"])


def test_the_viewer_outlines_units_in_the_embeddings_colours():
    dark = THEMES["dark"].colours
    assert f'LABELLED = "{dark[STATE_COLOURS["labelled"]]}"' in script()
    assert f'SELECTED = "{dark[STATE_COLOURS["selected"]]}"' in script()


def test_a_legend_stands_over_a_remark_of_any_length():
    """An image of a figure 450 pixels high, whose margins leave 290 between the axes."""
    for words in (5, 60, 140):
        figure = blank("light")
        caption(figure, " ".join(["words"] * words), "light")
        (remark,) = figure.layout.annotations
        lines = remark.text.count("<br>") + 1
        height = lines * remark.font.size * 1.3  # plotly's line height
        assert remark.yanchor == figure.layout.legend.yanchor == "bottom"
        assert (figure.layout.legend.y - 1) * 290 >= remark.yshift + height
