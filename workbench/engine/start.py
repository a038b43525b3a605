"""Chooses what a cycle 0 is trained on: the initial units, with ``middle_of`` one of several sets.

Chen et al. (IV-B) train ten networks, two on each of five random sets, and start every method from
the network whose mIoU lies in the middle of their range.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.engine.observation import CycleTraining, Validation, fit
from workbench.pool import PoolState, middle
from workbench.seeding import seed_of

if TYPE_CHECKING:
    from workbench.engine.events import Progress
    from workbench.engine.method import PlannedMethod
    from workbench.engine.setting import Setting
    from workbench.store.writer import ExperimentWriter


@dataclass(frozen=True)
class InitialChoice:
    """What a cycle 0 is trained on, and with which seed.

    Attributes:
        pool: with the initial units labelled.
        seed: the seed of the training; the seed of the run unless the training is a repetition.
        extras: how the units were chosen, for the record of the cycle; empty where one set was
            drawn.
    """

    pool: PoolState
    seed: int
    extras: dict[str, Any]


def choose_initial(
    setting: Setting,
    experiment: ExperimentWriter,
    methods: tuple[PlannedMethod, ...],
    key: str,
    seed: int,
    progress: Progress,
) -> InitialChoice:
    """Draw the units that are labelled before a cycle 0.

    With ``middle_of`` several sets are drawn, networks are trained on each, and the set and the
    training in the middle of the range of mIoU are returned. With ``share_across_seeds`` the choice
    is made once, with seed 0, for all seeds.

    Args:
        setting: data, plan and compute.
        experiment: stores the choice; the caller holds the lock of this cycle 0.
        methods: the methods that share the cycle 0.
        key: the cycle-0 key.
        seed: the seed of the runs.
        progress: is called at every step of every training.

    Raises:
        WaitingError: if labels of the initial units are not available yet.
    """
    if setting.plan.config.initial.rule != "middle_of":
        return InitialChoice(setting.initial_pools(seed, methods[0])[0], seed, {})
    choice_key = setting.plan.choice_key(methods[0], seed)
    lock = nullcontext() if choice_key == key else experiment.shared_lock(choice_key, _wait)
    with lock:
        choice = experiment.choice(choice_key)
        if choice is None:
            choice = _choose(setting, methods, setting.plan.choosing_seed(seed), progress)
            experiment.write_choice(choice_key, choice)
    pool = setting.initial_pools(seed, methods[0])[choice["set"]]
    return InitialChoice(pool, repeat_seed(seed, choice["repeat"]), {"initial": choice})


def repeat_seed(seed: int, repeat: int) -> int:
    """Return the seed of the training of a cycle 0: of the first one, or of a repetition.

    Args:
        seed: the seed of the run.
        repeat: 0 for the first training, else the number of the repetition.
    """
    return seed_of(seed, 0, "repeat", repeat) if repeat else seed


def _choose(
    setting: Setting, methods: tuple[PlannedMethod, ...], seed: int, progress: Progress
) -> dict[str, Any]:
    """Train ``initial.repeats`` networks on every set and return the training in the middle."""
    initial, measured = setting.plan.config.initial, []
    validation = Validation(setting, progress)
    for number, pool in enumerate(setting.initial_pools(seed, methods[0])):
        for repeat in range(initial.repeats):
            name = f"set {number + 1}, training {repeat + 1} of the initial units of seed {seed}"
            trained = fit(
                CycleTraining(setting, methods, pool, repeat_seed(seed, repeat), 0, progress, name)
            )
            found = trained.validation  # never by a split that is reported alone
            measured.append((found or validation(trained.scan_model)).miou)
    chosen, repeat = divmod(middle(measured), initial.repeats)
    return {"set": chosen, "repeat": repeat, "miou": measured}


def _wait(_: str) -> None:
    """Wait for the lock without a message: the process that holds it makes the same choice."""
