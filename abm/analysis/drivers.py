"""Drivers: which uncertain numbers move the answer, alone and through others (Morris, Sobol')."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from abm.core.arguments import checked
from abm.core.errors import Refusal
from abm.core.old_names import renamed
from abm.runs.terms import GRADE_WORDS
from abm.scenario import Scenario, load_scenario
from abm.scenario.sources import numbers_of
from abm.sweeps import Design, sweep
from abm.sweeps.axis import Axes, Axis

if TYPE_CHECKING:
    import pandas as pd

    from abm.sweeps import Study

Floats = NDArray[np.float64]
Function = Callable[[Floats], Floats]  # float64[points, axes] of shares from 0 to 1 to float64[points]
_LEVELS = 4  # places on an axis at which Morris looks


@dataclass(frozen=True)
class Drivers:
    """What moves the answer.

    Attributes
    ----------
    table
        One row a number, the most important first: ``path``; of a screening ``mu_star`` (mean size of the change from
        one end of its axis to the other [-]) with ``low`` and ``high``, ``mu`` and ``sigma``; of indices ``first`` and
        ``total``, each with ``_low`` and ``_high``; ``grade`` and ``unit`` of the number in the file.
    points, runs, seed
        Points, runs of each, and the seed that all share.
    noise
        Monte Carlo variance of a point over the variance between points [-]: common luck leaves it in the level of the
        answer, not in the comparison of points.
    """

    table: pd.DataFrame
    points: int
    runs: int
    seed: int
    noise: float

    @property
    def weight(self) -> str:
        """Name of the column that ranks."""
        return "mu_star" if "mu_star" in self.table else "total"


@checked
def morris(
    scenario: Scenario | str | Path,
    axes: Axes | Sequence[Axis] | None = None,
    trajectories: int = 10,
    runs: int = 300,
    seed: int = 1,
    event: str = "closed",
    **how: Any,
) -> Drivers:
    """Screen uncertain numbers: by how much the answer changes, on average, when one goes from end to end of its range.

    Parameters
    ----------
    scenario
        A scenario, a packaged id, or the path of a file.
    axes
        As for :class:`abm.Design`; default: every number of the file with a range, triangular over low, value, high.
    trajectories
        Random walks through the ranges, each of one step an axis [-].
    runs, seed, event
        Runs of each point [-], the seed of runs and walks, and what the probability is of. All points share their luck,
        so the answer is a fixed function of the numbers: the share of the runs in which the event happens.
    how
        What else :func:`abm.sweep` takes, such as ``folder``, ``workers`` and ``progress``.

    Raises
    ------
    ValueError
        Where a point has no answer; its changes and runs are named.
    Refusal
        Where SALib is missing.

    References
    ----------
    Morris, M. D. (1991). Factorial sampling plans for preliminary computational experiments. Technometrics 33(2),
    161-174. Campolongo, F., Cariboni, J. & Saltelli, A. (2007). Environmental Modelling & Software 22(10), 1509-1518.

    Examples
    --------
    >>> found = morris("three-investors", {"round.target_bn": (6, 10)}, trajectories=4, runs=200, workers=1)
    >>> found.table["path"].tolist(), found.points
    (['round.target_bn'], 8)
    """
    asked = _asked(scenario, axes)
    names = [axis.name for axis in asked[1]]
    answer = _Answer(*asked, runs, seed, event, how)
    return answer.drivers(morris_effects(answer, names, trajectories, seed))


@checked
def sobol(
    scenario: Scenario | str | Path,
    axes: Axes | Sequence[Axis] | None = None,
    points: int = 256,
    runs: int = 300,
    seed: int = 1,
    event: str = "closed",
    **how: Any,
) -> Drivers:
    """Share the variance of the answer out: to each number alone (first), and with all it does through others (total).

    Parameters
    ----------
    scenario, axes, runs, seed, event, how
        As in :func:`morris`.
    points
        Rows of the base sample, a power of two; (axes + 2) times as many points are simulated [-].

    Raises
    ------
    ValueError
        Where a point has no answer, or ``points`` is no power of two.
    Refusal
        Where SALib is missing.

    References
    ----------
    Saltelli, A. et al. (2010). Variance based sensitivity analysis of model output. Computer Physics Communications
    181(2), 259-270. doi:10.1016/j.cpc.2009.09.018

    Examples
    --------
    >>> axes = {"round.target_bn": (6, 10), "investors.fund.signing_probability": (0.1, 0.9)}
    >>> sobol("three-investors", axes, points=16, runs=200, workers=1).points
    64
    """
    asked = _asked(scenario, axes)
    names = [axis.name for axis in asked[1]]
    answer = _Answer(*asked, runs, seed, event, how)
    return answer.drivers(sobol_indices(answer, names, points, seed))


@checked
def morris_effects(function: Function, names: Sequence[str], trajectories: int, seed: int) -> pd.DataFrame:
    """Morris screening of any function of shares from 0 to 1, as in :func:`morris`.

    Examples
    --------
    >>> morris_effects(lambda x: 3 * x[:, 0] - x[:, 1], ["a", "b"], trajectories=4, seed=1)["mu_star"].round(9).tolist()
    [3.0, 1.0]
    """
    import pandas as pd

    need("SALib")
    from SALib.analyze.morris import analyze
    from SALib.sample.morris import sample

    problem = {"num_vars": len(names), "names": list(names), "bounds": [[0.0, 1.0]] * len(names)}
    shares = sample(problem, trajectories, num_levels=_LEVELS, seed=seed)
    found = analyze(problem, shares, _known(function, shares), num_levels=_LEVELS, seed=seed)
    star, half = np.asarray(found["mu_star"], float), np.nan_to_num(np.asarray(found["mu_star_conf"], float))
    columns = {"path": list(names), "mu_star": star, "low": np.maximum(0.0, star - half), "high": star + half}
    columns |= {name: np.asarray(found[name], float) for name in ("mu", "sigma")}
    return pd.DataFrame(columns).sort_values("mu_star", ascending=False, kind="stable", ignore_index=True)


@checked
def sobol_indices(function: Function, names: Sequence[str], points: int, seed: int) -> pd.DataFrame:
    """First and total Sobol' indices of any function of shares from 0 to 1, as in :func:`sobol`.

    A function that never changes has no variance to share out: all indices are 0.
    """
    import pandas as pd

    need("SALib")
    from SALib.analyze.sobol import analyze
    from SALib.sample.sobol import sample

    if points < 2 or points & (points - 1):  # noqa: PLR2004, no sequence
        raise ValueError(f"expected a power of two of points, got {points}")
    problem = {"num_vars": len(names), "names": list(names), "bounds": [[0.0, 1.0]] * len(names)}
    shares = sample(problem, points, calc_second_order=False, seed=seed)
    values = _known(function, shares)
    if np.ptp(values) == 0.0:
        found = {key: np.zeros(len(names)) for key in ("S1", "S1_conf", "ST", "ST_conf")}
    else:
        found = analyze(problem, values, calc_second_order=False, seed=seed)
    columns: dict[str, Any] = {"path": list(names)}
    for name, key in (("first", "S1"), ("total", "ST")):
        middle, half = np.asarray(found[key], float), np.asarray(found[f"{key}_conf"], float)
        columns |= {name: middle, f"{name}_low": middle - half, f"{name}_high": middle + half}
    return pd.DataFrame(columns).sort_values("total", ascending=False, kind="stable", ignore_index=True)


def leaning(drivers: Drivers) -> dict[str, float]:
    """How much of what moves the answer rests on numbers of each grade, as a share of the ranking column.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"path": ["a", "b"], "mu_star": [3.0, 1.0], "grade": ["judgement", "fact"]})
    >>> leaning(Drivers(table, 3, 100, 1, 0.0))
    {'judgement': 0.75, 'fact': 0.25}
    """
    table, weight = drivers.table, drivers.weight
    shares = table.assign(weight=table[weight].clip(lower=0.0)).groupby("grade")["weight"].sum()
    total = float(shares.sum())
    ranked = shares.sort_values(ascending=False)
    return {str(grade): float(share) / total if total else 0.0 for grade, share in ranked.items()}


def leaning_words(drivers: Drivers) -> str:
    """Say how much of what moves the answer is judgement, in a sentence."""
    words = {grade: words.one for grade, words in GRADE_WORDS.items()}
    parts = [f"{share:.0%} is {words.get(grade, grade)}" for grade, share in leaning(drivers).items()]
    return f"Of what moves the answer, {', '.join(parts)}." if parts else ""


class _Answer:
    """The answer as a function of shares of the axes: simulates all points of a matrix under the same luck."""

    def __init__(
        self, scenario: Scenario, axes: Sequence[Axis], runs: int, seed: int, event: str, how: Mapping[str, Any]
    ) -> None:
        self.scenario, self.axes, self.runs, self.seed = scenario, axes, runs, seed
        self.event, self.how = event, dict(how)
        self.points, self.noise = 0, 0.0

    def __call__(self, shares: Floats) -> Floats:
        design = Design.shares(self.axes, shares)
        study = sweep(
            self.scenario, design, self.runs, self.seed, event=self.event, columns=("closed",), central=True, **self.how
        )
        if study.interrupted:
            raise KeyboardInterrupt
        frame = study.points()
        p = frame["p"].to_numpy(float)
        if (unknown := np.flatnonzero(np.isnan(p) | (frame["failed"].to_numpy() > 0))).size:
            raise ValueError(_without_answer(study, int(unknown[0])))
        between = float(np.var(p))
        self.points, self.noise = len(p), float(np.mean(p * (1 - p))) / self.runs / between if between else 0.0
        return p

    def drivers(self, table: pd.DataFrame) -> Drivers:
        """Put a table together with what the numbers are in the file."""
        known = {path: (number.grade or "assumption", knob.unit) for path, number, knob in numbers_of(self.scenario)}
        grades = [known.get(path, ("", ""))[0] for path in table["path"]]
        units = [known.get(path, ("", ""))[1] for path in table["path"]]
        return Drivers(table.assign(grade=grades, unit=units), self.points, self.runs, self.seed, self.noise)


def _asked(scenario: Scenario | str | Path, axes: Axes | Sequence[Axis] | None) -> tuple[Scenario, Sequence[Axis]]:
    loaded = load_scenario(scenario)
    if axes is None:
        return loaded, Design.prior(loaded, 1).axes
    return loaded, Design.shares(axes, np.zeros((1, len(axes)))).axes


def _known(function: Function, shares: Floats) -> Floats:
    """Values of a function, all of them known: the library turns one that is not into indices of 0 without a word."""
    values = np.asarray(function(shares), float)
    if (unknown := np.flatnonzero(~np.isfinite(values))).size:
        raise ValueError(f"expected a number at every point, got {values[unknown[0]]} at point {unknown[0]}")
    return values


def _without_answer(study: Study, index: int) -> str:
    why = next((failure for failure in study.failures() if failure.place == index), None)
    what = ", ".join(f"{path} = {value}" for path, value in list(study.design[index].items())[:3])
    run = "all its runs" if why is None or why.run is None else f"run {why.run}"
    where = f"point {index} ({what}, …), {run}, seed {study.job.seed}"
    return f"expected an answer at every point, got none at {where}{f': {why.message}' if why is not None else ''}"


def need(*libraries: str) -> None:
    """Refuse at once what needs a library that is not there.

    Raises
    ------
    Refusal
        With how to get it.
    """
    if missing := [name for name in libraries if importlib.util.find_spec(name) is None]:
        name = {"sklearn": "scikit-learn"}.get(missing[0], missing[0])
        raise Refusal(f"expected the library {name}, it is not there; install it with: pip install {name}")


__getattr__ = renamed(__name__, {"screened": "morris_effects", "shared_out": "sobol_indices"})
