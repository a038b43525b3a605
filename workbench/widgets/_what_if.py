"""What-if in a notebook: another score, aggregation, unit or selector on a stored cycle."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from typing import Any

import ipywidgets

from workbench.aggregation import AGGREGATIONS
from workbench.errors import WorkbenchError
from workbench.figures import score_map
from workbench.selection import POOL_FILTERS, SELECTORS
from workbench.store import Cycle, Run
from workbench.units import UNITS
from workbench.what_if import WhatIf, whatif
from workbench.widgets._controls import dropdown, offer
from workbench.widgets._sources import Datasets, Source, measured_runs
from workbench.widgets._viewer import ScoreMapViewer


def what_if(source: Source) -> WhatIfView:
    """Choose again in a stored cycle, from the cache.

    Args:
        source: a run, several, an experiment, or a store (its newest experiment).

    Raises:
        StoreError: if none of the runs has published a cycle yet.
    """
    return WhatIfView(source)


class WhatIfView(ipywidgets.VBox):  # type: ignore[misc]
    """The choices, what changed, and the picture of an image.

    Aggregation, units and selector are spec strings, with the registered names as suggestions; an
    empty one is the run's own. The query is chosen again when a field is left.

    Attributes:
        run: the run (``ipywidgets.Dropdown``).
        cycle: its cycle.
        score: the score.
        aggregation: e.g. ``count_above:0.5`` (``ipywidgets.Combobox``; likewise the next three).
        units: e.g. ``grid:4x4``.
        selector: e.g. ``k_center:metric=cosine``.
        pool_filter: e.g. ``every_nth_frame:5``; ``none`` for all units.
        k: units to pick; 0 for what one query of the budget holds.
        image: the image drawn; those with picks come first.
        viewer: the picture.
        message: what changed, where it is approximate, or why no query can be chosen.
        result: what was chosen, :class:`workbench.what_if.WhatIf`; ``None`` if nothing could be.
    """

    def __init__(self, source: Source) -> None:
        self.result: WhatIf | None = None
        self._datasets = Datasets()
        self.run = dropdown(measured_runs(source), "Run")
        self.cycle = ipywidgets.Dropdown(description="Cycle")
        self.score = ipywidgets.Dropdown(description="Score")
        self.aggregation = _spec("Aggregation", AGGREGATIONS.names())
        self.units = _spec("Units", UNITS.names())
        self.selector = _spec("Selector", SELECTORS.names())
        self.pool_filter = _spec("Pool filter", ["none", *POOL_FILTERS.names()])
        self.k = ipywidgets.BoundedIntText(0, min=0, max=10**9, description="k (0: own)")
        self.image = ipywidgets.Dropdown(description="Image")
        self.message = ipywidgets.HTML()
        self.viewer = ScoreMapViewer()
        choices = [
            self.score,
            self.aggregation,
            self.units,
            self.selector,
            self.pool_filter,
            self.k,
        ]
        rows = [[self.run, self.cycle, self.score], choices[1:4], [*choices[4:], self.image]]
        super().__init__([*map(ipywidgets.HBox, rows), self.message, self.viewer])
        self._quiet = False
        self.run.observe(self._offer, names="value")
        self.cycle.observe(self._choose, names="value")
        for control in choices:
            control.observe(self._choose, names="value")
        self.image.observe(self._draw, names="value")
        self._offer()

    @property
    def shown(self) -> Cycle:
        """The cycle that is shown."""
        run: Run = self.run.value
        return run.cycle(self.cycle.value)

    def _offer(self, *_: Any) -> None:
        """Offer the run's cycles and scores, then choose again."""
        self._quiet = True
        offer(self.cycle, self.run.value.cycle_numbers)
        offer(self.score, self.shown.scores)
        self._quiet = False
        self._choose()

    def _choose(self, *_: Any) -> None:
        if self._quiet:
            return
        try:
            self.result = whatif(
                self.shown,
                score=self.score.value,
                aggregation=self.aggregation.value.strip() or None,
                units=self.units.value.strip() or None,
                selector=self.selector.value.strip() or None,
                k=self.k.value or None,
                pool_filter=self.pool_filter.value.strip() or None,
            )
            self.message.value = _written(self.result)
        except WorkbenchError as error:
            self.result = None
            self.message.value = f"<b>{escape(str(error))}</b>"
            return
        self._quiet = True
        picked = list(dict.fromkeys(self.result.selection["image_id"]))
        others = sorted(set(score_map.images(self.shown)["image_id"]) - set(picked))
        offer(self.image, [*picked, *others])
        self._quiet = False
        self._draw()

    def _draw(self, *_: Any) -> None:
        if self._quiet or self.result is None:
            return
        dataset = self._datasets.of(self.run.value)
        scene = score_map.read(self.shown, self.score.value, self.image.value, dataset=dataset)
        self.viewer.show(
            replace(
                scene,
                table=self.result.units_of(self.image.value),
                aggregation=self.result.query.aggregation,
                title=f"What if: {self.result.query.selector}",
            )
        )


def _spec(description: str, names: list[str]) -> Any:
    return ipywidgets.Combobox(
        description=description,
        options=names,
        placeholder="the run's own",
        continuous_update=False,
        ensure_option=False,
    )


def _written(found: WhatIf) -> str:
    table = found.change.table.to_html(index=False, na_rep="", float_format="{:.4g}".format)
    return table + "".join(f"<p>{escape(s)}</p>" for s in (*found.approximate, *found.notes))
