"""``whatif``: prints what another method would have chosen in a finished cycle."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli._console import percent, print_lines, print_table
from workbench.cli._options import DEFAULT_STORE, StoreOption
from workbench.cli._store import find_run, require_outside

if TYPE_CHECKING:
    from workbench.what_if import Change, WhatIf


def whatif(  # noqa: PLR0913, PLR0917 - one per option
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN", help="The id of a run, or the start of one.", show_default=False
        ),
    ],
    cycle: Annotated[
        int,
        typer.Argument(
            metavar="CYCLE", min=0, max=9999, help="A finished cycle.", show_default=False
        ),
    ],
    score: Annotated[
        str | None, typer.Option("--score", help="A score that the cycle holds, e.g. entropy.")
    ] = None,
    aggregation: Annotated[
        str | None, typer.Option("--aggregation", help="e.g. mean, count_above:0.693.")
    ] = None,
    units: Annotated[str | None, typer.Option("--units", help="e.g. image, grid:4x4.")] = None,
    selector: Annotated[
        str | None, typer.Option("--selector", help="e.g. top_k, k_center:metric=cosine.")
    ] = None,
    k: Annotated[
        int | None,
        typer.Option("--k", min=0, help="Units to pick; default: those of one query's budget."),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option("--seed", help="Seed of the selector's draws; default: that of the run."),
    ] = None,
    pool_filter: Annotated[
        str | None,
        typer.Option("--pool-filter", help="e.g. every_nth_frame:5; none: all units."),
    ] = None,
    costs: Annotated[
        str | None,
        typer.Option("--costs", help="What a unit costs: uniform, area, boundary or predicted."),
    ] = None,
    csv: Annotated[
        Path | None,
        typer.Option("--csv", dir_okay=False, help="CSV file to write the picked units to."),
    ] = None,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Choose again in a finished cycle, from the cache; options default to those of the run."""
    from workbench.store import open_store
    from workbench.store.files import make_folder, write_bytes
    from workbench.what_if import whatif as choose

    if csv is not None:
        require_outside(csv, store)
    stored = find_run(open_store(store), run).cycle(cycle)
    found = choose(stored, score, aggregation, units, selector, k, seed, pool_filter, costs)
    _print_picks(found)
    print_lines("")
    _print_change(found.change)
    print_lines(*(f"Approximate: {sentence}" for sentence in found.approximate))
    print_lines(*(f"Note: {sentence}" for sentence in found.notes))
    if csv is not None:
        make_folder(csv.parent)
        write_bytes(csv, found.selection.to_csv(index=False).encode())
        print_lines(f"{csv} ({len(found)} units)")


def _print_picks(found: WhatIf) -> None:
    headers = ("picked as", "unit", "image", "y0", "x0", "y1", "x1", "score")
    columns = ["rank", "unit_id", "image_id", "y0", "x0", "y1", "x1", "score"]
    rows = [
        (rank + 1, *place, None if math.isnan(score) else f"{score:.6g}")
        for rank, *place, score in found.selection[columns].itertuples(index=False)
    ]
    query = found.query
    ranked = f" by {query.ranked_by}" if query.ranked_by else ""
    title = f"{query.selector}{ranked}, units {query.units}, cycle {query.cycle} of {query.run}"
    print_table(headers, rows, title=title, numbers=("picked as", *headers[3:]))


def _print_change(change: Change) -> None:
    chosen, made = change.chosen, change.made
    rows = [
        ("units", chosen.units, made.units),
        ("pixels", chosen.pixels, made.pixels),
        ("classes met", percent(chosen.class_coverage), percent(made.class_coverage)),
        ("class entropy (nats)", _number(chosen.class_entropy), _number(made.class_entropy)),
        ("clusters met", percent(chosen.cluster_coverage), percent(made.cluster_coverage)),
    ]
    headers = ("query", "what if", "made")
    print_table(headers, rows, title="Against the query that was made", numbers=headers[1:])
    print_lines("")
    shared = [
        (f"overlap in {change.counted_in}", percent(change.overlap)),
        (f"Jaccard in {change.counted_in}", percent(change.jaccard)),
        ("Kendall's τ of the unit scores", _number(change.rank_correlation)),
    ]
    print_table(("both", "share"), shared, numbers=("share",))


def _number(value: float) -> str | None:
    return None if math.isnan(value) else f"{value:.3f}"
