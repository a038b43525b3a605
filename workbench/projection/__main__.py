"""Computes one projection into a store: ``python -m workbench.projection STORE RUN CYCLE METHOD``.

It is a separate process, because t-SNE and UMAP would block a web page for up to minutes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from workbench.cli._signals import watch
from workbench.errors import WorkbenchError
from workbench.projection import PROJECTIONS


def main(arguments: Sequence[str] | None = None) -> int:
    """Compute the projection that the command line names.

    Returns:
        0, or 2 after an error that the user can mend.
    """
    parser = argparse.ArgumentParser(
        prog="python -m workbench.projection",
        description="Project the embeddings of a cycle's pool to two dimensions.",
    )
    parser.add_argument("store", type=Path, help="the run store")
    parser.add_argument("run", help="<experiment id>/<method>-s<seed>")
    parser.add_argument("cycle", type=int, help="number of a published cycle")
    parser.add_argument("method", help=f"one of {', '.join(PROJECTIONS.names())}")
    parser.add_argument("--seed", type=int, default=0, help="seed of the projection")
    given = parser.parse_args(arguments)
    from workbench.projection import compute

    try:
        done = compute(given.store, given.run, given.cycle, given.method, given.seed)
    except WorkbenchError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(f"{done.parameters['title']}: {done.parameters['units']:,} units\n")
    return 0


if __name__ == "__main__":
    watch("Stopped.")
    sys.exit(main())
