"""A bare page that plays Streamlit, and what tests do with the viewer on it."""

from tests.viewer.scenes import HEIGHT, WIDTH, ramp_scene
from workbench.viewer import payload

PAGE = """<meta charset="utf-8"><style>{style}</style><div id="a"></div><div id="b"></div>
<script type="module">
const url = URL.createObjectURL(new Blob([{script}], {{ type: "text/javascript" }}));
const host = (await import(url)).default;
window.states = [];
window.triggers = [];
window.show = (id, data) => (window.cleanup = host({{
  data, parentElement: document.getElementById(id),
  setStateValue: (key, value) => window.states.push([id, key, value]),
  setTriggerValue: (key, value) => window.triggers.push([key, value]),
}}));
window.widget = host();
window.loaded = true;
</script>"""


def show(page, scene=None, place="a", **settings):
    data = payload(scene or ramp_scene(), **settings)
    page.evaluate("([id, data]) => { window.show(id, data); }", [place, data])
    page.wait_for_selector(f"#{place} .wbv[data-ready]")
    page.wait_for_timeout(60)


def point(page, x, y, place="a", canvas=0, click=False):
    """Move to the middle of an image pixel."""
    box = page.locator(f"#{place} canvas").nth(canvas).bounding_box()
    where = ((x + 0.5) / WIDTH * box["width"], (y + 0.5) / HEIGHT * box["height"])
    page.mouse.move(box["x"] + where[0], box["y"] + where[1])
    if click:
        page.mouse.down()
        page.mouse.up()


def read(page, place="a"):
    return page.locator(f"#{place} .wbv-read").inner_text()


def colour(page, x, y, canvas=0):
    """RGB of the canvas at an image pixel."""
    code = """([n, x, y]) => {
      const canvas = document.querySelectorAll("canvas")[n];
      const at = [(x + 0.5) / 64 * canvas.width, (y + 0.5) / 48 * canvas.height];
      return [...canvas.getContext("2d").getImageData(at[0], at[1], 1, 1).data].slice(0, 3);
    }"""
    return page.evaluate(code, [canvas, x, y])
