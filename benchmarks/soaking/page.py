"""What a browser shows of a Streamlit page, put together from the server's messages."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.Slider_pb2 import Slider
from streamlit.proto.WidgetStates_pb2 import WidgetState

_PICTURES = re.compile(rb"/pool-images/\d+/[\w.%~-]+/[\w.%~-]+?(?=/pool-images|[^\w.%~-]|$)")

Value = str | list[str] | list[float] | float | bool


@dataclass(frozen=True)
class Widget:
    """A choice on the page.

    Attributes:
        kind: name of its element, e.g. ``selectbox``.
        proto: the element.
        fragment: id of the fragment it stands in; empty for none.
    """

    kind: str
    proto: Any
    fragment: str

    @property
    def id(self) -> str:
        """Its id on the server."""
        return str(self.proto.id)

    @property
    def key(self) -> str:
        """Its name in the address; empty if it is not there."""
        return str(self.proto.query_param_key)

    def value(self) -> Value | None:
        """Return the value it shows when it appears; ``None`` for nothing chosen."""
        return _SHOWN[self.kind](self.proto)

    def other(self, rng: random.Random) -> Value | None:
        """Return a value that a user may set; ``None`` where there is no choice."""
        return _CHOSEN[self.kind](self.proto, rng)


def state(widget_id: str, value: Value) -> WidgetState:
    """Return a value as the browser sends it."""
    made = WidgetState(id=widget_id)
    if isinstance(value, bool):
        made.bool_value = value
    elif isinstance(value, str):
        made.string_value = value
    elif isinstance(value, float):
        made.double_value = value
    elif value and isinstance(value[0], float):
        made.double_array_value.data.extend(value)
    else:
        made.string_array_value.data.extend(map(str, value))
    return made


def _selectbox(proto: Any) -> Value | None:
    if proto.set_value:
        return str(proto.raw_value)
    chosen = proto.options[proto.default] if proto.HasField("default") and proto.options else None
    return None if chosen is None else str(chosen)


def _multiselect(proto: Any) -> Value:
    return list(proto.raw_values) if proto.set_value else [proto.options[i] for i in proto.default]


def _button_group(proto: Any) -> Value:
    if proto.set_value:
        return list(proto.raw_values)
    return [proto.options[i].content for i in proto.default]


def _slider(proto: Any) -> Value:
    if proto.type == Slider.SELECT_SLIDER:
        if proto.set_value and proto.raw_value:
            return list(proto.raw_value)
        return [proto.options[int(place)] for place in proto.default]
    return [float(place) for place in (proto.value if proto.set_value else proto.default)]


def _number_input(proto: Any) -> Value | None:
    if proto.set_value:
        return float(proto.value) if proto.HasField("value") else None
    return float(proto.default) if proto.HasField("default") else None


def _checkbox(proto: Any) -> Value:
    return bool(proto.value if proto.set_value else proto.default)


def _other_number(proto: Any, rng: random.Random) -> Value | None:
    low = proto.min if proto.has_min else 0.0
    high = proto.max if proto.has_max else max(4 * proto.default, 8.0)
    if proto.data_type == proto.INT:
        return float(rng.randint(int(low), int(min(high, low + 99))))
    return rng.uniform(low, min(high, low + 1.0))


def _other_slider(proto: Any, rng: random.Random) -> Value:
    if proto.type == Slider.SELECT_SLIDER:
        return [rng.choice(list(proto.options))]
    steps = int((proto.max - proto.min) / proto.step)
    return [proto.min + rng.randint(0, steps) * proto.step]


def _other_option(proto: Any, rng: random.Random) -> Value | None:
    return rng.choice(list(proto.options)) if proto.options else None


def _other_options(proto: Any, rng: random.Random) -> Value | None:
    options = list(proto.options)
    return rng.sample(options, rng.randint(1, len(options))) if options else None


def _other_button(proto: Any, rng: random.Random) -> Value:
    return [rng.choice([option.content for option in proto.options])]


_SHOWN: dict[str, Any] = {
    "selectbox": _selectbox,
    "multiselect": _multiselect,
    "button_group": _button_group,
    "slider": _slider,
    "number_input": _number_input,
    "checkbox": _checkbox,
}
_CHOSEN: dict[str, Any] = {
    "selectbox": _other_option,
    "multiselect": _other_options,
    "button_group": _other_button,
    "slider": _other_slider,
    "number_input": _other_number,
    "checkbox": lambda proto, rng: not _checkbox(proto),  # noqa: ARG005 - there is one other value
}


@dataclass
class _Shown:
    element: Any
    fragment: str
    run: str


@dataclass
class Page:
    """The elements of a page, which widgets it has, and what is wrong on it.

    Attributes:
        pages: path in the address ► the page's hash.
        finished: scripts that came to their end so far.
        faults: exceptions and failed scripts since the last look.
        refusals: red boxes since the last look.
        reruns: id of a fragment ► seconds after which the browser asks for it again.
    """

    pages: dict[str, str] = field(default_factory=dict)
    finished: int = 0
    faults: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    reruns: dict[str, float] = field(default_factory=dict)
    _shown: dict[tuple[int, ...], _Shown] = field(default_factory=dict)
    _run: str = ""
    _fragments: frozenset[str] = frozenset()

    def take(self, message: ForwardMsg) -> None:
        """Bring what is shown up to date with a message of the server."""
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._begin(message)
        elif kind == "delta":
            self._draw(message)
        elif kind == "script_finished":
            self._end(message.script_finished)
        elif kind == "navigation":
            pages = message.navigation.app_pages
            self.pages = {page.url_pathname: page.page_script_hash for page in pages}
        elif kind == "auto_rerun":
            self.reruns[message.auto_rerun.fragment_id] = message.auto_rerun.interval
        elif kind == "page_not_found":
            self.faults.append(f"There is no page {message.page_not_found.page_name!r}.")

    def _begin(self, message: ForwardMsg) -> None:
        self._run = message.metadata.run.script_run_id
        self._fragments = frozenset(message.metadata.run.fragment_ids)
        if not self._fragments:
            self.reruns.clear()

    def _draw(self, message: ForwardMsg) -> None:
        if message.delta.WhichOneof("type") != "new_element":
            return
        element = message.delta.new_element
        path = tuple(message.metadata.delta_path)
        self._shown[path] = _Shown(element, message.delta.fragment_id, self._run)
        if element.WhichOneof("type") == "exception":
            self.faults.append(f"{element.exception.type}: {element.exception.message}")
        elif element.WhichOneof("type") == "alert" and element.alert.format == Alert.ERROR:
            self.refusals.append(element.alert.body)

    def _end(self, status: int) -> None:
        if status == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            return
        if status == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
            self.faults.append("The script cannot be compiled.")
        self._shown = {
            path: shown for path, shown in self._shown.items() if not self._is_stale(shown)
        }
        self.finished += 1

    def _is_stale(self, shown: _Shown) -> bool:
        """Whether the run that ended should have drawn this anew, and did not."""
        drawn_again = not self._fragments or shown.fragment in self._fragments
        return drawn_again and shown.run != self._run

    def _elements(self, kind: str) -> Iterator[tuple[Any, str]]:
        for shown in self._shown.values():
            if shown.element.WhichOneof("type") == kind:
                yield getattr(shown.element, kind), shown.fragment

    def widgets(self) -> list[Widget]:
        """Return the choices that can be changed."""
        found = [Widget(kind, *one) for kind in _SHOWN for one in self._elements(kind)]
        return [widget for widget in found if not widget.proto.disabled]

    def buttons(self) -> list[Widget]:
        """Return the buttons that can be pressed."""
        return [Widget("button", *one) for one in self._elements("button") if not one[0].disabled]

    def files(self) -> list[str]:
        """Return the addresses of what can be saved, and of the pictures of the pool."""
        found = [button.url for button, _ in self._elements("download_button") if button.url]
        texts = [html.body.encode() for html, _ in self._elements("html")]
        tables = [table.arrow_data.data for table, _ in self._elements("dataframe")]
        for text in (*texts, *tables):
            found += [address.decode() for address in dict.fromkeys(_PICTURES.findall(text))]
        return found

    def __len__(self) -> int:
        return len(self._shown)
