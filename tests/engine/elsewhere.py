"""What tests run in processes of their own: :func:`tests.processes.start` wants it importable."""

import os
import signal
from pathlib import Path

from workbench.config import parse_config
from workbench.engine.experiment import run_experiment
from workbench.errors import StoreLockedError
from workbench.store import cycle_writer


def run_killed(values: dict, store: Path, phase: str, cycle: int) -> None:
    """Run an experiment and die by ``kill -9`` in a phase of a cycle.

    Args:
        values: the experiment as its YAML file would give it.
        store: the store's folder, and that of the data.
        phase: of a progress event, or "write": a cycle's folder has its name already, its
            manifest is not there yet.
        cycle: the cycle's number.
    """

    def die(event):
        if event["event"] == "progress" and (event["phase"], event["cycle"]) == (phase, cycle):
            os.kill(os.getpid(), signal.SIGKILL)

    plain = cycle_writer.publish_folder

    def publish(aside, path, manifest):
        if phase == "write" and manifest["number"] == cycle:
            (aside / "torn").write_bytes(b"half a rec")
            aside.rename(path)
            os.kill(os.getpid(), signal.SIGKILL)
        plain(aside, path, manifest)

    cycle_writer.publish_folder = publish
    run_experiment(parse_config(values), store, store, on_event=die)


def run_refused(values: dict, store: Path, answer: Path) -> None:
    """Run an experiment whose lock somebody else holds; write down the sentence."""
    try:
        run_experiment(parse_config(values), store, store)
    except StoreLockedError as error:
        answer.write_text(str(error))
