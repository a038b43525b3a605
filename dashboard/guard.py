"""What every request passes before the dashboard sees it, and what every answer carries.

It stands outside of everything that Streamlit serves: pages, static files, WebSocket, uploads, the
image route, and the answers to faults.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import streamlit
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
_POLICY = {
    "default-src": "'self'",
    "script-src": "'self' blob:",  # from a blob Streamlit loads the viewer's module
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
"""What a page may load, so that no text in it makes a browser ask another machine."""

_HEADERS = {
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

    Attributes:
        stands: whether this process has one; the pages show nothing without it.
    """

    stands: ClassVar[bool] = False

    def __init__(self, app: ASGIApp, allowed: hosts.Allowed) -> None:
        self._app = app
        self._allowed = allowed
        Guard.stands = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request or refuse it: 421 for its host, 403 for the page it comes from."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] in {"http.response.start", "websocket.http.response.start"}:
                MutableHeaders(scope=message).update(
                    {"Content-Security-Policy": _policy(), **_HEADERS}
                )
            await send(message)

        refusal = self._refusal(Headers(scope=scope))
        await (refusal or self._app)(_checked(scope), receive, guarded)

    def _refusal(self, headers: Headers) -> PlainTextResponse | None:
        written = headers.getlist("host")
        host = hosts.parse(written[0]) if len(written) == 1 else None
        if host is None or not self._allowed.answers(host):
            return PlainTextResponse(_WRONG_HOST, status_code=421)
        origins = headers.getlist("origin")
        trusted = all(self._allowed.trusts(origin, host) for origin in origins)
        if not trusted or (not origins and _for_another_page(headers)):
            return PlainTextResponse(_WRONG_ORIGIN, status_code=403)
        return None


def _for_another_page(headers: Headers) -> bool:
    """Whether a browser asks on behalf of another page; to follow a link to here is allowed.

    Browsers tell it of pictures and scripts too, which they ask for without an origin.
    """
    foreign = headers.get("sec-fetch-site", "") in {"cross-site", "same-site"}
    return foreign and headers.get("sec-fetch-dest") != "document"


@cache
def _policy() -> str:
    """Return the policy, with Streamlit's own inline scripts named by their digests."""
    page = (Path(streamlit.__file__).parent / "static/index.html").read_text(encoding="utf-8")
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digests = [base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts]
    inline = "".join(f" 'sha256-{digest}'" for digest in digests)
    parts = _POLICY | {"script-src": _POLICY["script-src"] + inline}
    return "; ".join(f"{name} {value}" for name, value in parts.items())


def _checked(scope: Scope) -> Scope:
    """Leave out the origin, which was checked here.

    Streamlit's own check refuses a proxy that changes the host, after it asked a service on the web
    for this machine's address.
    """
    return {**scope, "headers": [pair for pair in scope["headers"] if pair[0] != b"origin"]}
