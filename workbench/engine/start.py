"""What a cycle 0 starts from: the initial units, and with ``middle_of`` the training in the middle.

Chen et al. (IV-B) train ten networks, two on each of five random sets, and start every method from
the one whose mIoU lies in the middle of their range.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.engine.observation import train
from workbench.pool import PoolState, middle
from workbench.seeding import seed_of

if TYPE_CHECKING:
    from workbench.engine.events import Progress
    from workbench.engine.method import PlannedMethod
    from workbench.engine.setting import Setting
    from workbench.store.writer import ExperimentWriter


@dataclass(frozen=True)
class Beginning:
    """What a cycle 0 is trained on, and with which seed.

    Attributes:
        pool: with the initial units labelled.
        seed: of the training; that of the run, but for a repeated training.
        extras: how they were chosen, for the record of the cycle; empty where one set was drawn.
    """

    pool: PoolState
    seed: int
    extras: dict[str, Any]


def beginning(
    setting: Setting,
    experiment: ExperimentWriter,
    methods: tuple[PlannedMethod, ...],
    key: str,
    seed: int,
    progress: Progress,
) -> Beginning:
    """Draw what is labelled before a cycle 0; of several sets, train on each and take the middle.

    With ``share_across_seeds`` the choice is made once, by seed 0, for all seeds.

    Args:
        setting: data, plan and compute.
        experiment: remembers the choice; the caller holds the lock of this cycle 0.
        methods: that share the cycle 0.
        key: of the cycle 0.
        seed: of the runs.
        progress: is called at every step of every training.

    Raises:
        WaitingError: if the labels of the initial units are not there yet.
    """
    initial = setting.plan.config.initial
    if initial.rule != "middle_of":
        return Beginning(setting.initial_pools(seed, methods[0])[0], seed, {})
    drawn_for = 0 if initial.share_across_seeds else seed
    choice_key = setting.plan.choice_key(methods[0], seed)
    lock = nullcontext() if choice_key == key else experiment.shared_lock(choice_key, _wait)
    with lock:
        choice = experiment.choice(choice_key)
        if choice is None:
            choice = _choose(setting, methods, drawn_for, progress)
            experiment.write_choice(choice_key, choice)
    pool = setting.initial_pools(seed, methods[0])[choice["set"]]
    return Beginning(pool, repeated(seed, choice["repeat"]), {"initial": choice})


def repeated(seed: int, repeat: int) -> int:
    """Return the seed of a run's first training, or of a repetition of it."""
    return seed_of(seed, 0, "repeat", repeat) if repeat else seed


def _choose(
    setting: Setting, methods: tuple[PlannedMethod, ...], seed: int, progress: Progress
) -> dict[str, Any]:
    """Train on every set as often as is asked and return the training in the middle."""
    initial, measured = setting.plan.config.initial, []
    for number, pool in enumerate(setting.initial_pools(seed, methods[0])):
        for repeat in range(initial.repeats):
            name = f"set {number + 1}, training {repeat + 1} of the initial units of seed {seed}"
            made = train(setting, methods, pool, repeated(seed, repeat), 0, progress, name)
            measured.append(next(iter(made.measured.values())).values["miou"])
    chosen, repeat = divmod(middle(measured), initial.repeats)
    return {"set": chosen, "repeat": repeat, "miou": measured}


def _wait(_: str) -> None:
    """Another process chooses for the same seeds; its choice is taken."""
