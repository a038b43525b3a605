"""The part of ``compare`` that tells normalised learning curves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.cli._console import print_lines
from workbench.cli._results import print_points
from workbench.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd

    from workbench.figures.comparison import Comparison
    from workbench.figures.learning_curve import LearningCurve
    from workbench.store import Run


def normalised_curves(runs: Sequence[Run], found: Comparison, full: float | None) -> LearningCurve:
    """Return the normalised curves of the methods compared, over images or their equal in pixels.

    Args:
        runs: of the experiment.
        found: the comparison.
        full: the metric with the whole pool labelled, 0–1; left out: that of its first reference.

    Raises:
        ConfigError: if there is nothing to normalise them by.
    """
    from workbench.figures import learning_curve

    of = [run for run in runs if run.method.name in found.order]
    curves = learning_curve.read(
        of, x="labelled_images", y=found.y, spread="interval", full=full, normalised=True
    )
    if curves.missing:
        raise ConfigError(f"{curves.missing} --full names another whole pool.")
    return curves


def print_normalised(curves: LearningCurve, methods: Sequence[str]) -> None:
    """Print normalised curves, method by cycle.

    Args:
        curves: as of :func:`normalised_curves`.
        methods: those to print, in their order.
    """
    assert curves.full is not None
    print_lines("")
    title = f"{curves.y_title} (100 %: the whole pool's {100 * curves.full:.1f} %)"
    print_points(curves.summary, curves.table, methods, title, of="images")


def normalised_csv(curves: LearningCurve) -> pd.DataFrame:
    """Return normalised curves as rows for the file of differences, told apart by ``scope``."""
    names = {"method": "first", "x": "labelled_images"}
    rows = curves.summary.drop(columns="experiment").rename(columns=names)
    return rows.assign(scope="normalised curve", measure="value")
