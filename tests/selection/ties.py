"""The order in which units of the same value are picked."""

import numpy as np

from workbench.selection._batch import Ties


def tie_order(unit_ids, seed):
    """Return rows in the order of ties of the generator that starts from a seed."""
    ids = np.asarray(unit_ids, dtype=np.int64)
    return np.argsort(Ties.drawn(ids, np.random.default_rng(seed)).keys())
