"""Minimal training loops, written by hand in plain torch: what each learner's step is held against.

A loop has the networks, passes, losses and optimisers of its learner and nothing else: no settings,
checks, checkpoints, notes, augmentation, or arrangements for void pixels beyond what the loss says.
The data are in memory, in batches of one size. Each loop is a generator that takes one step and
yields its losses as numbers, as a loop does that prints them.
"""

from collections.abc import Callable, Iterator, Mapping

from benchmarks.loops.adversarial import s4gan, vaal
from benchmarks.loops.data import Data, Losses
from benchmarks.loops.labelled import bootstrap, pseudo_labels, self_consistency, supervised
from benchmarks.loops.u2pl import u2pl

LOOPS: Mapping[str, Callable[[Data], Iterator[Losses]]] = {
    "supervised": supervised,
    "self_consistency": self_consistency,
    "pseudo_labels": pseudo_labels,
    "bootstrap": bootstrap,
    "s4gan": s4gan,
    "vaal": vaal,
    "u2pl": u2pl,
}

__all__ = ["LOOPS", "Data", "Losses"]
