"""``rescan``: adds scores to finished cycles, computed with their stored weights."""

from __future__ import annotations

from typing import Annotated

import typer

from workbench.cli._console import print_lines
from workbench.cli._options import DEFAULT_STORE, StoreOption


def rescan(
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN", help="The id of a run, as in `workbench show`.", show_default=False
        ),
    ],
    scores: Annotated[
        list[str],
        typer.Option(
            "--scores",
            metavar="SCORE",
            help="A score, e.g. margin or mutual_information@mc_dropout; repeatable.",
            show_default=False,
        ),
    ],
    cycles: Annotated[
        list[int] | None,
        typer.Option("--cycle", help="A cycle; repeatable. Default: all published cycles."),
    ] = None,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Add scores to finished cycles from their weights, without training again."""
    from workbench.cli._progress import showing
    from workbench.engine.rescan import rescan as scan_again

    with showing(len(cycles or ())) as show:
        added = scan_again(store, run, scores, cycles or None, show)
    if added:
        print_lines(f"{', '.join(scores)}: added to cycle {', '.join(map(str, added))} of {run}.")
    else:
        print_lines(f"Every cycle of {run} holds {', '.join(scores)} already.")
