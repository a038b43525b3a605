"""Score maps in a notebook: one run's images, cycle by cycle."""

from __future__ import annotations

from typing import Any

import ipywidgets

from workbench.figures import score_map
from workbench.store import Cycle, Run
from workbench.widgets._controls import dropdown, offer
from workbench.widgets._sources import Datasets, Source, measured_runs
from workbench.widgets._viewer import ScoreMapViewer


def score_maps(source: Source) -> ScoreMapsView:
    """Show score maps with run, cycle, score and image to choose.

    Args:
        source: a run, several, an experiment, or a store (its newest experiment).

    Raises:
        StoreError: if none of the runs has published a cycle yet.
    """
    return ScoreMapsView(source)


class ScoreMapsView(ipywidgets.VBox):  # type: ignore[misc]
    """The viewer and its controls.

    Attributes:
        run: the id of the run shown (``ipywidgets.Dropdown``).
        cycle: its cycle (``ipywidgets.SelectionSlider``), at first the last one that selected.
        score: the score.
        image: the image; those with the most selected units come first.
        viewer: the picture; ``viewer.unit`` is the unit that was clicked.
        data: what is drawn, with the table of the image's units.
    """

    def __init__(self, source: Source) -> None:
        runs = measured_runs(source)
        self._runs = {run.id: run for run in runs.values()}
        self._datasets = Datasets()
        self.run = dropdown({title: run.id for title, run in runs.items()}, "Run")
        self.cycle = ipywidgets.SelectionSlider(
            options=[0], description="Cycle", continuous_update=False
        )
        self.score = ipywidgets.Dropdown(description="Score")
        self.image = ipywidgets.Dropdown(description="Image")
        self.viewer = ScoreMapViewer()
        self.viewer.on_move(self._step)
        controls = [self.run, self.cycle, self.score, self.image]
        super().__init__(
            [ipywidgets.HBox(controls[:2]), ipywidgets.HBox(controls[2:]), self.viewer]
        )
        self._quiet = False
        picking = [n for n in self._run.cycle_numbers if len(self._run.cycle(n).selected)]
        self._choices(start=picking[-1] if picking else 0)
        self.run.observe(self._choices, names="value")
        self.cycle.observe(self._choices, names="value")
        for control in (self.score, self.image):
            control.observe(self._draw, names="value")

    @property
    def shown(self) -> Cycle:
        """The cycle that is shown."""
        return self._run.cycle(self.cycle.value)

    @property
    def _run(self) -> Run:
        return self._runs[self.run.value]

    def _choices(self, *_: Any, start: int | None = None) -> None:
        """Offer what the chosen run and cycle hold, keep what was chosen where it exists."""
        if self._quiet:
            return
        self._quiet = True
        try:
            offer(self.cycle, [(str(n), n) for n in self._run.cycle_numbers])
            if start is not None:
                self.cycle.value = start
            offer(self.score, [(name, name) for name in self.shown.maps])
            offer(self.image, _images(self.shown))
        finally:
            self._quiet = False
        self._draw()

    def _draw(self, *_: Any) -> None:
        if self._quiet or self.image.value is None:
            return
        cycle = self.shown
        dataset = self._datasets.of(self._run)
        self.data = score_map.read(cycle, self.score.value, self.image.value, dataset=dataset)
        self.viewer.show(self.data, listens=("view", "image", "cycle"))

    def _step(self, what: str, by: int) -> None:
        """Go to the next image or cycle, or back; there is nothing beyond the ends."""
        control = {"image": self.image, "cycle": self.cycle}[what]
        place = control.index + by
        if 0 <= place < len(control.options):
            control.index = place


def _images(cycle: Cycle) -> list[tuple[str, str]]:
    listed = score_map.images(cycle)
    pairs = zip(listed["image_id"], listed["selected"], strict=True)
    return [(f"{name} ({n} selected)" if n else str(name), str(name)) for name, n in pairs]
