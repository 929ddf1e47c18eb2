"""Prose: what happened in a run, in sentences."""
