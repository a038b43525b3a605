"""What a report is made of: sections of texts, charts, tables, pictures and listings."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.errors import WorkbenchError
from workbench.figures._style import THEMES

if TYPE_CHECKING:
    from plotly import graph_objects as go

NO_VALUE = "–"


@dataclass(frozen=True)
class Text:
    """A paragraph.

    Attributes:
        text: plain text, shown letter by letter.
        tone: empty, or ``warning`` for what the reader has to know first.
    """

    text: str
    tone: str = ""
    kind: str = "text"


@dataclass(frozen=True)
class Chart:
    """A plotly figure in both looks.

    Attributes:
        title: what it shows.
        looks: theme ► the figure as plain values, with ``data`` and ``layout``.
        height: pixels.
    """

    title: str
    looks: dict[str, Any]
    height: int
    kind: str = "chart"


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        title: the line above it.
        headers: names of the columns.
        rows: cells, as text.
        numbers: positions of the columns of numbers, aligned to the right.
        closed: whether it is folded up until it is asked for.
    """

    title: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int] = frozenset()
    closed: bool = False
    kind: str = "table"


@dataclass(frozen=True)
class Picture:
    """A picture.

    Attributes:
        url: a data URL.
        about: what it shows, for who cannot see it.
    """

    url: str
    about: str


@dataclass(frozen=True)
class Pick:
    """A picked unit: its pictures side by side.

    Attributes:
        pictures: image with outline, score map, prediction …
        caption: which unit, and why.
    """

    pictures: tuple[Picture, ...]
    caption: str


@dataclass(frozen=True)
class Gallery:
    """Picks of one query."""

    title: str
    picks: tuple[Pick, ...]
    kind: str = "gallery"


@dataclass(frozen=True)
class Listing:
    """Text in a fixed pitch, e.g. a config."""

    title: str
    text: str
    kind: str = "listing"


Part = Text | Chart | Table | Gallery | Listing


@dataclass(frozen=True)
class Section:
    """A section of the report.

    Attributes:
        key: its anchor.
        title: its heading.
        parts: what stands in it, in order.
    """

    key: str
    title: str
    parts: tuple[Part, ...]


def chart(title: str, draw: Callable[..., go.Figure], data: Any, **settings: Any) -> Chart:
    """Return a figure drawn in every look.

    Args:
        title: what it shows.
        draw: the ``figure`` of a module of :mod:`workbench.figures`.
        data: its table.
        settings: further arguments of ``draw``.
    """
    looks: dict[str, Any] = {}
    height = 0
    for theme in THEMES:
        drawn = draw(data, theme, **settings)
        height = int(drawn.layout.height or 460)
        drawn.update_layout(height=height, autosize=True, dragmode=False)
        looks[theme] = drawn.to_plotly_json()
    return Chart(title, looks, height)


def table(
    title: str,
    headers: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    numbers: Iterable[int] = (),
    closed: bool = False,
) -> Table:
    """Return a table; ``None`` in a cell is shown as –."""
    cells = tuple(tuple(NO_VALUE if c is None else str(c) for c in row) for row in rows)
    return Table(title, tuple(headers), cells, frozenset(numbers), closed)


def shown_or_said(what: str, make: Callable[[], Sequence[Part]]) -> tuple[Part, ...]:
    """Return parts; where the store lacks what they are made of, a sentence instead."""
    try:
        return tuple(make())
    except WorkbenchError as error:
        return (Text(f"{what} cannot be shown: {error}"),)


def percent(value: float) -> str | None:
    """Return a fraction in percent without the sign; ``None`` for NaN."""
    return None if math.isnan(value) else f"{100 * value:.1f}"


def number(value: float, form: str = ".3g") -> str | None:
    """Return a number; ``None`` for NaN."""
    return None if math.isnan(value) else format(value, form)
