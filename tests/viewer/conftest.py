"""One Chromium for a module's tests, and the bare page of ``tests/viewer/bare_page.py`` in it."""

import json

import pytest

from tests.viewer.bare_page import PAGE
from tests.viewer.chromium import open_browser
from workbench.viewer import script, style


@pytest.fixture(scope="module")
def browser():
    with open_browser() as opened:
        yield opened


@pytest.fixture
def page(browser, tmp_path):
    opened = browser.new_page(viewport={"width": 900, "height": 900})
    errors = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    place = tmp_path / "page.html"
    place.write_text(PAGE.format(style=style(), script=json.dumps(script())), encoding="utf-8")
    opened.goto(place.as_uri())
    opened.wait_for_function("window.loaded")
    yield opened
    assert errors == []
    opened.close()
