"""Discovery: in which worlds a round closes, or fails, with few limits, and tried on other worlds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from abm.analysis.box.limits import Box, Floats, Table, Words, phrase
from abm.analysis.box.prim import find, trajectory
from abm.analysis.box.regions import Search, box_of
from abm.analysis.box.resampling import Holdout, ends_of, holdout, split_half, stability
from abm.analysis.prose.phrases import capital
from abm.core.arguments import checked
from abm.core.notebook import Printed
from abm.core.old_names import renamed_attribute

if TYPE_CHECKING:
    import pandas as pd

    from abm.sweeps.study import Study

_WANTED = ("closed", "failed")
#: Worlds of which a half can still hold a box of ten.
FEWEST = 20


@dataclass(frozen=True, repr=False)
class Discovery(Printed):
    """A box, how it was found, and how far it can be relied on.

    Attributes
    ----------
    box
        The chosen box; its density is what it is on the worlds it was found on, so rather too good.
    holdout
        What boxes found in the same way on part of the worlds are worth on the others.
    base
        Mean probability over all worlds [-].
    agreed, resamples
        In how many resamples the same ends of the same parameters were limited, and of how many.
    main
        In how many resamples the most important parameter of the box was limited.
    stability
        One row for each end that was ever limited: ``path``, ``end`` (``low``, ``high`` or ``not WORD``), ``times``,
        ``share`` [-], ``q05``, ``q50``, ``q95`` of the limit where it is a number, ``chosen``.
    trajectory
        One row a peel: ``step``, ``density``, ``coverage``, ``support`` [-], ``points``, ``restricted``.
    worlds
        The parameters, ``p`` of what is wanted [-], and whether each is ``inside``.
    wanted, threshold
        ``closed`` or ``failed``; and from which probability on a world counts as closed, None where it counts by it.
    steps
        Every box of the trajectory; whoever wants another one than the chosen takes it from here.
    event
        What the study counted.
    """

    box: Box
    holdout: Holdout
    base: float
    agreed: int
    resamples: int
    main: int
    stability: pd.DataFrame
    trajectory: pd.DataFrame
    worlds: pd.DataFrame
    steps: tuple[Box, ...]
    wanted: str = "closed"
    threshold: float | None = None
    event: str = "closed"

    honest = renamed_attribute("honest", "holdout")

    @property
    def better(self) -> bool:
        """Whether there is a box that is more than luck.

        Boxes found on half of the worlds are denser than the base rate on the other half, and at least half of them
        limit the parameter that is the most important in this one.
        """
        return bool(self.box.limits) and self.holdout.low > self.base and 2 * self.main >= self.holdout.found

    def sentence(self, words: Words = None) -> str:
        """Say it the way it may be quoted, with phrases for the paths."""
        verb, noun, of = *_verb(self.wanted, self.event), "runs"
        if self.threshold is not None:
            bound = f"with {'less than' if self.wanted == 'failed' else 'at least'} {self.threshold:.0%}"
            verb, noun, of = f"{_verb('closed', self.event)[0]} {bound}", "such worlds", "worlds"
        if not self.better:
            return (
                f"no few limits were found within which it {verb} in more of the {of} than anywhere, {self.base:.0%}, "
                f"and which hold on other worlds, too ({len(self.worlds)} worlds)"
            )
        box, holdout = self.box, self.holdout
        several = len(box.limits) > 1 and self.main > self.agreed
        first = "" if not several else f", one on {phrase(box.limits[0].path, words)} in {self.main}"
        return (
            f"{verb} in {box.density:.0%} of {of} where {box.text(words)}, which covers {box.coverage:.0%} of all "
            f"{noun} (anywhere: {self.base:.0%}; boxes found on half of the worlds have {holdout.density:.0%}, 95 % "
            f"interval {holdout.low:.0%} to {holdout.high:.0%}, on the other half; the same limits in {self.agreed} of "
            f"{self.resamples} resamples{first})"
        )

    def __str__(self) -> str:
        """Say it with paths."""
        return capital(self.sentence())


def _verb(wanted: str, event: str) -> tuple[str, str]:
    """Say that it happens, and what such runs are called."""
    if event != "closed":
        return f"{event} holds" if wanted == "closed" else f"{event} does not hold", "such runs"
    return ("closes", "closings") if wanted == "closed" else ("fails", "failures")


@checked
def discover(
    worlds: Study | pd.DataFrame,
    p: ArrayLike | None = None,
    wanted: str = "closed",
    threshold: float | None = None,
    search: Search | None = None,
    resamples: int = 50,
    seed: int = 1,
) -> Discovery:
    """Find limits within which a round closes, or fails, far more often than elsewhere.

    Every world counts the same, however many runs it had. The box is found with PRIM
    (:mod:`abm.analysis.box.prim`); then the search is repeated on random halves of the worlds, and each box tried on
    the other half. That shows a box which is nothing but luck, as is easily found among many parameters; and it is a
    little hard on the box, as half of the worlds tell less than all.

    Parameters
    ----------
    worlds
        A finished study, or a frame with a column for each parameter and a row for each world.
    p
        With a frame: probability in each world [-].
    wanted
        ``closed``, or what else the study counted; or ``failed``, that it does not happen.
    threshold
        Count worlds with at least this probability as closed, all others as failed; default: by their probability.
    search
        How; default: :class:`abm.analysis.box.regions.Search`.
    resamples, seed
        How many halves [-], and the seed of drawing them.

    Returns
    -------
    Discovery
        With a box without limits where none is better than luck.

    Raises
    ------
    ValueError
        Where there are fewer than 20 worlds, or one is no number or no probability.

    Examples
    --------
    >>> import pandas as pd
    >>> luck = np.random.default_rng(1).random((200, 3))
    >>> frame = pd.DataFrame({"burn": 20 * luck[:, 0], "appetite": luck[:, 1], "rate": luck[:, 2]})
    >>> found = discover(frame, np.where((frame["burn"] < 9) & (frame["appetite"] > 0.6), 0.9, 0.1))
    >>> found.box.text(), round(found.box.density, 3), found.better
    ('appetite is above 0.6 and burn is below 9', 0.9, True)
    """
    frame, chance = outcomes_of(worlds, p, wanted, threshold)
    found = _discovered(frame, chance, float(chance.sum()), search, resamples, seed)
    return replace(found, wanted=wanted, threshold=threshold, event=_event(worlds))


@checked
def cover(
    worlds: Study | pd.DataFrame,
    p: ArrayLike | None = None,
    boxes: int = 3,
    wanted: str = "closed",
    threshold: float | None = None,
    search: Search | None = None,
    resamples: int = 50,
    seed: int = 1,
) -> tuple[Discovery, ...]:
    """Find one box after the other, each on the worlds outside of those before, while they are better than luck.

    Parameters
    ----------
    worlds, p, wanted, threshold, search, resamples, seed
        As in :func:`discover`.
    boxes
        How many at most.

    Returns
    -------
    tuple of Discovery
        The first in any case; others only if they are better than the average of the worlds that were left. Coverage
        refers to what happens in all worlds, density, support and base to those that were left.
    """
    frame, chance = outcomes_of(worlds, p, wanted, threshold)
    total, left, found = float(chance.sum()), np.ones(len(chance), np.bool_), list[Discovery]()
    while len(found) < boxes and int(left.sum()) >= FEWEST:
        rest = frame[left].reset_index(drop=True)
        discovery = _discovered(rest, chance[left], total, search, resamples, seed)
        discovery = replace(discovery, wanted=wanted, threshold=threshold, event=_event(worlds))
        if found and not discovery.better:
            break
        found.append(discovery)
        if not discovery.better:
            break
        left &= ~discovery.box.holds(frame)
    return tuple(found)


@checked
def outcomes_of(
    worlds: Study | pd.DataFrame, p: ArrayLike | None, wanted: str, threshold: float | None
) -> tuple[pd.DataFrame, Floats]:
    """Parameters of the worlds that were run, and the probability of what is wanted in each."""
    import pandas as pd

    if wanted not in _WANTED:
        raise ValueError(f"expected closed or failed to be wanted, got {wanted!r}")
    if isinstance(worlds, pd.DataFrame):
        frame, chance = worlds, np.asarray([] if p is None else p, np.float64)
    else:
        frame, chance = worlds.worlds_frame(), worlds.points()["p"].to_numpy(np.float64)
    if len(frame) != len(chance):
        raise ValueError(f"expected a probability for each of {len(frame)} worlds, got {len(chance)}")
    known = ~np.isnan(chance)
    frame, chance = frame[known].reset_index(drop=True), chance[known]
    if len(frame) < FEWEST or chance.min() < 0 or chance.max() > 1:
        got = f"{len(frame)} worlds" + (f" from {chance.min():g} to {chance.max():g}" if len(frame) else "")
        raise ValueError(f"expected at least {FEWEST} worlds with probabilities from 0 to 1, got {got}")
    if threshold is not None:
        chance = (chance >= threshold).astype(np.float64)
    return frame, 1 - chance if wanted == "failed" else chance


def _event(worlds: Study | pd.DataFrame) -> str:
    """What a study counted."""
    return str(worlds.job.event) if hasattr(worlds, "job") else "closed"


def _discovered(
    frame: pd.DataFrame, p: Floats, total: float, search: Search | None, resamples: int, seed: int
) -> Discovery:
    search, table = search or Search(), Table.of(frame)
    path, region = find(table, p, search)
    made = split_half(table, p, search, resamples, seed)
    box, ends = box_of(table, p, region, search, total), ends_of(table, region).keys()
    agreed = sum(ends_of(table, half).keys() == ends for _, half in made)
    first = {table.paths.index(limit.path) for limit in box.limits[:1]}
    main = sum(bool(first & set(half.owners(table))) for _, half in made)
    steps = tuple(box_of(table, p, region, search, total) for region in path)
    return Discovery(
        box, holdout(table, p, made, total), float(p.mean()), agreed, resamples, main, stability(table, made, region),
        trajectory(steps), frame.assign(p=p, inside=region.inside(table)), steps,
    )  # fmt: skip
