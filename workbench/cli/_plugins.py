"""Prints the plug-ins that are installed and what became of them, for ``doctor``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbench.cli._console import print_lines, print_table

if TYPE_CHECKING:
    from workbench.plugins import Plugin
    from workbench.registry import Registry


def all_registries() -> list[Registry[Any]]:
    """Return every registry that plug-ins can add to."""
    from workbench.acquisition import ACQUISITIONS
    from workbench.aggregation import AGGREGATIONS
    from workbench.committees import COMMITTEES
    from workbench.datasets import DATASETS
    from workbench.datasets.pools import POOLS
    from workbench.exporters import EXPORTERS
    from workbench.learning import LEARNERS, RIDERS
    from workbench.methods import METHODS
    from workbench.models import MODELS
    from workbench.projection import PROJECTIONS
    from workbench.selection import POOL_FILTERS, SELECTORS
    from workbench.units import UNITS

    parts = (UNITS, MODELS, LEARNERS, RIDERS, COMMITTEES, ACQUISITIONS, AGGREGATIONS)
    return [DATASETS, POOLS, *parts, SELECTORS, POOL_FILTERS, METHODS, PROJECTIONS, EXPORTERS]


def read_all_plugins() -> list[Plugin]:
    """Return the plug-ins of every registry, each once; those left out are warned of."""
    return list(dict.fromkeys(p for registry in all_registries() for p in registry.plugins()))


def print_plugins(plugins: Sequence[Plugin]) -> None:
    """Print a table of plug-ins; nothing if there are none."""
    if not plugins:
        return
    print_lines("")
    rows = [(*_state(plugin), plugin.point, plugin.distribution) for plugin in plugins]
    print_table(("", "what became of it", "plug-in", "distribution"), rows, prose=("plug-in",))


def _state(plugin: Plugin) -> tuple[str, str]:
    if plugin.fault:
        return "note", f"left out: {plugin.fault}"
    added = f"adds {', '.join(plugin.entries) or 'nothing'}"
    if plugin.loads_torch:
        return "note", f"{added}; importing it loads torch, which every command waits for"
    return "ok", added
