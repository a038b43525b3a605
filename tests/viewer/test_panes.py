"""Several scenes in one viewer: grid, swipe, difference, ranges, threshold, histogram, layers."""

import base64

import cv2
import numpy as np
import pandas as pd
import pytest

from tests.viewer.bare_page import colour, point, read, show
from tests.viewer.scenes import ramp_scene
from workbench.units.outlines import rings
from workbench.viewer import Pane
from workbench.viewer.encode import diverging

pytestmark = pytest.mark.browser

BARE = ramp_scene().table.iloc[:0]


def pair(**second):
    """A: the ramp from 0 to 1 nats; B: half of it."""
    values = {"codes_high": 0.5, "table": BARE, **second}
    return [
        Pane(ramp_scene(table=BARE), "entropy, seed 0", "#d55e00"),
        Pane(ramp_scene(**values), "margin, seed 0", "#0072b2"),
    ]


def viridis(share):
    ramp = np.arange(256, dtype=np.uint8)[None]
    return cv2.applyColorMap(ramp, cv2.COLORMAP_VIRIDIS)[0, round(255 * share), ::-1].tolist()


def opaque(page):
    page.get_by_label("Opacity of the score map").fill("1")


def words(page, place="a"):
    return page.locator(f"#{place} .wbv-scale > span").all_inner_texts()


def handle(page):
    return page.get_by_role("slider", name="Show only what is above")


def test_each_pane_names_its_run_in_its_methods_colour_over_one_toolbar_and_colour_bar(page):
    show(page, pair())
    assert page.locator("#a figcaption").all_inner_texts() == ["entropy, seed 0", "margin, seed 0"]
    seen = page.locator("#a figcaption i").evaluate_all(
        "marks => marks.map((mark) => getComputedStyle(mark).backgroundColor)"
    )
    assert seen == ["rgb(213, 94, 0)", "rgb(0, 114, 178)"]
    assert page.locator("#a [role=toolbar]").count() == 1
    assert words(page) == ["entropy (nats), range of the score"]
    point(page, 40, 30, canvas=1)
    assert f"entropy {4 * 40 / 255 / 2:.3f} nats" in read(page)
    assert f"entropy, seed 0: entropy {4 * 40 / 255:.3f} nats" in read(page)


def test_ranges_of_the_score_shared_by_the_panes_and_each(page):
    show(page, pair())
    opaque(page)
    shares = {  # of code 252 at x = 63: 0.988 nats in A, 0.494 in B
        "score": (0.988 / 2, 0.494 / 2),
        "shared": (0.988, 0.494),
        "each": (0.988, 0.988),
    }
    for name, (a, b) in shares.items():
        page.get_by_label("Range of the colours").select_option(name)
        assert colour(page, 63, 30, canvas=0) == viridis(a)
        assert colour(page, 63, 30, canvas=1) == viridis(b)
    assert words(page) == [
        "entropy (nats), range of each pane: entropy, seed 0",
        "entropy (nats), range of each pane: margin, seed 0",
    ]


def test_swipe_shows_a_left_of_the_divider_and_b_right_of_it(page):
    show(page, pair(image=np.full((48, 64, 3), 40, np.uint8)), view="swipe")
    page.get_by_role("checkbox", name="Score map").uncheck()
    assert page.locator("#a canvas").count() == 1
    assert page.locator("#a figcaption span").all_inner_texts() == [
        *("A entropy, seed 0", "B margin, seed 0"),
    ]
    assert colour(page, 20, 30) == pytest.approx([200] * 3, abs=3)
    assert colour(page, 40, 30) == pytest.approx([40] * 3, abs=3)
    page.get_by_label("Divider between").fill("0.8")
    assert colour(page, 40, 30) == pytest.approx([200] * 3, abs=3)
    box = page.locator("#a canvas").bounding_box()
    page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.1 * box["width"], box["y"] + 50)
    page.mouse.up()
    assert colour(page, 20, 30) == pytest.approx([40] * 3, abs=3)
    assert page.evaluate("window.states") == [], "a drag of the divider chooses no unit"


def test_difference_is_b_minus_a_centred_on_zero_with_its_own_colour_bar(page):
    show(page, pair(), view={"layout": "difference", "range": "shared"})
    colours = np.frombuffer(base64.b64decode(diverging()), np.uint8).reshape(256, 3)
    largest = 252 / 255 / 2  # at x = 63
    for x in (0, 30, 63):
        value = -4 * x / 255 / 2
        place = round(255 * (value + largest) / (2 * largest))
        assert colour(page, x, 30) == pytest.approx(colours[place].tolist(), abs=1)
    assert words(page) == ["entropy, B − A (nats), range of this difference"]
    assert page.locator(".wbv-ticks span").all_inner_texts() == ["-0.494", "0.00", "0.494"]
    assert page.locator(".wbv-handle").count() == 0
    point(page, 30, 30)
    assert "entropy, B − A -0.235 nats" in read(page)
    page.get_by_label("Range of the colours").select_option("score")
    assert page.locator(".wbv-ticks span").all_inner_texts() == ["-2.00", "0.00", "2.00"]


@pytest.mark.parametrize(
    ("second", "sentence"),
    [
        ({"unit": "", "score": "margin"}, "entropy is in nats, margin in no unit"),
        ({"codes": None}, "margin, seed 0 has no score map"),
        ({"image_id": "other"}, "A shows ramp, B other"),
        ({"codes": np.zeros((24, 32), np.uint8)}, "64 × 48 and 32 × 24 pixels"),
    ],
)
def test_a_difference_that_means_nothing_is_refused_with_a_sentence(page, second, sentence):
    show(page, pair(**second), view="difference")
    refused = page.locator(".wbv-refused")
    assert sentence in refused.inner_text()
    assert page.locator("#a canvas").count() == 0
    page.get_by_label("Layout").select_option("grid")
    assert page.locator("#a canvas").count() == 2


def test_of_four_panes_two_are_chosen_for_a_and_b(page):
    scenes = [
        Pane(
            ramp_scene(image=np.full((48, 64, 3), 50 * n, np.uint8), table=BARE, codes=None),
            f"run {n}",
        )
        for n in range(1, 5)
    ]
    show(page, scenes, view="swipe")
    page.get_by_label("Which is B").select_option("3")
    assert colour(page, 50, 30) == pytest.approx([200] * 3, abs=3)
    page.get_by_label("Which is A").select_option("3")  # they change places
    assert colour(page, 10, 30) == pytest.approx([200] * 3, abs=3)
    assert colour(page, 50, 30) == pytest.approx([50] * 3, abs=3)


def test_all_panes_zoom_and_move_together(page):
    show(page, pair())
    page.locator("#a canvas").first.click(position={"x": 200, "y": 100})
    page.keyboard.press("+")
    page.keyboard.press("+")
    for canvas in (0, 1):
        point(page, 0, 0, canvas=canvas)
        assert "x, y 0, 0" not in read(page)
    page.keyboard.press("0")
    point(page, 0, 0, canvas=1)
    assert "x, y 0, 0" in read(page)


def test_the_threshold_counts_pixels_and_units_above_it(page):
    """Codes are 4 · x: above 0.5 nats of 0–1 (code 127.5) lie columns 32 to 63."""
    scene = ramp_scene()
    show(page, scene, view={"threshold": 0.5})
    assert page.locator(".wbv-counts").inner_text() == (
        "above 0.500 nats: 1,536 of 3,072 pixels (50.0 %), in 2 of 4 units, "
        "most in unit 70000001 (100.0 % of it)"
    )
    point(page, 40, 30)
    assert "above the threshold 768 of its 768 pixels (100.0 %)" in read(page)
    point(page, 10, 30)
    assert "above the threshold 0 of its 768 pixels (0.0 %)" in read(page)


def test_the_handle_is_dragged_and_keyed_without_telling_the_host(page):
    show(page, pair())
    box = page.locator(".wbv-ramp").bounding_box()
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 5, steps=4)
    page.mouse.up()
    assert float(handle(page).get_attribute("aria-valuenow")) == pytest.approx(0.5, abs=0.01)
    counts = page.locator(".wbv-counts span").all_inner_texts()
    assert "entropy, seed 0: above" in counts[0]
    assert "margin, seed 0: above" in counts[1]
    assert "0 of 3,072 pixels (0.0 %), in 0 of 0 units" in counts[1]
    assert "above" in handle(page).get_attribute("aria-valuetext")
    page.keyboard.press("Home")
    assert handle(page).get_attribute("aria-valuetext") == "all is shown"
    page.wait_for_timeout(500)
    assert page.evaluate("[window.states, window.triggers]") == [[], []]


def test_a_threshold_is_for_panes_of_its_score(page):
    """The first pane has no scores; of the others each score has its bar, the first its handle."""
    scenes = [
        ramp_scene(codes=None),
        ramp_scene(),
        ramp_scene(score="margin", unit="", high=1.0),
    ]
    show(page, scenes, view={"threshold": 0.5})
    assert words(page) == [
        "entropy (nats), range of the score: entropy, seed 0, cycle 1",
        "margin, range of the score: entropy, seed 0, cycle 1",
    ]
    assert page.locator(".wbv-handle").count() == 1
    point(page, 40, 30, canvas=1)
    assert "above the threshold 768" in read(page)
    point(page, 40, 30, canvas=2)
    assert "above the threshold" not in read(page)


def test_the_histogram_counts_pixels_at_each_score(page):
    """Half the pixels are 0, half the largest: two bins as high as each other, nothing between."""
    codes = np.zeros((48, 64), np.uint8)
    codes[:, 32:] = 255
    show(page, ramp_scene(codes=codes, table=BARE), view={"range": "each"})
    path = page.locator(".wbv-plot path").get_attribute("d")
    heights = [float(step.split("H")[0]) for step in path.split(",")[1:]]
    assert heights == [1.0, *[36.0] * 62, 1.0]


def blobs():
    """Units of all shapes: one with a hole, one of a single pixel, lines one pixel wide."""
    rng = np.random.default_rng(4)
    noise = cv2.GaussianBlur(rng.random((48, 64)).astype(np.float32), (0, 0), 4)
    units = np.digitize(noise, np.quantile(noise, [0.2, 0.4, 0.6, 0.8])).astype(np.int32)
    units[20:24, 30:34] = 9
    units[22, 32] = 10
    _, units = np.unique(units, return_inverse=True)
    return units.reshape(48, 64)


def test_units_of_any_shape_count_their_own_pixels(page):
    units = blobs()
    rows = []
    for unit in range(units.max() + 1):
        y, x = np.nonzero(units == unit)
        y0, x0, y1, x1 = y.min(), x.min(), y.max() + 1, x.max() + 1
        inside = units[y0:y1, x0:x1] == unit
        rows.append(
            {
                **{"unit_id": unit, "y0": y0, "x0": x0, "y1": y1, "x1": x1},
                **{"state": "unlabelled", "rank": -1, "score": 0.0},
                "outline": [] if inside.all() else rings(inside, (int(y0), int(x0))),
            }
        )
    show(page, ramp_scene(table=pd.DataFrame(rows)), view={"threshold": 0.5})
    above = ramp_scene().values > 0.5
    for unit in range(units.max() + 1):
        y, x = np.argwhere(units == unit)[0]
        point(page, x, y)
        count, area = int((above & (units == unit)).sum()), int((units == unit).sum())
        assert f"above the threshold {count:,} of its {area:,} pixels" in read(page)


def test_the_error_layer_shows_where_the_prediction_is_wrong(page):
    show(page, ramp_scene(table=BARE), view={"layer": "error", "heat": False})
    assert colour(page, 50, 30) == [227, 38, 54]  # road was predicted, tree is true
    right = colour(page, 10, 30)
    assert right[0] == right[1] == right[2], "the dimmed image where the prediction is right"
    assert "predicted wrongly" in page.locator(".wbv-chips").inner_text()
    assert "tree" not in page.locator(".wbv-chips").inner_text(), "no class is drawn"


def test_labelled_units_are_hatched(page):
    """Stripes cross the labelled unit: along a row its colours change; elsewhere they do not."""
    show(page, ramp_scene(codes=None))

    def colours(y):
        return len({tuple(colour(page, x, y)) for x in np.arange(40, 56, 0.3)})

    assert colours(12) > 3
    assert colours(36) == 1
    page.get_by_role("checkbox", name="Units").uncheck()
    assert colours(12) == 1


OVERLAPS = """() => {
  const boxes = [...document.querySelectorAll("#a .wbv *")].filter((node) =>
    [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim()))
    .filter((node) => node.tagName !== "OPTION" && node.getClientRects().length)
    .map((node) => [node.textContent.trim(), node.getBoundingClientRect(), node]);
  const wide = document.documentElement.clientWidth;
  const found = boxes.filter(([, box]) => box.left < -0.5 || box.right > wide + 0.5)
    .map(([text]) => `cut off: ${text}`);
  boxes.forEach(([text, a, node], i) => boxes.slice(i + 1).forEach(([other, b, inner]) => {
    if (node.contains(inner)) return;
    const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (across > 1 && down > 1) found.push(`${text} | ${other}`);
  }));
  return found;
}"""


@pytest.mark.parametrize("layout", ["grid", "swipe", "difference"])
@pytest.mark.parametrize("width", [390, 1024, 1440])
def test_no_text_is_cut_off_or_lies_on_another(page, width, layout):
    long = "self_consistency_with_a_name_that_is_long, seed 10, cycle 12"
    scenes = [Pane(ramp_scene(), f"{long} {n}", "#0072b2") for n in range(4)]
    page.set_viewport_size({"width": width, "height": 900})
    view = {"layout": layout, "threshold": 0.5, "range": "each", "layer": "truth"}
    show(page, scenes, view=view)
    point(page, 10, 10)
    assert page.evaluate(OVERLAPS) == []
