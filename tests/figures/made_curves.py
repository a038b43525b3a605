"""Tables of what was measured, made up: as ``metrics_table`` gives them."""

import numpy as np
import pandas as pd


def measured(curves, nominal=None):
    """Return a table with the rows of some methods.

    Args:
        curves: method ► (seeds, cycles) mIoU, 0–1; NaN is left out.
        nominal: (cycles,) shares of the pool's images; 10 % a cycle if left out.
    """
    rows = []
    for method, given in curves.items():
        values = np.asarray(given, dtype=float)
        shares = 0.1 * np.arange(1, values.shape[1] + 1) if nominal is None else nominal
        for seed, cycle in zip(*np.nonzero(np.isfinite(values)), strict=True):
            row = {"experiment": "made", "method": method, "seed": seed, "cycle": cycle}
            row |= {"pool_share": shares[cycle], "nominal_share": shares[cycle]}
            rows.append(row | {"miou": values[seed, cycle]})
    return pd.DataFrame(rows)
