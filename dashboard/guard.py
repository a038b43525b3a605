"""What every request passes before the dashboard sees it, and what every answer carries.

It stands outside of everything that Streamlit serves: pages, static files, WebSocket, uploads, the
image route, and the answers to faults.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse

from dashboard import hosts

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_WRONG_HOST = (
    "This dashboard does not answer to the name in this address; whoever runs it can allow a name "
    "with `workbench dashboard --allow-host NAME`."
)
_WRONG_ORIGIN = (
    "This dashboard takes requests from its own pages only; behind a proxy, pass on the Host that "
    "the browser asked for, or name it with `workbench dashboard --allow-host NAME`."
)
_HEADERS = {
    "Content-Security-Policy": "frame-ancestors 'none'",
    "X-Frame-Options": "DENY",  # for browsers that do not read frame-ancestors
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """Refuses what is not meant for this dashboard or does not come from its pages.

    Args:
        app: what is served.
        allowed: the hosts that are answered.
    """

    def __init__(self, app: ASGIApp, allowed: hosts.Allowed) -> None:
        self._app = app
        self._allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request or refuse it: 421 for its host, 403 for the page it comes from."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] in {"http.response.start", "websocket.http.response.start"}:
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        refusal = self._refusal(Headers(scope=scope))
        await (refusal or self._app)(_checked(scope), receive, guarded)

    def _refusal(self, headers: Headers) -> PlainTextResponse | None:
        written = headers.getlist("host")
        host = hosts.parse(written[0]) if len(written) == 1 else None
        if host is None or not self._allowed.answers(host):
            return PlainTextResponse(_WRONG_HOST, status_code=421)
        if not all(self._allowed.trusts(origin, host) for origin in headers.getlist("origin")):
            return PlainTextResponse(_WRONG_ORIGIN, status_code=403)
        return None


def _checked(scope: Scope) -> Scope:
    """Leave out the origin, which was checked here.

    Streamlit's own check refuses a proxy that changes the host, after it asked a service on the web
    for this machine's address.
    """
    return {**scope, "headers": [pair for pair in scope["headers"] if pair[0] != b"origin"]}
