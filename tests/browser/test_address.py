"""The address in a real browser: in full at once, one step back a choice, the same view again."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

IN_FULL = re.compile("experiment=.+&methods=.+&seed=0&cycle=0&image=.+&unit=.*&colour=state")


def choices(page):
    return parse_qs(urlsplit(page.url).query, keep_blank_values=True)


def quiet(page):
    """Wait until the page is drawn."""
    page.wait_for_selector(".stApp[data-test-script-state=notRunning]")
    page.wait_for_timeout(300)
    page.wait_for_selector(".stApp[data-test-script-state=notRunning]")


def go_back(page):
    before = page.url
    page.evaluate("history.back()")
    page.wait_for_function("before => location.href !== before", arg=before)
    quiet(page)


def test_one_step_back_is_one_choice(visit):
    page = visit("explore")
    page.wait_for_url(IN_FULL)
    quiet(page)
    begun, steps = choices(page), page.evaluate("history.length")
    page.get_by_role("slider", name="Cycle").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile("cycle=1"))
    quiet(page)
    moved = choices(page)
    page.get_by_role("radio", name="entropy", exact=True).click()
    page.wait_for_url(re.compile("method=entropy"))
    quiet(page)
    page.get_by_role("link", name="Compare").click()
    page.wait_for_selector("h1:has-text('Compare')")
    page.wait_for_url(re.compile("metric=miou"))
    quiet(page)
    assert page.evaluate("history.length") == steps + 3
    go_back(page)
    page.wait_for_selector("h1:has-text('Explore')")
    assert choices(page)["method"] == ["entropy"]
    go_back(page)
    assert choices(page) == moved
    go_back(page)
    assert choices(page) == begun
    assert page.get_by_role("slider", name="Cycle").get_attribute("aria-valuetext") in {"0", None}
    shown = page.locator(".st-key-cycle [data-testid=stSliderThumbValue]").first.inner_text()
    assert shown == "0"


def test_a_reload_shows_the_same(visit):
    page = visit("explore?cycle=1&seed=1&method=entropy")
    page.wait_for_url(re.compile("colour=state"))
    quiet(page)
    address = page.url
    page.reload()
    page.wait_for_selector(".stBidiComponent canvas")
    quiet(page)
    assert page.url == address
    assert "entropy, seed 1, cycle 1" in page.locator(".run-name").first.inner_text()


def test_what_is_not_there_leads_to_what_is(visit):
    page = visit("compare?experiment=gone")
    page.get_by_text("There is no experiment").wait_for()
    assert choices(page) == {"experiment": ["gone"]}
    assert page.locator(".js-plotly-plot").count() == 0
    page.locator("[data-testid=stMain]").get_by_role("link", name="Open ").first.click()
    page.wait_for_selector(".js-plotly-plot")
    page.wait_for_url(re.compile("experiment=sample.*metric=miou"))


def test_a_point_of_the_embedding_leads_to_its_image(visit):
    page = visit("explore")
    page.wait_for_url(IN_FULL)
    points = page.locator(".st-key-embedding .scatterlayer .trace .point")
    points.first.wait_for()
    quiet(page)
    before = choices(page)["image"]
    point = points.last
    point.scroll_into_view_if_needed()
    box = point.bounding_box()
    place = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(place[0] - 3, place[1] - 3)
    page.wait_for_timeout(400)
    page.mouse.move(*place)
    page.wait_for_timeout(600)  # plotly clicks what it has found under the pointer by then
    page.mouse.down()
    page.wait_for_timeout(100)
    page.mouse.up()
    page.wait_for_url(re.compile(r"unit=\d+"))
    quiet(page)
    found = choices(page)
    assert page.locator(".st-key-clear").inner_text().startswith(("close", found["image"][0]))
    assert found["image"] != before or found["unit"] != [""]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_row_of_choices_has_the_colour_of_the_page(visit, scheme):
    page = visit("explore", scheme=scheme)
    of_page = page.locator(".stApp").evaluate("node => getComputedStyle(node).backgroundColor")
    expect(page.locator(".st-key-context")).to_have_css("background-color", of_page, timeout=90_000)


def test_playing_is_one_choice(visit):
    page = visit("explore")
    page.wait_for_url(IN_FULL)
    quiet(page)
    steps = page.evaluate("history.length")
    page.locator(".st-key-play button:visible").click()  # another is for narrow screens
    page.wait_for_url(re.compile("cycle=2"))
    assert page.evaluate("history.length") == steps + 1
