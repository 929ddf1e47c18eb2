"""The page of ``abm serve``: from a key to the first number, and to all of them."""

from __future__ import annotations

import importlib.util
import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import abm
from abm.serve.desk import Desk
from abm.serve.server import PageServer
from benchmarks.sizes import Sizes
from benchmarks.timing import Figure

_PATH, _WAIT_S = "round.target_bn", 60.0
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
# From a key that goes down on a slider to what the page then shows, by the clock of the page [ms].
_WATCH = """(path) => {
  const number = document.querySelector("#p");
  document.querySelectorAll("details").forEach((one) => { one.open = true; });
  const slider = document.querySelector(`.control[data-path="${path}"] input[type=range]`);
  slider.addEventListener("keydown", () => { window.times = { start: performance.now() }; });
  new MutationObserver(() => {
    const times = window.times;
    if (!times) return;
    times.first ??= performance.now() - times.start;
    if (number.dataset.done === "true") times.last = performance.now() - times.start;
  }).observe(document.querySelector("#progress"), { childList: true });
  slider.focus();
}"""


def from_key_to_number(sizes: Sizes) -> Iterator[Figure]:
    """Row i: in a browser where there is one, else from outside of it by the messages that it would hear."""
    scenario, runs = abm.load_scenario(sizes.scenario), sizes.threaded_runs
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    seen = browser if importlib.util.find_spec("playwright") else None
    with PageServer(Desk(scenario)) as server:
        asked = _by_keys(server.link, runs, seen) if seen else _by_messages(server.link, runs, scenario)
        with asked as ask:
            ask()  # compiles, and fills the caches
            times = [ask() for _ in range(sizes.pairs)]
    where = "in Chromium, from the key that goes down to the number that is shown" if seen else "without a browser"
    detail = f"{sizes.scenario}, a key on the target, {where}"
    yield Figure("page", "from a key to the first number (400 runs)", tuple(t[0] for t in times), "s", "0.2 s", detail)
    yield Figure("page", f"from a key to {runs:,} runs", tuple(t[1] for t in times), "s")


@contextmanager
def _by_keys(link: str, runs: int, browser: str) -> Iterator[Any]:
    """Press a key on a slider, and look at the page: seconds to the first number, and to the last."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as running:
        started = running.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-dev-shm-usage"])
        page = started.new_page()
        page.goto(f"{link}#runs={runs}")
        page.wait_for_selector("#p[data-done=true]", timeout=1_000 * _WAIT_S)
        page.wait_for_selector("#first .control", timeout=1_000 * _WAIT_S)  # nothing is measured beside it any more
        page.evaluate(_WATCH, _PATH)

        def ask() -> tuple[float, float]:
            page.keyboard.press("ArrowDown")
            until = time.monotonic() + _WAIT_S
            while "last" not in (times := page.evaluate("window.times ?? {}")) and time.monotonic() < until:
                page.wait_for_timeout(20)
            return times["first"] / 1_000, times["last"] / 1_000

        yield ask
        started.close()


@contextmanager
def _by_messages(link: str, runs: int, scenario: abm.Scenario) -> Iterator[Any]:
    """Ask as the page would, and hear what it would: seconds to the first number, and to the last."""
    import httpx

    target = float(scenario.round.target_bn)
    with httpx.Client(timeout=_WAIT_S) as client:
        count = iter(range(1, 1_000))

        def ask() -> tuple[float, float]:
            setting = f"{_PATH}={target * (1 - 0.001 * next(count)):.6g}"
            start, first, last = time.perf_counter(), 0.0, 0.0
            body = {"visitor": "bench", "position": {"settings": [setting], "runs": runs}}
            with client.stream("POST", f"{link}answer", json=body) as heard:
                lines = heard.iter_lines()
                for line in lines:
                    if line == "event: number":
                        told = json.loads(next(lines).removeprefix("data: "))
                        first = first or time.perf_counter() - start
                        last = time.perf_counter() - start if told["done"] else last
            return first, last

        yield ask
