"""Small pictures of pool images in a row that wraps; the browser loads those that are in sight."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

import streamlit as st

from dashboard import images

_STYLE = (
    "<style>.pool-images{display:flex;flex-wrap:wrap;gap:6px}"
    ".pool-images figure{margin:0;width:96px;font-size:12px;line-height:1.25;opacity:.9;"
    "overflow-wrap:anywhere}"
    ".pool-images img{width:96px;height:72px;object-fit:cover;border-radius:4px;display:block;"
    "background:rgba(128,128,128,.18)}</style>"
)


def show(experiment_id: str, captions: Iterable[tuple[str, str]]) -> None:
    """Draw pictures.

    Args:
        experiment_id: whose pool they are from.
        captions: image id and what stands below the picture.
    """
    figures = "".join(
        f'<figure><img loading="lazy" src="{escape(images.address(experiment_id, image_id))}" '
        f'alt="{escape(image_id)}" title="{escape(image_id)}">{escape(caption)}</figure>'
        for image_id, caption in captions
    )
    st.html(f'{_STYLE}<div class="pool-images">{figures}</div>')
