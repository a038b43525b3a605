"""``compare``: says which methods differ, by how much, and whether these seeds can tell."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli._beside_paper import paper_csv, print_paper
from workbench.cli._console import print_lines, print_table
from workbench.cli._normalised import normalised_csv, normalised_curves, print_normalised
from workbench.cli._options import DEFAULT_STORE, StoreOption
from workbench.cli._store import find_experiment, require_outside
from workbench.errors import ConfigError
from workbench.printable import byte_size

if TYPE_CHECKING:
    from workbench.figures._paper import BesidePaper
    from workbench.figures.comparison import Comparison
    from workbench.figures.learning_curve import LearningCurve
    from workbench.figures.win_matrix import WinMatrix
    from workbench.store import ExperimentRecord, Store


def compare(
    experiment: Annotated[
        str,
        typer.Argument(
            metavar="EXPERIMENT",
            help="An id as in `workbench list`, or the start of one.",
            show_default=False,
        ),
    ],
    methods: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[A B]", help="Two methods, A − B; left out: all of them.", show_default=False
        ),
    ] = None,
    metric: Annotated[
        str,
        typer.Option("--metric", help="What is compared, e.g. mean_dice, or iou:road of a class."),
    ] = "miou",
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            metavar="B",
            help="The budget, in its unit or in %, e.g. 12%; default: the last that all reached.",
        ),
    ] = None,
    reported: Annotated[
        bool,
        typer.Option("--reported", help="Compare the networks of report points."),
    ] = False,
    full: Annotated[
        str | None,
        typer.Option(
            "--full",
            metavar="NAME",
            help="The whole pool labelled, for ALC and shares of it: a reference of the "
            "experiment, or another experiment; default: its first reference.",
        ),
    ] = None,
    normalised: Annotated[
        bool,
        typer.Option(
            "--normalised",
            help="Print the curves too, from 0 % where a method starts to 100 % with the whole "
            "pool labelled; needs a reference or --full.",
        ),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", dir_okay=False, help="CSV file to write the differences to."),
    ] = None,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Compare methods over seeds and budgets, with tests, in words and tables."""
    from workbench.figures import comparison, win_matrix
    from workbench.figures._paper import beside_paper
    from workbench.store import open_store

    if methods and len(methods) != 2:
        count = "1 method" if len(methods) == 1 else f"{len(methods)} methods"
        raise ConfigError(f"compare got {count}; wanted two, or none to compare all.")
    if normalised and reported:
        raise ConfigError(
            "compare got --normalised and --reported; normalised are the curves of the cycles, so "
            "leave one of them out."
        )
    if out is not None:
        require_outside(out, store)
    opened = open_store(store)
    record = find_experiment(opened, experiment)
    known = _whole_pool(opened, record, full, metric) if full else {}
    whole = known.get(metric)
    pair = (methods[0], methods[1]) if methods else None
    runs = record.runs()
    found = comparison.read(runs, y=metric, at=at, pair=pair, reported=reported, full=whole)
    if found.at < 0:
        print_lines(f"Nothing has been measured in {record.id} yet that could be compared.")
        return
    curves = normalised_curves(runs, found, whole) if normalised else None
    _print_methods(found)
    print_lines("", *found.sentences)
    print_lines("", *found.savings, *found.notes)
    _print_wins(win_matrix.counted(found))
    if curves is not None:
        print_normalised(curves, found.order)
    paper = beside_paper(runs, known)
    print_paper(paper, record, metric, pair or ())
    if out is not None:
        _write(found, curves, paper, out)


def _whole_pool(
    opened: Store, record: ExperimentRecord, full: str, metric: str
) -> dict[str, float]:
    """Return what is known with the whole pool labelled: the metric, ``labelled_clicks``."""
    from workbench.figures import comparison
    from workbench.figures._references import whole_pool_clicks, whole_pool_of

    if full in [one.name for one in record.config.references]:
        found = whole_pool_of(record, metric, full)
        assert found is not None
        value, clicks = found.mean, whole_pool_clicks(record)
    else:
        other = find_experiment(opened, full)
        value = comparison.whole_pool(other, record, metric)
        clicks = comparison.clicks_of_all(other)
    return {metric: value} | ({} if clicks is None else {"labelled_clicks": clicks})


def _print_methods(found: Comparison) -> None:
    """Print what each method reached at the budget: each measure with its interval."""
    from workbench.figures._compared_rows import METHODS_TITLE, methods_rows

    headers, rows = methods_rows(found)
    print_table(headers, rows, title=METHODS_TITLE, numbers=headers[1:])


def _print_wins(matrix: WinMatrix) -> None:
    from workbench.figures._compared_rows import WINS_TITLE, wins_rows

    if len(matrix.methods) < 2:
        return
    print_lines("")
    headers = ("method", *matrix.methods)
    print_table(headers, wins_rows(matrix), title=WINS_TITLE, numbers=matrix.methods)


def _write(found: Comparison, curves: LearningCurve | None, paper: BesidePaper, out: Path) -> None:
    import pandas as pd

    from workbench.store.files import make_folder, write_bytes

    tables = [found.csv()]
    if curves is not None:
        tables.append(normalised_csv(curves))
    if len(paper.table):
        tables.append(paper_csv(paper))
    table = pd.concat(tables, ignore_index=True)
    make_folder(out.parent)
    text = table.to_csv(index=False, float_format="%.6g", lineterminator="\n")
    write_bytes(out, text.encode())
    print_lines(f"{out} ({byte_size(out.stat().st_size)})")
