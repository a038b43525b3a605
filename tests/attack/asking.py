"""Requests as an attacker writes them: with these header lines and no others."""

import base64
import os
import socket
from urllib.parse import urlsplit


def ask(server, path, *lines, method="GET"):
    """Send a request with these header lines and no other; return its status and headers."""
    place = urlsplit(server)
    with socket.create_connection((place.hostname, place.port), timeout=20) as connection:
        head = "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "Connection: close", "", ""])
        connection.sendall(head.encode("utf-8"))
        answer = connection.makefile("rb")
        status = int(answer.readline().split()[1])
        headers = {}
        while line := answer.readline().strip():
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        body = answer.read(2000).decode(errors="replace") if status != 101 else ""
    return status, headers, body


def shake_hands(server, *lines):
    """Ask for the WebSocket of the pages; return the status."""
    key = base64.b64encode(os.urandom(16)).decode()
    place = urlsplit(server)
    with socket.create_connection((place.hostname, place.port), timeout=20) as connection:
        head = [
            "GET /_stcore/stream HTTP/1.1",
            *lines,
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
            *("", ""),
        ]
        connection.sendall("\r\n".join(head).encode())
        return int(connection.makefile("rb").readline().split()[1])


def at(server, name):
    """Return a name with the server's port."""
    return f"{name}:{urlsplit(server).port}"
