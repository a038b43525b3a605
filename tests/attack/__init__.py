"""Attacks: hostile files, web sites, plug-ins, signals and damage that a user may meet."""
