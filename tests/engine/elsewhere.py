"""What tests run in processes of their own: :func:`tests.processes.start` wants it importable."""

import os
import signal
from functools import partial
from pathlib import Path

from workbench.config import parse_config
from workbench.engine.experiment import run_experiment
from workbench.errors import StoreLockedError
from workbench.store import cycle_writer, selections


def run_killed(values: dict, store: Path, phase: str, cycle: int) -> None:
    """Run an experiment and die by ``kill -9`` in a phase of a cycle.

    Args:
        values: the experiment as its YAML file would give it.
        store: the store's folder, and that of the data.
        phase: of a progress event; or "write" or "select": the cycle's folder, or that of its
            selection, has its name already, its manifest is not there yet; or "pick" or "label":
            before the selection, or its labels, are published.
        cycle: the cycle's number.
    """

    def die(event):
        if event["event"] == "progress" and (event["phase"], event["cycle"]) == (phase, cycle):
            os.kill(os.getpid(), signal.SIGKILL)

    {
        "write": partial(_die_between, cycle_writer, cycle),
        "select": partial(_die_between, selections, cycle),
        "pick": partial(_die_before, "publish", cycle),
        "label": partial(_die_before, "publish_labels", cycle),
    }.get(phase, lambda: None)()
    run_experiment(parse_config(values), store, store, on_event=die)


def _die_between(module, cycle):
    """Let the folder of a cycle get its name, and die before its manifest."""
    plain = module.publish_folder

    def publish(aside, path, *manifest):
        if path.name == f"{cycle:04d}":
            (aside / "torn").write_bytes(b"half a rec")
            aside.rename(path)
            os.kill(os.getpid(), signal.SIGKILL)
        plain(aside, path, *manifest)

    module.publish_folder = publish


def _die_before(name, cycle):
    plain = getattr(selections, name)

    def publish(folder, *rest):
        if folder.name == f"{cycle:04d}":
            os.kill(os.getpid(), signal.SIGKILL)
        plain(folder, *rest)

    setattr(selections, name, publish)


def run_refused(values: dict, store: Path, answer: Path) -> None:
    """Run an experiment whose lock somebody else holds; write down the sentence."""
    try:
        run_experiment(parse_config(values), store, store)
    except StoreLockedError as error:
        answer.write_text(str(error))
