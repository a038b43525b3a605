"""Other people's text on a page: descriptions, names, errors, log lines, as they were written.

Streamlit reads captions, messages, labels and help as Markdown, in which a text could load a
picture from another machine or pass for a part of the page. Whatever was not written in this
package goes through :func:`plain` first; tables, code and choices show text as it is by themselves.
"""

from __future__ import annotations

import re

from workbench.printable import printable

_MARKS = re.compile(r"[\\`*_\[\]<>~$:&|]")
_FIRST_MARKS = re.compile(r"\A([#+=-])|\A(\d+)(?=[.)])")
_JOINER = "\N{WORD JOINER}"
"""Takes no room; keeps apart what Streamlit replaces after it has read the Markdown, namely …"""

_REPLACED = (
    re.compile(r":(?=[\w+/-]+:)"),  # emoji and icons
    re.compile(r":(?=//)|(?<=www)(?=\.)|@(?=[\w-]+\.)", re.IGNORECASE),  # links
    re.compile(r"(?<!\S)[<~>-](?=(?:->|>|-|=)(?!\S))"),  # arrows and the like
)


def plain(text: object) -> str:
    """Return Markdown that shows a text letter by letter, in one line."""
    joined = printable(" ".join(str(text).split()))
    for pattern in _REPLACED:
        joined = pattern.sub(rf"\g<0>{_JOINER}", joined)
    marked = _MARKS.sub(r"\\\g<0>", joined)
    return _FIRST_MARKS.sub(lambda m: f"\\{m[1]}" if m[1] else f"{m[2]}\\", marked)
