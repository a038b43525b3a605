"""Draws made-up streets: what :mod:`workbench.datasets.synthetic` consists of."""
