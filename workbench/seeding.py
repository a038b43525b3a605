"""Random numbers: made here, passed on as an argument, never global.

A stream is named by the run's seed, the cycle and what it is for, so that adding a use of
randomness to one step never shifts the numbers of another (see ``docs/decisions/seeds.md``).
"""

import hashlib

import numpy as np


def seed_of(seed: int, *names: int | str) -> int:
    """Derive an independent 63-bit seed from a base seed and a path of names.

    Args:
        seed: the run's seed.
        names: e.g. the cycle's number and a purpose. The same names give the same seed on every
            machine, in every process and under every hash seed.
    """
    text = "/".join([str(int(seed)), *map(str, names)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def generator(seed: int, cycle: int, purpose: str) -> np.random.Generator:
    """Make the generator of one purpose in one cycle, e.g. ``generator(3, 1, "selection")``."""
    return np.random.default_rng(seed_of(seed, cycle, purpose))
