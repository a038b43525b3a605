"""Jupyter widgets over the same figures and the same viewer as the dashboard.

::

    import workbench as wb
    from workbench.widgets import learning_curves, score_maps

    store = wb.open_store("runs")
    learning_curves(store)                 # curves of the newest experiment
    score_maps(store.runs()[0])            # score maps of one run, cycle by cycle
    entropy_distributions(store)           # which pixels a score's sum comes from
    what_if(store.runs()[0])               # another query of a stored cycle
    query_analyses(store)                  # redundancy and content of queries, method by method
    simplex()                              # acquisition functions over three classes; no store

They read the store only and load no torch; what runs on meanwhile shows after "Read again".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.registry import lazy_exports

if TYPE_CHECKING:
    from workbench.widgets._entropy_distribution import (
        StoredDistributionsView as StoredDistributionsView,
    )
    from workbench.widgets._entropy_distribution import (
        SyntheticDistributionsView as SyntheticDistributionsView,
    )
    from workbench.widgets._entropy_distribution import (
        entropy_distributions as entropy_distributions,
    )
    from workbench.widgets._learning_curves import LearningCurvesView as LearningCurvesView
    from workbench.widgets._learning_curves import learning_curves as learning_curves
    from workbench.widgets._query_analysis import QueryAnalysisView as QueryAnalysisView
    from workbench.widgets._query_analysis import query_analyses as query_analyses
    from workbench.widgets._score_maps import ScoreMapsView as ScoreMapsView
    from workbench.widgets._score_maps import score_maps as score_maps
    from workbench.widgets._simplex import SimplexView as SimplexView
    from workbench.widgets._simplex import simplex as simplex
    from workbench.widgets._viewer import ScoreMapViewer as ScoreMapViewer
    from workbench.widgets._viewer import viewer as viewer
    from workbench.widgets._what_if import WhatIfView as WhatIfView
    from workbench.widgets._what_if import what_if as what_if

__getattr__, _ = lazy_exports(
    __name__,
    {
        "LearningCurvesView": f"{__name__}._learning_curves:LearningCurvesView",
        "QueryAnalysisView": f"{__name__}._query_analysis:QueryAnalysisView",
        "ScoreMapViewer": f"{__name__}._viewer:ScoreMapViewer",
        "ScoreMapsView": f"{__name__}._score_maps:ScoreMapsView",
        "SimplexView": f"{__name__}._simplex:SimplexView",
        "StoredDistributionsView": f"{__name__}._entropy_distribution:StoredDistributionsView",
        "SyntheticDistributionsView": (
            f"{__name__}._entropy_distribution:SyntheticDistributionsView"
        ),
        "entropy_distributions": f"{__name__}._entropy_distribution:entropy_distributions",
        "learning_curves": f"{__name__}._learning_curves:learning_curves",
        "query_analyses": f"{__name__}._query_analysis:query_analyses",
        "score_maps": f"{__name__}._score_maps:score_maps",
        "simplex": f"{__name__}._simplex:simplex",
        "WhatIfView": f"{__name__}._what_if:WhatIfView",
        "viewer": f"{__name__}._viewer:viewer",
        "what_if": f"{__name__}._what_if:what_if",
    },
)

__all__ = [
    "LearningCurvesView",
    "QueryAnalysisView",
    "ScoreMapViewer",
    "ScoreMapsView",
    "SimplexView",
    "StoredDistributionsView",
    "SyntheticDistributionsView",
    "WhatIfView",
    "entropy_distributions",
    "learning_curves",
    "query_analyses",
    "score_maps",
    "simplex",
    "viewer",
    "what_if",
]
