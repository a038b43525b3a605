"""Figures: each is one module with ``read(...)`` ► a frozen table and ``figure(data)`` ► plotly.

``read`` does all the arithmetic and is what the CLI exports and the tests check; ``figure`` only
draws, in the theme ``"light"`` or ``"dark"``. None of them loads torch.

======================== ==========================================================================
``learning_curve``       ``read(runs, x=, y=, spread=)``: mean over seeds, band, single seeds
``per_class``            ``read(runs, cycle=)``: IoU of every class, method against method
``catalogue``            ``read(store)``: experiments and runs with state, progress, mIoU now
``embedding``            ``read(cycles, projection)``: the pool in two dimensions
``collapse``             ``read(runs)``: coverage radius, neighbour distance, same-sequence share
``query_analysis``       ``read(runs)``: every measure of redundancy and content, query by query
``class_distribution``   ``read(runs, cycle=)``: classes of the labelled sets, their entropy
``method_overlap``       ``read(runs, cycle=)``: overlap of queries, rank correlation of scores
``score_map``            ``read(cycle, score, image_id)``: one image, all the viewer draws
``entropy_distribution`` ``read_cycle(…)``, ``read_synthetic(…)``: what a score's sum is made of
``simplex``              ``read(panels, temperature=)``: scores over three-class softmaxes
======================== ==========================================================================

A new figure is a module here and an entry below; ``tests/figures/test_contract.py`` finds it.
"""

from __future__ import annotations

from workbench.registry import Entry, Registry

FIGURES = Registry("figure", "workbench.figures")
"""``facts["reads"]`` says what ``read`` starts from: ``runs``, ``store``, ``cycle``, ``cycles`` or
``nothing``.
"""


def _figure(name: str, reads: str, summary: str, source: str = "") -> Entry:
    target = f"workbench.figures.{name}:figure"
    return Entry(name, target, summary, source=source, facts={"reads": reads})


FIGURES.add(
    _figure(
        "learning_curve",
        "runs",
        "A metric against the labelled budget: mean over seeds, band and single seeds.",
        "Chen et al. IV; Mittal et al. 4; Sreenivasaiah et al. 4",
    ),
    _figure(
        "per_class",
        "runs",
        "IoU of every class at one cycle, method against method.",
        "Golestaneh & Kitani 4.3",
    ),
    _figure("catalogue", "store", "Experiments and runs with state, progress and mIoU now."),
    _figure(
        "embedding",
        "cycles",
        "The pool in two dimensions: unlabelled, labelled, selected now.",
        "Mittal et al. 4 (mode collapse)",
    ),
    _figure(
        "collapse",
        "runs",
        "How far a batch spreads: coverage radius, neighbour distance, same-sequence share.",
        "Mittal et al. 4; Sener & Savarese 2018",
    ),
    _figure(
        "query_analysis",
        "runs",
        "Redundancy and content of every query, each measure beside the pool's own.",
        "Mittal et al. 4; Golestaneh & Kitani 4.3; Friedman & Dieng 2023",
    ),
    _figure(
        "class_distribution",
        "runs",
        "True classes of the labelled sets, method against method, with their entropy.",
        "Golestaneh & Kitani 4.3",
    ),
    _figure(
        "method_overlap",
        "runs",
        "Method × method: overlap of queries and labelled sets, rank correlation of scores.",
    ),
    _figure(
        "score_map",
        "cycle",
        "One image with ground truth, prediction, score map and the units selected in it.",
    ),
    _figure(
        "entropy_distribution",
        "cycle",
        "Which pixels a score's sum comes from: cumulative, ordered by entropy.",
        "Chen et al. V-B, Figs. 4 and 5",
    ),
    _figure(
        "simplex",
        "nothing",
        "Acquisition functions over all three-class softmaxes, ODIN at any temperature.",
        "Settles 2009, 3.1; Chen et al. III-A",
    ),
)

__all__ = ["FIGURES"]
