"""The heatmap viewer as a notebook widget."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import anywidget
import traitlets

from workbench.viewer import Pane, Scene, payload, script, style

Panes = Scene | Pane | Sequence[Scene | Pane]


class ScoreMapViewer(anywidget.AnyWidget):
    """The viewer of :mod:`workbench.viewer` in a notebook.

    Attributes:
        scene: what is drawn, from ``workbench.viewer.payload``.
        unit: id of the unit that was clicked; ``None`` if none is chosen. Observe it to react.
        view: layout, layer, colours, range, threshold, opacity and zoom, as the person last left
            them; set some of them to change them.
    """

    _esm = script()
    _css = style()
    scene = traitlets.Dict().tag(sync=True)
    unit = traitlets.Int(None, allow_none=True).tag(sync=True)
    view = traitlets.Dict().tag(sync=True)

    def show(self, panes: Panes, **settings: Any) -> None:
        """Draw scenes, e.g. ``figures.score_map.read(...)``; ``settings`` are ``payload``'s."""
        self.unit = None
        self.scene = payload(panes, **{"listens": ("view",), **settings})

    def on_move(self, told: Callable[[str, int], None]) -> None:
        """Call back with ``("image", ±1)`` or ``("cycle", ±1)`` when a key asks for another one.

        ``show`` must have been told to listen to these.
        """

        def heard(_: Any, content: dict[str, dict[str, int]], __: Any) -> None:
            for what, by in content.get("move", {}).items():
                told(what, by)

        self.on_msg(heard)


def viewer(panes: Panes, **settings: Any) -> ScoreMapViewer:
    """Return a viewer of 1–4 scenes; ``settings`` are those of ``workbench.viewer.payload``."""
    shown = ScoreMapViewer()
    shown.show(panes, **settings)
    return shown
