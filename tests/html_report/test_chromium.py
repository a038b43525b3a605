"""The report in a real Chromium: nothing asked for, nothing complained of, everything painted."""

import pytest

from tests.viewer.chromium import open_browser
from workbench.html_report import write_report
from workbench.store import open_store

pytestmark = pytest.mark.browser

PAINTED = """() => [...document.querySelectorAll('.plot')].map(plot => [
    plot.id,
    plot.querySelectorAll('.scatterlayer .trace, .barlayer .trace, .heatmaplayer .hm').length,
])"""
LOADED = "() => [...document.images].map(image => image.complete && image.naturalWidth > 0)"


@pytest.fixture(scope="module")
def address(shared, tmp_path_factory):
    (record,) = open_store(shared.trained().store).experiments()
    record.name = "<img src=x onerror=document.title='run'>"
    out = tmp_path_factory.mktemp("report") / "report.html"
    write_report(record, out)
    return out.as_uri()


@pytest.fixture(scope="module")
def chromium():
    with open_browser() as browser:
        yield browser


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_it_is_painted_whole_and_asks_for_nothing(chromium, address, scheme, width):
    context = chromium.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
    )
    page = context.new_page()
    heard, asked = [], []
    page.on("console", lambda message: heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    page.wait_for_selector("html[data-drawn]", timeout=90_000)
    painted = dict(page.evaluate(PAINTED))
    assert len(painted) > 4
    assert all(painted.values()), painted
    pictures = page.evaluate(LOADED)
    assert pictures
    assert all(pictures)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert dark == {"light": "rgb(255, 255, 255)", "dark": "rgb(14, 17, 23)"}[scheme]
    assert page.title() != "run"
    assert page.locator("h1").inner_text().startswith("<img src=x")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    assert [url for url in asked if not url.startswith(("data:", "blob:"))] == [address]
    assert heard == []
    context.close()
