"""The papers' protocols on CamVid, scaled to a laptop: paper and ours of docs/results.md.

::

    python -m benchmarks.papers --store STORE --data DIR [--jobs 2] [--seeds 3] [--write]

The same as ``workbench run PRESET --scale laptop`` and ``workbench compare PRESET --reported``,
written as tables. A second call with the same store goes on where the first one ended.
"""

from __future__ import annotations

import argparse
import math
import os
import platform
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import workbench as wb
from benchmarks.learners import PAGE
from workbench.engine.experiment import run_experiment
from workbench.figures import comparison
from workbench.figures._paper import beside_paper
from workbench.presets import load, paper_of
from workbench.store import ExperimentRecord

PRESETS = ("meal-camvid", "equal-camvid")
BEGIN, END = "<!-- benchmarks.papers begins -->", "<!-- benchmarks.papers ends -->"


def section(record: ExperimentRecord, preset: str) -> list[str]:
    """Return the lines on one experiment: what was changed, paper beside ours, verdicts."""
    scaled = record.config.scaled
    lines = [f"### `{preset} --scale laptop`, after {paper_of(preset)}", ""]
    if scaled is not None:
        lines += [scaled.sentence, "", *(f"- {_code(change)}" for change in scaled.changes), ""]
    lines += [*paper_table(record), ""]
    for budget in _budgets(record):
        found = comparison.read(record.runs(), at=budget, reported=True)
        about = f"mIoU at {found.budget}"
        lines += [f"- {sentence}" for sentence in found.sentences if about in sentence]
    return [*lines, "", *found.notes, ""]


def _code(change: str) -> str:
    path, _, values = change.partition(": ")
    return f"`{path}`: {values}"


def _budgets(record: ExperimentRecord) -> list[float | str]:
    """Return the budgets of the first and the last report point."""
    points = record.config.report.at
    return list(dict.fromkeys([points[0], points[-1]]))


def paper_table(record: ExperimentRecord) -> list[str]:
    """Return the table of paper and ours; fractions are in %."""
    lines = [
        "| table, row | column | at | paper | ours | seeds | ours − paper |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in beside_paper(record.runs()).of("miou").to_dict("records"):
        if math.isnan(row["ours"]):
            continue
        times = 100.0 if row["unit"] == "fraction" else 1.0
        cells = [
            f"{row['table']}, {row['row']}",
            row["column"],
            row["at"],
            _amount(row["value"], row["spread"], times),
            _amount(row["ours"], row["sd"], times),
            str(row["seeds"]),
            "–" if math.isnan(row["difference"]) else f"{times * row['difference']:+.1f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _amount(value: float, spread: float, times: float) -> str:
    if math.isnan(value):
        return "unresolved"
    return f"{times * value:.1f}" + ("" if math.isnan(spread) else f" ± {times * spread:.1f}")


def machine() -> str:
    """Return what it ran on, in words."""
    info = Path("/proc/cpuinfo")
    names = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    named = [line.partition(":")[2].strip() for line in names if line.startswith("model name")]
    return f"{os.cpu_count()} cores of {named[0] if named else platform.processor()}"


def report(store: Path, data: Path, jobs: int, seeds: int) -> Iterator[str]:
    """Run what is left of the experiments and return the lines of the page."""
    for preset in PRESETS:
        config = load(preset, [f"seeds={list(range(seeds))}"], "laptop")
        identity = run_experiment(config, store, data, jobs, _print)
        yield from section(wb.open_store(store).experiment(identity), preset)
    yield f"{seeds} seeds (0 to {seeds - 1}), on {machine()}, without a GPU. mIoU in %; ± is the"
    yield "standard deviation over the seeds."


def _print(event: Mapping[str, Any]) -> None:
    if event["event"] == "cycle":
        print(f"{event['run']} cycle {event['cycle']}: {100 * event['miou']:.1f} %", flush=True)


def main() -> None:
    """Run the experiments, print the tables, write them into the page if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", type=Path, required=True, help="kept, to go on later")
    parser.add_argument("--data", type=Path, required=True, help="folder that holds camvid/")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="replace the tables in the page")
    given = parser.parse_args()
    text = "\n".join(report(given.store, given.data, given.jobs, given.seeds))
    print(text)
    if given.write:
        page = PAGE.read_text(encoding="utf-8")
        before, rest = page.split(BEGIN)
        changed = f"{before}{BEGIN}\n{text}\n{END}{rest.split(END)[1]}"
        PAGE.write_text(changed, encoding="utf-8")


if __name__ == "__main__":
    main()
