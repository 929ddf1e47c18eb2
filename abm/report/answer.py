"""Answer: what a run of a scenario says, as a good analyst would put it, and as one JSON object."""

from __future__ import annotations

import datetime as dt
import math
import shlex
from collections.abc import Sequence
from typing import Any, NamedTuple

from abm.core.plain import plain
from abm.report.quoting import around, spread
from abm.report.sources_table import grades_counted
from abm.runs.digits import percent, three_digits
from abm.runs.lines import wrapped
from abm.runs.outcomes import Estimate, Outcomes, Totals
from abm.runs.terms import CAUSE_WORDS
from abm.scenario import Scenario, packaged, provenance
from abm.scenario.investor_tables import Paper
from abm.scenario.round_end import arrives, last_day

_MANY = 4  # payers named one by one
_DATES = 6  # dates of the table, at most
_SMALL = 0.0001  # USD billion, below which a number in figures has a power of ten


class Asked(NamedTuple):
    """What a run was asked: an event, what it is called in a sentence, and the command that shows the other doubt."""

    event: str = "closed"
    words: str = "The round closes"
    command: str = ""


def answer_text(outcomes: Outcomes | Totals, asked: Asked = Asked()) -> str:  # noqa: B008, it cannot be changed
    """Say how likely the round is to close, for how much, why it fails, and what the number leaves out."""
    totals = outcomes.totals
    parts = [
        _headline(outcomes, asked),
        _question(totals),
        _closing(totals, asked, outcomes.probability(asked.event)),
        _dates(totals),
        _money(totals),
        _consents(totals),
        _failure(totals),
        _survival(totals),
        _caveats(totals),
    ]
    return "\n\n".join(wrapped(part) for part in parts if part)


def _headline(outcomes: Outcomes | Totals, asked: Asked) -> str:
    """The answer and both of its doubts: that of the runs, and how to see that of the numbers."""
    scenario, chance = outcomes.scenario, outcomes.probability(asked.event)
    command = asked.command or report_command(_source(scenario))
    if outcomes.drawn:
        return f"{asked.words} with probability {chance}.\n{_over_worlds(outcomes, asked)}\n  {command}"
    answer = f"{asked.words} with probability {chance} at central values"
    if not any(row.range for row in provenance(scenario)):
        return f"{answer}; no number of the file has a range, so how far others would move it is not known."
    return f"{answer}; how far what nobody knows moves it:\n  {command}"


def _over_worlds(outcomes: Outcomes | Totals, asked: Asked) -> str:
    """How far the answer spreads over what nobody knows, and what it is at the numbers of the file."""
    layers, central = outcomes.over_worlds(asked.event), outcomes.central
    lines = ["This is the mean over what nobody knows: each world draws the numbers of the file that have a range."]
    if layers.points > 1:
        low, high = (percent(layers.quantiles[name]) for name in ("p05", "p95"))
        lines.append(f"In nine of ten worlds it is between {low} and {high}.")
    if central is not None and asked.event in central.events:
        lines.append(f"At the central values of the file it is {central.probability(asked.event)}.")
    return "\n".join([*lines, "Which of these numbers move it:"])


def report_command(source: str, settings: Sequence[str] = ()) -> str:
    """The command that shows how the answer spreads over what nobody knows.

    Examples
    --------
    >>> report_command("my-round.toml", ["round.target_bn=20"])
    'abm report my-round.toml --quick --set round.target_bn=20'
    """
    return shlex.join(["abm", "report", source, "--quick", *(word for one in settings for word in ("--set", one))])


def _source(scenario: Scenario) -> str:
    """What a scenario is called on the command line."""
    name = scenario.file.removesuffix(".toml")
    return name if name in packaged() else scenario.file


def _question(totals: Totals) -> str:
    scenario = totals.scenario
    terms = scenario.round
    asked = f"{terms.target_bn:,.10g}" if terms.target_bn >= _SMALL else plain(terms.target_bn)
    return (
        f"{scenario.title}\nAs of {scenario.as_of}: does new money of USD {asked} billion arrive {arrives(scenario)}?"
    )


def _closing(totals: Totals, asked: Asked, chance: Estimate) -> str:
    days, lines = totals.quantiles("closed_day"), []
    if totals.within is not None:
        half = (chance.high - chance.low) / 2
        words = "It took" if totals.reached else "The width was not reached in"
        lines.append(f"{words} {totals.runs:,} runs: ±{percent(half)}, where ±{percent(totals.within)} was wanted.")
    if asked.event != "closed":
        lines.append(f"The round closes at all with probability {totals.probability('closed')}.")
    if not math.isnan(days["p50"]):
        when = (str(totals.scenario.date(days[q])) for q in ("p05", "p50", "p95"))
        lines.append(f"If it closes, it does so {around(*when)}.")
    if totals.scenario.round.extension_probability > 0:
        lines.append(f"Without an extension of the deadline it is {totals.on_time()}.")
    least = totals.scenario.round.minimum_close_bn
    if least > 0:
        lines.append(
            f"The minimum close of {least:,.10g} billion is reached with probability {totals.minimum_reached()}."
        )
    return "\n".join(lines)


def last_closing_of(scenario: Scenario) -> dt.date:
    """Last day on which anything can close: that of the round, or the end of its extension where there may be one.

    Examples
    --------
    >>> import abm
    >>> last_closing_of(abm.load_scenario("three-investors"))
    datetime.date(2025, 12, 31)
    """
    longer = scenario.round.extension_days if scenario.round.extension_probability > 0 else 0
    return scenario.date(min(scenario.window_days + longer, 7 * scenario.horizon_weeks))


def closing_dates(scenario: Scenario) -> list[dt.date]:
    """A few dates by which one may ask whether the round has closed: ends of months, the deadline, its extension."""
    terms, start, last = scenario.round, scenario.as_of, last_closing_of(scenario)
    if terms.due is not None:  # money that comes late does so soon after that day, or hardly at all
        late = [terms.due + dt.timedelta(days=days) for days in (0, 30, 90, 365)]
        return sorted({day for day in late if start < day < last} | {last})
    months = range(12 * start.year + start.month, 12 * last.year + last.month)  # the first of each, but for the first
    ends = [dt.date(month // 12, month % 12 + 1, 1) - dt.timedelta(days=1) for month in months]
    ends = [end for end in ends if start < end < last]
    fixed = {min(terms.deadline, last), last}
    step = max(1, math.ceil(len(ends) / (_DATES - len(fixed))))
    return sorted({*ends[step - 1 :: step], *fixed})


def due_json(outcomes: Outcomes | Totals) -> dict[str, Any] | None:
    """The day by which the money is wanted, and the chance to have closed by then; None where the file names none.

    Examples
    --------
    >>> import abm
    >>> due_json(abm.simulate("three-investors", 100)) is None
    True
    """
    totals, due = outcomes.totals, outcomes.scenario.round.due
    if due is None:
        return None
    chance = totals.closed_by(totals.scenario.day(due))
    return {"date": str(due), **_bounds(chance), "said": _share(chance).strip()}


def _dates(totals: Totals) -> str:
    if not totals.probability("closed").p:
        return ""
    rows = [f"  {_share(chance)}  {date}" for date, chance in closed_by_dates(totals)]
    return "Closed by these dates, in share of runs:\n" + "\n".join(rows)


def closed_by_dates(totals: Totals) -> list[tuple[dt.date, Estimate]]:
    """Chance to have closed by each of a few dates."""
    scenario = totals.scenario
    return [(date, totals.closed_by((date - scenario.as_of).days)) for date in closing_dates(scenario)]


def _money(totals: Totals) -> str:
    lines = [f"Money paid {last_day(totals.scenario).by}: {spread(totals.quantiles('funded_bn'))}."]
    payers, names = totals.payers()[:_MANY], _names(totals.scenario)
    if payers and payers[0].mean_bn > 0:
        shares = [
            f"{names[payer.id]} {three_digits(payer.mean_bn)} (pays in {percent(payer.pays.p)} of runs)"
            for payer in payers
        ]
        lines.append(f"It comes from {', '.join(shares)}.")
    gap, apart = totals.quantiles("closing_gap_bn"), totals.closing_gap_probability()
    lines.append(
        f"Closing everything at once, not one after the other, decides in {percent(apart.p)} of runs; "
        f"it is worth {three_digits(gap['mean'])} billion on average."
        if apart.p > 0
        else "In no run did it matter whether everything closed at once or one after the other."
    )
    return "\n".join(lines)


def _names(scenario: Scenario) -> dict[str, str]:
    """What investors and pools are called, by id."""
    everybody: list[Any] = [*scenario.investors, *scenario.investor_pools]
    return {who.id: who.name or who.id for who in everybody}


def _consents(totals: Totals) -> str:
    names = {gate.id: gate.name or gate.id for gate in totals.scenario.gatekeepers}
    lines = [f"  {_share(in_time)}  {names[gate]}" for gate, in_time in totals.consents().items()]
    head = f"Consents in force {last_day(totals.scenario).by}, in share of runs:"
    return "\n".join([head, *lines]) if lines else ""


def _failure(totals: Totals) -> str:
    causes = totals.causes()
    if not causes:
        return ""
    lines = [f"  {_share(chance)}  {CAUSE_WORDS[cause]}" for cause, chance in causes.items()]
    return "Why it fails, as the link that cost most of the missing money, in share of all runs:\n" + "\n".join(lines)


def _survival(totals: Totals) -> str:
    company = totals.scenario.company
    if company is None:
        return ""
    if not company.spends:
        return unknown_survival(company.name)
    weeks, chance = int(totals.scenario.horizon_weeks), totals.probability("survived")
    lines = [
        f"{company.name} pays its bills for {weeks} weeks with probability {chance}, "
        "with no money but what the file names."
    ]
    for closed, words in ((True, "after a closing"), (False, "after a failure")):
        survival = totals.survival(closed)
        if 0 < survival.runs < totals.runs:
            lines.append(f"  {_share(survival)}  {words} ({survival.runs:,} runs)")
    return "\n".join(lines)


def unknown_survival(name: str) -> str:
    """Say why nothing is said of how long the cash lasts."""
    return f"How long the cash of {name} lasts is not known: the file names no burn, no obligations and no claims."


def _caveats(totals: Totals) -> str:
    everybody: tuple[Paper, ...] = (*totals.scenario.investors, *totals.scenario.investor_pools)
    may_fail = any(who.settlement_failure_probability or who.withdrawal_per_year for who in everybody)
    may_fail = may_fail or any(who.holds < 1 for who in totals.scenario.investors)
    graded = grades_counted(provenance(totals.scenario))
    numbers = f"the interval is Monte Carlo error alone. The file has {graded}, and every run used the central value. "
    if totals.drawn:
        numbers = (
            "the interval says how well so many worlds and runs tell the mean, not how well the world is known. "
            f"The file has {graded}; what has no range is taken as known, what has one is drawn apart from the rest. "
        )
    return (
        f"What this number leaves out: {numbers}"
        "Events that the file does not name cannot happen"
        f"{'.' if may_fail else ', nor can anybody who has signed withdraw or fail to pay.'}"
    )


def _share(chance: Estimate) -> str:
    return f"{percent(chance.p):>6} ({percent(chance.low)} to {percent(chance.high)})"


def answer_json(outcomes: Outcomes | Totals, asked: Asked = Asked()) -> dict[str, Any]:  # noqa: B008, likewise
    """Return the answer as one object, for programs."""
    totals = outcomes.totals
    company = totals.scenario.company
    probability = {
        "closed": _bounds(totals.probability("closed")),
        "survived": _bounds(totals.probability("survived")) if company and company.spends else None,
    }
    if totals.scenario.round.minimum_close_bn > 0:
        probability["minimum_close"] = _bounds(totals.minimum_reached())
    if asked.event not in probability:
        probability[asked.event] = _bounds(outcomes.probability(asked.event))
    return {
        "scenario": totals.scenario.id,
        "runs": totals.runs,
        "worlds": totals.probability("closed").worlds,
        **({"replicates": replicates} if (replicates := totals.probability("closed").replicates) else {}),
        "seed": totals.seed,
        "engine": totals.engine,
        "event": asked.event,
        "probability": probability,
        **_worlds_json(outcomes, asked.event),
        "closed_by": {str(date): _bounds(chance) for date, chance in closed_by_dates(totals)},
        "funded_bn": totals.quantiles("funded_bn"),
        "closing_gap_bn": totals.quantiles("closing_gap_bn"),
        "causes": {cause: _bounds(chance) for cause, chance in totals.causes().items()},
    }


def _worlds_json(outcomes: Outcomes | Totals, event: str) -> dict[str, Any]:
    """How the event's probability spreads over worlds, and what it is at central values; None where none is drawn."""
    layers, central = outcomes.over_worlds(event), outcomes.central
    known = layers.points > 1
    beside = central.probability(event) if central is not None and event in central.events else None
    return {
        "over_worlds": {"mean": layers.mean, "spread": layers.spread, **layers.quantiles} if known else None,
        "central": {**_bounds(beside), "runs": beside.runs} if beside else None,
    }


def _bounds(chance: Estimate) -> dict[str, float | None]:
    return {"p": None if math.isnan(chance.p) else chance.p, "low": chance.low, "high": chance.high}
