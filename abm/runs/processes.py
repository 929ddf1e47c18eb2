"""Processes: workers that start from plain scripts, and leave the interrupt key to whoever started them."""

from __future__ import annotations

import atexit
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import contextmanager
from typing import Any

_IDLE_SECONDS = 60  # after which a worker without a task ends; the next task starts another


class _Pool(Executor):
    """A pool whose processes never see the interrupt key, not even while they start."""

    def __init__(self, workers: int) -> None:
        from multiprocessing.resource_tracker import ensure_running

        from loky import ProcessPoolExecutor  # starts from plain scripts too, without a __main__ guard

        self.workers, self.broken = workers, False
        self._inner = ProcessPoolExecutor(workers, timeout=_IDLE_SECONDS, initializer=_leave_interrupts_to_the_parent)
        ensure_running()  # which would let interrupts through again if it happened below

    def submit(self, fn: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        """Give out a task."""
        try:
            with _interrupts_held():
                future: Future[Any] = self._inner.submit(fn, *given, **named)
        except BrokenExecutor:
            self.broken = True
            raise
        future.add_done_callback(self._look)
        return future

    def _look(self, future: Future[Any]) -> None:
        if not future.cancelled() and isinstance(future.exception(), BrokenExecutor):
            self.broken = True


class _Here(Executor):
    """Does every task at once, in this process."""

    def submit(self, fn: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        """Do a task."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*given, **named))
        except Exception as error:
            future.set_exception(error)
        return future


#: The pool of a process, by its id: a child that was forked finds the pool of its parent here, whose workers are not
#: its own, and which would never answer.
_pools: dict[int, _Pool] = {}


@atexit.register
def _end_pool() -> None:
    """Let the workers go while there is still somebody to tell them."""
    _pools.pop(os.getpid(), None)


def process_pool(workers: int) -> Executor:
    """Return a pool of processes, which is kept for the next who asks; after a worker died, another one.

    A process that may have no children, such as a worker of :class:`multiprocessing.Pool`, does the work itself.

    Parameters
    ----------
    workers
        How many [-].
    """
    if multiprocessing.current_process().daemon:
        return _Here()
    pool = _pools.get(os.getpid())
    if pool is None or pool.broken or pool.workers != workers:
        pool = _pools[os.getpid()] = _Pool(workers)
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
