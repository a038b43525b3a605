"""Entropy-distribution curves in a notebook, of a store's maps or of made-up softmaxes."""

from __future__ import annotations

from typing import Any

import ipywidgets
from plotly import graph_objects as go

from workbench.figures import entropy_distribution
from workbench.figures._style import ThemeName
from workbench.metrics import SYNTHETIC_KINDS
from workbench.widgets._controls import dropdown, offer, redraw
from workbench.widgets._sources import Source, measured_runs

_WHOLE = "all images"
_LARGEST_RISE = 16.0
_SEEDS = 9999


def entropy_distributions(
    source: Source | None = None, *, theme: ThemeName = "light"
) -> StoredDistributionsView | SyntheticDistributionsView:
    """Show which pixels scores add up from, with what is added up to choose.

    Args:
        source: a store (its newest experiment), an experiment, or runs; without one, made-up
            softmax distributions.
        theme: ``light`` or ``dark``, as the notebook.

    Raises:
        StoreError: if none of the runs has published a cycle yet.
    """
    if source is None:
        return SyntheticDistributionsView(theme=theme)
    return StoredDistributionsView(source, theme=theme)


class _View(ipywidgets.VBox):  # type: ignore[misc]
    """A figure below its controls."""

    def __init__(self, controls: list[Any], theme: ThemeName) -> None:
        self._theme: ThemeName = theme
        axes = {title: key for key, title in entropy_distribution.X_TITLES.items()}
        self.axis = dropdown(axes, "Over")
        self.figure = go.FigureWidget()
        self.data: entropy_distribution.EntropyCurves | None = None
        self.axis.observe(self._draw, names="value")
        super().__init__([ipywidgets.HBox([*controls, self.axis]), self.figure])

    def _draw(self, *_: Any) -> None:
        if self.data is None:
            return
        drawn = entropy_distribution.figure(self.data, self._theme, x=self.axis.value)
        redraw(self.figure, drawn)


class StoredDistributionsView(_View):
    """Curves of the maps of one cycle, or of one image.

    Attributes:
        run: the run (``ipywidgets.Dropdown``).
        cycle: its cycle (``ipywidgets.Dropdown``).
        image: all images, or one.
        axis: what the x axis shows.
        figure: the plotly figure.
        data: the table behind it.
    """

    def __init__(self, source: Source, *, theme: ThemeName = "light") -> None:
        self.run = dropdown(measured_runs(source), "Run")
        self.cycle = ipywidgets.Dropdown(description="Cycle")
        self.image = ipywidgets.Dropdown(description="Pixels of")
        super().__init__([self.run, self.cycle, self.image], theme)
        self._quiet = False
        self.run.observe(self._choices, names="value")
        self.cycle.observe(self._choices, names="value")
        self.image.observe(self._read, names="value")
        self._choices()

    def _choices(self, *_: Any) -> None:
        """Offer what the run and its cycle hold; what was chosen stays, where it exists."""
        if self._quiet:
            return
        self._quiet = True
        try:
            offer(self.cycle, [(str(n), n) for n in self.run.value.cycle_numbers])
            images = self.run.value.cycle(self.cycle.value).image_ids
            offer(self.image, [(_WHOLE, None), *((name, name) for name in images)])
        finally:
            self._quiet = False
        self._read()

    def _read(self, *_: Any) -> None:
        if self._quiet:
            return
        cycle = self.run.value.cycle(self.cycle.value)
        self.data = entropy_distribution.read_cycle(cycle, image_id=self.image.value)
        self._draw()


class SyntheticDistributionsView(_View):
    """Curves of made-up softmax distributions.

    Attributes:
        kind: how they are drawn (``ipywidgets.Dropdown``).
        classes: how many classes they have (``ipywidgets.IntSlider``).
        rise: how much farther below the others lie at boundaries (``ipywidgets.FloatSlider``).
        seed: of the pool (``ipywidgets.BoundedIntText``).
        axis: what the x axis shows.
        figure: the plotly figure.
        data: the table behind it.
    """

    def __init__(self, *, theme: ThemeName = "light") -> None:
        late = {"continuous_update": False}
        self.kind = ipywidgets.Dropdown(options=list(SYNTHETIC_KINDS), description="Kind")
        self.classes = ipywidgets.IntSlider(19, 3, 30, description="Classes", **late)
        self.rise = ipywidgets.FloatSlider(
            value=10.0, max=_LARGEST_RISE, step=0.5, description="Rise", **late
        )
        self.seed = ipywidgets.BoundedIntText(0, 0, _SEEDS, description="Seed")
        controls = [self.kind, self.classes, self.rise, self.seed]
        super().__init__(controls, theme)
        for control in controls:
            control.observe(self._read, names="value")
        self._read()

    def _read(self, *_: Any) -> None:
        self.rise.disabled = self.kind.value != "rivals"
        self.data = entropy_distribution.read_synthetic(
            self.kind.value,
            classes=self.classes.value,
            seed=self.seed.value,
            rise=self.rise.value,
        )
        self._draw()
