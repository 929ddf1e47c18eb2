"""Worlds: draws of what nobody knows, estimated around the central value, whose answer is known from many more runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from abm.runs.estimates import wilson
from abm.runs.layers import Layers, layers_of
from abm.runs.outcomes import Outcomes

if TYPE_CHECKING:
    import pandas as pd

    from abm.sweeps.study import Study

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Worlds:
    """Draws of what nobody knows, and the probability of closing in each.

    Attributes
    ----------
    frame
        One row a world, one column a number that moves the answer.
    p, runs
        Probability in each world [-], and the runs behind it [-]; NaN where it could not be simulated.
    """

    frame: pd.DataFrame
    p: Floats
    runs: NDArray[np.int64]

    def layers(self) -> Layers:
        """Tell apart what the runs leave open and what the world leaves open."""
        return layers_of(self.p, self.runs.astype(float))

    def points(self) -> pd.DataFrame:
        """Return the worlds with ``p``, ``low``, ``high`` and ``runs``, as a study does.

        The intervals are Wilson's for as many plain runs: weighing leaves less error than they say.
        """
        known = np.where(np.isfinite(self.p), self.p, 0.0)
        bounds = [wilson(round(p * n), int(n)) for p, n in zip(known, self.runs, strict=True)]
        low, high = np.array(bounds, float).reshape(-1, 2).T
        return self.frame.assign(p=self.p, low=low, high=high, runs=self.runs)


def around(study: Study, central: Outcomes, inert: tuple[str, ...] = ()) -> Worlds:
    r"""Estimate every world of a study around the central value.

    All worlds share the luck of a few hundred runs, and if luck was bad in these, it was in all worlds. The central
    value has many more runs under the same luck, among them those: a world is weighed so that the central value closes
    in as many of the runs as it truly does.

    .. math:: p_w = P_c \; p(w | c) + (1 - P_c) \; p(w | \neg c)

    Parameters
    ----------
    study
        Of worlds, with the column ``closed``.
    central
        Outcomes at the central values. Where they have not the seed of the study, or it counted another event, its own
        probabilities stand.
    inert
        Numbers that move no run, of which a study of one's own may still have columns.

    References
    ----------
    Post-stratification: Glasserman, P. (2003). Monte Carlo Methods in Financial Engineering. Springer. Section 4.3.
    """
    points = study.points()
    p, runs = points["p"].to_numpy(float), points["runs"].to_numpy(np.int64)
    if (study.job.seed, study.job.event) == (central.seed, "closed") and "closed" in study.job.columns:
        closed = central.to_frame()["closed"].to_numpy(bool)
        p = np.array([_weighed(study, index, closed) if runs[index] else np.nan for index in range(len(p))])
    frame = study.worlds_frame()
    return Worlds(frame.drop(columns=[path for path in inert if path in frame]), p, runs)


def _weighed(study: Study, index: int, closed: NDArray[np.bool_]) -> float:
    happened = study.runs(index)["closed"]
    known = happened.index < len(closed)
    world, here = happened.to_numpy(bool)[known], closed[happened.index.to_numpy()[known]]
    whole = float(closed.mean())
    if not here.any() or here.all():  # luck that never closes, or always does, tells nothing of the other kind
        return float(world.mean())
    return whole * float(world[here].mean()) + (1.0 - whole) * float(world[~here].mean())
