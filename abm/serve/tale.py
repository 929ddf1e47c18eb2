"""Tale: one run of a position, week by week, as ``abm explain`` tells it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from abm.analysis.choosing import choose
from abm.analysis.explanation import Explained
from abm.analysis.story import tell_story
from abm.analysis.twin import nearest_twin
from abm.core.batch import PATHS
from abm.core.errors import Refusal
from abm.report.story_page import explained_json, other_changes, twin_words
from abm.runs.simulation import simulate
from abm.runs.terms import CAUSE_WORDS
from abm.scenario import Scenario
from abm.serve.position import Position, settings_of

CHOSEN_FROM = 1_000  # runs among which a typical one is chosen, as by abm explain
_LAST = 2**32 - 1


def tale_of(base: Scenario, position: Position, which: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Tell a run: first what happened, then which smallest change would have turned it.

    Parameters
    ----------
    base, position
        The scenario as the page opened it, and what is asked of it.
    which
        Number of the run, or ``typical``, ``failed``, ``closed``.

    Raises
    ------
    Refusal
        Where there is no such run.

    Examples
    --------
    >>> import abm
    >>> told = dict(tale_of(abm.load_scenario("three-investors"), Position(), 7))
    >>> told["story"]["ending"], told["twin"]["settings"]
    ('gate', ['investors.lead.conditions=off'])
    """
    scenario, seed, central = position.of(base), position.seed, position.central
    run, why = _run_of(scenario, position, which)
    story = tell_story(scenario, seed, run, why, central=central)
    names = {node.id: node.name for node in story.waiting.nodes}
    ended = "the round closed" if story.ending == "closed" else f"failed, as {CAUSE_WORDS[story.ending]}"
    yield "story", {**story.to_json(), "ended": ended, "names": names, "weeks": _weeks(scenario, position, run)}
    told = Explained(scenario, story, nearest_twin(scenario, seed, run, central=central))
    settings = settings_of(told.twin.changes) if told.twin else None
    twin = explained_json(told)["twin"]
    kept = {key: twin[key] for key in twin if key != "tried"} if twin else None
    yield (
        "twin",
        {"run": run, "words": twin_words(told), "others": other_changes(told), "settings": settings, "twin": kept},
    )


def _run_of(scenario: Scenario, position: Position, which: Any) -> tuple[int, str]:
    """Number of the run that is wanted, and why it is told."""
    if which in ("typical", "failed", "closed"):
        try:
            choice = choose(scenario, position.seed, which, CHOSEN_FROM, central=position.central)
        except ValueError as error:
            raise Refusal(f"story: {error}") from None
        return choice.run, choice.why
    if type(which) is not int or not 0 <= which <= _LAST:
        raise Refusal(f"story: expected a number of a run from 0 to {_LAST}, or typical, failed or closed")
    return which, ""


def _weeks(scenario: Scenario, position: Position, run: int) -> dict[str, Any]:
    """What was committed and paid, and the cash, at the end of every week [USD billion]."""
    outcomes = simulate(scenario, 1, position.seed, first_run=run, workers=1, central=position.central)
    paths = {name: outcomes.path(name).iloc[0].tolist() for name in PATHS}
    days = range(1, len(paths["paid"]) + 1)
    return {"dates": [str(scenario.as_of + dt.timedelta(weeks=week)) for week in days], **paths}
