"""Doubts: what a sound file says and can hardly mean. Keys that move nothing, sizes that do not fit, circles."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

import numpy as np

from abm.core.arguments import checked
from abm.core.batch import PATHS
from abm.core.errors import ScenarioError
from abm.core.plain import plain
from abm.population.mutual import circles
from abm.runs.outcomes import Outcomes
from abm.runs.simulation import simulate
from abm.scenario import Scenario
from abm.scenario.changes import position_of
from abm.scenario.checks import all_tickets, cap_bn, largest_ticket
from abm.scenario.fields import Distribution, Section
from abm.scenario.sources import numbers_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

_RUNS = 100  # that must all end alike before a key is looked at more closely
_AGAIN = 200  # times as many for a single key that then moves nothing, and shared by several
_SLIP = 10.0  # ticket over target: beyond this, somebody may have thought of millions
_DILUTED = 4.0  # target over pre-money valuation: beyond this, the new money owns four fifths
_LONGEST, _SHORTEST = 50.0, 1 / 52  # of a runway [years]


@checked
def doubts(scenario: Scenario, runs: int = _RUNS) -> list[str]:
    """Say what is sound and can hardly be meant, a sentence each.

    Parameters
    ----------
    scenario
        A scenario that has no faults.
    runs
        How many must all end alike before a key is said to move nothing [-].

    Examples
    --------
    >>> import abm
    >>> doubts(abm.load_scenario("mutual-conditions"), runs=5)[0]
    'these close only together, or not at all: beta, gamma, delta, epsilon'
    """
    return [*_together(scenario), *_unneeded(scenario), *_sizes(scenario), *_inert(scenario, runs)]


def _together(scenario: Scenario) -> Iterator[str]:
    if found := circles(scenario):
        yield f"these close only together, or not at all: {', '.join(found)}"


def _unneeded(scenario: Scenario) -> Iterator[str]:
    """Consents that nobody waits for, and signatures on a condition that is not named."""
    needed = _needed(scenario)
    for gate in scenario.gatekeepers:
        if gate.id not in needed:
            yield f"gatekeepers.{gate.id}: nobody needs this consent: no condition and no other consent names it"
    for who in scenario.raw.get("investors", ()):
        named = [table.get(key) for table in (who, *who.get("tranches", ())) for key in ("needs", "conditions")]
        if who.get("standing") == "conditional_firm" and not any(named):
            yield f"investors.{who['id']}.standing: conditional_firm, on a condition that no needs or conditions name"


def _needed(scenario: Scenario) -> set[str]:
    """Consents that money, a claim or the listing waits for, at once or by way of others."""
    atoms = [atom for who in scenario.investors for clause in who.conditions for atom in clause]
    needed = {atom["gate"] for atom in atoms if "gate" in atom}
    needed |= {claim.unless_gate for claim in (scenario.company.claims if scenario.company else ())} - {None}
    if scenario.ipo is not None:
        needed |= {*scenario.ipo.requires, scenario.ipo.veto_lapses_with} - {None}
    requires = {gate.id: gate.requires for gate in scenario.gatekeepers}
    while more := {other for gate in needed for other in requires.get(gate, ())} - needed:
        needed |= more
    return needed


# --------------------------------------------------------------------------------------------------------------------
# Sizes


def _sizes(scenario: Scenario) -> Iterator[str]:
    terms, target = scenario.round, float(scenario.round.target_bn)
    most = all_tickets(scenario)
    if most < target:
        slip = f", a factor of {target / most:,.3g}: is all in USD billion?" if most and target > 10 * most else ""
        yield f"round.target_bn: no way to reach {plain(target)}: all tickets together are at most {most:.6g}{slip}"
    if terms.minimum_close_bn and most < terms.minimum_close_bn <= cap_bn(scenario):
        yield f"round.minimum_close_bn: no closing comes to {plain(terms.minimum_close_bn)} with tickets of {most:.6g}"
    if target > _DILUTED * max(terms.pre_money_bn):
        price = max(terms.pre_money_bn)
        owns = f"{target / (target + price):.0%} of the company"
        yield f"round.pre_money_bn: at {plain(price)} the new money would own {owns}"
    for who in scenario.investors:
        if largest_ticket(who) > _SLIP * target:
            times = f"{largest_ticket(who) / target:,.3g} times the target"
            yield f"investors.{who.id}.ticket_bn: {largest_ticket(who):g} is {times}: is it in USD billion?"
        if who.wealth_bn is not None and largest_ticket(who) > who.wealth_bn:
            yield f"investors.{who.id}.wealth_bn: his ticket of {largest_ticket(who):g} is more than all he has"
    yield from _stakes(scenario)
    yield from _runway(scenario)


def _stakes(scenario: Scenario) -> Iterator[str]:
    price, literal = min(scenario.round.pre_money_bn), scenario.round.close_select == "elimination"
    for who in scenario.investors:
        most = largest_ticket(who) / (largest_ticket(who) + price)
        for c, clause in enumerate(who.conditions):
            for a, atom in enumerate(clause):
                if atom.get("min_own_share", 0.0) > most:
                    what = "so he never closes" if literal else "so it only puts him first where the round is rationed"
                    key = f"investors.{who.id}.conditions.{c}.{a}.min_own_share"
                    yield f"{key}: his whole ticket is at most {most:.3g} of the company, {what}"


def _runway(scenario: Scenario) -> Iterator[str]:
    company = scenario.company
    if company is None:
        return
    if not company.spends:
        yield "company.net_burn_bn_per_year: not given, so the company spends nothing and its cash lasts for ever"
    burn = float(company.net_burn_bn_per_year[0][1])
    if burn <= 0.0:
        return
    years = float(company.cash_bn) / burn
    if not _SHORTEST <= years <= _LONGEST:
        length = f"{years:,.3g} years" if years > 1 else f"{365 * years:.2g} days"
        yield f"company.cash_bn: lasts {length} at the burn of the plan"


# --------------------------------------------------------------------------------------------------------------------
# Keys that move nothing


Asked = tuple[str, list[list[Any]]]  # a path, and what else it could be, below and above


def _inert(scenario: Scenario, runs: int) -> Iterator[str]:
    """Every key of the file that no run notices, wherever it is set to; the fewer, the more runs are asked."""
    raw = scenario.raw
    asked = [one for one in _alternatives(scenario) if _is_stated(raw, one[0])]
    few = _unmoved_of(scenario, asked, max(1, runs // 10))  # most show within a few runs
    few = _unmoved_of(scenario, few, runs)
    runs *= max(1, _AGAIN // max(1, len(few)))
    for path, sides in _unmoved_of(scenario, few, runs):
        said = " or ".join(str(v).lower() if isinstance(v, bool | str) else f"{v:.6g}" for v, *_ in sides)
        yield f"{path}: moves nothing, given the others (at {said} all of {runs:,} runs end as they are)"


def _is_stated(raw: Any, path: str) -> bool:
    """Whether the file itself has a key, and not only a class that says what it is worth."""
    for step in path.split("."):
        try:
            raw = raw[position_of(raw, step)] if isinstance(raw, list) else raw[step] if isinstance(raw, dict) else raw
        except LookupError:
            return False
    return True


def _unmoved_of(scenario: Scenario, asked: list[Asked], runs: int) -> list[Asked]:
    """Those of the keys that no run notices, with the values that were tried."""
    if not asked:
        return []
    usual = _left_by(scenario, {}, runs)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(lambda one: _unmoved(scenario, one[0], one[1], usual), asked)
        return [(path, [[value] for value in tried]) for (path, _), tried in zip(asked, found, strict=True) if tried]


def _unmoved(scenario: Scenario, path: str, sides: list[list[Any]], usual: Outcomes) -> list[Any]:
    """On each side the first value that can be simulated; none where something changes, or a side cannot be tried."""
    tried = []
    for side in sides:
        for value in side:
            try:
                left = _left_by(scenario, {path: value}, usual.runs)
            except ScenarioError:
                continue
            if not _alike(usual, left):
                return []
            tried.append(value)
            break
        else:
            if side:
                return []  # what the file allows on this side is not known
    return tried


def _left_by(scenario: Scenario, changes: dict[str, Any], runs: int) -> Outcomes:
    changed = scenario.with_values(changes) if changes else scenario
    return simulate(changed, runs, 1, workers=1, keep="runs", central=True)


def _alike(one: Outcomes, other: Outcomes) -> bool:
    """Whether two leave the same behind in every run and every week; amounts in two units are compared in billions."""
    if one.columns.units_per_bn != other.columns.units_per_bn:
        return one.to_frame().equals(other.to_frame()) and all(one.path(p).equals(other.path(p)) for p in PATHS)
    return all(map(np.array_equal, _arrays(one), _arrays(other)))


def _arrays(outcomes: Outcomes) -> Iterator[NDArray[np.uint8]]:
    """All that was kept, as bytes: numbers that are none are alike, too."""
    batch = outcomes.batch
    fields = [records[name] for records in (batch.rows, batch.fates) for name in records.dtype.names]
    for values in (*fields, batch.gate_days, batch.paths):
        yield np.frombuffer(np.ascontiguousarray(values), np.uint8)


def _alternatives(scenario: Scenario) -> Iterator[Asked]:
    """Yield every number, flag and word of a file."""
    for path, number, knob in numbers_of(scenario):
        if not isinstance(number, Distribution) and not path.endswith(".address"):
            now = float(number)
            least = max(knob.low, now / 1_000) if knob.low > 0 else knob.low  # dollars would be another unit of money
            below = [end for end in (least, 0.25 * now, 0.5 * now, 0.8 * now) if end < now]
            above = [end for end in (knob.high, 4 * now, 2 * now, 1.25 * now) if end > now]
            yield path, [below, above]
    yield from _words(scenario)


def _words(section: Section, prefix: str = "") -> Iterator[tuple[str, list[list[Any]]]]:
    for name, field in type(section).model_fields.items():
        value, path = getattr(section, name), f"{prefix}{field.alias or name}"
        if name not in section.model_fields_set or name in ("format", "kind", "role"):
            continue
        if isinstance(value, Section):
            yield from _words(value, f"{path}.")
        elif isinstance(value, bool):
            yield path, [[not value]]
        elif get_origin(field.annotation) is Literal:
            yield path, [[word] for word in get_args(field.annotation) if word != value]
        elif isinstance(value, tuple):
            for item in value:
                if isinstance(item, Section):
                    yield from _words(item, f"{path}.{item.id}.")  # type: ignore[attr-defined]
