"""Other people's text on a terminal: names, messages and paths, without what would steer it."""

from __future__ import annotations

import unicodedata

_STEERING = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Unicode's control, format and surrogate characters, and its separators of lines."""


def plain(text: object) -> str:
    r"""Return a text whose control characters are written out, e.g. ``\x1b``; lines stay lines.

    A terminal reads them as commands (colours, links, the clipboard, the title), and some change
    the order of the letters after them.
    """
    return "".join(
        character.encode("unicode_escape").decode()
        if character != "\n" and unicodedata.category(character) in _STEERING
        else character
        for character in str(text)
    )
