"""Batches whose units may be labelled together: where units overlap, picks keep apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from workbench.errors import ConfigError
from workbench.pool import PoolState
from workbench.registry import Bound
from workbench.selection import SELECTORS, SelectorEntry
from workbench.types import Candidates, UnitIds
from workbench.units import UnitsEntry

_MORE = 8
"""A ranking is asked for this many times as far as it was, until the batch is full."""


def batch(
    selector: Bound[SelectorEntry],
    candidates: Candidates,
    k: int,
    rng: np.random.Generator,
    pool: PoolState,
) -> UnitIds:
    """Let a selector pick units that may be labelled together.

    Where units never overlap these are the selector's own, with nothing suppressed. Windows are
    taken from the top of its ranking down, and one that overlaps what is labelled or taken already
    is passed over: non-maximum suppression, within the query and across cycles (CEREALS; Gu,
    III-B.1).

    Returns:
        (k,) ids in the order picked; fewer where the candidates that are left clash.
    """
    geometry = pool.geometry
    if geometry.max_overlap is None:
        own: UnitIds = _unsuppressed(selector).call(candidates, k, rng)
        return own
    draw = rng.bit_generator.state
    suppresses = not selector.entry.fills  # itself, so k are enough
    asked = min(k if suppresses else _MORE * k, len(candidates))
    while True:
        rng.bit_generator.state = draw  # the same draw, so that this ranking begins the next one
        ranking: UnitIds = selector.call(candidates, asked, rng)
        kept = geometry.apart(ranking, k, pool.labelled)
        if len(kept) >= k or asked >= len(candidates) or len(ranking) < asked:
            return kept
        asked = min(_MORE * asked, len(candidates))


def _unsuppressed(selector: Bound[SelectorEntry]) -> Bound[SelectorEntry]:
    """Return a selector that passes nothing over: superpixels share no pixel, their boxes may."""
    setting = selector.entry.overlap_limit
    return replace(selector, options={**selector.options, setting: 1.0}) if setting else selector


def require_ranking(selector: Bound[SelectorEntry], units: Bound[UnitsEntry], where: str) -> None:
    """Check that a selector can keep units that overlap apart.

    Raises:
        ConfigError: if its picks depend on each other, so that none can be passed over.
    """
    if not units.entry.overlap or selector.entry.ranks:
        return
    able = ", ".join(entry.name for entry in SELECTORS if entry.ranks)
    raise ConfigError(
        f"In {where}: the selector {selector.name} picks units that depend on each other, so it "
        f"cannot pass over those of {units.name} that overlap; choose one that ranks them ({able}) "
        "or units that do not overlap, e.g. grid."
    )
