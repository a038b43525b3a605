"""Names of transformations and their check. Loads no torch."""

from __future__ import annotations

import re
from collections.abc import Sequence

from workbench.errors import ConfigError, unknown_name

TRANSFORMS = ("hflip", "vflip", "rot90", "rot180", "translate")

DEFAULT_SHIFT = 16
"""Shift of a ``translate`` without a number, pixels (Golestaneh & Kitani, Table 2)."""


def transform_keys(names: Sequence[str]) -> tuple[str, ...]:
    """Check names of transformations and return the keys of their passes.

    Args:
        names: members of :data:`TRANSFORMS`; ``translate`` may have a number of pixels, as in
            ``translate8``.

    Returns:
        The names in the same order, every shift with its pixels.

    Raises:
        ConfigError: if one is unknown or named twice, or if there is none.
    """
    if not names:
        raise ConfigError(
            "The committee transforms has no transformation; name one, e.g. transforms:hflip."
        )
    keys = tuple(_key(name) for name in names)
    if len(set(keys)) != len(keys):
        raise ConfigError(
            f"The committee transforms:{'+'.join(names)} names a transformation twice; each copy "
            "of the image may count once."
        )
    return keys


def shift_of(key: str) -> int | None:
    """Return the pixels of a shift's key, ``None`` for any other key."""
    found = re.fullmatch(r"translate(\d+)", key)
    return int(found[1]) if found else None


def _key(name: str) -> str:
    if name == "translate":
        return f"{name}{DEFAULT_SHIFT}"
    if shift_of(name):
        return name
    if name not in TRANSFORMS:
        raise unknown_name("transformation", name, TRANSFORMS)
    return name
