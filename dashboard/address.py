"""The address of a page: every choice made on it, defaults too, so that it can be shared.

A choice is settled before its widget is drawn: an address that was opened, or gone back to, decides
it; after that, what the person does. ``finish`` writes all of them at once when the page is drawn,
so that one step back in the browser is one choice. Streamlit's own ``bind="query-params"`` leaves
defaults out and adds no step to the browser's history.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any
from urllib.parse import urlencode

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from workbench.errors import WorkbenchError, quoted

Texts = Sequence[str]
"""What stands in an address under one name."""

CARRIED = ("experiment", "methods", "seed", "cycle", "image", "unit")
"""Names of the choices that go along from page to page."""

_SHOWN = 60
"""Characters of an unknown name that are repeated; an address may hold anything."""
_SEEN = 50
"""Addresses of a page that are known as its own: a choice made quickly comes with an older one."""
_NEAREST = 3


class PageEnd(Exception):  # noqa: N818 - not a fault
    """The page is drawn as far as it can be, and says why."""


class UnknownChoiceError(WorkbenchError):
    """The address holds something that is not there.

    Attributes:
        name: the choice's name in the address.
        nearest: what is there and is nearest to it, as texts of an address.
    """

    def __init__(self, name: str, what: str, given: str, nearest: Iterable[str]) -> None:
        super().__init__(f"There is no {what} {quoted(given, _SHOWN)}.")
        self.name = name
        self.nearest = tuple(nearest)


@dataclass
class _Memory:
    """What a browser tab's session knows of its addresses.

    Attributes:
        page: the page whose address was written last; ``None`` before the first.
        seen: its addresses so far.
        kept: name ► its latest texts, on any page.
        pages: page ► the choices in its latest address.
        refused: whether the last address held something unknown and nothing could be chosen.
        given: the address that this run was asked for.
        found: the choices settled in this run, in order.
        decides: whether the address decides in this run, and not what the session holds.
        back: whether the browser went through its history.
    """

    page: str | None = None
    seen: deque[str] = field(default_factory=lambda: deque(maxlen=_SEEN))
    kept: dict[str, list[str]] = field(default_factory=dict)
    pages: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    refused: bool = False
    given: dict[str, list[str]] = field(default_factory=dict)
    found: dict[str, list[str]] = field(default_factory=dict)
    decides: bool = True
    back: bool = False


def _memory() -> _Memory:
    held: _Memory = st.session_state.setdefault("_address", _Memory())
    return held


def begin(page: str) -> None:
    """Take up the address that the browser shows.

    Args:
        page: the page's path.
    """
    memory = _memory()
    memory.given = {name: st.query_params.get_all(name) for name in st.query_params}
    memory.found = {}
    context = get_script_run_ctx()
    memory.back = context is not None and context.is_history_navigation
    text = written(memory.given)
    own = memory.page == page and text in memory.seen and not memory.refused
    memory.decides = memory.back or not own
    if memory.page != page:
        memory.seen.clear()
    memory.seen.append(text)
    memory.page = page


def settle(
    name: str,
    read: Callable[[Texts], Any],
    write: Callable[[Any], Texts],
    default: Callable[[], Any],
) -> Any:
    """Decide a choice and put it into the session's state, where its widget finds it.

    A name may be settled twice on a page, the second time among fewer options.

    Args:
        name: the choice's name in the address, and its widget's key.
        read: texts of an address ► value.
        write: value ► texts of an address, which ``read`` takes.
        default: gives the value where neither address nor session holds one.

    Raises:
        UnknownChoiceError: if the address decides and holds what ``read`` does not know.
    """
    memory = _memory()
    if memory.decides and name not in memory.found:
        value = read(memory.given[name]) if name in memory.given else default()
    else:
        value = _recalled(name, read, write, default)
    if name not in st.session_state or st.session_state[name] != value:
        st.session_state[name] = value
    memory.found[name] = list(write(value))
    return value


def _recalled(
    name: str,
    read: Callable[[Texts], Any],
    write: Callable[[Any], Texts],
    default: Callable[[], Any],
) -> Any:
    """Return what the session holds, or held when the choice was drawn last, if it is still one."""
    memory = _memory()
    try:
        if name in st.session_state:
            return read(write(st.session_state[name]))
        if name in memory.kept:
            return read(memory.kept[name])
    except UnknownChoiceError:
        pass
    return default()


def one(
    name: str,
    what: str,
    options: Iterable[Any],
    default: Any = None,
    words: Callable[[Any], str] | None = None,
) -> Any:
    """Settle the choice of one of some options.

    Args:
        name: see :func:`settle`.
        what: what an option is, for the message.
        options: what can be chosen; ``None`` stands as an empty text.
        default: an option, or a function that gives one; left out: the first.
        words: option ► what the reader sees; the address may hold that too.
    """
    known, names = _by_text(options, words)

    def read(texts: Texts) -> Any:
        text = texts[-1] if texts else ""
        if text not in known:
            raise UnknownChoiceError(name, what, text, _nearest(text, names))
        return known[text]

    def first() -> Any:
        start = default() if callable(default) else default
        return start if text_of(start) in known else next(iter(known.values()), None)

    return settle(name, read, lambda value: [text_of(value)], first)


def some(
    name: str,
    what: str,
    options: Iterable[Any],
    words: Callable[[Any], str] | None = None,
    default: Iterable[Any] | None = None,
) -> list[Any]:
    """Settle the choice of some of the options, at first ``default`` or else all of them."""
    offered = list(options)
    start = offered if default is None else list(default)
    known, names = _by_text(offered, words)

    def read(texts: Texts) -> list[Any]:
        unknown = next((text for text in texts if text and text not in known), None)
        if unknown is not None:
            raise UnknownChoiceError(name, what, unknown, _nearest(unknown, names))
        return [known[text] for text in texts if text]

    return list(settle(name, read, lambda v: list(map(text_of, v)) or [""], lambda: start))


def number(
    name: str,
    what: str,
    default: float | None,
    low: float | None = None,
    high: float | None = None,
    *,
    whole: bool = False,
) -> Any:
    """Settle a number between two ends; ``None`` is no number."""
    kind: Any = int if whole else float

    def read(texts: Texts) -> Any:
        text = texts[-1] if texts else ""
        if not text and default is None:
            return None
        try:
            value = kind(text)
        except ValueError:
            raise UnknownChoiceError(name, what, text, [text_of(default)]) from None
        ends = (-math.inf if low is None else low, math.inf if high is None else high)
        if not (math.isfinite(value) and ends[0] <= value <= ends[1]):
            nearest = default if math.isnan(value) else kind(min(max(value, ends[0]), ends[1]))
            raise UnknownChoiceError(name, what, text, [text_of(nearest)])
        return value

    start = None if default is None else kind(default)
    return settle(name, read, lambda value: [text_of(value)], lambda: start)


def flag(name: str, what: str, default: bool) -> bool:
    """Settle a yes or no."""
    words = {"true": True, "false": False}

    def read(texts: Texts) -> bool:
        text = texts[-1].lower() if texts else ""
        if text not in words:
            raise UnknownChoiceError(name, what, text, words)
        return words[text]

    return bool(settle(name, read, lambda value: [str(bool(value)).lower()], lambda: default))


def text(name: str, default: str) -> str:
    """Settle a text."""
    return str(
        settle(name, lambda given: given[-1] if given else "", lambda v: [v], lambda: default)
    )


def text_of(value: Any) -> str:
    """Return how a value stands in an address."""
    return "" if value is None else str(value)


def _by_text(
    options: Iterable[Any], words: Callable[[Any], str] | None
) -> tuple[dict[str, Any], list[str]]:
    """Return every text that stands for an option, and those that are written."""
    offered = list(options)
    known = {text_of(option): option for option in offered}
    shown = {} if words is None else {words(option): option for option in offered}
    return {**shown, **known}, list(known)


def _nearest(text: str, names: Sequence[str]) -> list[str]:
    if all(name.lstrip("-").isdigit() for name in names) and text.lstrip("-").isdigit():
        return sorted(names, key=lambda name: abs(int(name) - int(text)))[:_NEAREST]
    return get_close_matches(text[:_SHOWN], names, n=_NEAREST, cutoff=0.0)


def written(choices: Mapping[str, Texts]) -> str:
    """Return choices as the query of an address."""
    return urlencode(choices, doseq=True)


def query(**changes: Any) -> dict[str, list[str]]:
    """Return this page's choices with some changed, for a link."""
    memory = _memory()
    return {**memory.found, **{name: [text_of(value)] for name, value in changes.items()}}


def corrected(error: UnknownChoiceError, nearest: str) -> dict[str, list[str]]:
    """Return the address that was asked for with the unknown choice replaced."""
    given = {**_memory().given, error.name: [nearest]}
    return {"experiment": [nearest]} if error.name == "experiment" else given


def refuse() -> None:
    """Note that nothing can be chosen for what this address holds: it decides until it is left."""
    _memory().refused = True


def of_page(page: str) -> dict[str, list[str]]:
    """Return the address of a page: what was chosen there last, and what goes along to it."""
    memory = _memory()
    now = {**(memory.given if memory.decides else memory.kept), **memory.found}
    carried = {name: now[name] for name in CARRIED if name in now}
    return {**carried, **memory.pages.get(page, {}), **carried}


def finish(*, hold: bool = False) -> None:
    """Write this run's choices into the address.

    Args:
        hold: leave the address for now: what is shown moves by itself.
    """
    memory = _memory()
    memory.kept |= memory.found
    memory.pages[memory.page or ""] = dict(memory.found)
    if hold:
        return
    full = written(memory.found)
    opened = memory.decides and not memory.back and not memory.refused
    memory.refused = False
    memory.seen.append(full)
    if opened and full != written(memory.given):
        _complete(data={"asked": written(memory.given), "full": full}, key="_complete")
    else:
        st.query_params.from_dict(memory.found)


_complete = st.components.v2.component(
    "complete_address",
    js="""
export default function ({ data }) {
  const plain = (query) => String(new URLSearchParams(query));
  if (plain(location.search) === plain(data.asked))
    history.replaceState(history.state, "", `${location.pathname}?${data.full}${location.hash}`);
}
""",
)
"""Completes an opened address in its place; what Python writes is a step of its own."""
