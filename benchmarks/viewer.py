"""The viewer in Chromium: a frame when colours or the threshold change, a zoom, a first picture.

Median of nine frames, after two that do not count. A frame is the work from the event until the
pixels of every picture can be read back, so that what a canvas would put off is in it. Nothing is
asked of a server. Chromium draws on the processor here, without a GPU. Beside the wall time stands
the CPU time of the page's process, all of its threads: other work on the machine makes the former
longer, not the latter.

::

    python -m benchmarks.viewer [--frames 9] [--panes 1 2]
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
from playwright.sync_api import Page, sync_playwright

from workbench.viewer import Scene, payload, script, style

SIZES = ((360, 480), (1024, 2048))
PAGE = """<meta charset="utf-8"><style>{style}</style><div id="a"></div>
<script type="module">
const url = URL.createObjectURL(new Blob([{script}], {{ type: "text/javascript" }}));
const host = (await import(url)).default;
window.show = (data) => host({{
  data, parentElement: document.getElementById("a"), setStateValue() {{}}, setTriggerValue() {{}},
}});
window.loaded = true;
</script>"""
FRAME = """([what, turn]) => {
  const { handle, colormap, root, canvases } = window.parts ??= {
    handle: document.querySelector(".wbv-handle"),
    colormap: document.querySelector("[data-name=colormap]"),
    root: document.querySelector(".wbv"),
    canvases: [...document.querySelectorAll("canvas")],
  };
  const key = (node, key) =>
    node.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  const acts = {
    threshold: () => key(handle, turn % 8 === 7 ? "Home" : "PageUp"),
    recolour: () => {
      colormap.selectedIndex = turn % colormap.options.length;
      colormap.dispatchEvent(new Event("change"));
    },
    zoom: () => key(root, turn % 8 === 7 ? "0" : "+"),
  };
  const start = performance.now();
  acts[what]();
  for (const canvas of canvases) canvas.getContext("2d").getImageData(0, 0, 1, 1);
  return performance.now() - start;
}"""


def scene(height: int, width: int) -> Scene:
    """A scene whose maps arrive at full size: smooth scores, blocks of classes, 64-pixel units."""
    rng = np.random.default_rng(0)
    coarse = rng.random((height // 32, width // 32)).astype(np.float32)
    smooth = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    y, x = np.mgrid[0:height, 0:width]
    classes = ((y // 90 + x // 120) % 9).astype(np.uint8)
    corners = [(a, b) for a in range(0, height, 64) for b in range(0, width, 64)]
    table = pd.DataFrame(
        {
            **{"unit_id": range(len(corners)), "score": 0.5, "rank": -1},
            **{"y0": [a for a, _ in corners], "x0": [b for _, b in corners]},
            **{"y1": [min(a + 64, height) for a, _ in corners]},
            **{"x1": [min(b + 64, width) for _, b in corners]},
            "state": ["labelled" if i % 7 == 0 else "unlabelled" for i in range(len(corners))],
        }
    )
    return Scene(
        table=table,
        title="benchmark",
        image_id=f"{height}x{width}",
        score="entropy",
        aggregation="mean",
        low=0.0,
        high=2.4,
        unit="nats",
        codes=(np.clip(smooth, 0, 1) * 255).astype(np.uint8),
        codes_low=0.0,
        codes_high=2.4,
        prediction=classes,
        image=np.repeat(classes[:, :, None] * 25, 3, 2),
        truth=np.roll(classes, 3, 1),
        size=(height, width),
        classes=tuple(f"class {i}" for i in range(9)),
        palette=tuple((20 * i, 255 - 20 * i, 128) for i in range(9)),
    )


def measure(page: Page, frames: int, panes: int, size: tuple[int, int]) -> None:
    """Print the frames of one size."""
    data = payload([scene(*size)] * panes, view={"units": True})
    clock = Clock(page)
    start = "async (data) => { const t = performance.now(); window.show(data);"
    shown = (
        f"{start} while (!document.querySelector('.wbv[data-ready]'))"
        " await new Promise((go) => setTimeout(go, 1)); return performance.now() - t; }"
    )
    first = page.evaluate(shown, data)
    page.wait_for_timeout(300)
    notices = data["notices"]
    kib = len(json.dumps(data)) / 1024
    print(f"{size[0]}×{size[1]}, {panes} pane(s), {kib:.0f} KiB: first picture {first:.0f} ms")
    for sentence in notices:
        print(f"  {sentence}")
    for what in ("recolour", "threshold", "zoom"):
        times = [_frame(page, clock, what, turn) for turn in range(frames + 2)][2:]
        wall, cpu = (statistics.median(part) for part in zip(*times, strict=True))
        print(f"  {what:9} median {wall:6.1f} ms, of CPU {cpu:6.1f} ms")


class Clock:
    """The CPU time of the process that draws a page (Linux)."""

    def __init__(self, page: Page) -> None:
        browser = page.context.browser
        assert browser is not None
        told = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")
        drawing = [one for one in told["processInfo"] if one["type"] == "renderer"]
        self._process = max(drawing, key=lambda one: one["id"])["id"]  # the newest page's

    def ms(self) -> float:
        """Return the CPU time of all of its threads so far, in ms."""
        threads = Path(f"/proc/{self._process}/task").glob("*/schedstat")
        return sum(int(path.read_text().split()[0]) for path in threads) / 1e6


def _frame(page: Page, clock: Clock, what: str, turn: int) -> tuple[float, float]:
    page.wait_for_timeout(60)  # for whatever the frame before left to do
    before = clock.ms()
    taken: Any = page.evaluate(FRAME, [what, turn])
    return float(taken), clock.ms() - before


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=9)
    parser.add_argument("--panes", type=int, nargs="+", default=[1, 2])
    args = parser.parse_args()
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        print("No Chromium on the PATH: nothing is measured.")
        return
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        place = Path(folder) / "page.html"
        place.write_text(PAGE.format(style=style(), script=json.dumps(script())), encoding="utf-8")
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"]
        )
        for size in SIZES:
            for panes in args.panes:
                page = browser.new_page(viewport={"width": 1440, "height": 900})
                page.goto(place.as_uri())
                page.wait_for_function("window.loaded")
                measure(page, args.frames, panes, size)
                page.close()
        browser.close()


if __name__ == "__main__":
    main()
