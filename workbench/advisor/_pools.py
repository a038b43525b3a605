"""Whether a measured pool counts as diverse or redundant.

Mittal et al. call the question open (section 3.2): they tag pools by how they were made and by how
methods behave on them. The limit here is ours: half way between pools that repeat nothing and those
in which they tag every image as one of many alike.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from workbench.errors import ConfigError, quoted, unknown_name
from workbench.presets import PoolKind

LIMIT = 0.5
"""Share, 0–1. Pool-0f made perfectly has 0 by both measures, Pool-5f 5/6."""

_LIMIT = f"{100 * LIMIT:.0f} %"
_KINDS: tuple[PoolKind, ...] = ("diverse", "redundant")


@runtime_checkable
class Measured(Protocol):
    """A measured pool, e.g. a ``PoolRedundancy`` of ``wb.pool_redundancy``."""

    @property
    def pool(self) -> str:
        """The pool scheme."""

    @property
    def index(self) -> float:
        """The redundancy index, 0–1."""

    @property
    def following(self) -> float:
        """Share of images that follow another one of the pool, 0–1; NaN without sequences."""


@dataclass(frozen=True)
class PoolReading:
    """What a pool counts as.

    Attributes:
        kind: ``diverse`` or ``redundant``; ``None`` where that is not known.
        sentence: why, and how sure that is.
    """

    kind: PoolKind | None
    sentence: str


def read_pool(pool: str | Measured | None) -> PoolReading:
    """Return what a pool counts as.

    Args:
        pool: ``diverse`` or ``redundant``, as the user states it; as it was measured; ``None``.

    Raises:
        ConfigError: for anything else.
    """
    if pool is None:
        return PoolReading(None, "How redundant the pool is was not said: both kinds are shown.")
    for kind in _KINDS:
        if pool == kind:
            return PoolReading(kind, f"The pool is {kind}, as you say.")
    if isinstance(pool, str):
        raise unknown_name("kind of pool", pool, _KINDS)
    if not isinstance(pool, Measured):
        raise ConfigError(
            f"The pool is {quoted(pool)}; wanted diverse, redundant, or one of the measurements "
            "that wb.pool_redundancy returns."
        )
    return _of_measures(pool)


def _of_measures(pool: Measured) -> PoolReading:
    values = {"redundancy index": pool.index, "share of images that follow": pool.following}
    known = {name: value for name, value in values.items() if not math.isnan(value)}
    kinds = {_KINDS[value >= LIMIT] for value in known.values()}
    told = " and ".join(f"{name} {100 * value:.1f} %" for name, value in known.items())
    start = f"Pool {pool.pool}: {told}"
    if len(kinds) > 1:
        return PoolReading(
            None,
            f"{start}: one below {_LIMIT}, one not, so that the two measures disagree: both "
            "kinds are shown; look at the images, and say which it is.",
        )
    kind = kinds.pop()
    where = "at or above" if kind == "redundant" else "below"
    return PoolReading(
        kind,
        f"{start}, {where} {_LIMIT}: taken as {kind}. The limit is ours, the paper has none "
        "(section 3.2); docs/advisor.md says where it fails.",
    )
