"""The view as one value between viewer and host, the keys and their list, and a saved picture."""

from urllib.parse import urlencode

import cv2
import numpy as np
import pytest

from tests.viewer.bare_page import colour, point, read, show
from tests.viewer.scenes import ramp_scene
from workbench.viewer import Pane, payload
from workbench.viewer.view import from_text, to_text

VIEW = {
    **{"layout": "swipe", "layer": "prediction", "heat": False, "opacity": 0.4},
    **{"threshold": 0.75, "colormap": "inferno", "range": "each", "units": False},
    **{"swipe": 0.25, "pair": [1, 0], "zoom": {"scale": 2.5, "x": 0.6, "y": 0.3}},
}


def test_a_view_goes_through_an_address_unchanged():
    text = to_text(VIEW)
    assert from_text(text) == VIEW
    assert urlencode({"view": text}) == f"view={text}", "nothing is escaped"
    whole = {
        **VIEW,
        "threshold": None,
        "heat": True,
        "opacity": 1,
        "zoom": {"scale": 1, "x": 0.5, "y": 0.5},
    }
    assert from_text(to_text(whole)) == whole


def test_what_an_address_says_wrongly_is_left_out():
    text = "layout-grid_heat-maybe_opacity-nan_zoom-1x2_pair-axb_evil-1_threshold-inf__-_range-each"
    assert from_text(text) == {"layout": "grid", "range": "each"}
    assert from_text("<script>") == {}


def two():
    return [Pane(ramp_scene(), "A run"), Pane(ramp_scene(), "B run")]


def views(page):
    return page.evaluate("window.triggers.filter(([name]) => name === 'view').map((t) => t[1])")


@pytest.mark.browser
def test_a_given_view_is_applied_and_one_change_is_told_once_with_all_of_it(page):
    show(page, two(), view=VIEW, listens=["view"])
    assert page.get_by_label("Layout").input_value() == "swipe"
    assert page.get_by_label("Picture below").input_value() == "prediction"
    assert page.get_by_label("Colours", exact=True).input_value() == "inferno"
    assert page.get_by_label("Divider").input_value() == "0.25"
    assert "above 0.750 nats" in page.locator(".wbv-counts").first.inner_text()
    page.wait_for_timeout(450)
    assert views(page) == [], "what the host gave is not told back"
    for value in ("0.5", "0.6", "0.7"):
        page.get_by_label("Opacity of the score map").fill(value)
    page.wait_for_timeout(450)
    assert views(page) == [{**VIEW, "opacity": 0.7}]


@pytest.mark.browser
def test_an_echo_of_what_was_told_does_not_undo_what_came_since(page):
    show(page, two(), listens=["view"])
    opacity = page.get_by_label("Opacity of the score map")
    opacity.fill("0.3")
    page.wait_for_timeout(450)
    told = views(page)[-1]
    opacity.fill("0.9")
    show(page, two(), listens=["view"], view=from_text(to_text(told)))
    assert opacity.input_value() == "0.9"
    show(page, two(), listens=["view"], view={"opacity": 0.1})  # the host's own wish
    assert opacity.input_value() == "0.1"


@pytest.mark.browser
def test_the_same_data_again_leaves_the_page_as_it_is(page):
    show(page)
    page.evaluate("document.querySelector('canvas').mine = true")
    show(page, picked=70_000_001)
    assert page.evaluate("document.querySelector('canvas').mine"), "a drag would have been cut off"
    show(page, ramp_scene(title="another"))
    page.wait_for_function("!document.querySelector('canvas').mine")


@pytest.mark.browser
def test_a_view_that_makes_no_sense_is_left_out(page):
    view = {
        "opacity": 7,
        "zoom": {"scale": 99, "x": 0, "y": 0},
        "layer": "constructor",
        "pair": [3, 3],
    }
    view |= {"colormap": "none such", "threshold": "x", "range": None, "swipe": -1}
    show(page, two(), view=view)
    assert page.get_by_label("Opacity of the score map").input_value() == "0.65"
    assert page.get_by_label("Colours", exact=True).input_value() == "viridis"
    assert page.get_by_label("Picture below").input_value() == "image"
    point(page, 0, 0)
    assert "x, y 0, 0" in read(page)


@pytest.mark.browser
def test_keys_for_image_and_cycle_are_told_only_if_the_host_listens(page):
    show(page, listens=["image", "cycle"])
    page.locator("#a .wbv").focus()
    for key in ("j", "k", "ArrowRight", "ArrowLeft"):
        page.keyboard.press(key)
    moves = [{"image": 1}, {"image": -1}, {"cycle": 1}, {"cycle": -1}]
    assert page.evaluate("window.triggers") == [["move", move] for move in moves]
    page.get_by_label("Opacity of the score map").focus()
    page.keyboard.press("ArrowRight")  # moves the slider
    page.get_by_label("Layout").focus()
    page.keyboard.press("j")  # finds an option
    assert len(page.evaluate("window.triggers")) == 4
    show(page, place="b")
    page.evaluate("addEventListener('keydown', (event) => (window.bubbled = event.key))")
    page.locator("#b .wbv").focus()
    page.keyboard.press("j")
    assert page.evaluate("window.bubbled") == "j", "a key without a listener is the page's"
    assert len(page.evaluate("window.triggers")) == 4


@pytest.mark.browser
def test_digits_choose_layers_and_n_and_p_units(page):
    show(page)
    page.locator("#a .wbv").focus()
    for key, layer in zip("12345", ("image", "truth", "prediction", "error", "map"), strict=True):
        page.keyboard.press(key)
        assert page.get_by_label("Picture below").input_value() == layer
    page.keyboard.press("n")
    assert "selected now as pick 3" in read(page)
    page.keyboard.press("n")
    assert "unit 70000001 labelled" in read(page)
    page.keyboard.press("p")
    assert [value for _, _, value in page.evaluate("window.states")] == [
        *(70_000_000, 70_000_001, 70_000_000),
    ]


@pytest.mark.browser
def test_the_list_of_keys_takes_the_focus_and_gives_it_back(page):
    show(page, listens=["cycle"])
    button = page.get_by_role("button", name="Keys (?)")
    button.focus()
    page.keyboard.press("?")
    listed = page.get_by_role("dialog", name="Keys of the viewer")
    assert "next cycle" in listed.inner_text()
    assert "next image" not in listed.inner_text()
    assert listed.get_by_role("button", name="Close").evaluate("node => node.matches(':focus')")
    page.keyboard.press("Escape")
    assert listed.count() == 0
    assert button.evaluate("node => node.matches(':focus')")
    assert page.evaluate("window.states") == [], "Esc closed the list and chose nothing"


@pytest.mark.browser
def test_everything_has_a_name_for_those_who_do_not_see_it(page):
    show(page, two(), view="swipe")
    unnamed = """() => ["button", "select", "input", "canvas", "[role=slider]"]
      .flatMap((kind) => [...document.querySelectorAll(`#a ${kind}`)])
      .filter((node) => !node.getAttribute("aria-label"))
      .filter((node) => !node.closest("label")?.textContent.trim())
      .length"""
    assert page.evaluate(unnamed) == 0
    text = page.get_by_role("img").get_attribute("aria-label")
    assert text.startswith(
        "Left: entropy, seed 0, cycle 1, image ramp: image, entropy over it; 1 units"
    )


@pytest.mark.browser
def test_a_saved_picture_holds_panes_colour_bar_and_legend(page, tmp_path):
    bare = ramp_scene().table.iloc[:0]
    panes = [
        Pane(ramp_scene(table=bare), "A run", "#d55e00"),
        Pane(ramp_scene(table=bare, codes=None), "B run", "#0072b2"),
    ]
    show(
        page,
        panes,
        file="demo-score-map-entropy",
        view={"layer": "truth", "heat": True, "opacity": 1},
    )
    with page.expect_download() as saving:
        page.get_by_role("button", name="Save what is seen").click()
    assert saving.value.suggested_filename == "demo-score-map-entropy.png"
    saving.value.save_as(tmp_path / "saved.png")
    saved = cv2.imread(str(tmp_path / "saved.png"))[:, :, ::-1]
    ratio = 2  # pixels a unit of length; two panes of 480 units with margins of 16
    assert saved.shape[1] == ratio * (2 * 480 + 3 * 16)
    codes = np.arange(256, dtype=np.uint8)[None]
    table = cv2.applyColorMap(codes, cv2.COLORMAP_VIRIDIS)[0, :, ::-1]
    ramp = table[np.rint(255 * np.arange(320) / 319).astype(int)].repeat(ratio, 0)
    rows = [row for row in saved[:, 16 * ratio : (16 + 320) * ratio] if (row == ramp).all()]
    assert len(rows) == 12 * ratio, "the colour bar, whole and nothing on it"
    flat = {tuple(pixel) for pixel in saved.reshape(-1, 3).tolist()}
    assert {(213, 94, 0), (0, 114, 178)} <= flat, "the methods' colours"
    assert {(128, 64, 128), (107, 142, 35)} <= flat, "the classes in B and in the legend"
    assert saved[2, 2].tolist() == [255, 255, 255], "white, whatever the theme"
    assert colour(page, 10, 30, canvas=1) == [128, 64, 128]


def test_a_file_name_is_made_of_image_and_title_if_none_is_given():
    assert payload(ramp_scene(image_id="a/b c"))["file"] == "a-b-c-entropy-seed-0-cycle-1"


def test_what_the_viewer_does_not_know_is_refused():
    with pytest.raises(ValueError, match="not of \\['click'\\]"):
        payload(ramp_scene(), listens=["click"])
    with pytest.raises(ValueError, match="not 'pile'"):
        payload(ramp_scene(), view={"layout": "pile"})
    with pytest.raises(ValueError, match="1 to 4 panes; 5"):
        payload([ramp_scene()] * 5)


def test_panes_of_one_image_send_its_pictures_once():
    data = payload([ramp_scene(), ramp_scene(codes_high=0.5, notices=("Gone.",))])
    first, second = (pane["pictures"] for pane in data["panes"])
    assert first == second
    assert len(data["pictures"]) == 4
    assert data["notices"] == ["entropy, seed 0, cycle 1: Gone."]
