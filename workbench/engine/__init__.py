"""Runs experiments: train, scan, select, reveal, cycle by cycle, each step into the run store."""
