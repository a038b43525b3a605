"""Arrays as data URLs that a browser decodes by itself."""

from __future__ import annotations

import base64
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

COLORMAPS = {
    "viridis": cv2.COLORMAP_VIRIDIS,
    "inferno": cv2.COLORMAP_INFERNO,
    "cividis": cv2.COLORMAP_CIVIDIS,
}
"""Perceptually even colour maps, by name."""

_LOSSLESS = 101
"""OpenCV writes lossless WebP above a quality of 100."""


def photo(image: npt.NDArray[np.uint8], quality: int = 80) -> str:
    """Return an RGB image (H, W, 3) as a WebP data URL, quality 1–100."""
    return _url(cv2.cvtColor(image, cv2.COLOR_RGB2BGR), "webp", cv2.IMWRITE_WEBP_QUALITY, quality)


def codes(values: npt.NDArray[np.uint8], *, small: bool = False) -> str:
    """Return whole numbers (H, W) as a grey image that keeps every bit.

    Args:
        values: 8-bit codes.
        small: also try lossless WebP and take the smaller: a third less, ten times as slow.
    """
    png = _url(values, "png", cv2.IMWRITE_PNG_COMPRESSION, 6)
    if not small:
        return png
    grey = cv2.cvtColor(values, cv2.COLOR_GRAY2BGR)
    return min(png, _url(grey, "webp", cv2.IMWRITE_WEBP_QUALITY, _LOSSLESS), key=len)


def colormap(name: str) -> str:
    """Return a colour map's 256 RGB colours as base64."""
    ramp = np.arange(256, dtype=np.uint8).reshape(1, 256)
    colours = cv2.applyColorMap(ramp, COLORMAPS[name])[0, :, ::-1]
    return base64.b64encode(np.ascontiguousarray(colours).tobytes()).decode()


def diverging() -> str:
    """Return 256 RGB colours for values around zero as base64: blue below, vermillion above.

    Both arms fall evenly in lightness from near white in the middle (CIE L* 97 to 35), so that
    equal distances from zero look equally far; blue and vermillion stay apart under the common
    colour-vision deficiencies.
    """
    away = np.linspace(-1, 1, 256, dtype=np.float32)
    share = np.abs(away)[:, None]
    arms = np.where(away[:, None] < 0, _BLUE_ARM, _VERMILLION_ARM).astype(np.float32)
    chroma = arms * share**0.75  # rises early, or small differences would look grey
    lab = np.concatenate([97 - 62 * share, chroma], 1).astype(np.float32)
    rgb = cv2.cvtColor(lab[None], cv2.COLOR_Lab2RGB)[0]
    colours = np.rint(255 * np.clip(rgb, 0, 1)).astype(np.uint8)
    return base64.b64encode(np.ascontiguousarray(colours).tobytes()).decode()


_BLUE_ARM = (0.0, -48.0)
_VERMILLION_ARM = (48.0, 44.0)
"""CIE a*, b* at the ends."""


def _url(pixels: npt.NDArray[Any], kind: str, setting: int, value: int) -> str:
    _, data = cv2.imencode(f".{kind}", pixels, [setting, value])
    return f"data:image/{kind};base64,{base64.b64encode(data.tobytes()).decode()}"
