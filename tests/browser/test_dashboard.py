"""Each page in a real browser: it draws, it moves, it says nothing on the console."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

pytestmark = pytest.mark.browser

PAINTED = """canvas => {
    const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    return new Set(new Uint32Array(pixels.buffer)).size;
}"""


def canvas(page):
    """Return the viewer's last picture, the score map, once it is painted."""
    page.wait_for_selector(".stBidiComponent canvas")
    found = page.locator(".stBidiComponent canvas").last
    page.wait_for_function(f"canvas => ({PAINTED})(canvas) > 20", arg=found.element_handle())
    return found


def choices(page):
    """Return the choices in an address."""
    return parse_qs(urlsplit(getattr(page, "url", page)).query, True)


def picture(page):
    return canvas(page).evaluate("canvas => canvas.toDataURL()")


def test_experiments_are_listed(visit):
    page = visit("")
    page.wait_for_selector('[data-testid="stDataFrame"] canvas')
    assert page.locator('[data-testid="stDataFrame"]').count() == 2
    page.get_by_role("link", name="All on Compare").click()
    page.wait_for_selector("h1:has-text('Compare')")


def test_the_form_shows_yaml_and_command(visit):
    page = visit("new_experiment")
    page.get_by_role("button", name="Start", exact=True).wait_for()
    assert page.get_by_text("workbench run demo.yaml").count() == 1
    assert page.get_by_label("Batch size").count() >= 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_learning_curves_are_drawn_in_the_theme(visit, scheme):
    page = visit("compare", scheme=scheme)
    page.wait_for_selector(".js-plotly-plot .scatterlayer .trace")
    assert page.locator(".js-plotly-plot").first.locator(".legendtext").count() == 2
    colour = "element => getComputedStyle(element).backgroundColor"
    paper = page.locator(".js-plotly-plot .main-svg").first.evaluate(colour)
    assert paper == page.locator(".stApp").evaluate(colour), "the figure stands in a box"


def test_a_score_map_is_painted_and_the_cycle_slider_moves_it(visit):
    page = visit("explore")
    before = picture(page)
    page.get_by_role("slider", name="Cycle").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile("cycle=1"))
    for _ in range(100):
        if picture(page) != before:
            return
        page.wait_for_timeout(100)
    raise AssertionError("the score map of cycle 0 stayed")


def test_the_keyboard_goes_to_the_next_image(visit):
    page = visit("explore")
    canvas(page)
    page.wait_for_url(re.compile("image=.*&colour="))  # in full
    before = page.url
    page.keyboard.press("j")
    page.wait_for_function("before => location.href !== before", arg=before)
    assert choices(page)["image"] != choices(before)["image"]


def test_an_address_opens_two_runs_side_by_side_on_a_small_screen(visit):
    page = visit("score_maps?run=entropy%2C+seed+0&cycle=1&beside=random%2C+seed+0", width=900)
    canvas(page)
    page.wait_for_url(re.compile("beside=.*&view=|view=.*&beside="))  # in full
    names = page.locator(".wbv figcaption").all_inner_texts()
    assert names == ["entropy, seed 0, cycle 1", "random, seed 0, cycle 1"], "one viewer, two panes"
    page.get_by_label("Layout").select_option("difference")
    page.wait_for_url(re.compile("view=layout-difference_"))
    page.get_by_text("entropy, B − A (nats)").wait_for()
    inside = "page => page.scrollWidth <= page.clientWidth"
    assert page.locator(".stMainBlockContainer").evaluate(inside)


def test_a_picture_of_a_pick_chooses_its_image(visit):
    page = visit("explore")
    page.wait_for_selector(".js-plotly-plot .scatterlayer .trace .point")
    picks = page.locator(".pool-images button")
    picks.first.scroll_into_view_if_needed()
    page.wait_for_function(
        "image => image.complete && image.naturalWidth > 0",
        arg=picks.first.locator("img").element_handle(),
    )
    page.wait_for_url(re.compile("image=.*&colour="))  # in full
    other = page.locator(".pool-images button[aria-pressed=false]").last
    image = other.locator("span").first.inner_text()
    other.click()
    page.wait_for_url(re.compile(f"image={image}"))
    page.wait_for_selector(f".st-key-clear:has-text('{image}')")
