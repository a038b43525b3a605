"""What a text of an experiment may hold, and what a name that becomes a folder may be."""

from __future__ import annotations

import re
import unicodedata

MOST_CHARACTERS = 2000
"""Longest text of an experiment; a spec string with every setting takes about 300."""

LONGEST_NAME = 100
"""Longest name of an experiment or a method.

File systems take 255 bytes; to a name come its digest or seed, and the mark of what is written
aside.
"""

NAME_WORDS = (
    f"wanted 1 to {LONGEST_NAME} of the characters A-Z, a-z, 0-9 and _ . + @ -, the first one a "
    "letter, a digit or _, the last one no dot"
)

_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.+@-]*[A-Za-z0-9_+@-])?", re.ASCII)
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)


def control_character(text: str) -> str | None:
    """Return the first control character or half of a surrogate pair, except tab and line ends."""
    found = (c for c in text if unicodedata.category(c) in {"Cc", "Cs"} and c not in "\t\n\r")
    return next(found, None)


def is_name(text: str) -> bool:
    """Whether a text can name a folder on every system; ``NAME_WORDS`` says what can.

    ``con``, ``nul``, ``com1`` and the like name devices on Windows.
    """
    return bool(
        len(text) <= LONGEST_NAME and _NAME.fullmatch(text) and not _RESERVED.fullmatch(text)
    )
