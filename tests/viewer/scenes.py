"""A scene whose every value is known by heart."""

import numpy as np
import pandas as pd

from workbench.types import IGNORE
from workbench.viewer import Scene

WIDTH, HEIGHT = 64, 48


def ramp_scene(**changes) -> Scene:
    """Scores grow from left to right, code = 4 · x; four units; the sky is void."""
    x = np.tile(np.arange(WIDTH, dtype=np.uint8), (HEIGHT, 1))
    rows = []
    for local, state in enumerate(("selected", "labelled", "unlabelled", "unlabelled")):
        y0, x0 = local // 2 * 24, local % 2 * 32
        rows.append(
            {
                **{"unit_id": 70_000_000 + local, "y0": y0, "x0": x0},
                **{"y1": y0 + 24, "x1": x0 + 32, "state": state},
                "rank": 2 if state == "selected" else -1,
                "score": float("nan") if state == "labelled" else 0.25 * local,
            }
        )
    truth = np.where(x < 32, 0, 1).astype(np.uint8)
    truth[:8] = IGNORE
    values = {
        **{"table": pd.DataFrame(rows), "title": "entropy, seed 0, cycle 1"},
        **{"image_id": "ramp", "score": "entropy", "aggregation": "mean"},
        **{"low": 0.0, "high": 2.0, "unit": "nats"},
        **{"codes": 4 * x, "codes_low": 0.0, "codes_high": 1.0},
        **{"prediction": np.zeros_like(x), "image": np.full((HEIGHT, WIDTH, 3), 200, np.uint8)},
        **{"truth": truth, "size": (HEIGHT, WIDTH)},
        **{"classes": ("road", "tree"), "palette": ((128, 64, 128), (107, 142, 35))},
    }
    return Scene(**{**values, **changes})


def street_scene(height: int, width: int, *, noise: float = 0.02) -> Scene:
    """A scene as hard to compress as a real one: texture, borders, noise in the last bits."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:height, 0:width]
    classes = ((y // 40 + x // 60) % 9).astype(np.uint8)
    near = np.minimum(np.abs(y % 40 - 20), np.abs(x % 60 - 30))
    doubt = np.exp(-near / 5) + rng.gamma(2, noise, (height, width))
    codes = (np.clip(doubt, 0, 1) * 255).astype(np.uint8)
    image = np.stack([(y + 40 * c) % 256 for c in range(3)], -1) + rng.normal(
        0, 6, (height, width, 3)
    )
    return ramp_scene(
        codes=codes,
        prediction=classes,
        truth=np.roll(classes, 2, 1),
        image=np.clip(image, 0, 255).astype(np.uint8),
        size=(height, width),
        classes=tuple(f"class {i}" for i in range(9)),
        palette=tuple((20 * i, 255 - 20 * i, 128) for i in range(9)),
    )
