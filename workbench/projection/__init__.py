"""Projections: a cycle's embeddings in two dimensions, computed in a separate process and stored.

::

    python -m workbench.projection STORE RUN CYCLE METHOD [--seed N]

The key of a projection is everything that it depends on: the vectors, the method with its
settings, and the seed. Runs that share cycle 0 therefore share its projections too. A pool of more
than ``LIMIT`` units is sampled, evenly over its sequences; the figure states so.

``request`` returns the request of a projection with its key, ``status`` reports whether it is
stored, ``compute`` computes it. Importing this package loads neither scikit-learn nor UMAP.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.projection._entry import ProjectionEntry
from workbench.registry import Param, Registry, lazy_exports

PROJECTIONS = Registry("projection", "workbench.projections", ProjectionEntry)
"""Implementations take (N, D) float64 vectors and a seed and return (N, 2) points."""

PROJECTIONS.add(
    ProjectionEntry(
        "pca",
        "workbench.projection._reduce:pca",
        "The two directions of largest variance: distances are true, clusters may overlap.",
        source="scikit-learn",
        title="PCA",
        seconds="under a second",
    ),
    ProjectionEntry(
        "tsne",
        "workbench.projection._reduce:tsne",
        "t-SNE: near units stay near; distances between clusters mean nothing.",
        params=(
            Param("perplexity", "float", 30.0, "neighbours that count, about", low=2, high=500),
        ),
        source="van der Maaten & Hinton 2008; scikit-learn; Mittal et al. 4",
        title="t-SNE",
        seconds="seconds to minutes",
    ),
    ProjectionEntry(
        "umap",
        "workbench.projection._reduce:umap",
        "UMAP: near units stay near, and some of the global structure stays.",
        params=(
            Param("n_neighbors", "int", 15, "neighbours that count", low=2, high=500),
            Param("min_dist", "float", 0.1, "how tightly points may pack", low=0, high=1),
        ),
        source="McInnes et al. 2018; umap-learn; Sreenivasaiah et al. 3.2",
        title="UMAP",
        seconds="half a minute or more",
    ),
)

_EXPORTS = {
    name: f"workbench.projection._compute:{name}"
    for name in ("LIMIT", "ProjectionRequest", "ProjectionStatus", "compute", "request", "status")
}

__getattr__, _ = lazy_exports(__name__, _EXPORTS)

__all__ = [
    "LIMIT",
    "PROJECTIONS",
    "ProjectionEntry",
    "ProjectionRequest",
    "ProjectionStatus",
    "compute",
    "request",
    "status",
]

if TYPE_CHECKING:
    from workbench.projection._compute import LIMIT as LIMIT
    from workbench.projection._compute import ProjectionRequest as ProjectionRequest
    from workbench.projection._compute import ProjectionStatus as ProjectionStatus
    from workbench.projection._compute import compute as compute
    from workbench.projection._compute import request as request
    from workbench.projection._compute import status as status
