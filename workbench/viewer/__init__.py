"""The heatmap viewer: one ES module for the browser and the notebook.

``viewer.js`` draws one to four scenes of an image (ground truth or prediction, a score map over it,
units), side by side, to swipe between or their difference, and reports which unit was clicked. It
works the same in two hosts:

* Streamlit Components v2: ``st.components.v2.component("workbench_viewer", js=script(),
  css=style())``; mount it with ``data=payload(scenes), on_unit_change=...`` and read ``.unit``;
  with ``listens=`` it also sets off ``view`` (the whole view, a moment after it changed) and
  ``move`` (``{"image": ±1}`` or ``{"cycle": ±1}``);
* anywidget: ``_esm = script()``, ``_css = style()``, traits ``scene``, ``unit`` and ``view``, and
  the message ``{"move": …}`` (:mod:`workbench.widgets` has the class).

It loads nothing from the network. This package imports no front-end library.
"""

from workbench.viewer.payload import payload, script, style
from workbench.viewer.scene import Pane, Scene

__all__ = ["Pane", "Scene", "payload", "script", "style"]
