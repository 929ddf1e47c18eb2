"""Processes: workers that start from plain scripts, and leave the interrupt key to whoever started them."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from typing import Any


class _Pool(Executor):
    """A pool whose processes never see the interrupt key, not even while they start."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def submit(self, fn: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        """Give out a task."""
        with _interrupts_held():
            future: Future[Any] = self._inner.submit(fn, *given, **named)
            return future


def process_pool(workers: int) -> Executor:
    """Return a pool of processes, which is kept for the next who asks; after a worker died, another one.

    Parameters
    ----------
    workers
        How many [-].
    """
    from multiprocessing.resource_tracker import ensure_running

    from loky import get_reusable_executor  # starts from plain scripts too, without a __main__ guard

    pool = _Pool(get_reusable_executor(max_workers=workers, timeout=60, initializer=_leave_interrupts_to_the_parent))
    ensure_running()  # which would let interrupts through again if it happened below
    return pool


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Hold back the interrupt key, here and, where the system hands that on, in processes started meanwhile."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
