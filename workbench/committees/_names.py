"""Names of transformations, checked without loading torch."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.errors import ConfigError, unknown_name

TRANSFORMS = ("hflip",)


def transform_keys(names: Sequence[str]) -> tuple[str, ...]:
    """Check names of transformations and return the keys of their passes.

    Raises:
        ConfigError: if one is unknown or named twice, or if there is none.
    """
    if not names:
        raise ConfigError(
            "The committee transforms was given no transformation; name one, e.g. transforms:hflip."
        )
    for name in names:
        if name not in TRANSFORMS:
            raise unknown_name("transformation", name, TRANSFORMS)
    if len(set(names)) != len(names):
        raise ConfigError(
            f"The committee transforms:{'+'.join(names)} names a transformation twice; each copy "
            "of the image may count once."
        )
    return tuple(names)
