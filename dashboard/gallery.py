"""Small pictures of pool images in a row that wraps; a click chooses an image.

The browser loads those that are in sight.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboard import images

_SCRIPT = """
const made = (name, about = {}, ...inside) => {
  const element = Object.assign(document.createElement(name), about);
  element.append(...inside);
  return element;
};

export default function ({ data, parentElement, setTriggerValue }) {
  const pictures = data.pictures.map((picture) => {
    const marks = made("span", { className: "marks" });
    for (const { name, colour } of picture.marks) {
      const mark = made("i", { title: name });
      mark.style.background = colour;
      marks.append(mark);
    }
    const button = made("button", { type: "button", title: picture.about },
      made("img", { loading: "lazy", src: picture.source, alt: picture.about }),
      made("span", { textContent: picture.caption }), marks);
    button.setAttribute("aria-pressed", String(picture.chosen));
    button.onclick = () => setTriggerValue("image", picture.image);
    return button;
  });
  const row = parentElement.querySelector(".pool-images")
    ?? made("div", { className: "pool-images" });
  row.replaceChildren(...pictures);
  parentElement.append(row);
}
"""

_STYLE = """
.pool-images{display:flex;flex-wrap:wrap;gap:6px;max-height:300px;overflow-y:auto;padding:3px}
.pool-images button{font:inherit;color:inherit;background:none;border:0;padding:0;width:104px;
  text-align:left;cursor:pointer;border-radius:4px}
.pool-images button[aria-pressed=true]{outline:3px solid var(--st-primary-color)}
.pool-images button:focus-visible{outline:2px dashed var(--st-primary-color)}
.pool-images img{width:104px;height:78px;object-fit:cover;border-radius:4px;display:block;
  background:rgba(128,128,128,.18)}
.pool-images span{display:block;font-size:12px;line-height:1.25;overflow-wrap:anywhere}
.pool-images .marks{display:flex;gap:3px;padding:2px 0}
.pool-images i{width:10px;height:10px;border-radius:50%}
"""

_mount = st.components.v2.component("pool_images", js=_SCRIPT, css=_STYLE)


@dataclass(frozen=True)
class Picture:
    """One picture.

    Attributes:
        image: the image's id.
        caption: what stands below it.
        marks: names with their colours, each a dot below it.
    """

    image: str
    caption: str
    marks: tuple[tuple[str, str], ...] = ()


def show(
    experiment_id: str,
    pictures: Sequence[Picture],
    key: str,
    chosen: str | None,
    on_pick: Callable[[str], Any],
) -> None:
    """Draw pictures.

    Args:
        experiment_id: whose pool they are from.
        pictures: what is shown, in order.
        key: names the gallery on its page.
        chosen: id of the image that is marked, if any.
        on_pick: is told the id of the image that was clicked.
    """
    sent = [
        {
            "image": one.image,
            "source": images.address(experiment_id, one.image),
            "caption": one.caption,
            "about": ", ".join([one.image, *(name for name, _ in one.marks)]),
            "marks": [{"name": name, "colour": colour} for name, colour in one.marks],
            "chosen": one.image == chosen,
        }
        for one in pictures
    ]

    def picked() -> None:
        if image := st.session_state[key].get("image"):
            on_pick(str(image))

    _mount(key=key, data={"pictures": sent}, on_image_change=picked)
