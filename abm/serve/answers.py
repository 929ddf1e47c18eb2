"""Answers: what a page shows of the runs that came so far, as plain numbers and words."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from abm.analysis.comparison import Compared
from abm.plots.frames import QUANTILES, book_frames, cause_rows, has_frames, money_edges, payer_rows
from abm.report.answer import Asked, answer_text, due_json
from abm.report.json_values import plain
from abm.rules.failure import CAUSES
from abm.runs.differences import Difference
from abm.runs.digits import percent
from abm.runs.estimates import Estimate
from abm.runs.terms import CAUSE_WORDS
from abm.scenario.round_end import DEADLINE, last_day, marked_days
from abm.serve.question import PATH_RUNS, PositionAsked

if TYPE_CHECKING:
    import pandas as pd

    from abm.runs.outcomes import Outcomes
    from abm.scenario import Scenario

_STILL = 4  # weeks in which nothing moves any more, at the end of a picture
DOTS = 200  # runs that can be picked: two worlds


def number_json(asked: PositionAsked) -> dict[str, Any]:
    """The number on top with both of its doubts, as ``abm run`` prints it.

    Examples
    --------
    >>> import abm
    >>> from abm.serve.position import Position
    >>> asked = PositionAsked(abm.load_scenario("three-investors"), Position(runs=400))
    >>> asked.advance(400)
    >>> number_json(asked)["said"]
    '28.7% (95 % interval 24.5% to 33.4%, 400 runs, seed 1)'
    """
    event, totals = asked.position.event, asked.totals
    chance, layers = totals.probability(event), totals.over_worlds(event)
    spread = {"low": layers.quantiles["p05"], "high": layers.quantiles["p95"]} if layers.points > 1 else None
    central = totals.central if asked.done else None
    found = {
        "event": event, **estimate_json(chance), "done": asked.done, "wanted": asked.position.runs,
        "worlds_range": spread, "worlds_shown": {name: percent(share) for name, share in (spread or {}).items()},
        "drawn": totals.drawn,
        "central": estimate_json(central.probability(event)) if central is not None else None,
        "due": due_json(totals) if event == "closed" else None,
    }  # fmt: skip
    return _known(found)


def words_json(asked: PositionAsked) -> dict[str, Any]:
    """The answer in words, whole, as ``abm run`` prints it."""
    event = asked.position.event
    question = Asked() if event == "closed" else Asked(event, f"“{event}” comes")
    return {"words": answer_text(asked.totals, question)}


def estimate_json(chance: Estimate) -> dict[str, Any]:
    """A probability, its interval, what it rests on, and how it may be quoted."""
    kept = {"p": chance.p, "low": chance.low, "high": chance.high, "runs": chance.runs, "worlds": chance.worlds}
    shown = {name: percent(share) for name, share in kept.items() if name in ("p", "low", "high")}
    return _known({**kept, "said": str(chance), "shown": shown})


def pictures_json(asked: PositionAsked) -> dict[str, Any]:
    """What the pictures show: the book, money, causes, survival, who pays."""
    outcomes = asked.outcomes()
    book, cash = _fans(asked)
    return {
        "by": last_day(outcomes.scenario).by,
        "book": book | {"consents": _consents(outcomes)},
        "money": _money(outcomes),
        "causes": _rows(cause_rows(outcomes)),
        "cash": cash,
        "payers": _rows(payer_rows(outcomes)) if has_frames(outcomes, "payers") else [],
    }


def _fans(asked: PositionAsked) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """The book and the cash over the weeks: of the runs that keep their paths, so drawn anew only while more come."""
    if asked.fans is None or asked.fans[0] < min(asked.runs, PATH_RUNS):
        shown = asked.with_paths()
        asked.fans = shown.runs, (_book(shown), _cash(shown) if has_frames(shown, "cash") else None)
    return asked.fans[1]


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    kept = [name for name in ("words", "name", "mean_bn", "p", "low", "high", "closed") if name in frame]
    return [plain(row) for row in frame[kept].to_dict("records")]


def _bands(values: np.ndarray[Any, Any]) -> list[list[float]]:
    """Quantiles of a fan, a list each, a number a week [USD billion]."""
    return [[round(float(v), 6) for v in line] for line in np.quantile(values, QUANTILES, axis=0)]


def _book(shown: Outcomes) -> dict[str, Any]:
    scenario, frames = shown.scenario, book_frames(shown)
    committed, paid = (_bands(one.to_numpy()) for one in (frames.committed, frames.paid))
    weeks = (
        len(frames.dates)
        if last_day(scenario) is DEADLINE
        else _weeks_of_change(scenario, frames.dates, committed + paid)
    )
    return {
        "dates": [str(date) for date in frames.dates[:weeks]],
        "committed": [line[:weeks] for line in committed], "paid": [line[:weeks] for line in paid],
        "target": float(scenario.round.target_bn),
        "marks": [{"at": str(day), "words": name} for name, day in marked_days(scenario).items()],
        "still_until": str(frames.dates[-1]) if weeks < len(frames.dates) else None, "runs": shown.runs,
    }  # fmt: skip


def _weeks_of_change(scenario: Scenario, dates: list[dt.date], lines: list[list[float]]) -> int:
    """How many weeks a book is shown that nothing ends: until its money is wanted, and as long as anything moves."""
    due = scenario.round.due or scenario.as_of
    weeks = list(enumerate(dates))[:-1]  # in the last one, all that has not closed lapses
    moves = [week for week, date in weeks if date <= due or any(line[week] != line[-2] for line in lines)]
    return min(len(dates), max(moves, default=0) + 1 + _STILL)


def _consents(outcomes: Outcomes) -> list[dict[str, Any]]:
    """When each consent comes into force: the middle half of the days on which it does, and how often in time."""
    scenario, in_time, found = outcomes.scenario, outcomes.totals.consents(), []
    for place, gate in enumerate(scenario.gatekeepers):
        days = outcomes.batch.gate_days[:, place]
        came = days[np.isfinite(days)]
        quartiles = np.quantile(came, (0.25, 0.5, 0.75)).tolist() if len(came) else []
        when = [str(scenario.as_of + dt.timedelta(days=day)) for day in quartiles]
        found.append({"name": gate.name or gate.id, "days": when, **estimate_json(in_time[gate.id])})
    return found


def _money(outcomes: Outcomes) -> dict[str, Any]:
    """How often each amount is paid [% of runs], and some runs as dots."""
    target, rows = float(outcomes.scenario.round.target_bn), outcomes.batch.rows
    paid, scale = outcomes.columns.numbers(outcomes.batch, "funded_bn")
    paid, closed = paid / scale, rows["closed"].astype(bool)
    edges = money_edges(max(target, float(paid.max())))
    share = {
        name: np.histogram(paid[alike], edges)[0] * (100.0 / len(paid))
        for name, alike in (("missed", ~closed), ("reached", closed))
    }
    causes = ["the round closed" if done else CAUSE_WORDS.get(CAUSES[cause], "") for done, cause in
              zip(closed[:DOTS], rows["cause"][:DOTS], strict=True)]  # fmt: skip
    return {
        "edges": [round(edge, 6) for edge in edges], "target": target,
        **{name: [round(float(v), 4) for v in values] for name, values in share.items()},
        "dots": [
            {"run": int(run), "bn": float(bn), "closed": bool(done), "why": why}
            for run, bn, done, why in zip(rows["run"], paid, closed, causes, strict=False)
        ],
    }  # fmt: skip


def _cash(shown: Outcomes) -> dict[str, Any]:
    path = shown.path("cash")
    dates = [shown.scenario.as_of + dt.timedelta(weeks=int(week)) for week in path.columns]
    values = path.to_numpy()
    return {
        "dates": [str(date) for date in dates], "cash": _bands(values.clip(min=0)), "runs": shown.runs,
        "gone": [round(float(v), 4) for v in 100.0 * (values < 0).mean(axis=0)],
    }  # fmt: skip


def compared_json(compared: Compared) -> dict[str, Any]:
    """How the position differs from the one that was pinned, run by run, as ``abm compare`` says it."""
    return {
        "change": difference_json(compared.change), "money": difference_json(compared.money),
        "stands_out": compared.stands_out, "other_runs": compared.other_runs, **estimate_json(compared.chance),
    }  # fmt: skip


def difference_json(found: Difference | None) -> dict[str, Any] | None:
    """A paired difference with its interval, and how it may be quoted."""
    return None if found is None else _known({**asdict(found), "said": str(found)})


def _known(found: dict[str, Any]) -> dict[str, Any]:
    """The same without what JSON has no number for."""
    return {key: None if isinstance(value, float) and not np.isfinite(value) else value for key, value in found.items()}
