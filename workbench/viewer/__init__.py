"""The heatmap viewer: one ES module for the browser and the notebook.

``viewer.js`` draws an image, its ground truth or prediction, a score map over it and its units, and
reports which unit was clicked. It works the same in two hosts:

* Streamlit Components v2: ``st.components.v2.component("workbench_viewer", js=script(),
  css=style())``; mount it with ``data=payload(scene), on_unit_change=...`` and read ``.unit``;
* anywidget: ``_esm = script()``, ``_css = style()`` and traits ``scene`` and ``unit``
  (:mod:`workbench.widgets` has the class).

It loads nothing from the network. This package imports no front-end library.
"""

from workbench.viewer.payload import payload, script, style
from workbench.viewer.scene import Scene

__all__ = ["Scene", "payload", "script", "style"]
