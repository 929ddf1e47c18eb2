"""Random numbers by address: every draw is a pure function of who asks, when, and what for."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from abm.core.arithmetic import erfc, log, log1p, septic
from abm.core.floating import fma
from abm.core.jit import folded, lean, rule
from abm.core.records import Floats, Integers

# Purposes (docs/model.md 2.5). Append only: renumbering one changes every published trajectory.
PRIOR_DEVIATION = 101
PRIVATE_SIGNAL = 102
DILIGENCE = 103
SIGNING = 104
WITHDRAWAL = 105
SETTLEMENT = 106
WEALTH = 107
RISK_AVERSION = 108
CONDITION_KIND = 109
CONDITION_PARAMETER = 110
MAX_TICKET = 111
HOLDING = 112
CONSENT = 201
BLOCK = 202
FRAILTY = 203
TRUE_VALUE = 301
SENTIMENT = 401
REGIME = 402
VALUE = 403
JUMP_WAIT = 404
JUMP_SIZE = 405
REVENUE = 406
BURN = 407
TALENT = 408
NEWS = 409
EMERGENCY = 501  # whether who borrows goes to the limit of an emergency
IPO_WINDOW = 503
BRIDGE = 504
EXTENSION = 505
IPO_VETO = 506
IPO_WITHDRAWAL = 507
LATER_ROUND = 508
CONDITIONAL = 509
ALL_OR_NOTHING = 510
REDEMPTION = 511
TIE = 512
UNKNOWN = 601  # of a design: what the file does not know
WORLD = 602  # of a world: a number of the file that nobody knows, by the name of its path
COMPANY = 603  # of a company in a market: the seed of its runs
OWN = 10_000  # from here on, purposes are free for agents of a user's own

_LOW = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)
# Constants and rounds of Philox4x32-10: others would be another generator, whose quality nobody has tested.
_MULTIPLIER_0 = np.uint64(0xD2511F53)
_MULTIPLIER_1 = np.uint64(0xCD9E8D57)
_WEYL_0 = np.uint64(0x9E3779B9)
_WEYL_1 = np.uint64(0xBB67AE85)
_ROUNDS = 10

_CENTRE = 0.425  # half-width of the part of (0, 1) that one rational function of AS 241 covers


def joined(seed: int, run: int) -> int:
    """Seed and run as one whole number, for generators that take only one.

    Examples
    --------
    >>> joined(1, 2)
    4294967298
    """
    return seed << 32 | run


@folded
def philox(c0: int, c1: int, c2: int, c3: int, k0: int, k1: int) -> tuple[Any, Any, Any, Any]:
    """Philox4x32-10: four random 32-bit words from a counter of four and a key of two.

    Parameters
    ----------
    c0, c1, c2, c3
        The counter, 32-bit words [-].
    k0, k1
        The key, 32-bit words [-].

    Returns
    -------
    tuple of int
        Four words, each from 0 to 2**32 - 1.

    References
    ----------
    Salmon, J. K. et al. (2011). Parallel random numbers: as easy as 1, 2, 3. SC '11. doi:10.1145/2063384.2063405

    Examples
    --------
    >>> ["%08x" % int(word) for word in philox(0, 0, 0, 0, 0, 0)]
    ['6627e8d5', 'e169c58d', 'bc57ac4c', '9b00dbd8']
    """
    # masks tell the compiler that the upper halves are empty, so that one narrow multiplication is enough
    x0, x1 = np.uint64(c0) & _LOW, np.uint64(c1) & _LOW
    x2, x3 = np.uint64(c2) & _LOW, np.uint64(c3) & _LOW
    key0, key1 = np.uint64(k0) & _LOW, np.uint64(k1) & _LOW
    for _ in range(_ROUNDS):
        product0 = _MULTIPLIER_0 * x0
        product1 = _MULTIPLIER_1 * x2
        x0 = (product1 >> _SHIFT) ^ x1 ^ key0
        x2 = (product0 >> _SHIFT) ^ x3 ^ key1
        x1 = product1 & _LOW
        x3 = product0 & _LOW
        key0 = (key0 + _WEYL_0) & _LOW
        key1 = (key1 + _WEYL_1) & _LOW
    return x0, x1, x2, x3


@rule
def uniform(seed: int, run: int, agent: int, step: int, purpose: int, sub: int) -> float:
    """Return the number strictly between 0 and 1 that belongs to this address and to no other.

    Parameters
    ----------
    seed, run
        Study seed and replicate, 0 to 2**32 - 1 [-].
    agent, step, purpose, sub
        Who asks, in which week, what for (the constants above), and which of several [-].

    Returns
    -------
    float
        53-bit uniform in (0, 1) [-].

    References
    ----------
    Model basis, section 2.5.

    Examples
    --------
    >>> round(uniform(2025, 0, 3, 0, PRIOR_DEVIATION, 0), 12)
    0.764903828533
    """
    word0, word1, _, _ = philox(agent, step, purpose, sub, seed, run)
    return fraction(word0, word1)


@folded
def fraction(word0: Any, word1: Any) -> float:
    """Two random words as a number strictly between 0 and 1, in steps of 2**-53."""
    # 27 and 26 bits: through int64, because compiled code turns an unsigned word into a float much more slowly
    high = float(np.int64(word0 >> np.uint64(5)))
    low = float(np.int64(word1 >> np.uint64(6)))
    # the very last of the 2**53 values would round to 1
    return min((high * 67108864.0 + low + 0.5) / 9007199254740992.0, 1.0 - 1.0 / 9007199254740992.0)


@rule
def uniforms(out: Floats, seed: int, run: int, agents: Integers, steps: Integers, purpose: int) -> None:
    """Fill ``out`` with the uniforms of many addresses at once: ten times as fast as one after the other.

    Parameters
    ----------
    out
        float64[K], overwritten [-].
    seed, run, purpose
        As in :func:`uniform`; ``sub`` is 0.
    agents, steps
        int64[K], who asks, and in which week [-].

    Examples
    --------
    >>> out = np.zeros(2)
    >>> uniforms(out, 2025, 0, np.array([3, 3]), np.array([0, 1]), PRIOR_DEVIATION)
    >>> bool(out[1] == uniform(2025, 0, 3, 1, PRIOR_DEVIATION, 0))
    True
    """
    for k in range(out.shape[0]):
        word0, word1, _, _ = philox(agents[k], steps[k], purpose, 0, seed, run)
        out[k] = fraction(word0, word1)


@lean
def uniforms_of_runs(
    out: Floats, seed: int, runs: Integers, agents: Integers, steps: Integers, purpose: int, count: int
) -> None:
    """Fill ``out`` with the uniforms of many runs, those of an address side by side.

    Parameters
    ----------
    out
        float64[at least K * R], overwritten: ``out[k * R + r]`` is that of address k in run r [-].
    seed, purpose
        As in :func:`uniform`; ``sub`` is 0.
    runs
        int64[R], the runs [-].
    agents, steps
        int64[at least K], who asks, and in which week [-].
    count
        K, how many addresses [-].

    Examples
    --------
    >>> out, runs = np.zeros(4), np.array([5, 6])
    >>> uniforms_of_runs(out, 2025, runs, np.array([3, 3]), np.array([0, 1]), PRIOR_DEVIATION, 2)
    >>> bool(out[3] == uniform(2025, 6, 3, 1, PRIOR_DEVIATION, 0))
    True
    """
    width = runs.shape[0]
    for k in range(count):
        agent, step, first = agents[k], steps[k], k * width
        for r in range(width):
            word0, word1, _, _ = philox(agent, step, purpose, 0, seed, runs[r])
            out[first + r] = fraction(word0, word1)


@rule
def to_normals(out: Floats) -> None:
    """Turn uniforms into standard normals, in place."""
    count = out.shape[0]
    to_normals_into(out, count, np.empty(count), np.empty(count, np.int64))


@lean
def to_normals_into(out: Floats, count: int, tails: Floats, places: Integers) -> None:
    """Turn ``count`` uniforms into standard normals, in place: tails are picked out, and each part done all at once.

    ``tails`` and ``places``, as long as ``out``, are overwritten.
    """
    # without a branch inside, a loop fills the lanes of the processor; 15 % of draws lie in the tails
    n = 0
    for k in range(count):
        places[n], tails[n] = k, out[k]
        n += 1 if abs(out[k] - 0.5) > _CENTRE else 0
    for t in range(n):
        tails[t] = _tail_quantile(tails[t])
    for k in range(count):
        out[k] = _central_quantile(out[k] - 0.5)
    for t in range(n):
        out[places[t]] = tails[t]


def triangular(u: float, low: float, mode: float, high: float) -> float:
    """Number that a uniform stands for on the triangular law over a range, by inverse distribution function.

    Parameters
    ----------
    u
        Probability strictly between 0 and 1 [-].
    low, mode, high
        Ends of the range, low < high, and the top of the law [as the number].

    Examples
    --------
    >>> triangular(0.125, 0.0, 2.0, 4.0), triangular(0.875, 0.0, 2.0, 4.0)
    (1.0, 3.0)
    """
    width, left = high - low, mode - low
    if u * width <= left:
        return low + math.sqrt(u * width * left)
    return high - math.sqrt((1.0 - u) * width * (width - left))


@rule
def exponential(seed: int, run: int, agent: int, step: int, purpose: int, sub: int) -> float:
    """Return the unit-exponential draw of this address: the hazard an event waits for.

    Examples
    --------
    >>> round(exponential(2025, 0, 3, 0, PRIOR_DEVIATION, 0), 6)
    1.447761
    """
    return waited(uniform(seed, run, agent, step, purpose, sub))


@folded
def waited(u: float) -> float:
    """Unit exponential of a uniform, by inverse distribution function.

    Examples
    --------
    >>> round(waited(0.5), 6)
    0.693147
    """
    return -log1p(-u)  # not -log(u): small waits keep all their digits


@rule
def normal(seed: int, run: int, agent: int, step: int, purpose: int, sub: int) -> float:
    """Return the standard normal draw of this address, by inverse distribution function.

    Examples
    --------
    >>> round(normal(2025, 0, 3, 0, PRIOR_DEVIATION, 0), 12)
    0.722166132352
    """
    return normal_quantile(uniform(seed, run, agent, step, purpose, sub))


@folded
def normal_cdf(z: float) -> float:
    """Standard normal distribution function, accurate in the lower tail.

    Examples
    --------
    >>> normal_cdf(0.0)
    0.5
    """
    # not 0.5 * (1 + erf): far below zero that is a difference of equals
    return 0.5 * erfc(-z * 0.7071067811865476)


@folded
def normal_quantile(u: float) -> float:
    """Inverse of the standard normal distribution function, to 1e-15 relative; infinite at 0 and 1, else not a number.

    Parameters
    ----------
    u
        Probability strictly between 0 and 1 [-].

    Returns
    -------
    float
        z with Phi(z) = u [-].

    References
    ----------
    Wichura, M. J. (1988). Algorithm AS 241: the percentage points of the normal distribution. Applied Statistics
    37(3), 477-484. doi:10.2307/2347330

    Examples
    --------
    >>> round(normal_quantile(0.975), 12)
    1.95996398454
    """
    centre, tail = _central_quantile(u - 0.5), _tail_quantile(u)
    return centre if abs(u - 0.5) <= _CENTRE else tail


@folded
def _central_quantile(q: float) -> float:
    """Inverse of the standard normal distribution function at 0.5 + q, for |q| up to 0.425.

    Examples
    --------
    >>> _central_quantile(0.0)
    0.0
    """
    r = fma(-q, q, 0.180625)
    r = r if r > 0.0 else 0.0  # beyond the centre, where nobody takes it, too
    return (
        q
        * septic(
            r, 3.387132872796366608, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125,
            45921.953931549871457, 67265.770927008700853, 33430.575583588128105, 2509.0809287301226727,
        )
        / septic(
            r, 1.0, 42.313330701600911252, 687.1870074920579083, 5394.1960214247511077,
            21213.794301586595867, 39307.89580009271061, 28729.085735721942674, 5226.495278852545925,
        )
    )  # fmt: skip


@folded
def _tail_quantile(u: float) -> float:
    """Inverse of the standard normal distribution function outside of the centre; infinite at 0 and 1.

    Examples
    --------
    >>> round(_tail_quantile(0.975), 12)
    1.95996398454
    """
    far = math.sqrt(-log(min(u, 1.0 - u)))
    r = far - 1.6
    over = septic(
        r, 1.42343711074968357734, 4.6303378461565452959, 5.7694972214606914055, 3.64784832476320460504,
        1.27045825245236838258, 0.24178072517745061177, 0.0227238449892691845833, 7.7454501427834140764e-4,
    )  # fmt: skip
    under = septic(
        r, 1.0, 2.05319162663775882187, 1.6763848301838038494, 0.68976733498510000455,
        0.14810397642748007459, 0.0151986665636164571966, 5.475938084995344946e-4, 1.05075007164441684324e-9,
    )  # fmt: skip
    r = far - 5.0
    far_over = septic(
        r, 6.6579046435011037772, 5.4637849111641143699, 1.7848265399172913358, 0.29656057182850489123,
        0.026532189526576123093, 0.0012426609473880784386, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
    )  # fmt: skip
    far_under = septic(
        r, 1.0, 0.59983220655588793769, 0.13692988092273580531, 0.0148753612908506148525,
        7.868691311456132591e-4, 1.8463183175100546818e-5, 1.4215117583164458887e-7, 2.04426310338993978564e-15,
    )  # fmt: skip
    z = (over if far <= 5.0 else far_over) / (under if far <= 5.0 else far_under)
    z = far if far == math.inf else z  # of 0 and 1
    return z if u > 0.5 else -z
