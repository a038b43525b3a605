"""Query analysis, entropy distributions and the triangles in a real browser."""

import re

import pytest

pytestmark = pytest.mark.browser


def test_curves_of_a_cycle_and_of_a_made_up_pool_are_drawn(visit):
    page = visit("learn?lesson=entropy")
    page.wait_for_selector(".js-plotly-plot .scatterlayer .trace")
    assert page.locator(".js-plotly-plot .legendtext").all_text_contents()[1:] == [
        "Entropy",
        "Margin",
    ]
    page.get_by_role("radio", name="Synthetic").click()
    page.wait_for_selector(".legendtext:has-text('ODIN, T = 1000')")


def test_measures_classes_and_agreement_are_drawn_on_a_small_screen(visit):
    page = visit("compare?cycle=1&show=queries", width=900)
    page.wait_for_selector(".js-plotly-plot .heatmaplayer image")
    titles = page.locator(".js-plotly-plot").first.locator(".annotation-text").all_text_contents()
    assert {"Coverage radius", "Boundary share"} <= set(titles)
    page.get_by_role("radio", name="Results").click()
    page.wait_for_selector(".js-plotly-plot .barlayer .trace")
    page.get_by_role("radio", name="Against the validation split").click()
    page.wait_for_selector(".ytitle:has-text('Times its share')")
    inside = "page => page.scrollWidth <= page.clientWidth"
    assert page.locator(".stMainBlockContainer").evaluate(inside)


def test_the_temperature_moves_odins_triangle(visit):
    page = visit("learn", scheme="dark", width=900)
    page.wait_for_selector(".annotation-text:has-text('ODIN, T = 10')")
    page.get_by_role("slider", name="Temperature").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile("temperature=20"))
    page.wait_for_selector(".annotation-text:has-text('ODIN, T = 20')")
    # the former triangles leave the page a moment after the new ones are there
    page.wait_for_function("document.querySelectorAll('.js-plotly-plot').length === 6")
    inside = "page => page.scrollWidth <= page.clientWidth"
    assert page.locator(".stMainBlockContainer").evaluate(inside)
