"""The pages, their links in the sidebar, and where addresses of former pages lead."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import streamlit as st
from starlette.responses import RedirectResponse
from starlette.routing import Route

from dashboard import address

if TYPE_CHECKING:
    from starlette.requests import Request

Query = dict[str, list[str]]


@dataclass(frozen=True)
class PageEntry:
    """A page.

    Attributes:
        name: its file in ``app_pages`` and, but for the overview's, its path.
        title: its heading.
        icon: its sign in the sidebar.
        help: what it shows, in a sentence.
        listed: whether it is in the sidebar.
    """

    name: str
    title: str
    icon: str
    help: str
    listed: bool = True

    @property
    def file(self) -> str:
        """The page's file, from ``app.py``."""
        return _file(self.name)

    @property
    def path(self) -> str:
        """The page's path in the address."""
        return _path(self.name)


_FIRST = "overview"


def _file(name: str) -> str:
    return f"app_pages/{name}.py"


def _path(name: str) -> str:
    return "" if name == _FIRST else name


def link(name: str, label: str, icon: str | None = None, query: Query | None = None) -> None:
    """Draw a link to a page that takes along what is looked at.

    Args:
        name: the page's name.
        label: what the link says, as Markdown.
        icon: its sign.
        query: the choices to open it with, in the place of what is looked at.
    """
    query = address.of_page(_path(name)) if query is None else query
    st.page_link(_file(name), label=label, icon=icon, query_params=query)


def sidebar(pages: Iterable[PageEntry]) -> None:
    """Draw the links to the pages, each with what is looked at."""
    for page in pages:
        if page.listed:
            query = address.of_page(page.path)
            st.page_link(
                page.file, label=page.title, icon=page.icon, help=page.help, query_params=query
            )


def routes() -> list[Route]:
    """Return what leads addresses of former pages to where these things are now."""
    return [Route(f"/{former}", _redirect(path, more)) for former, (path, more) in _FORMER.items()]


_FORMER: dict[str, tuple[str, Query]] = {
    "experiments": ("", {}),
    "learning_curves": ("compare", {"show": ["results"]}),
    "query_analysis": ("compare", {"show": ["queries"]}),
    "score_maps": ("explore", {}),
    "embedding": ("explore", {}),
    "entropy_distribution": ("learn", {"lesson": ["entropy"]}),
    "acquisition_functions": ("learn", {"lesson": ["functions"]}),
}
"""Former path ► path, and the choices that lead to the same place on that page."""


def _redirect(path: str, more: Query) -> Callable[[Request], RedirectResponse]:
    def lead(request: Request) -> RedirectResponse:
        given = parse_qs(request.url.query, keep_blank_values=True)
        query = address.written({**translated(given), **more})
        return RedirectResponse(f"/{path}" + (f"?{query}" if query else ""), status_code=307)

    return lead


def translated(given: Mapping[str, Sequence[str]]) -> Query:
    """Return former choices in today's words: a run was named in one, ``entropy, seed 0``."""
    found = {name: list(texts) for name, texts in given.items()}
    method, found_seed, seed = found.pop("run", [""])[-1].rpartition(", seed ")
    if found_seed:
        found |= {"method": [method], "seed": [seed]}
    return found
