"""One self-contained HTML report on an experiment: figures, tables, setting, what is missing.

Making it loads no torch; opening it asks no other machine for anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.store import damage, files

if TYPE_CHECKING:
    from workbench.html_report._parts import Section
    from workbench.store import ExperimentRecord, Run


def write_report(record: ExperimentRecord, out: Path) -> None:
    """Write the report of an experiment, finished or not, and replace a file of that name.

    Args:
        record: the experiment.
        out: the file; it is written aside and renamed. Its folder is made if it is not there.

    Raises:
        StoreError: if writing fails.
    """
    data = report_html(record).encode(errors="backslashreplace")
    files.make_folder(out.parent, "--out")
    files.write_bytes(out, data, option="--out")


def report_html(record: ExperimentRecord) -> str:
    """Return the report of an experiment as HTML.

    What is damaged in the store is named in it and left out, without a warning.
    """
    from workbench.html_report._page import Page, rendered
    from workbench.html_report._standing import damaged

    with damage.collected() as sentences:
        runs = record.runs()
        sections = _sections(record, runs)
    return rendered(
        Page(
            record.name,
            record.config.description,
            _facts(record),
            record.config.scaled.sentence if record.config.scaled else "",
            [*sections, damaged(sentences)],
        )
    )


def _facts(record: ExperimentRecord) -> list[tuple[str, str]]:
    now = _time(datetime.now(UTC).timestamp())
    return [
        ("Experiment", record.id),
        ("Created", _time(record.created)),
        ("Report made", f"{now} by al-workbench {version('al-workbench')}"),
    ]


def _sections(record: ExperimentRecord, runs: Sequence[Run]) -> list[Section]:
    from workbench.html_report import (
        _deviations,
        _gallery,
        _queries,
        _results,
        _setting,
        _standing,
        _statistics,
    )

    return [
        _standing.state(runs),
        _results.results(runs),
        _statistics.statistics(runs),
        _results.classes(runs),
        _queries.queries(runs),
        _gallery.picks(runs),
        _queries.distributions(runs),
        _deviations.deviations(record),
        _setting.setting(record, runs),
    ]


def _time(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
