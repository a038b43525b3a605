"""The notebooks run from top to bottom: by themselves, and in JupyterLab in a browser."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from nbmake.nb_run import NotebookRun

from tests.viewer.chromium import open_browser

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
FIRST = NOTEBOOKS[0]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """One store for all tests here: the second run of a notebook finds the first one's results."""
    with pytest.MonkeyPatch.context() as patch:
        path = tmp_path_factory.mktemp("notebooks") / "store"
        patch.setenv("WORKBENCH_STORE", str(path))
        patch.setenv("JUPYTER_PLATFORM_DIRS", "1")
        yield path


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_committed_without_outputs(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert code
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in code)


# JupyterLab runs all cells of the first one below
SLOW_FIRST = [pytest.param(FIRST, marks=pytest.mark.slow), *NOTEBOOKS[1:]]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("path", SLOW_FIRST, ids=lambda path: path.stem)
def test_it_runs_from_top_to_bottom(path, store):
    result = NotebookRun(path, 500).execute()
    assert result.error is None, result.error.summary
    assert (store / "store.json").exists()


@pytest.fixture
def lab(tmp_path, store):
    """JupyterLab on a copy of the first notebook, with settings of its own."""
    shutil.copy(FIRST, tmp_path)
    settings = tmp_path / "settings" / "@jupyterlab" / "notebook-extension"
    settings.mkdir(parents=True)
    # otherwise outputs out of sight are not in the page
    (settings / "tracker.jupyterlab-settings").write_text('{"windowingMode": "none"}')
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *(f"--ServerApp.port={port}", "--ServerApp.ip=127.0.0.1", "--IdentityProvider.token="),
        f"--ServerApp.root_dir={tmp_path}",
    ]
    own = {f"JUPYTER_{name}_DIR": str(tmp_path / name) for name in ("CONFIG", "DATA", "RUNTIME")}
    own["JUPYTERLAB_SETTINGS_DIR"] = str(tmp_path / "settings")
    own["JUPYTERLAB_WORKSPACES_DIR"] = str(tmp_path / "workspaces")
    with (tmp_path / "lab.log").open("w") as log:
        process = subprocess.Popen(
            command, env={**os.environ, **own}, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        yield _wait(f"http://127.0.0.1:{port}", tmp_path / "lab.log")
    finally:
        process.terminate()  # it ends its kernels first
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:  # a kernel that does not answer holds it up for ever
            process.kill()
            process.wait(timeout=60)


def _wait(address, log):
    for _ in range(480):
        try:
            urllib.request.urlopen(f"{address}/api", timeout=1).close()
        except OSError:
            time.sleep(0.25)
        else:
            return address
    raise TimeoutError(f"JupyterLab did not start:\n{log.read_text()}")


def _wait_for_kernel(address):
    """Wait until the page is connected to a kernel: before, running cells opens a dialog."""
    for _ in range(960):
        with urllib.request.urlopen(f"{address}/api/sessions", timeout=10) as answer:
            kernels = [session["kernel"] for session in json.load(answer)]
        if any(k["execution_state"] == "idle" and k["connections"] for k in kernels):
            return
        time.sleep(0.25)
    raise TimeoutError("JupyterLab's page has no kernel.")


@pytest.mark.browser
@pytest.mark.timeout(900)
def test_its_widgets_draw_and_answer_in_jupyterlab(lab):
    with open_browser() as browser:
        page = browser.new_page(viewport={"width": 1300, "height": 1000})
        page.set_default_timeout(300_000)
        errors = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{lab}/lab/tree/{FIRST.name}")
        page.wait_for_selector('.jp-Notebook-ExecutionIndicator[data-status="idle"]')
        _wait_for_kernel(lab)
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_text("Run All Cells", exact=True).click()
        kinds = ("error", "stderr")
        failed = ", ".join(f'[data-mime-type="application/vnd.jupyter.{k}"]' for k in kinds)
        select = ".jp-Dialog .jp-mod-accept"  # of a kernel, if the page was not ready after all
        page.wait_for_selector(f".wbv[data-ready] canvas, {failed}, {select}", state="attached")
        if page.locator(select).count():
            page.locator(select).click()
            page.wait_for_selector(f".wbv[data-ready] canvas, {failed}", state="attached")
        assert page.locator(failed).all_inner_texts() == []
        page.wait_for_function("document.querySelectorAll('.js-plotly-plot').length >= 3")
        assert page.locator(".widget-slider").count() == 1
        assert page.locator(failed).all_inner_texts() == []
        canvas = page.locator(".wbv canvas")
        canvas.scroll_into_view_if_needed()
        before = page.locator(".wbv").get_attribute("data-ready")
        box = canvas.bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.get_by_text("nats", exact=False).first.wait_for()
        assert "predicted" in page.locator(".wbv-read").inner_text()
        image = page.locator(".widget-dropdown:has(label:text-is('Image')) select")
        image.select_option(index=5)
        page.wait_for_function(
            "before => document.querySelector('.wbv').dataset.ready !== before", arg=before
        )
        if folder := os.environ.get("WORKBENCH_SCREENSHOTS"):
            page.locator(".wbv").screenshot(path=f"{folder}/lab_viewer.png")
            page.screenshot(path=f"{folder}/lab.png")
        assert errors == []
