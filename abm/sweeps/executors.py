"""Executors: who does the work of a sweep, be it threads, processes or the machines of a cluster."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple

from abm.runs.processes import process_pool
from abm.runs.stream import EngineName


class WorkerPool(NamedTuple):
    """An executor, how many tasks it does at a time, and how to replace it where one of its workers died."""

    executor: Executor
    workers: int
    renew: Callable[[], Executor] | None


@contextmanager
def pool_for(
    executor: Executor | str | None, workers: int | None, engine: EngineName, cluster: str | None
) -> Iterator[WorkerPool]:
    """Get hold of an executor for as long as a sweep takes.

    Parameters
    ----------
    executor
        ``"threads"``, ``"processes"``, ``"dask"``, or anything with the interface of
        :class:`concurrent.futures.Executor`; default: threads for the ensemble, processes for Mesa.
    workers
        How many; default: one a core, or all of the cluster.
    engine
        What will be run.
    cluster
        Address of a Dask scheduler such as ``tcp://host:8786``; default with ``"dask"``: a cluster on this machine.

    Raises
    ------
    ValueError
        Where there is no such executor, or Dask is not installed.
    """
    chosen = executor or ("dask" if cluster else "threads" if engine == "ensemble" else "processes")
    count = workers or os.cpu_count() or 1
    if isinstance(chosen, Executor) or (not isinstance(chosen, str) and hasattr(chosen, "submit")):
        yield WorkerPool(chosen, workers or getattr(chosen, "_max_workers", None) or count, None)
    elif chosen == "threads":
        with ThreadPoolExecutor(count) as pool:
            yield WorkerPool(pool, count, None)
    elif chosen == "processes":
        yield WorkerPool(process_pool(count), count, lambda: process_pool(count))
    elif chosen == "dask":
        with _dask(cluster, workers) as pool:
            yield pool
    else:
        raise ValueError(f"expected an executor among threads, processes and dask, got {chosen!r}")


@contextmanager
def _dask(cluster: str | None, workers: int | None) -> Iterator[WorkerPool]:
    try:
        from distributed import Client
    except ImportError:
        raise ValueError("expected Dask for this executor, it is not installed: pip install distributed") from None
    if cluster:
        with Client(cluster) as client:
            count = workers or sum(client.nthreads().values()) or 1
            yield WorkerPool(client.get_executor(pure=False, retries=3), count, None)
        return
    count = workers or os.cpu_count() or 1
    with _local_cluster(count) as local, Client(local) as client:
        yield WorkerPool(client.get_executor(pure=False, retries=3), count, None)


def _local_cluster(workers: int) -> Any:
    """Start workers on this machine: as commands of their own, which need no __main__ guard in a script."""
    asked: dict[str, Any] = {"n_workers": workers, "threads_per_worker": 1, "dashboard_address": None}
    if os.name == "nt":  # Dask has no such workers there
        from distributed import LocalCluster

        return LocalCluster(processes=False, **asked)
    from distributed.deploy.subprocess import SubprocessCluster

    return SubprocessCluster(**asked)
