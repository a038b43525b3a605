"""The order in which units of the same value are picked."""

import numpy as np

from workbench.selection._batch import tie_keys


def tie_order(unit_ids, seed):
    """Return rows in the order of ties of the generator that starts from a seed."""
    return np.argsort(tie_keys(np.asarray(unit_ids, dtype=np.int64), np.random.default_rng(seed)))
