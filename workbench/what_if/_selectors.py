"""Which selectors can run on a stored cycle."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from workbench.errors import NotStoredError
from workbench.selection import SELECTORS
from workbench.store import run_of
from workbench.units import UNITS

if TYPE_CHECKING:
    from workbench.registry import Bound
    from workbench.selection import SelectorEntry
    from workbench.store import Cycle
    from workbench.units import UnitsEntry

_EMBEDDINGS = frozenset({"embeddings", "labelled_embeddings", "reference_embeddings"})


def runnable_selectors(cycle: Cycle, units: str | None = None) -> list[str]:
    """Return the names of the selectors that can run on a cycle, in the registry's order.

    It leaves out selectors that need what the cycle does not store (embeddings, predicted classes)
    or the pool does not have (sequences), and those that cannot run on the units: only selectors
    that rank run on units that overlap, and a selector that reads the exact features of units runs
    on the experiment's units only.

    Args:
        cycle: a published cycle of a run.
        units: spec string of query units; left out: the experiment's.

    Raises:
        ConfigError: for unknown units.
        StoreError: if the cycle was opened without its run.
    """
    own = UNITS.bind(run_of(cycle).experiment.config.units.spec)
    bound = own if units is None else UNITS.bind(units)
    absent = _absent(cycle, stored=bound.key == own.key)
    return [e.name for e in SELECTORS if _runs(e, bound, bound.key == own.key, absent)]


def _runs(
    entry: SelectorEntry, units: Bound[UnitsEntry], stored: bool, absent: Collection[str]
) -> bool:
    if units.entry.overlap and not entry.ranks:
        return False
    return (stored or not entry.exact_embeddings) and not set(entry.needs) & set(absent)


def _absent(cycle: Cycle, *, stored: bool) -> set[str]:
    """Return the names of the selector arrays that the cycle cannot give."""
    absent: set[str] = set()
    if not _stored(lambda: cycle.embeddings if stored else cycle.feature_map(cycle.image_ids[0])):
        absent |= _EMBEDDINGS
    if not (cycle.predicted_image_ids or (stored and "class_0" in cycle.units)):
        absent.add("class_shares")
    if not (run_of(cycle).experiment.geometry.images.sequences != "").any():
        absent |= {"sequences", "frames"}
    return absent


def _stored(read: Callable[[], Any]) -> bool:
    try:
        read()
    except (NotStoredError, IndexError):
        return False
    return True
