"""``datasets redundancy``: measures how much of a pool repeats the rest."""

from __future__ import annotations

from typing import Annotated

import typer

from workbench.cli._catalogue import file_counter, settings
from workbench.cli._console import percent, print_lines, print_table
from workbench.cli._options import DEFAULT_DATA, DataOption, DatasetName, DatasetSettings


def redundancy(
    name: DatasetName,
    data: DataOption = DEFAULT_DATA,
    option: DatasetSettings = None,
    pool: Annotated[
        list[str] | None,
        typer.Option(
            "--pool",
            metavar="SCHEME",
            help="A pool, e.g. video:consecutive=11; may be repeated. Default: full.",
        ),
    ] = None,
    model: Annotated[
        str,
        typer.Option(
            help="The network that embeds the images: its initial weights, or those it names."
        ),
    ] = "tiny",
) -> None:
    """Measure how redundant pools of a dataset are: by a network, and by sequences."""
    from workbench.engine.redundancy import pool_redundancy

    spec = {"name": name, **settings(option or [])}
    with file_counter("embedding") as count:
        found = pool_redundancy(spec, data, pool or ["full"], model, count)
    headers = ("pool", "images", "distinct", "redundancy", "following")
    rows = [
        (
            one.pool,
            one.images,
            f"{one.distinct:.1f}",
            percent(one.index),
            percent(one.following),
        )
        for one in found
    ]
    print_table(headers, rows, numbers=headers[1:])
    print_lines(
        "",
        f"distinct: effective number of distinct images, by {found[0].network}; redundancy: "
        "1 − distinct / images.",
        "following: share of images that follow another one of the pool in their sequence.",
        "docs/pools.md has the formulas, and what they cannot see.",
    )
