"""The command that shows a round as a page on which its numbers can be moved."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Annotated
from urllib.parse import urlencode

import typer

from abm.cli.loading import changed_by
from abm.cli.streams import tell_of_compiling

SERVE_EXAMPLES = """
Examples:

    abm serve

    abm serve my-round.toml

    abm serve openai-2025 --set investors.softbank.conditions=off

    abm serve results/e04_price_cliff

    abm serve my-round.toml --port 8765 --no-browser

The page is served to this machine alone, by a link that nobody else knows, and asks nothing of any other machine. The
interrupt key (Ctrl-C) ends it.
"""


def serve(
    target: Annotated[
        str, typer.Argument(help="Packaged id, path of a TOML file, or folder of a study or an experiment.")
    ] = "openai-2025",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port of this machine; 0: any that is free.")] = 0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in the browser.")] = True,
    setting: Annotated[
        list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change a number; may be repeated.")
    ] = None,
) -> None:
    """Show a round as a page: move its numbers, and see at once what comes of it."""
    from abm.serve.desk import Desk
    from abm.serve.points import opened
    from abm.serve.position import Position
    from abm.serve.server import PageServer

    tell_of_compiling()
    scenario, source, study = opened(target)
    changed_by(scenario, setting)  # what makes no sense is refused before the page is there
    desk = Desk(scenario, source, study)
    server = PageServer(desk, port)
    link = server.link + (f"#{urlencode([('set', one) for one in setting])}" if setting else "")
    for _ in desk.answer("", Position(runs=1)):  # compiles, so that the first answer of the page is soon there
        pass
    print(f"{scenario.title}\n  {link}\nOpen this link in a browser of this machine. Ctrl-C ends it.", flush=True)
    if browser:
        import webbrowser

        threading.Timer(0.5, webbrowser.open, [link]).start()
    with suppress(KeyboardInterrupt):
        server.run()
    print("abm: ended")
