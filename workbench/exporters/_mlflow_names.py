"""Names and values that MLflow takes.

Its names hold letters, digits, ``_ - . /`` and spaces (a colon too, but not on Windows) and are no
path that leads elsewhere; they have at most 250 characters, values of parameters 6,000.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_LONGEST_NAME, _LONGEST_VALUE = 240, 6000


def name_of(text: str) -> str:
    """Return a name that MLflow takes, as near to the text as it can be."""
    parts = [re.sub(r"[^\w\-. ]", "_", part, flags=re.ASCII) for part in text.split("/", 1)]
    return "/".join(part if part.strip(".") else f"_{part}" for part in parts)[:_LONGEST_NAME]


def flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Return nested settings as ``section.setting`` ► text; what is not set is left out."""
    found: dict[str, str] = {}
    for key, value in values.items():
        name = name_of(f"{prefix}{key}")
        if isinstance(value, Mapping):
            found |= flat(value, f"{name}.")
        elif value is not None:
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            found[name] = text[:_LONGEST_VALUE]
    return found
