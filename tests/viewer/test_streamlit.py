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


@pytest.fixture
def address(tmp_path):
    (tmp_path / "app.py").write_text(APP, encoding="utf-8")
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
