"""Shows the progress of an experiment: bars on a terminal, lines of text everywhere else.

The views read the events of ``workbench.engine.events`` and ignore events of other kinds.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from workbench.cli._console import console, percent
from workbench.cli._streams import discard
from workbench.printable import printable

Event = dict[str, Any]
Show = Callable[[Event], None]

QUIET_SECONDS = 10.0
"""The plain view prints a progress event once this many seconds passed since its last line."""


class Tally:
    """Counts finished cycles and references, including those finished before a resume."""

    def __init__(self) -> None:
        self._finished: dict[str, int] = {}

    @property
    def finished(self) -> int:
        """Cycles and references finished so far."""
        return sum(self._finished.values())

    def count(self, event: Event) -> None:
        """Update the count from an event."""
        kind = event.get("event")
        if kind == "experiment":
            done = event.get("finished", ())
            runs = [run for run in event.get("runs", ()) if run["run"] in done]
            self._finished |= {title(run): int(event["cycles"]) for run in runs}
            self._finished |= {title(one): 1 for one in _references(event) if one["done"]}
        if kind == "reference":
            self._finished[title(event)] = 1
        if "method" not in event or kind not in {"run", "cycle", "done"}:
            return
        cycle = int(event.get("cycle") or 0)
        finished = {
            "run": cycle,
            "cycle": cycle + 1,
            "done": int(event.get("cycles") or cycle + 1),
        }[kind]
        key = title(event)
        self._finished[key] = max(self._finished.get(key, 0), finished)


def title(event: Event) -> str:
    """Return a readable name of the run that an event belongs to."""
    method, seed = event.get("method"), event.get("seed")
    first = str(method) if method else "first model"
    return first if seed is None else f"{first}, seed {seed}"


def outcome(event: Event) -> str | None:
    """Return a line about the run or reference that an event ended; ``None`` if it ended none."""
    kind = event.get("event")
    if kind == "done":
        return f"{title(event)}: done"
    if kind == "reference":
        return f"{title(event)}: trained on the whole pool, {step_text(event)}"
    if kind in {"failed", "stopped"}:
        message = event.get("message")
        return f"{title(event)}: {kind}{f': {message}' if message else ''}"
    return None


def step_text(event: Event) -> str:
    """Return the state of a run or reference in words: cycle, phase, loss, mIoU."""
    parts = []
    if event.get("cycle") is not None:
        parts.append(f"cycle {event['cycle']}{_last(event)}")
    if event.get("phase"):
        parts.append(str(event["phase"]))
    if event.get("loss") is not None:
        parts.append(f"loss {event['loss']:.3f}")
    if event.get("miou") is not None:
        parts.append(f"mIoU {percent(event['miou'])}")
    return ", ".join(parts)


def decode_text(event: Event) -> str:
    """Return how far the decoding of a dataset is, or what it waits for."""
    if "total" not in event:
        return str(event.get("text"))
    return f"decoding the dataset once: {event['done']} of {event['total']} images"


def _last(event: Event) -> str:
    return f" (last: {event['cycles'] - 1})" if event.get("cycles") else ""


def _start_text(event: Event) -> str:
    runs, finished = len(event.get("runs", ())), len(event.get("finished", ()))
    text = f"experiment {event.get('id')}: {runs} runs{_already(finished)}"
    references = _references(event)
    if not references:
        return text
    trained = sum(one["done"] for one in references)
    return f"{text}; {len(references)} references{_already(trained)}"


def _already(finished: int) -> str:
    return f", {finished} of them finished already" if finished else ""


def _references(event: Event) -> Sequence[Event]:
    """Return the references of an experiment that starts."""
    found: Sequence[Event] = event.get("references", ())
    return found


class PlainView:
    """Prints a line for the start, every cycle, the end of a run, and now and then for a step.

    Args:
        write: prints a line.
        clock: returns seconds; monotonic.
    """

    def __init__(
        self, write: Callable[[str], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._write = write
        self._clock = clock
        self._printed = clock()

    def __call__(self, event: Event) -> None:
        """Print a line for an event of a start, a cycle or an end, or after ``QUIET_SECONDS``."""
        line = self._line(event)
        if line:
            self._write(line)
            self._printed = self._clock()

    def _line(self, event: Event) -> str | None:
        kind = event.get("event")
        if kind == "experiment":
            return _start_text(event)
        if kind == "decode":
            late = self._clock() - self._printed >= QUIET_SECONDS
            return decode_text(event) if late or event.get("done") == event.get("total") else None
        if kind == "cycle":
            units = event.get("labelled_units")
            labelled = f", {units} units labelled" if units is not None else ""
            return f"{title(event)}: {step_text(event)}{labelled}"
        if kind == "progress" and self._clock() - self._printed >= QUIET_SECONDS:
            return (
                f"{title(event)}: {step_text(event)}, {event.get('done')} of {event.get('total')}"
            )
        return outcome(event)


_DECODING: Event = {"method": "", "seed": "decoding"}
"""Stands for the decoding of a dataset among the runs that have a bar."""


class BarView:
    """Draws one bar per active run, and one for all runs.

    Args:
        progress: a started rich progress display.
        cycles: number of cycles of all runs together, and of references.
    """

    def __init__(self, progress: Progress, cycles: int) -> None:
        self._progress = progress
        self._tally = Tally()
        self._all = progress.add_task("all runs", total=cycles, text="cycles")
        self._bars: dict[str, TaskID] = {}

    def __call__(self, event: Event) -> None:
        """Update the bars from an event."""
        self._tally.count(event)
        self._progress.update(self._all, completed=self._tally.finished)
        line = outcome(event)
        if line:
            self._progress.console.print(Text(printable(line)))
            self._remove(event)
        elif event.get("event") == "progress":
            self._draw(event)
        elif event.get("event") == "decode":
            self._draw_decoding(event)
        elif event.get("event") == "experiment":
            self._remove(_DECODING)
            if _references(event):
                self._progress.update(self._all, text="cycles and references")

    def _draw(self, event: Event) -> None:
        key = title(event)
        if key not in self._bars:
            self._bars[key] = self._progress.add_task(printable(key), text="")
        self._progress.update(
            self._bars[key],
            completed=event.get("done"),
            total=event.get("total"),
            text=printable(step_text(event)),
        )

    def _draw_decoding(self, event: Event) -> None:
        key = title(_DECODING)
        if key not in self._bars:
            self._bars[key] = self._progress.add_task("decoding once", text="")
        self._progress.update(
            self._bars[key],
            completed=event.get("done"),
            total=event.get("total"),
            text=printable(event.get("text", "images")),
        )

    def _remove(self, event: Event) -> None:
        bar = self._bars.pop(title(event), None)
        if bar is not None:
            self._progress.remove_task(bar)


@contextmanager
def showing(cycles: int, out: Console | None = None) -> Iterator[Show]:
    """Yield a function that shows events: bars on a terminal, else lines.

    Where they can be shown no longer (a closed pipe or terminal), the run goes on without.

    Args:
        cycles: number of cycles of all runs together, and of references.
        out: the console to write to; stdout by default.
    """
    out = out or console()
    if not out.is_terminal:
        yield _until_closed(
            PlainView(lambda line: print(printable(line), file=out.file, flush=True))
        )
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("{task.fields[text]}", style="dim", markup=False),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=out) as progress:
        yield _until_closed(BarView(progress, cycles))


def _until_closed(show: Show) -> Show:
    def shown(event: Event) -> None:
        try:
            show(event)
        except OSError:
            discard(sys.stdout)

    return shown
