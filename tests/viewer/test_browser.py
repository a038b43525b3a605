"""The viewer in a real browser: one scene, its values, colours, units and keys."""

import pytest

from tests.viewer.bare_page import colour, point, read, show
from tests.viewer.scenes import HEIGHT, WIDTH, ramp_scene
from workbench.viewer import payload

pytestmark = pytest.mark.browser


def test_values_classes_and_units_under_the_pointer(page):
    show(page)
    point(page, 40, 30)
    text = read(page)
    assert f"entropy {4 * 40 / 255:.3f} nats" in text
    assert "predicted road" in text
    assert "true tree" in text
    assert "unit 70000003 not labelled" in text
    point(page, 10, 3)
    assert "true void" in read(page)
    assert "selected now as pick 3" in read(page)


def test_clicks_name_the_unit_and_escape_clears_it(page):
    show(page)
    point(page, 40, 30, click=True)
    point(page, 10, 30, click=True)
    page.keyboard.press("Escape")
    assert page.evaluate("window.states") == [
        ["a", "unit", 70_000_003],
        ["a", "unit", 70_000_002],
        ["a", "unit", None],
    ]


def test_colours_follow_the_scores_fixed_range_and_the_look_up_table(page):
    show(page, ramp_scene(table=ramp_scene().table.iloc[:0]))
    page.locator("input[type=range]").first.fill("1")
    import cv2
    import numpy as np

    table = cv2.applyColorMap(np.arange(256, dtype=np.uint8)[None], cv2.COLORMAP_VIRIDIS)[
        0, :, ::-1
    ]
    for x in (0, 20, 63):  # the map spans 0–1 of a score that spans 0–2
        expected = table[round(4 * x / 255 / 2 * 255)].tolist()
        assert colour(page, x, 30) == expected
    page.get_by_label("Range of the colours").select_option("each")
    assert colour(page, 63, 30) == table[252].tolist()
    page.get_by_label("Colours", exact=True).select_option("inferno")
    inferno = cv2.applyColorMap(np.arange(256, dtype=np.uint8)[None], cv2.COLORMAP_INFERNO)
    assert colour(page, 63, 30) == inferno[0, 252, ::-1].tolist()


def test_threshold_and_key_h_uncover_the_image(page):
    show(page, ramp_scene(table=ramp_scene().table.iloc[:0]))
    page.locator("input[type=range]").first.fill("1")
    page.get_by_role("slider", name="Show only what is above").press("PageUp")
    for _ in range(15):  # a tenth of 2 nats, then hundredths
        page.keyboard.press("ArrowRight")
    assert colour(page, 20, 30) == pytest.approx([200, 200, 200], abs=3)  # 0.31 of 2 nats
    assert colour(page, 60, 30) != pytest.approx([200, 200, 200], abs=3)
    assert "above 0.500 nats" in page.locator(".wbv-scale").inner_text()
    page.locator("#a canvas").click(position={"x": 5, "y": 5})
    page.keyboard.press("h")
    assert colour(page, 60, 30) == pytest.approx([200, 200, 200], abs=3)


def test_class_colours_and_void(page):
    scene = ramp_scene(table=ramp_scene().table.iloc[:0])
    show(page, scene, view="side")
    assert page.locator("#a figcaption").all_inner_texts() == [
        *("Image", "Ground truth", "Prediction", "entropy"),
    ]
    assert colour(page, 10, 30, canvas=1) == [128, 64, 128]
    assert colour(page, 50, 30, canvas=1) == [107, 142, 35]
    assert colour(page, 50, 30, canvas=2) == [128, 64, 128]
    hatch = {tuple(colour(page, x, 3, canvas=1)) for x in range(12)}
    assert len(hatch) > 1  # stripes over the dimmed image, no class's colour
    assert not hatch & {(128, 64, 128), (107, 142, 35)}


def test_units_are_outlined_by_state(page):
    show(page)
    edge = {"selected": (-0.25, 12), "labelled": (63.25, 12)}
    selected, labelled = (colour(page, *edge[s]) for s in ("selected", "labelled"))
    assert selected[0] > 150 > selected[2]  # vermillion
    assert labelled[2] > 150 > labelled[0]  # blue
    page.locator("#a canvas").click(position={"x": 400, "y": 300})
    page.keyboard.press("u")
    assert colour(page, *edge["selected"]) != selected


def test_zoom_keeps_the_place_under_the_pointer(page):
    show(page)
    point(page, 40, 30)
    before = read(page)
    box = page.locator("#a canvas").bounding_box()
    page.keyboard.down("Control")
    page.mouse.wheel(0, -100)
    page.mouse.wheel(0, -100)
    page.keyboard.up("Control")
    page.mouse.move(
        box["x"] + 40.6 / WIDTH * box["width"], box["y"] + 30.6 / HEIGHT * box["height"]
    )
    assert read(page).split("entropy")[0] == before.split("entropy")[0]
    point(page, 0, 0)
    assert "x, y 0, 0" not in read(page)
    page.mouse.down()
    page.mouse.up()
    page.keyboard.press("0")
    point(page, 0, 0)
    assert "x, y 0, 0" in read(page)


def test_linked_viewers_share_zoom_and_settings(page):
    for place in ("a", "b"):
        show(page, place=place, link="pair")
    page.locator("#a input[type=range]").first.fill("0.3")
    assert page.locator("#b input[type=range]").first.input_value() == "0.3"
    page.locator("#a canvas").click(position={"x": 300, "y": 200})
    page.keyboard.press("+")
    page.keyboard.press("+")
    point(page, 0, 0, place="b")
    assert "x, y 0, 0" not in read(page, "b")


def test_new_data_replaces_the_scene_and_keeps_settings(page):
    show(page)
    page.locator("#a input[type=range]").first.fill("0.2")
    show(page, ramp_scene(image_id="other", image=None, truth=None, notices=("Gone.",)))
    page.wait_for_selector("#a [data-ready=other]")
    assert page.locator("#a .wbv").count() == 1
    assert page.locator("#a input[type=range]").first.input_value() == "0.2"
    assert page.locator("#a .wbv-note").inner_text() == "Gone."
    point(page, 40, 30)
    assert "true" not in read(page)
    page.evaluate("window.cleanup()")
    assert page.locator("#a .wbv").count() == 0


def test_it_is_an_anywidget_module_too(page):
    code = """(scene) => {
      const handlers = {}, values = { scene, unit: null };
      const model = {
        get: (name) => values[name], set: (name, value) => { values[name] = value; },
        on: (name, handler) => { handlers[name] = handler; }, off: () => {},
        save_changes: () => { window.saved = values.unit; },
      };
      window.change = (name, value) => { values[name] = value; handlers[`change:${name}`](); };
      window.widget.render({ model, el: document.getElementById("a") });
    }"""
    page.evaluate(code, payload(ramp_scene()))
    page.wait_for_selector("#a [data-ready=ramp]")
    point(page, 40, 30, click=True)
    assert page.evaluate("window.saved") == 70_000_003
    page.evaluate("(scene) => window.change('scene', scene)", payload(ramp_scene(image_id="next")))
    page.wait_for_selector("#a [data-ready=next]")


def test_nothing_in_a_scene_is_taken_for_html(page):
    evil = "<img src=x onerror='window.bad = 1'>"
    scene = ramp_scene(classes=(evil, "tree"), title=evil, notices=(evil,), score=evil)
    show(page, scene)
    point(page, 40, 30)
    assert "onerror" in read(page)
    assert page.evaluate("window.bad") is None


def test_units_that_are_no_rectangles_are_outlined_and_picked_by_their_shape(page):
    table = ramp_scene().table.iloc[:2].assign(y0=0, x0=0, y1=48, x1=64)
    upper, lower = [0, 0, 63, 0, 0, 47], [63, 1, 63, 47, 1, 47]  # one box, two triangles
    show(page, ramp_scene(table=table.assign(outline=[[upper], [lower]])))
    point(page, 10, 10)
    assert "unit 70000000 selected now" in read(page)
    point(page, 50, 40)
    assert "unit 70000001 labelled" in read(page)
    point(page, 50, 40, click=True)
    assert page.evaluate("window.states") == [["a", "unit", 70_000_001]]
