"""``repair``: brings the runs of a store back to their last whole prefix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli._console import print_lines, print_table
from workbench.cli._options import DEFAULT_STORE, StoreOption

if TYPE_CHECKING:
    from workbench.store.repair import Repair


def repair(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[EXPERIMENT|RUN]",
            help="An id as in `workbench list`, or the start of one; default: the whole store.",
            show_default=False,
        ),
    ] = None,
    store: StoreOption = DEFAULT_STORE,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be done and change nothing.")
    ] = False,
) -> None:
    """Set aside what is damaged in a store, and what rests on it; nothing is deleted."""
    from workbench.store.examination import words
    from workbench.store.repair import repair as carry_out

    done = carry_out(store, name, dry_run=dry_run)
    if not done.damages and not done.written:
        print_lines(f"Nothing is damaged in {name or store}.")
        return
    rows = [(one.path.relative_to(store), one.found) for one in done.damages]
    print_table(("damaged", "found"), rows, prose=("found",))
    _print_moves(done, dry_run=dry_run)
    again = [(run, words(cycles)) for run, cycles in done.again.items()]
    if again:
        print_lines("")
        print_table(("the same `workbench run` trains again", "cycles"), again)


def _print_moves(done: Repair, *, dry_run: bool) -> None:
    if done.moved:
        print_lines("", f"{'To be set' if dry_run else 'Set'} aside, in {done.folder}:")
        print_lines(*(f"  {path}" for path in done.moved))
    if done.written:
        print_lines("", f"{'To be written' if dry_run else 'Written'} again:")
        print_lines(*(f"  {path}" for path in done.written))
