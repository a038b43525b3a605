"""The page: sections put into one HTML file that asks for nothing else."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from plotly.io import to_json
from plotly.offline import get_plotlyjs

from workbench.html_report._parts import Chart, Section
from workbench.printable import printable

_UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
"""What could end a script element, or a line within a string, in old browsers."""


@dataclass(frozen=True)
class Page:
    """A report.

    Attributes:
        title: the experiment's name.
        about: its description.
        facts: what ► value, below the title.
        warning: what has to be known before all else, below the facts, or empty.
        sections: in order.
    """

    title: str
    about: str
    facts: Sequence[tuple[str, str]]
    warning: str
    sections: Sequence[Section]


def rendered(page: Page) -> str:
    """Return the HTML, with plotly once, all pictures as data and no address of another file.

    Its policy allows the scripts by their digests, pictures and fonts from data alone, and no
    connection. Every text is escaped: names and descriptions are never HTML.
    """
    environment = Environment(
        loader=PackageLoader("workbench.html_report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalized,
    )
    charts = {
        f"{section.key}-{place}": part.looks
        for section in page.sections
        for place, part in enumerate(section.parts, start=1)
        if isinstance(part, Chart)
    }
    scripts = [get_plotlyjs(), _own("page.js")] if charts else [_own("page.js")]
    digests = " ".join(f"'sha256-{_digest(script)}'" for script in scripts)
    return environment.get_template("page.html").render(
        page=page,
        style=_own("page.css"),
        scripts=scripts,
        digests=digests,
        charts=_json(charts),
    )


def _finalized(value: Any) -> Any:
    """Write out control characters; markup that the template itself made stays as it is."""
    return printable(value) if type(value) is str else value


def _own(name: str) -> str:
    return files("workbench.html_report").joinpath(name).read_text(encoding="utf-8")


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _json(values: Any) -> str:
    """Return JSON that can stand inside a script element; NaN is null."""
    text = to_json(values, validate=False) if values else json.dumps(values)
    return "".join(_UNSAFE.get(character, character) for character in text)
