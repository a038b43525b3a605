"""Compares what runs and reports were begun with, setting by setting, with what is wanted now."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.errors import ConfigError
from workbench.store import contents, schema
from workbench.store.report import Report


def require_same(record: Path, rests_on: Mapping[str, Any]) -> None:
    """Check that a run was begun with a definition.

    Args:
        record: the file of the run's record.
        rests_on: the definition, or the parts of it to compare.

    Raises:
        ConfigError: if one of these parts differs.
    """
    values = contents.published(record, contents.Run)
    begun, now = values.rests_on.model_dump(), schema.plain(rests_on)
    changed = _changes(begun, now)
    if changed:
        name = begun["method"].get("name")
        raise ConfigError(
            f"The method {name} of the run {values.id} was begun with {', '.join(changed)}; "
            "give what it is now another name."
        )


def require_trained_alike(found: Report, trained_by: Mapping[str, Any], run_id: str) -> None:
    """Check that the network of a report was trained as report points say now.

    Args:
        found: a published report.
        trained_by: ``learner`` and ``model``, each with all its settings.
        run_id: the id of its run.

    Raises:
        ConfigError: if one of these settings differs.
    """
    changed = _differences(found.trained_by, schema.plain(trained_by), "report.")
    if changed:
        raise ConfigError(
            f"The report points of the run {run_id} were trained with {', '.join(changed)}; give "
            "the method, or the experiment, another name."
        )


def require_reference_alike(found: Report, trained_by: Mapping[str, Any], name: str) -> None:
    """Check that a reference was trained as the experiment says now.

    Args:
        found: what it measured.
        trained_by: ``learner`` and ``model``, each with all its settings.
        name: the name of the reference.

    Raises:
        ConfigError: if one of these settings differs.
    """
    changed = _differences(found.trained_by, schema.plain(trained_by))
    if changed:
        raise ConfigError(
            f"The reference {name} was trained with {', '.join(changed)}; give what it is now "
            "another name."
        )


_ELSEWHERE = ("learner", "model", "embedding", "report", "seeds")
"""What stands beside the method, or in its reports, as it was resolved: how briefly it was written
is no difference; nor is with which other seeds the method runs."""


def _changes(begun: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """Return what differs, setting by setting; the key of cycle 0 only if nothing else does."""
    written = wanted.get("method", {})
    method = {key: value for key, value in written.items() if key not in _ELSEWHERE}
    parts = {key: wanted[key] for key in wanted if key not in ("method", "cycle_zero")}
    found = _differences(begun["method"], method) + _differences(begun, parts)
    return found or _differences(begun, {k: wanted[k] for k in wanted if k == "cycle_zero"})


def _differences(before: Mapping[str, Any], after: Mapping[str, Any], of: str = "") -> list[str]:
    found = []
    for key, value in after.items():
        old = before.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            found += _differences(old, {**dict.fromkeys(old), **value}, f"{of}{key}.")
        elif old != value:
            found.append(f"{of}{key} {_short(old)} (now {_short(value)})")
    return found


def _short(value: Any) -> str:
    if value is None:
        return "none"
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
