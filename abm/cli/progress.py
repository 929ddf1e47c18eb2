"""Progress: how a sweep is going, for a terminal, for a pipe, or as JSON events."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict

from abm.sweeps.runner import Progress

_PLAIN_SECONDS = 5.0  # between two plain lines
_JSON_SECONDS = 1.0

Log = Callable[[Progress], None]


def line(progress: Progress) -> str:
    """How far it is, in one line.

    Examples
    --------
    >>> print(line(Progress(12, 3, 6_000, 24_000, 2_500.0, 7.2, 0.021)))
    points 3/12, runs 6,000 of about 24,000, 2,500 runs/s, 7 s left, widest interval ±2.1 %
    """
    left = f"{_time(progress.seconds_left)} left" if math.isfinite(progress.seconds_left) else "time left unknown"
    return (
        f"points {progress.settled:,}/{progress.points:,}, runs {progress.runs:,} of about {progress.expected:,}, "
        f"{progress.rate:,.0f} runs/s, {left}, widest interval ±{100 * progress.worst:.1f} %"
    )


def _time(seconds: float) -> str:
    if seconds < 90:  # noqa: PLR2004, seconds are easier to read up to here
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5_400 else f"{seconds / 3_600:.1f} h"  # noqa: PLR2004, likewise


@contextmanager
def watch(as_json: bool) -> Iterator[Log]:
    """Tell on stderr how it goes: a live line on a terminal, now and then a line in a pipe, or JSON events.

    Parameters
    ----------
    as_json
        One JSON object a line, whatever stderr is.
    """
    if as_json:
        yield _now_and_then(_JSON_SECONDS, lambda p: json.dumps({"event": "progress", **_finite(asdict(p))}))
    elif not sys.stderr.isatty():
        yield _now_and_then(_PLAIN_SECONDS, lambda p: f"abm: {line(p)}")
    else:
        from rich.console import Console
        from rich.live import Live

        with Live(console=Console(stderr=True), transient=True, refresh_per_second=4) as live:
            yield lambda progress: live.update(line(progress))


@contextmanager
def steps() -> Iterator[Callable[[str], None]]:
    """Tell on stderr what is done next: in one line that changes on a terminal, in a line each in a pipe."""
    if not sys.stderr.isatty():
        yield lambda what: print(f"abm: {what}", file=sys.stderr, flush=True)
        return
    from rich.console import Console

    with Console(stderr=True).status("abm") as status:
        yield lambda what: status.update(f"abm: {what}")


@contextmanager
def counting(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """Tell on stderr how many of how many are done, in a line that changes on a terminal; in a pipe nothing."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console

    with Console(stderr=True).status(f"abm: {what}") as status:
        yield lambda done, wanted: status.update(f"abm: {what}, {done:,} of {wanted:,}")


def _now_and_then(seconds: float, text: Callable[[Progress], str]) -> Log:
    """Print the first and the last, and between them one in so many seconds."""
    last = -math.inf

    def log(progress: Progress) -> None:
        nonlocal last
        now = time.monotonic()
        if progress.rate and (now - last >= seconds or progress.settled == progress.points):
            last = now
            print(text(progress), file=sys.stderr, flush=True)

    return log


def _finite(values: dict[str, float]) -> dict[str, float | None]:
    return {name: value if math.isfinite(value) else None for name, value in values.items()}
