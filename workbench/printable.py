"""Text for people: that of others without what steers a terminal, and numbers of bytes."""

from __future__ import annotations

import unicodedata

_STEERING = {"Cc", "Cs", "Zl", "Zp"}
"""Unicode's control and surrogate characters, and its separators of lines."""

_REORDERING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
"""Characters that change the direction of the letters after them."""


def printable(text: object) -> str:
    r"""Return a text whose control characters are written out, e.g. ``\x1b``; lines stay lines.

    A terminal reads them as commands (colours, links, the clipboard, the title).
    """
    return "".join(_written(character) for character in str(text))


def _written(character: str) -> str:
    steers = character != "\n" and unicodedata.category(character) in _STEERING
    if steers or unicodedata.bidirectional(character) in _REORDERING:
        return character.encode("unicode_escape").decode()
    return character


def byte_size(count: float) -> str:
    """Return a number of bytes in the largest unit, up to TiB, in which it is at least 1."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} TiB"
