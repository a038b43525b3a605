"""Learning curves in a notebook."""

from __future__ import annotations

from typing import Any

import ipywidgets
from plotly import graph_objects as go

from workbench.figures import learning_curve
from workbench.figures._seeds import SPREADS
from workbench.figures._style import ThemeName
from workbench.widgets._controls import dropdown, redraw
from workbench.widgets._sources import Source, reader

_HEIGHT = 460
"""Height of the figure in CSS pixels; its width is that of the notebook."""

_ALL_METHODS = 12
"""Rows the method list shows at most before it scrolls."""


def learning_curves(source: Source, *, theme: ThemeName = "light") -> LearningCurvesView:
    """Show learning curves with their axes, band and methods to choose.

    Args:
        source: a store (its newest experiment), an experiment, or runs.
        theme: ``light`` or ``dark``, as the notebook.

    Raises:
        StoreError: if there is nothing to show.
    """
    return LearningCurvesView(source, theme=theme)


class LearningCurvesView(ipywidgets.VBox):  # type: ignore[misc]
    """A figure of learning curves and its controls.

    Attributes:
        x: what the x axis shows (``ipywidgets.Dropdown``; likewise the next two).
        y: the metric.
        spread: what the band shows.
        methods: the methods shown.
        figure: the plotly figure.
        data: the table behind it.
    """

    def __init__(self, source: Source, *, theme: ThemeName = "light") -> None:
        self._read = reader(source)
        self._theme: ThemeName = theme
        runs = self._read()
        names = list(dict.fromkeys(run.method.name for run in runs))
        titles = {title: key for key, title in learning_curve.x_choices(runs).items()}
        metrics = {title: key for key, title in learning_curve.y_choices(runs).items()}
        spreads = {title: key for key, title in SPREADS.items()}
        self.x = dropdown(titles, "Over")
        self.y = dropdown(metrics, "Metric", "miou")
        self.spread = dropdown(spreads, "Band", "range")
        self.methods = ipywidgets.SelectMultiple(
            options=names, value=names, description="Methods", rows=min(len(names), _ALL_METHODS)
        )
        again = ipywidgets.Button(description="Read again", tooltip="Read cycles that are new")
        again.on_click(self.refresh)
        self.figure = go.FigureWidget()
        for control in (self.x, self.y, self.spread, self.methods):
            control.observe(self.refresh, names="value")
        controls = ipywidgets.VBox([self.x, self.y, self.spread, again])
        row = ipywidgets.HBox([controls, self.methods])
        super().__init__([row, self.figure])
        self.refresh()

    def refresh(self, *_: Any) -> None:
        """Read the runs again and redraw."""
        shown = [run for run in self._read() if run.method.name in self.methods.value]
        self.data = learning_curve.read(
            shown, x=self.x.value, y=self.y.value, spread=self.spread.value
        )
        drawn = learning_curve.figure(self.data, self._theme)
        redraw(self.figure, drawn, autosize=True, height=_HEIGHT)
