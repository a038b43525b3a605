"""Which names the dashboard answers to, and which pages may talk to it.

A name is a host as browsers write it in an address: ``localhost``, ``lab.example``, ``10.1.2.3``,
``[::1]``. Any web page can make its own name lead to this machine (DNS rebinding) and would then
pass for the dashboard's own page; it cannot make the browser send another name than its own.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from workbench.errors import WorkbenchError

_HOST = r"(?P<name>[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{1,5}))?"
_ORIGIN = rf"(?P<scheme>https?)://{_HOST}"
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Host:
    """A host and its port, in lower case; ``None`` for no port."""

    name: str
    port: int | None = None

    @property
    def address(self) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
        """The IP address that the name is; ``None`` for other names."""
        try:
            return ipaddress.ip_address(self.name.strip("[]"))
        except ValueError:
            return None


def parse(written: str) -> Host | None:
    """Read ``NAME[:PORT]``; ``None`` for anything else, a trailing dot or a user name included."""
    return _host(_match(_HOST, written))


def _match(form: str, written: str) -> re.Match[str] | None:
    # letters of other scripts may be a plain one in lower case
    return re.fullmatch(form, written.lower()) if written.isascii() else None


def _host(match: re.Match[str] | None) -> Host | None:
    if match is None:
        return None
    found = Host(match["name"], int(match["port"]) if match["port"] else None)
    if not found.name.startswith("["):
        return found
    address = found.address
    return Host(f"[{address.compressed}]", found.port) if address else None


@dataclass(frozen=True)
class Allowed:
    """The hosts that a dashboard answers to: this machine's own, the bound one, the named ones.

    Attributes:
        bound: name of the address that the server listens on; ``None`` if it listens on all.
        named: hosts that the user named.
    """

    bound: str | None = None
    named: frozenset[Host] = frozenset()

    def answers(self, host: Host) -> bool:
        """Whether a request to this host is answered, at any port."""
        address = host.address
        loopback = host.name == "localhost" or (address is not None and address.is_loopback)
        return loopback or host.name in {self.bound, *(named.name for named in self.named)}

    def trusts(self, origin: str, host: Host) -> bool:
        """Whether a page of this origin may talk to this host: its own pages, and named ones."""
        match = _match(_ORIGIN, origin)
        page = _host(match)
        if match is None or page is None:
            return False
        usual = _DEFAULT_PORTS[match["scheme"]]
        place = (page.name, page.port or usual)
        return any(place == (own.name, own.port or usual) for own in (host, *self.named))


def allowed(address: str, names: Iterable[str]) -> Allowed:
    """Return the hosts that are answered.

    Args:
        address: address that the server listens on, e.g. ``127.0.0.1``, ``::``.
        names: further hosts, each ``NAME`` or ``NAME:PORT``.

    Raises:
        WorkbenchError: if a name is none.
    """
    found = {name: parse(name) for name in names}
    for name, host in found.items():
        if host is None:
            raise WorkbenchError(
                f"{name[:100]!r} is no host name; give --allow-host a name as it stands in the "
                "browser's address, e.g. lab.example or lab.example:8443."
            )
    bound = parse(f"[{address}]" if ":" in address else address)
    everywhere = bound is None or (bound.address is not None and bound.address.is_unspecified)
    named = frozenset(host for host in found.values() if host)
    return Allowed(None if everywhere or bound is None else bound.name, named)
