"""One server on a small store and one Chromium for all browser tests.

In CI a missing Chromium fails the tests; elsewhere it skips them and says so.
"""

import pytest

from tests.browser.serving import serving
from tests.dashboard import stores
from tests.viewer.chromium import open_browser


@pytest.fixture(scope="module")
def chromium():
    """A browser for one module: a process holds one Playwright at a time; others want theirs."""
    with open_browser() as browser:
        yield browser


@pytest.fixture(scope="session")
def server(shared):
    """Return the address of a dashboard on a small store."""
    store = shared.made("full", stores.full_store)
    with serving(store) as address:
        yield address


@pytest.fixture
def visit(chromium, server):
    """Return a function that opens a page; afterwards, the browser must have found no fault."""
    pages, faults = [], []

    def hear(message):
        # on a page's own address Streamlit first looks for its server beside it; that is no fault
        if message.type == "error" and "/_stcore/" not in message.location.get("url", ""):
            faults.append(message.text)

    def leave(request):
        if not request.url.startswith((server, "data:", "blob:")):
            faults.append(f"asked another machine: {request.url}")

    def open_page(path, *, scheme="light", width=1400):
        # waiting for a function evaluates text, which the pages' policy forbids;
        # tests/attack/test_user_text.py opens every page under the policy
        context = chromium.new_context(
            viewport={"width": width, "height": 1000}, color_scheme=scheme, bypass_csp=True
        )
        page = context.new_page()
        page.set_default_timeout(90_000)  # a busy machine is no fault
        pages.append(context)
        page.on("console", hear)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", leave)
        page.goto(f"{server}/{path}")
        page.wait_for_selector("h1")
        return page

    yield open_page
    for context in pages:
        context.close()
    assert not faults
