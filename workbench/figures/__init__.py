"""Figures: each is one module with ``read(...)`` ► a frozen table and ``figure(data)`` ► plotly.

``read`` does all the arithmetic and is what the CLI exports and the tests check; ``figure`` only
draws, in the theme ``"light"`` or ``"dark"``. None of them loads torch.

======================== ==========================================================================
``learning_curve``       ``read(runs, x=, y=, spread=, full=)``: mean over seeds, band, seeds
``comparison``           ``read(runs, y=, at=, pair=)``: paired differences, tests, verdicts
``win_matrix``           ``read(runs, y=)``: at how many budgets a method is ahead of another
``per_class``            ``read(runs, cycle=, metric=, reported=)``: a metric of every class
``catalogue``            ``read(store)``: experiments and runs with state, progress, mIoU now
``embedding``            ``read(cycles, projection)``: the pool in two dimensions
``query_analysis``       ``read(runs)``: every measure of redundancy and content, query by query
``class_distribution``   ``read(runs, cycle=)``: classes of the labelled sets, their entropy
``method_overlap``       ``read(runs, cycle=)``: overlap of queries, rank correlation of scores
``why``                  ``read(run, cycle, unit_id)``: why a unit was picked, or was not
``score_map``            ``read(cycle, score, image_id)``: one image, all the viewer draws
``entropy_distribution`` ``read_cycle(…)``, ``read_synthetic(…)``: what a score's sum is made of
``simplex``              ``read(panels, temperature=)``: scores over three-class softmaxes
======================== ==========================================================================

A new figure is a module here; ``tests/figures/test_contract.py`` finds it.
"""
