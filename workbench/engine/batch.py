"""Selects batches whose units may be labelled together: picks do not overlap too much."""

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
"""While the batch is not full, the ranking is computed again, this many times as long."""


def batch(
    selector: Bound[SelectorEntry],
    candidates: Candidates,
    k: int,
    rng: np.random.Generator,
    pool: PoolState,
) -> UnitIds:
    """Pick units with a selector that may be labelled together.

    Where units never overlap, the selector's own picks are returned and nothing is suppressed.
    Windows are taken from the top of the ranking down; a window that overlaps a labelled or a taken
    one too much is left out: non-maximum suppression, within the query and across cycles (CEREALS;
    Gu, III-B.1).

    Returns:
        (k,) ids in the order picked; fewer where all remaining candidates overlap too much.
    """
    geometry = pool.geometry
    if not geometry.overlapping:
        own: UnitIds = _unsuppressed(selector).call(candidates, k, rng)
        return own
    draw = rng.bit_generator.state
    suppresses = not selector.entry.fills  # the selector suppresses, so k are enough
    length = min(k if suppresses else _MORE * k, len(candidates))
    while True:
        rng.bit_generator.state = draw  # the same draw: a ranking is the start of the longer one
        ranking: UnitIds = selector.call(candidates, length, rng)
        apart = geometry.apart(ranking, k, pool.labelled)
        if len(apart) >= k or length >= len(candidates) or len(ranking) < length:
            return apart
        length = min(_MORE * length, len(candidates))


def _unsuppressed(selector: Bound[SelectorEntry]) -> Bound[SelectorEntry]:
    """Return the selector without suppression: boxes of superpixels may overlap, not pixels."""
    setting = selector.entry.overlap_limit
    return replace(selector, options={**selector.options, setting: 1.0}) if setting else selector


def require_ranking(selector: Bound[SelectorEntry], units: Bound[UnitsEntry], where: str) -> None:
    """Check that a selector can leave out units that overlap.

    Raises:
        ConfigError: if its picks depend on each other, so that none can be left out.
    """
    if not units.entry.overlap or selector.entry.ranks:
        return
    able = ", ".join(entry.name for entry in SELECTORS if entry.ranks)
    raise ConfigError(
        f"In {where}: each pick of the selector {selector.name} depends on the picks before, so "
        f"units of {units.name} that overlap cannot be left out; choose a selector that ranks "
        f"({able}) or units that do not overlap, e.g. grid."
    )
