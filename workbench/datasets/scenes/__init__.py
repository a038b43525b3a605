"""Draw the made-up street scenes of :mod:`workbench.datasets.synthetic`."""
