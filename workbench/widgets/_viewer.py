"""The heatmap viewer as a notebook widget."""

from __future__ import annotations

from typing import Any

import anywidget
import traitlets

from workbench.viewer import Scene, payload, script, style


class ScoreMapViewer(anywidget.AnyWidget):
    """The viewer of :mod:`workbench.viewer` in a notebook.

    Attributes:
        scene: what is drawn, from ``workbench.viewer.payload``.
        unit: id of the unit that was clicked; ``None`` if none is chosen. Observe it to react.
    """

    _esm = script()
    _css = style()
    scene = traitlets.Dict().tag(sync=True)
    unit = traitlets.Int(None, allow_none=True).tag(sync=True)

    def show(self, scene: Scene, **settings: Any) -> None:
        """Draw a scene, e.g. ``figures.score_map.read(...)``; ``settings`` are ``payload``'s."""
        self.unit = None
        self.scene = payload(scene, **settings)


def viewer(scene: Scene, **settings: Any) -> ScoreMapViewer:
    """Return a viewer of one scene; ``settings`` are those of ``workbench.viewer.payload``."""
    shown = ScoreMapViewer()
    shown.show(scene, **settings)
    return shown
