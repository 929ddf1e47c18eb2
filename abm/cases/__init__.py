"""Packaged cases: real attempts to raise large, conditional money."""
