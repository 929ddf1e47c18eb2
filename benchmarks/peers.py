"""Peers: the toy in the tools that others would take, against runs side by side."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np

from benchmarks import toy
from benchmarks.engines import SEED
from benchmarks.sizes import Sizes
from benchmarks.timing import Figure, alternately, median, ratios

_FAR_APART = 4.0  # standard errors of a difference between two shares, beyond which it is no luck
_HAS_JAX = importlib.util.find_spec("jax") is not None
_LEFT_OUT = "JAX is left out, because it is not installed: .venv/bin/python -m pip install -e '.[peers]'"


@dataclass
class Peer:
    """A way to simulate the toy; each call takes other luck, and counts which rounds close.

    Attributes
    ----------
    name
        What the table calls it.
    simulate
        Money booked in the end in each of so many runs, under a seed.
    runs
        Runs of a call: as many as suit it.
    done, closed
        Runs of all calls, and how many of their rounds closed.
    """

    name: str
    simulate: toy.Way
    runs: int
    done: int = 0
    closed: int = 0

    def __call__(self) -> None:
        booked = self.simulate(self.runs, SEED + self.done // self.runs)
        self.done, self.closed = self.done + len(booked), self.closed + int((booked >= toy.TARGET).sum())

    @property
    def share(self) -> float:
        """Share of rounds that closed."""
        return self.closed / self.done


def peers(sizes: Sizes) -> Iterator[Peer]:
    """The others; the last has the same numbers as runs side by side."""
    # objects are slow, and an array of a couple of thousand runs stays near a core
    yield Peer(f"Mesa {version('mesa')}, agents", toy.with_mesa, sizes.toy_runs // 25)
    yield Peer(f"NumPy {version('numpy')}, runs as arrays", toy.with_numpy, sizes.toy_runs // 5)
    if _HAS_JAX:
        yield Peer(f"JAX {version('jax')}, vmap", toy.by_jax(), sizes.toy_runs)
    yield Peer(f"numba {version('numba')}, one by one", toy.by_generator(), sizes.toy_runs)
    yield Peer("numba, one by one, the same numbers", toy.by_address(), sizes.toy_runs)


def against_peers(sizes: Sizes) -> Iterator[Figure]:
    """Row j: the toy in each tool against runs side by side, in turn; what they tell is compared, too."""
    ours, others = Peer("runs side by side", toy.side_by_side, sizes.toy_runs), list(peers(sizes))
    exact = others[-1].simulate(sizes.toy_runs, SEED)
    assert np.array_equal(exact, ours.simulate(sizes.toy_runs, SEED)), "the same numbers end in other money"
    fast, *slow = alternately([ours, *others], sizes.pairs)
    for other in others:
        apart = standard_errors_apart(ours, other)
        assert apart < _FAR_APART, f"{other.name}: {_closed(other)}, against {_closed(ours)}"
    detail = f"{_speed(ours, fast)} runs a second; {_closed(ours)}" + ("" if _HAS_JAX else f"; {_LEFT_OUT}")
    yield Figure("peers", f"{ours.name}, time of a run", tuple(s / ours.runs for s in fast), "s", detail=detail)
    for other, times in zip(others, slow, strict=True):
        values = ratios(times, fast, ours.runs / other.runs)
        detail = f"{_speed(other, times)} against {_speed(ours, fast)} runs a second; {_closed(other)}"
        yield Figure("peers", f"{other.name} / side by side", values, detail=detail)


def standard_errors_apart(one: Peer, other: Peer) -> float:
    """How far apart two shares of closed rounds are, in standard errors of the difference that luck alone makes."""
    common = (one.closed + other.closed) / (one.done + other.done)
    error = math.sqrt(common * (1.0 - common) * (1.0 / one.done + 1.0 / other.done))
    return abs(one.share - other.share) / error if error else 0.0


def _speed(peer: Peer, times: Sequence[float]) -> str:
    return f"{peer.runs / median(times):,.0f}"


def _closed(peer: Peer) -> str:
    return f"{peer.share:.1%} of {peer.done:,} rounds close"
