"""Runs experiments: trains, scans, selects and reveals, and writes every cycle to the run store."""
