"""Where an experiment stands: the state of its runs, what failed, what could not be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.figures._runs import standing
from workbench.figures.catalogue import STATES
from workbench.html_report._parts import Part, Section, Text, percent, table

if TYPE_CHECKING:
    from workbench.store import Run


def state(runs: Sequence[Run]) -> Section:
    """Return the runs with their states; first of all, what is missing or failed."""
    statuses = {run.id: run.status for run in runs}
    counted: Counter[str] = Counter(statuses[run.id].state for run in runs if run.listed)
    parts: list[Part] = []
    listed = sum(counted.values())
    if counted["done"] < listed:
        others = ", ".join(f"{counted[s]} {s}" for s in STATES if counted[s])
        sentence = f"This experiment is not complete: of {listed} runs, {others}."
        parts.append(Text(f"{sentence} All figures show what is published so far.", "warning"))
    elif listed:
        parts.append(Text(f"All {listed} runs are done."))
    else:
        parts.append(Text("This experiment lists no run that can be read.", "warning"))
    parts += [
        Text(f"{run.id} {standing(run, statuses[run.id])}: {statuses[run.id].message}", "warning")
        for run in runs
        if statuses[run.id].message
    ]
    rows = []
    for run in runs:
        cycles = run.cycles
        last = cycles[-1].metrics if cycles else None
        total = run.experiment.config.budget.cycles
        rows.append(
            (
                run.method.name,
                run.seed,
                standing(run, statuses[run.id]),
                f"{len(cycles)} of {total}",
                last.labelled_units if last else None,
                percent(last.miou) if last else None,
            )
        )
    headers = ("Method", "Seed", "State", "Cycles", "Labelled units", "mIoU in %")
    parts.append(
        table("Runs, as they stand at their last cycle", headers, rows, numbers=(1, 3, 4, 5))
    )
    return Section("runs", "Runs", tuple(parts))


def damaged(sentences: Sequence[str]) -> Section:
    """Return what could not be read and was left out."""
    if not sentences:
        return Section(
            "damaged", "Damaged records", (Text("Every record that was read is whole."),)
        )
    head = Text("These records could not be read. Everything above leaves them out.", "warning")
    rows = [(sentence,) for sentence in sentences]
    return Section("damaged", "Damaged records", (head, table("", ("What was found",), rows)))
