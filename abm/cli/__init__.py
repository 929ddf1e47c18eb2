"""Command line: the commands of ``abm``, their options, and the bars that show how far they are."""

from abm.cli.commands import app, main

__all__ = ["app", "main"]
