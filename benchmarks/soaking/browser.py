"""A simulated browser: Streamlit's own protocol over a WebSocket, files and pictures over HTTP."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import httpx
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from benchmarks.soaking.page import Page, Value, Widget, state

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PAGES = (
    "",
    "new_experiment",
    "explore",
    "compare",
    "what_if",
    "learn",
)
REFUSING = frozenset({"new_experiment", "what_if"})
"""Pages on which a choice may be refused: a red box there is an answer, anywhere else an error."""
PRESSED = (":material/chevron_left:", ":material/chevron_right:", "Compute")
"""Beginnings of the labels of buttons that are pressed; others start or stop training."""
BOUND_S = 300.0
"""A script that has not ended after so many seconds counts as an error: one that hangs, also on a
machine that is busy with other work."""


@dataclass
class Tally:
    """What all browsers met.

    Attributes:
        errors: page and sentence ► how often.
        refusals: page and sentence ► how often; expected ones.
        seconds: page ► time from a request to the end of its script.
        files: seconds that files and pictures took.
        counts: what was done ► how often.
        addresses: (page, query) as browsers showed them; others open them.
    """

    errors: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    files: list[float] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    addresses: list[tuple[str, str]] = field(default_factory=list)

    def see(self, page: str, shown: Page) -> None:
        """Note and forget what is wrong on a page."""
        for sentence in shown.faults:
            self.errors[f"/{page}: {sentence}"] += 1
        known = self.refusals if page in REFUSING else self.errors
        for sentence in shown.refusals:
            known[f"/{page}: {sentence}"] += 1
        shown.faults.clear()
        shown.refusals.clear()

    @contextmanager
    def guarded(self, page: str) -> Iterator[None]:
        """Count what breaks a connection or takes too long as an error, and go on."""
        try:
            yield
        except (WebSocketException, OSError, TimeoutError, httpx.HTTPError) as error:
            self.errors[f"/{page}: {type(error).__name__}: {error}"] += 1


class Tab:
    """A connection and what it shows.

    Args:
        socket: the connection.
        tally: where what happens is counted.
        dark: whether the browser is dark.
    """

    def __init__(self, socket: ClientConnection, tally: Tally, *, dark: bool) -> None:
        self.socket = socket
        self.page = ""
        self.shown = Page()
        self.session = ""
        self._dark = dark
        self._tally = tally
        self._values: dict[str, Value] = {}
        self._query: dict[str, Value] = {}
        self._opened_with = ""
        self._changed = asyncio.Event()
        self._due: dict[str, float] = {}

    @property
    def query(self) -> str:
        """The address's query."""
        return urlencode(self._query, doseq=True) if self._query else self._opened_with

    async def listen(self) -> None:
        """Take messages until the connection is closed."""
        with suppress(WebSocketException):
            async for data in self.socket:
                message = ForwardMsg()
                message.ParseFromString(data)
                if message.WhichOneof("type") == "new_session":
                    self.session = message.new_session.initialize.session_id
                self.shown.take(message)
                self._changed.set()
                await asyncio.sleep(0)
        self._changed.set()

    async def open(self, page: str, query: str = "") -> None:
        """Open a page and wait until it is drawn."""
        self.page, self._query, self._opened_with = page, {}, query
        await self._ask(wait=True)

    async def change(self, widget: Widget, value: Value) -> None:
        """Change a choice and wait until the page is drawn anew."""
        self._values[widget.id] = value
        if widget.key:
            self._query[widget.key] = value
        await self._ask(wait=True, fragment=widget.fragment)

    async def press(self, button: Widget) -> None:
        """Press a button and wait until the page is drawn anew."""
        await self._ask(wait=True, fragment=button.fragment, pressed=button.id)

    async def leave(self) -> None:
        """Ask for the page once more and break the connection off while it is drawn."""
        await self._ask(wait=False)
        await asyncio.sleep(0.05)
        self.socket.transport.abort()

    async def idle(self, seconds: float) -> None:
        """Look at the page; it may ask for parts of it again by itself."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            due = {key: self._due.get(key, 0) for key in self.shown.reruns}
            wait = min((moment - time.monotonic() for moment in due.values()), default=left)
            await asyncio.sleep(min(max(wait, 0.05), left))
            for key, interval in list(self.shown.reruns.items()):
                if self._due.get(key, 0) <= time.monotonic():
                    self._due[key] = time.monotonic() + interval
                    self._tally.counts["parts drawn by the clock"] += 1
                    await self._ask(wait=False, fragment=key, automatic=True)
            self._tally.see(self.page, self.shown)

    async def _ask(
        self, *, wait: bool, fragment: str = "", pressed: str = "", automatic: bool = False
    ) -> None:
        message, begun, before = BackMsg(), time.monotonic(), self.shown.finished
        asked = message.rerun_script
        asked.query_string, asked.fragment_id = self.query, fragment
        asked.is_auto_rerun = automatic
        asked.page_name = self.page
        asked.page_script_hash = self.shown.pages.get(self.page, "")
        asked.context_info.color_scheme = "dark" if self._dark else "light"
        asked.widget_states.widgets.extend(state(*one) for one in self._current().items())
        if pressed:
            asked.widget_states.widgets.add(id=pressed, trigger_value=True)
        await self.socket.send(message.SerializeToString())
        if wait:
            async with asyncio.timeout(BOUND_S):
                while self.shown.finished == before:
                    self._changed.clear()
                    if self.socket.close_code is not None:
                        raise ConnectionError(f"closed by the server ({self.socket.close_code})")
                    await self._changed.wait()
            self._tally.seconds[self.page].append(time.monotonic() - begun)
            self._tally.see(self.page, self.shown)

    def _current(self) -> dict[str, Value]:
        """The value of every choice on the page, as the browser sends it."""
        values: dict[str, Value] = {}
        for widget in self.shown.widgets():
            shown = widget.value()
            if widget.proto.set_value or widget.id not in self._values:
                kept = shown
            else:
                kept = self._values[widget.id]
            if kept is not None:
                values[widget.id] = kept
        self._values = values
        return values


@dataclass
class Browser:
    """Somebody who looks at the dashboard: visit after visit, page after page.

    Attributes:
        address: of the dashboard, ``127.0.0.1:PORT``.
        tally: where what happens is counted.
        rng: decides everything.
        think_s: mean of the seconds between two actions.
    """

    address: str
    tally: Tally
    rng: random.Random
    think_s: float
    _left: list[str] = field(default_factory=list)
    _session: str = ""

    async def live(self, until: float) -> None:
        """Visit the dashboard again and again until a moment of the clock."""
        await asyncio.sleep(self.rng.uniform(0, self.think_s))
        limits = httpx.Limits(max_keepalive_connections=0)  # a browser asks again, httpx does not
        base = f"http://{self.address}"
        async with httpx.AsyncClient(base_url=base, timeout=BOUND_S, limits=limits) as files:
            while time.monotonic() < until:
                page, query = self._next()
                with self.tally.guarded(page):
                    await self._visit(files, page, query, until)
                await asyncio.sleep(self._think() * 2)

    def _think(self) -> float:
        return min(self.rng.expovariate(1 / self.think_s), 6 * self.think_s)

    def _next(self) -> tuple[str, str]:
        """Return a page and a query: in turn, or an address that another browser has shown."""
        if self.tally.addresses and self.rng.random() < 0.3:
            self.tally.counts["addresses of others opened"] += 1
            return self.rng.choice(self.tally.addresses)
        if not self._left:
            self._left = self.rng.sample(PAGES, len(PAGES))
        return self._left.pop(), ""

    async def _visit(self, files: httpx.AsyncClient, page: str, query: str, until: float) -> None:
        await self._load(files, f"/{page}")
        async with self._tab() as tab:
            self.tally.counts["visits"] += 1
            await tab.open(page, query)
            for _ in range(self.rng.randint(3, 12)):
                await tab.idle(self._think())
                if time.monotonic() > until or not await self._act(tab, files):
                    break
            if tab.query:
                self.tally.addresses.append((tab.page, tab.query))
                del self.tally.addresses[:-200]
            self._session = tab.session

    @asynccontextmanager
    async def _tab(self) -> AsyncIterator[Tab]:
        """Connect, now and then to the session that was left a moment ago."""
        back = self._session if self.rng.random() < 0.3 else ""
        self.tally.counts["sessions taken up again"] += bool(back)
        protocols = ["streamlit", "-", back] if back else ["streamlit"]
        dark = self.rng.random() < 0.5
        async with connect(
            f"ws://{self.address}/_stcore/stream",
            origin=f"http://{self.address}",  # type: ignore[arg-type]
            subprotocols=protocols,  # type: ignore[arg-type]
            max_size=None,
            open_timeout=BOUND_S,
            ping_interval=None,  # browsers send none; they answer those of the server
        ) as socket:
            tab = Tab(socket, self.tally, dark=dark)
            listening = asyncio.create_task(tab.listen())
            try:
                yield tab
            finally:
                await socket.close()
                await listening

    async def _act(self, tab: Tab, files: httpx.AsyncClient) -> bool:
        """Do one thing; return whether the connection is still there."""
        draw = self.rng.random()
        if draw < 0.15:
            await tab.open(self._next()[0])
        elif draw < 0.20:
            self.tally.counts["connections broken off in a script"] += 1
            await tab.leave()
            return False
        elif draw < 0.35 and (found := tab.shown.files()):
            for address in self.rng.sample(found, min(len(found), 8)):
                await self._load(files, address)
        elif draw < 0.50 and (buttons := _pressed(tab.shown)):
            self.tally.counts["buttons pressed"] += 1
            await tab.press(self.rng.choice(buttons))
        else:
            await self._change(tab)
        return True

    async def _change(self, tab: Tab) -> None:
        widgets = tab.shown.widgets()
        if not widgets:
            return
        widget = self.rng.choice(widgets)
        value = widget.other(self.rng)
        if value is not None:
            self.tally.counts["choices changed"] += 1
            await tab.change(widget, value)

    async def _load(self, files: httpx.AsyncClient, address: str) -> None:
        begun = time.monotonic()
        answer = await files.get(address)
        self.tally.files.append(time.monotonic() - begun)
        self.tally.counts["files and pictures loaded"] += 1
        if answer.status_code != 200:
            self.tally.errors[f"{address}: HTTP {answer.status_code}"] += 1


def _pressed(shown: Page) -> list[Widget]:
    return [one for one in shown.buttons() if one.proto.label.startswith(PRESSED)]
