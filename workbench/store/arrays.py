"""Arrays, tables and metrics as files. ``allow_pickle`` is never set: a store cannot run code."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.errors import StoreError
from workbench.store import files
from workbench.store.records import CycleMetrics


def write_array(path: Path, values: npt.NDArray[Any]) -> None:
    """Write an array as npy, at once.

    Raises:
        StoreError: if it cannot be written.
    """
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=False)
    files.write_bytes(path, buffer.getvalue(), durable=False)


def read_array(path: Path) -> npt.NDArray[Any]:
    """Read an npy array.

    Raises:
        StoreError: if it is gone or damaged.
    """
    try:
        values: npt.NDArray[Any] = np.load(path, allow_pickle=False)
    except Exception as error:
        raise _unreadable(path, error) from error
    return values


def write_table(path: Path, table: pd.DataFrame, *, durable: bool = False) -> None:
    """Write a table as Parquet, at once; made in memory, so that disk errors come from ``files``.

    Args:
        path: the file; its folder exists.
        table: written without its index.
        durable: see :func:`workbench.store.files.write_bytes`.

    Raises:
        StoreError: if it cannot be written.
    """
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False, compression="zstd")
    files.write_bytes(path, buffer.getvalue(), durable=durable)


def read_table(path: Path, columns: list[str] | None = None) -> pd.DataFrame:
    """Read a Parquet table, or some of its columns.

    Raises:
        StoreError: if it is gone or damaged.
    """
    try:
        return pd.read_parquet(path, columns=columns)
    except Exception as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> StoreError:
    return StoreError(
        f"{path} cannot be read ({error}); restore it from a backup, or remove its cycle's folder "
        "and run the experiment again."
    )


def metrics_to(metrics: CycleMetrics) -> dict[str, Any]:
    """Return a cycle's metrics as a part of its manifest, where NaN is ``null``."""
    return {
        "labelled_units": metrics.labelled_units,
        "labelled_pixels": metrics.labelled_pixels,
        "pool_units": metrics.pool_units,
        "pool_pixels": metrics.pool_pixels,
        "miou": metrics.miou,
        "pixel_accuracy": metrics.pixel_accuracy,
        "iou": metrics.iou,
        "confusion": metrics.confusion,
        "labelled_classes": metrics.labelled_classes,
        "labelled_clicks": metrics.labelled_clicks,
    }


def metrics_from(values: dict[str, Any]) -> CycleMetrics:
    """Read a cycle's metrics; ``null`` becomes NaN."""
    counts = ("labelled_units", "labelled_pixels", "pool_units", "pool_pixels")
    # older cycles do not have these
    classes, clicks = values.get("labelled_classes"), values.get("labelled_clicks")
    return CycleMetrics(
        **{name: int(values[name]) for name in counts},
        miou=_nan(values["miou"]),
        pixel_accuracy=_nan(values["pixel_accuracy"]),
        iou=np.array([_nan(value) for value in values["iou"]], np.float64),
        confusion=np.array(values["confusion"], np.int64),
        labelled_classes=None if classes is None else np.array(classes, np.int64),
        labelled_clicks=None if clicks is None else int(clicks),
    )


def _nan(value: float | None) -> float:
    return math.nan if value is None else float(value)
