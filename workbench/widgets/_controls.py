"""What several widgets do with their controls and their figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ipywidgets
from plotly import graph_objects as go


def dropdown(options: dict[str, Any], description: str, value: Any = None) -> Any:
    """Return a drop-down list of title ► value that starts with a value, else with the first."""
    chosen = {} if value is None else {"value": value}
    return ipywidgets.Dropdown(options=list(options.items()), description=description, **chosen)


def offer(control: Any, options: Sequence[Any]) -> None:
    """Give a control new options, values or pairs of title and value; its value stays if it can."""
    if list(control.options) == list(options):
        return
    before = control.value
    control.options = options  # which chooses the first
    values = [option[1] if isinstance(option, tuple) else option for option in options]
    control.value = before if before in values else values[0]


def redraw(figure: go.FigureWidget, drawn: go.Figure, **layout: Any) -> None:
    """Replace what a figure shows, in one message to the browser."""
    with figure.batch_update():
        figure.data = ()
        figure.add_traces(drawn.data)
        figure.update_layout(drawn.layout, overwrite=True)
        figure.update_layout(**layout)
