"""The toy: one small round, with exactly the same rules in the tools that others would take and as in the ensemble.

Twelve investors look at a round of 18 for at most 52 weeks. Each week the mood takes a step, and whoever still looks
signs with a chance that rises with the mood, with what he is inclined to, and with the money booked up to last week. A
round closes once 18 are booked, and its run ends. The rules are written once; a tool brings its own exponential, its
own random numbers, and its own way through runs, weeks and investors. Each way is a function of runs and seed that
gives the money booked in the end in each run.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from typing import Any

import mesa
import numba
import numpy as np
from numpy.typing import NDArray

from abm.core import arithmetic, draws
from abm.core.jit import folded, rule

Way = Callable[[int, int], NDArray[np.float64]]

INVESTORS, WEEKS, TARGET = 12, 52, 18.0
INCLINATIONS = np.array([-0.55 + 0.1 * (i % 6) for i in range(INVESTORS)])
TICKETS = np.array([1.0 + i % 4 for i in range(INVESTORS)])
_KEPT, _SPREAD = 0.96, 0.07  # of the mood: what stays of it in a week, and its weekly spread
_FASTEST, _SHARPNESS = 0.10, 5.0  # of signing: the highest rate [1/week], and how sharply it rises
_HERDING = 0.5 / TARGET  # of signing: what a unit of booked money adds to the mood

_LANES, _VECTOR = 64, 8  # runs side by side, as in the engine, and as many of them as the widest vector takes


def next_mood(mood: Any, z: Any) -> Any:
    """Mood of this week, from that of the last one and a standard normal."""
    return _KEPT * mood + _SPREAD * z


def chance_by(exp: Callable[[Any], Any]) -> Callable[[Any, Any, Any], Any]:
    """Chance that somebody who still looks signs this week, worked out by an exponential of floats or of arrays."""

    def chance(mood: Any, inclination: Any, booked: Any) -> Any:
        rate = _FASTEST / (1.0 + exp(-_SHARPNESS * (mood + inclination + _HERDING * booked)))
        return 1.0 - exp(-rate)

    return chance


_CHANCE = chance_by(math.exp)
_CHANCE_IN_LANES = folded(chance_by(arithmetic.exp))
_MOOD_IN_LANES = folded(next_mood)


def _booked(loop: Callable[[Any, Any], None], runs: int, luck: Any) -> NDArray[np.float64]:
    booked = np.zeros(runs)
    loop(booked, luck)
    return booked


class Investor(mesa.Agent):
    """Looks at the round once a week, and signs once."""

    def __init__(self, model: Round, inclination: float, ticket: float) -> None:
        super().__init__(model)
        self.inclination, self.ticket, self.signed = inclination, ticket, False

    def decide(self) -> None:
        model = self.model
        if not self.signed and model.random.random() < _CHANCE(model.mood, self.inclination, model.booked):
            self.signed = True
            model.new += self.ticket


class Round(mesa.Model):
    """A round, a week a step."""

    def __init__(self, seed: int) -> None:
        super().__init__(rng=seed)
        self.mood = self.booked = self.new = 0.0
        for traits in zip(INCLINATIONS.tolist(), TICKETS.tolist(), strict=True):
            Investor(self, *traits)

    def step(self) -> None:
        self.mood, self.new = next_mood(self.mood, self.random.gauss(0.0, 1.0)), 0.0
        self.agents.do("decide")
        self.booked += self.new
        self.running = self.booked < TARGET


def with_mesa(runs: int, seed: int) -> NDArray[np.float64]:
    """Simulate with agents that are objects, a model a run."""
    booked = []
    for run in range(runs):
        model = Round(draws.joined(seed, run))
        for _ in range(WEEKS):
            model.step()
            if not model.running:
                break
        booked.append(model.booked)
    return np.array(booked)


def with_numpy(runs: int, seed: int) -> NDArray[np.float64]:
    """Simulate all runs and investors of a week as arrays."""
    rng, chance = np.random.default_rng(seed), chance_by(np.exp)
    mood, booked, looking = np.zeros((runs, 1)), np.zeros((runs, 1)), np.ones((runs, INVESTORS), bool)
    for _ in range(WEEKS):
        mood = next_mood(mood, rng.standard_normal((runs, 1)))
        signs = looking & (rng.random(looking.shape) < chance(mood, INCLINATIONS, booked)) & (booked < TARGET)
        looking &= ~signs
        booked = booked + signs @ TICKETS[:, None]
    return booked[:, 0]


def by_jax() -> Way:
    """Compile a run for JAX, and all of them at once by its ``vmap``, in double precision and on one thread."""
    os.environ["NPROC"] = "1"  # threads, as JAX reads it when it starts
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    chance, inclinations, tickets = chance_by(jnp.exp), jnp.array(INCLINATIONS), jnp.array(TICKETS)

    def week(state: Any, key: Any) -> Any:
        mood, booked, looking = state
        of_mood, of_signing = jax.random.split(key)
        mood = next_mood(mood, jax.random.normal(of_mood))
        luck = jax.random.uniform(of_signing, (INVESTORS,))
        signs = looking & (luck < chance(mood, inclinations, booked)) & (booked < TARGET)
        return (mood, booked + signs @ tickets, looking & ~signs), None

    def run(key: Any) -> Any:
        start = 0.0, 0.0, jnp.ones(INVESTORS, bool)
        return jax.lax.scan(week, start, jax.random.split(key, WEEKS))[0][1]

    many = jax.jit(jax.vmap(run))
    return lambda runs, seed: np.asarray(many(jax.random.split(jax.random.PRNGKey(seed), runs)))


def one_by_one(chance: Any, normal: Any, uniform: Any) -> Callable[[Any, Any], None]:
    """Compile a loop over runs, weeks and investors; its luck is what ``normal`` and ``uniform`` draw from."""
    step = numba.njit(next_mood)

    @numba.njit(error_model="numpy")
    def simulate(booked: Any, luck: Any) -> None:
        looking = np.empty(INVESTORS, np.bool_)
        for run in range(booked.shape[0]):
            mood, money = 0.0, 0.0
            looking[:] = True
            for week in range(WEEKS):
                mood, new = step(mood, normal(luck, run, week)), 0.0
                for i in range(INVESTORS):
                    if looking[i] and uniform(luck, run, week, i) < chance(mood, INCLINATIONS[i], money):
                        looking[i] = False
                        new += TICKETS[i]
                money += new
                if money >= TARGET:
                    break
            booked[run] = money

    return simulate


def by_generator() -> Way:
    """Compile a loop whose numbers are those of a generator of NumPy, as they come."""
    normal = numba.njit(lambda rng, run, week: rng.standard_normal())
    uniform = numba.njit(lambda rng, run, week, i: rng.random())
    loop = one_by_one(numba.njit(error_model="numpy")(_CHANCE), normal, uniform)
    return lambda runs, seed: _booked(loop, runs, np.random.default_rng(seed))


def by_address() -> Way:
    """Compile the same loop with the numbers, and the exponential, that runs side by side have."""
    normal = numba.njit(lambda seed, run, week: draws.normal(seed, run, 0, week, draws.SENTIMENT, 0))
    uniform = numba.njit(lambda seed, run, week, i: draws.uniform(seed, run, i, week, draws.SIGNING, 0))
    loop = one_by_one(_CHANCE_IN_LANES, normal, uniform)
    return lambda runs, seed: _booked(loop, runs, seed)


def side_by_side(runs: int, seed: int) -> NDArray[np.float64]:
    """Simulate as the ensemble does: many runs through a week at once, a number by its address."""
    return _booked(_blocks, runs, seed)


@rule
def _blocks(booked: Any, seed: int) -> None:
    for first in range(0, booked.shape[0], _LANES):
        _block(booked, seed, np.arange(first, min(first + _LANES, booked.shape[0])))


@rule
def _block(out: Any, seed: int, runs: Any) -> None:
    """Take the runs of a block through their weeks; those whose round is open move together as others end."""
    width = runs.shape[0]
    mood, booked, looking = np.zeros(width), np.zeros(width), np.ones((INVESTORS, width), np.bool_)
    z, u, tails, places = np.empty(width), np.empty(INVESTORS * width), np.empty(width), np.empty(width, np.int64)
    agents, steps = np.arange(INVESTORS), np.empty(INVESTORS, np.int64)
    for week in range(WEEKS):
        steps[:] = week
        draws.uniforms_of_runs(z, seed, runs[:width], agents, steps, draws.SENTIMENT, 1)
        draws.to_normals_into(z, width, tails, places)
        draws.uniforms_of_runs(u, seed, runs[:width], agents, steps, draws.SIGNING, INVESTORS)
        for r in range(width):
            mood[r] = _MOOD_IN_LANES(mood[r], z[r])
        closed = _decided(booked[:width], mood, u, looking)
        if closed >= min(width, _VECTOR):
            width = _moved_together(out, runs[:width], mood, booked, looking)
        if width == 0:
            break
    _moved_together(out, runs[:width], mood, booked, looking)


@rule
def _decided(booked: Any, mood: Any, u: Any, looking: Any) -> int:
    """Let everybody decide on the same book, then add what was signed; how many rounds are closed."""
    width, closed, new = booked.shape[0], 0, np.zeros(booked.shape[0])
    for i in range(INVESTORS):
        luck, looks, inclination, ticket = u[i * width : (i + 1) * width], looking[i], INCLINATIONS[i], TICKETS[i]
        for r in range(width):
            likely = luck[r] < _CHANCE_IN_LANES(mood[r], inclination, booked[r])
            signs = likely & looks[r] & (booked[r] < TARGET)
            looks[r] &= not signs
            new[r] += ticket if signs else 0.0
    for r in range(width):
        booked[r] += new[r]
        closed += booked[r] >= TARGET
    return closed


@rule
def _moved_together(out: Any, runs: Any, mood: Any, booked: Any, looking: Any) -> int:
    """Write down what is booked, and move the runs whose round is open to the front; how many they are."""
    count = 0
    for r in range(runs.shape[0]):
        out[runs[r]] = booked[r]
        if booked[r] < TARGET:
            runs[count], mood[count], booked[count] = runs[r], mood[r], booked[r]
            looking[:, count] = looking[:, r]
            count += 1
    return count
