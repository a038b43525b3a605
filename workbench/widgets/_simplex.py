"""Acquisition functions over three classes in a notebook, the temperature on a slider."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ipywidgets
from plotly import graph_objects as go

from workbench.figures import simplex as simplex_figure
from workbench.figures._style import ThemeName


def simplex(
    panels: Sequence[str] = tuple(simplex_figure.PANELS), *, theme: ThemeName = "light"
) -> SimplexView:
    """Show acquisition functions on the simplex with ODIN's temperature on a slider.

    Args:
        panels: some of ``figures.simplex.PANELS``.
        theme: ``light`` or ``dark``, as the notebook.

    Raises:
        ConfigError: for an unknown panel, or none.
    """
    return SimplexView(panels, theme=theme)


class SimplexView(ipywidgets.VBox):  # type: ignore[misc]
    """Triangles and a slider.

    Attributes:
        temperature: T of ODIN (``ipywidgets.SelectionSlider``).
        figure: the plotly figure.
        data: the table behind it.
    """

    def __init__(self, panels: Sequence[str], *, theme: ThemeName = "light") -> None:
        self._panels, self._theme = tuple(panels), theme
        self.temperature = ipywidgets.SelectionSlider(
            options=[(f"{t:g}", t) for t in simplex_figure.TEMPERATURES],
            value=10.0,
            description="T of ODIN",
            continuous_update=False,
            disabled=simplex_figure.ODIN not in self._panels,
        )
        self.data = simplex_figure.read(self._panels, temperature=self.temperature.value)
        self.figure = go.FigureWidget(simplex_figure.figure(self.data, theme))
        self.temperature.observe(self._draw, names="value")
        super().__init__([self.temperature, self.figure])

    def _draw(self, *_: Any) -> None:
        """Redraw the one panel that the temperature changes."""
        self.data = simplex_figure.read(self._panels, temperature=self.temperature.value)
        drawn = simplex_figure.figure(self.data, self._theme)
        with self.figure.batch_update():
            for shown, new in zip(self.figure.data, drawn.data, strict=True):
                if new.meta == simplex_figure.ODIN:
                    shown.update(new.to_plotly_json())
            self.figure.layout.annotations = drawn.layout.annotations
