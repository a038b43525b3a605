"""Masks of the Semantic Boundaries Dataset (Hariharan et al. 2011), MATLAB files."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.errors import DatasetError, shown


def read_sbd_mask(data: bytes, path: Path) -> npt.NDArray[Any]:
    """Return the class ids of a file of SBD's folder ``cls``: (H, W), the field Segmentation.

    Args:
        data: the bytes of the file.
        path: the file, for messages.

    Raises:
        DatasetError: if it cannot be read, or has no struct GTcls with a matrix Segmentation.
    """
    from scipy.io import loadmat  # type: ignore[import-untyped]

    try:
        ids = np.asarray(loadmat(io.BytesIO(data), variable_names=["GTcls"])["GTcls"])
        ids = np.asarray(ids["Segmentation"].ravel()[0])
    except Exception:  # the reader raises anything at bytes that are not what they seem
        raise _broken(path, len(data)) from None
    if ids.ndim != 2 or ids.dtype.kind not in "uif":
        raise _broken(path, len(data))
    return ids


def _broken(path: Path, size: int) -> DatasetError:
    return DatasetError(
        f"The file {shown(path, 100)} cannot be decoded as a mask of SBD ({size:,} bytes); wanted "
        "a MATLAB file with the struct GTcls and its field Segmentation: fetch it again."
    )
