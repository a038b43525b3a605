"""The viewer as a Streamlit component: drawn, and a click arrives in Python."""

import os
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from tests.viewer.chromium import open_browser

pytestmark = pytest.mark.browser

APP = """
import streamlit as st
from tests.viewer.scenes import ramp_scene
from workbench.viewer import payload, script, style

mount = st.components.v2.component("workbench_viewer", js=script(), css=style())
number = st.number_input("scene", 0, 9, 0)
result = mount(key="v", data=payload(ramp_scene(image_id=f"scene{number}")),
               on_unit_change=lambda: None)
st.write(f"unit is {result.get('unit')}")
"""


BOUND = """
import streamlit as st
from dashboard import viewer
from tests.viewer.scenes import ramp_scene
from workbench.viewer import Pane

def moved(what, by):
    st.session_state["moves"] = [*st.session_state.get("moves", []), f"{what} {by}"]

panes = [Pane(ramp_scene(), name) for name in ("one", "two")]
viewer.show(panes, "v", bind="view", on_move=moved, view="swipe")
st.write("moves: " + ", ".join(st.session_state.get("moves", [])))
"""


@pytest.fixture(params=[APP])
def address(tmp_path, request):
    (tmp_path / "app.py").write_text(request.param, encoding="utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        *(sys.executable, "-m", "streamlit", "run", str(tmp_path / "app.py")),
        *("--server.port", str(port), "--server.address", "127.0.0.1"),
        *("--server.headless", "true", "--browser.gatherUsageStats", "false"),
        *("--server.fileWatcherType", "none"),
    ]
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    try:
        yield _wait(f"http://127.0.0.1:{port}")
    finally:
        process.kill()  # it holds nothing that would have to be put away
        process.wait()


def _wait(address):
    for _ in range(240):
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=1).close()
        except OSError:
            time.sleep(0.25)
        else:
            return address
    raise TimeoutError("Streamlit did not start within a minute.")


def test_a_click_arrives_in_python_and_new_data_in_the_viewer(address):
    with open_browser() as browser:
        page = browser.new_page(viewport={"width": 1000, "height": 900})
        errors = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(address)
        page.wait_for_selector("[data-ready=scene0]", timeout=60_000)
        canvas = page.locator("canvas")
        box = canvas.bounding_box()
        assert box["width"] > 300
        assert box["height"] == pytest.approx(box["width"] * 48 / 64, rel=0.02)
        canvas.click(position={"x": 0.75 * box["width"], "y": 0.75 * box["height"]})
        page.get_by_text("unit is 70000003").wait_for(timeout=30_000)
        page.get_by_label("scene", exact=True).fill("3")
        page.keyboard.press("Enter")
        page.wait_for_selector("[data-ready=scene3]", timeout=30_000)
        assert page.locator(".wbv").count() == 1
        assert errors == []


@pytest.mark.parametrize("address", [BOUND], indirect=True)
def test_the_view_stands_in_the_address_and_keys_reach_python(address):
    with open_browser() as browser:
        page = browser.new_page(viewport={"width": 1000, "height": 900})
        page.goto(address)
        layout = page.get_by_label("Layout")
        layout.wait_for(timeout=60_000)
        assert layout.input_value() == "swipe"
        assert "view=" not in page.url
        page.get_by_label("Opacity of the score map").fill("0.25")
        page.wait_for_url(lambda url: "_opacity-0.25_" in url, timeout=30_000)
        layout.select_option("difference")
        page.wait_for_url(lambda url: "view=layout-difference_" in url, timeout=30_000)
        page.locator(".wbv").focus()
        page.keyboard.press("ArrowRight")
        page.get_by_text("moves: cycle 1", exact=True).wait_for(timeout=30_000)
        page.keyboard.press("j")
        page.get_by_text("moves: cycle 1, image 1", exact=True).wait_for(timeout=30_000)
        assert layout.input_value() == "difference"
        page.reload()
        layout.wait_for(timeout=60_000)
        assert layout.input_value() == "difference"
        layout.select_option("grid")
        assert page.get_by_label("Opacity of the score map").input_value() == "0.25"
