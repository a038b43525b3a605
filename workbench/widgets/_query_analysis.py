"""Query analysis in a notebook: measures, classes of the labelled set, method against method."""

from __future__ import annotations

from typing import Any

import ipywidgets
from plotly import graph_objects as go

from workbench.figures import class_distribution, method_overlap, query_analysis
from workbench.figures._seeds import SPREADS
from workbench.figures._style import ThemeName
from workbench.widgets._controls import dropdown, redraw
from workbench.widgets._sources import Source, reader

_ALL_METHODS = 12
"""Rows the method list shows at most before it scrolls."""

_CLASSES = "classes"
_SHOWS: dict[str, str] = {
    **{name: measure.title for name, measure in query_analysis.MEASURES.items()},
    _CLASSES: "Classes of the labelled set",
    **{kind: title for kind, (title, _) in method_overlap.KINDS.items()},
}
"""What the figure can be."""


def query_analyses(source: Source, *, theme: ThemeName = "light") -> QueryAnalysisView:
    """Show what methods query, one measure or comparison at a time.

    Args:
        source: a store (its newest experiment), an experiment, or runs of one.
        theme: ``light`` or ``dark``, as the notebook.

    Raises:
        StoreError: if there is nothing to show.
    """
    return QueryAnalysisView(source, theme=theme)


class QueryAnalysisView(ipywidgets.VBox):  # type: ignore[misc]
    """A figure about queries and its controls.

    Attributes:
        show: what is drawn: a key of ``query_analysis.MEASURES`` or of ``method_overlap.KINDS``, or
            ``classes`` (``ipywidgets.Dropdown``; likewise the next two).
        cycle: the cycle, of figures that show one.
        spread: what the bars show, of figures over all cycles.
        methods: the methods shown.
        meaning: what is drawn, in words.
        figure: the plotly figure.
        data: the table behind it.
    """

    def __init__(self, source: Source, *, theme: ThemeName = "light") -> None:
        self._read = reader(source)
        self._theme: ThemeName = theme
        self._measured_before: tuple[list[str], query_analysis.QueryAnalysis] | None = None
        runs = self._read()
        names = list(dict.fromkeys(run.method.name for run in runs))
        cycles = sorted({number for run in runs for number in run.cycle_numbers}) or [0]
        self.show = dropdown({title: key for key, title in _SHOWS.items()}, "Show")
        self.cycle = dropdown({str(number): number for number in cycles}, "Cycle")
        self.spread = dropdown({title: key for key, title in SPREADS.items()}, "Bar")
        self.methods = ipywidgets.SelectMultiple(
            options=names, value=names, description="Methods", rows=min(len(names), _ALL_METHODS)
        )
        self.meaning = ipywidgets.HTML()
        again = ipywidgets.Button(description="Read again", tooltip="Read cycles that are new")
        again.on_click(self.refresh)
        self.figure = go.FigureWidget()
        for control in (self.show, self.cycle, self.spread, self.methods):
            control.observe(self.refresh, names="value")
        controls = ipywidgets.VBox([self.show, self.cycle, self.spread, again])
        row = ipywidgets.HBox([controls, self.methods])
        super().__init__([row, self.figure, self.meaning])
        self.refresh()

    def refresh(self, *_: Any) -> None:
        """Read the runs again and redraw."""
        runs = [run for run in self._read() if run.method.name in self.methods.value]
        show, number = self.show.value, self.cycle.value
        self.cycle.disabled = show in query_analysis.MEASURES
        self.spread.disabled = not self.cycle.disabled
        self.meaning.value = _meaning(show)
        drawn: go.Figure
        if show in query_analysis.MEASURES:
            self.data: Any = self._measured().narrowed(self.methods.value, self.spread.value)
            drawn = query_analysis.figure(self.data, self._theme, measures=[show])
        elif show == _CLASSES:
            self.data = class_distribution.read(runs, number)
            drawn = class_distribution.figure(self.data, self._theme)
        else:
            self.data = method_overlap.read(runs, number)
            drawn = method_overlap.figure(self.data, self._theme, kind=show)
        redraw(self.figure, drawn, autosize=True)

    def _measured(self) -> query_analysis.QueryAnalysis:
        """Measure the queries of all methods, anew only where a cycle was published."""
        runs = self._read()
        revisions = [run.revision for run in runs]
        if self._measured_before is None or self._measured_before[0] != revisions:
            self._measured_before = revisions, query_analysis.read(runs)
        return self._measured_before[1]


def _meaning(show: str) -> str:
    if show in query_analysis.MEASURES:
        return query_analysis.MEASURES[show].meaning
    if show in method_overlap.KINDS:
        return method_overlap.KINDS[show][1]
    return "True classes of the pixels that each method's network was trained on in this cycle."
