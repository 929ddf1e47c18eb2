"""Command line: ``abm``, and ``python -m abm``."""

from abm.cli.commands import app, main

__all__ = ["app", "main"]
