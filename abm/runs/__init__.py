"""Runs: many runs of one scenario, and what they add up to."""
