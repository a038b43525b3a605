"""The tables of a store as CSV."""

from __future__ import annotations

from pathlib import Path

from workbench.exporters._entry import Chosen, Exported
from workbench.figures import query_analysis
from workbench.store import export_csv
from workbench.store.export import write_text


def export(chosen: Chosen, out: Path, *, analysis: bool) -> Exported:
    """Write ``metrics.csv``, ``selections.csv`` and, where there are any, ``reports.csv``.

    Args:
        chosen: the runs.
        out: the folder.
        analysis: whether to write ``analysis.csv`` too, the measures of every query.
    """
    paths = export_csv(chosen.store, out, chosen.runs)
    if analysis:
        paths.append(out / "analysis.csv")
        table = query_analysis.read(chosen.runs).table
        text = table.to_csv(index=False, float_format="%.6g", lineterminator="\n")
        write_text(paths[-1], text)
    return Exported(tuple(paths))
