"""Win matrix: at how many budgets the method of a row is ahead of the method of a column.

As pairwise matrices of the field count it (Ash et al. 2020, Fig. 4; nnActive), but with the paired
permutation test and Holm's correction over all pairs and budgets in place of a t test each. What is
ahead without being significant is told apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
from plotly import graph_objects as go

from workbench.figures import comparison
from workbench.figures._style import BLUE, THEMES, ThemeName, blank, note, plain, rgba
from workbench.figures._style import sentence as sentence_figure
from workbench.figures.learning_curve import y_title

if TYPE_CHECKING:
    from workbench.figures.comparison import Comparison
    from workbench.store import Run


@dataclass(frozen=True)
class WinMatrix:
    """Wins of methods against each other.

    Attributes:
        table: one row per ordered pair: ``method``, ``against``, ``budgets`` (with a seed of both,
            cycle 0 only where they differ in it), ``ahead`` (budgets at which the mean is higher),
            ``wins`` (those that are significant), ``share`` (wins / budgets; NaN without any).
        methods: in the order of the experiment.
        y: the metric.
    """

    table: pd.DataFrame
    methods: tuple[str, ...]
    y: str


def read(runs: Sequence[Run], *, y: str = "miou", reported: bool = False) -> WinMatrix:
    """Count wins over all budgets; arguments and errors as of ``comparison.read``."""
    return counted(comparison.read(runs, y=y, reported=reported))


def counted(data: Comparison) -> WinMatrix:
    """Count the wins of a comparison that was read."""
    forth = data.budgets.dropna(subset=["p"])
    back = forth.assign(
        first=forth["second"],
        second=forth["first"],
        difference=-forth["difference"],
        verdict=forth["verdict"].map({"better": "worse", "worse": "better"}),
    )
    both = pd.concat([forth, back]) if len(forth) else forth
    counts = both.assign(ahead=both["difference"] > 0, wins=both["verdict"] == "better").groupby(
        ["first", "second"]
    )[["ahead", "wins"]]
    table = counts.sum().assign(budgets=counts.size())
    pairs = [(a, b) for a in data.order for b in data.order if a != b]
    index = pd.MultiIndex.from_frame(pd.DataFrame(pairs, columns=["method", "against"]))
    table = table.reindex(index, fill_value=0).astype(int)
    table["share"] = table["wins"] / table["budgets"].where(table["budgets"] > 0)
    columns = ["method", "against", "budgets", "ahead", "wins", "share"]
    return WinMatrix(table.reset_index()[columns], data.order, data.y)


def figure(data: WinMatrix, theme: ThemeName = "light") -> go.Figure:
    """Draw the matrix: colour is the share of significant wins, text both counts."""
    if data.table.empty:
        text = "Fewer than two methods have been measured: there is nothing to win."
        return sentence_figure(text, theme)
    look, drawn = THEMES[theme], blank(theme)
    names = [plain(method) for method in data.methods]
    shares = data.table.pivot(index="method", columns="against", values="share")
    shares = shares.reindex(index=data.methods, columns=data.methods)
    texts = data.table.assign(text=[_text(row) for row in data.table.to_dict("records")])
    texts = texts.pivot(index="method", columns="against", values="text")
    texts = texts.reindex(index=data.methods, columns=data.methods).fillna("")
    drawn.add_heatmap(
        x=names,
        y=names,
        z=shares.to_numpy(dtype=float),
        text=texts.to_numpy(),
        texttemplate="%{text}",
        colorscale=[[0, rgba(look.colours[BLUE], 0.05)], [1, rgba(look.colours[BLUE], 0.85)]],
        zmin=0,
        zmax=1,
        colorbar={"title": "Significant wins", "tickformat": ".0%"},
        hovertemplate="%{y} against %{x}: %{text}<extra></extra>",
        hoverongaps=False,
    )
    drawn.update_xaxes(title_text="against", side="bottom")
    drawn.update_yaxes(title_text=plain(f"Method, {y_title(data.y)}"), autorange="reversed")
    drawn.update_layout(height=max(320, 150 + 36 * len(names)), margin={"t": 72})
    caption = (
        "Budgets at which the row is ahead, of those compared, and significant ones of them "
        "(paired permutation test, Holm's correction over all pairs and budgets)."
    )
    note(drawn, caption, theme, y=1, yshift=6)
    return drawn


def _text(row: Mapping[Any, Any]) -> str:
    if not row["budgets"]:
        return "–"
    return f"{row['ahead']} of {row['budgets']}, {row['wins']} sig."
