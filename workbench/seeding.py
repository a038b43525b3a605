"""Makes random generators, which are passed on as arguments; there is no global one.

A stream is named by the seed of the run, the cycle and its purpose, so that a new use of randomness
in one step never changes the numbers of another step (see ``docs/decisions/seeds.md``).
"""

import hashlib

import numpy as np


def seed_of(seed: int, *names: int | str) -> int:
    """Derive an independent 63-bit seed from a base seed and a path of names.

    Args:
        seed: the seed of the run.
        names: e.g. the number of the cycle and a purpose. The same names return the same seed on
            every machine, in every process and under every hash seed.
    """
    text = "/".join([str(int(seed)), *map(str, names)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def generator(seed: int, cycle: int, purpose: str) -> np.random.Generator:
    """Return the generator for one purpose in one cycle, e.g. ``generator(3, 1, "selection")``."""
    return np.random.default_rng(seed_of(seed, cycle, purpose))
