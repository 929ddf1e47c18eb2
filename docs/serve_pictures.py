"""Pictures of the page of ``abm serve``, at both widths: ``python docs/serve_pictures.py``.

They show the smallest packaged round with one condition dropped, against the round as it is. It needs Chromium.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

import abm
from abm.serve.desk import Desk
from abm.serve.server import PageServer

HERE = Path(__file__).parent
ASKED = "#a=&set=investors.lead.conditions%3Doff"


def main() -> None:
    """Open the page at both widths, wait until all of it is there, and look at it."""
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))))
    with PageServer(Desk(abm.load_scenario("three-investors"))) as server, sync_playwright() as running:
        started = running.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-dev-shm-usage"])
        for width, height in ((1280, 900), (390, 844)):
            page = started.new_page(viewport={"width": width, "height": height})
            page.set_default_timeout(180_000)  # a first start compiles
            page.goto(server.link + ASKED)
            page.wait_for_selector("#p[data-done=true]")
            page.wait_for_selector("#first .control")
            page.wait_for_selector("#difference")
            page.screenshot(path=HERE / f"serve-{width}.png")
        started.close()


if __name__ == "__main__":
    main()
