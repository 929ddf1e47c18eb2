"""Benchmarks: how fast, against what. ``python -m benchmarks`` prints the table; docs/performance.md explains it."""
