"""The parties: what investors, the company and the gatekeepers of a round could do otherwise."""

from __future__ import annotations

import math
from collections.abc import Iterator

from abm.analysis.lever import Changes, Lever, switch
from abm.scenario import Scenario
from abm.scenario.checks import largest_ticket
from abm.scenario.defaults import trait_default
from abm.scenario.investor_tables import InvestorPoolTable, InvestorTable
from abm.scenario.schema import GatekeeperTable

_FASTEST = 1_000.0  # rate of consent a year: the most that the format takes
SUREST = 0.999999  # chance of consent by the deadline: the most that the format takes
_FIRMEST = 0.95  # binding of a definitive agreement


# --------------------------------------------------------------------------------------------------------------------
# Investors


def deciding(scenario: Scenario) -> Iterator[InvestorTable | InvestorPoolTable]:
    """Everybody who decides by the rules."""
    everybody: list[InvestorTable | InvestorPoolTable] = [*scenario.investors, *scenario.investor_pools]
    for who in everybody:
        if not who.is_stated:
            yield who


def _called(who: InvestorTable | GatekeeperTable) -> str:
    return who.name or who.id


def conditions(scenario: Scenario) -> Iterator[Lever]:
    """No conditions; his fallback ends with them."""
    for who in scenario.investors:
        if who.conditions:
            yield switch(
                f"conditions.{who.id}", who.id, f"all conditions of {_called(who)} are dropped",
                {f"investors.{who.id}.conditions": "off"}, largest_ticket(who) - float(who.fallback_bn), "USD billion",
                "money that becomes unconditional",
            )  # fmt: skip


def fallback(scenario: Scenario) -> Iterator[Lever]:
    """More money without the conditions."""
    for who in scenario.investors:
        if who.conditions and largest_ticket(who) > who.fallback_bn:
            yield _fallback_of(who)


def _fallback_of(who: InvestorTable) -> Lever:
    now, most = float(who.fallback_bn), largest_ticket(who) - float(who.fallback_bn)
    return Lever(
        f"fallback.{who.id}", "USD billion", most / 4, most,
        lambda x: f"the fallback of {_called(who)} is {now + x:.3g} bn",
        lambda x: {f"investors.{who.id}.fallback_bn": now + x},
        lambda x: x, "USD billion", "money that becomes unconditional on the deadline", who=who.id,
    )  # fmt: skip


def paper(scenario: Scenario) -> Iterator[Lever]:
    """Firmer paper: money that is guaranteed, and an agreement that is definitive."""
    for who in scenario.investors:
        if who.settlement_failure_probability > 0:
            yield _guarantee(who)
        if who.withdrawal_per_year > 0 and who.binding < _FIRMEST:
            yield _firmer(who)


def _guarantee(who: InvestorTable) -> Lever:
    return switch(
        f"guarantee.{who.id}", who.id, f"somebody guarantees the money of {_called(who)}",
        {f"investors.{who.id}.settlement_failure_probability": 0.0}, largest_ticket(who), "USD billion",
        "money that is guaranteed",
    )  # fmt: skip


def _firmer(who: InvestorTable) -> Lever:
    now, path = float(who.binding), f"investors.{who.id}.binding"
    return Lever(
        f"paper.{who.id}", "share of the way", 1.0, 1.0,
        lambda x: f"the signature of {_called(who)} binds by {now + x * (_FIRMEST - now):.2g} instead of {now:.2g}",
        lambda x: {path: now + x * (_FIRMEST - now)}, lambda x: x * largest_ticket(who), "USD billion",
        "money on firmer paper", who=who.id,
    )  # fmt: skip


def sweetener(scenario: Scenario) -> Iterator[Lever]:
    """A side payment to the lead, or else to the largest investor who decides by the rules (Halac, Kremer & Winter)."""
    named = [who for who in deciding(scenario) if isinstance(who, InvestorTable)]
    if not named:
        return
    who = max(named, key=lambda investor: (investor.role == "lead", largest_ticket(investor)))
    premium = who.strategic_premium
    now = float(premium if premium is not None else trait_default(who.kind, "strategic_premium") or 0.0)
    yield Lever(
        f"sweetener.{who.id}", "share of his ticket", 0.05, 0.50,
        lambda x: f"a side payment to {_called(who)} is {100 * x:.3g} % of the ticket",
        lambda x: {f"investors.{who.id}.strategic_premium": min(2.0, now + math.log1p(x))},
        lambda x: x * largest_ticket(who), "USD billion", "side payment on his largest ticket", who=who.id,
    )  # fmt: skip


def bind(scenario: Scenario) -> Iterator[Lever]:
    """A signature without conditions."""
    for who in scenario.investors:
        if not who.signed_at_start:
            yield switch(
                f"bind.{who.id}", who.id, f"the signature of {_called(who)} comes at once, without conditions",
                {f"investors.{who.id}": "bound"}, largest_ticket(who), "USD billion",
                "money that becomes unconditional",
            )  # fmt: skip


# --------------------------------------------------------------------------------------------------------------------
# The company


def burn(scenario: Scenario) -> Iterator[Lever]:
    """Less net burn, in every year that has any; and cuts when the runway is short."""
    if scenario.company is None:
        return
    rates = [(k, float(rate)) for k, (_, rate) in enumerate(scenario.company.net_burn_bn_per_year) if rate > 0]
    spent = _burnt(scenario)
    if spent > 0:
        yield Lever(
            "burn", "share", 0.10, 0.50, lambda x: f"net burn is cut by {100 * x:.3g} %",
            lambda x: {_burn_path(scenario, k): rate * (1 - x) for k, rate in rates},
            lambda x: x * spent, "USD billion", "spending that is given up, as long as the company is watched",
        )  # fmt: skip
    if not scenario.company.levers.cut and spent > 0:
        most = float(scenario.company.levers.cut_max)
        yield switch(
            "cost-cuts", "", "the company cuts costs when its runway is short", {"company.levers.cut": True},
            most * spent, "USD billion", "spending that is given up, at most",
        )  # fmt: skip


def _burn_path(scenario: Scenario, step: int) -> str:
    dated = scenario.company is not None and scenario.company.net_burn_bn_per_year[step][0] is not None
    return "company.net_burn_bn_per_year" + (f".{step}" if dated else "")


def _burnt(scenario: Scenario) -> float:
    """Planned net burn from as_of to the horizon, years with a surplus left out [USD billion]."""
    steps = scenario.company.net_burn_bn_per_year if scenario.company else ()
    starts = [0.0 if date is None else max(0.0, float(scenario.day(date))) for date, _ in steps]
    horizon = 7 * float(scenario.horizon_weeks)
    ends = [min(day, horizon) for day in [*starts[1:], horizon]]
    years = (
        (max(0.0, end - start) / 365, float(rate)) for start, end, (_, rate) in zip(starts, ends, steps, strict=True)
    )
    return sum(span * rate for span, rate in years if rate > 0)


def credit(scenario: Scenario) -> Iterator[Lever]:
    """A larger bridge; and, where bills can be deferred, more patience of suppliers."""
    company = scenario.company
    if company is None:
        return
    levers, most = company.levers, float(scenario.round.target_bn)
    bridge, vendor = float(levers.bridge_limit_bn), float(levers.vendor_limit_bn)
    counted = "interest, if all of it is drawn"
    if levers.bridge_probability > 0:
        yield Lever(
            "bridge", "USD billion", most / 10, most, lambda x: f"the bridge is {x:.3g} bn larger",
            lambda x: {"company.levers.bridge_limit_bn": bridge + x},
            lambda x: x * float(levers.bridge_rate_per_year), "USD billion a year", counted,
        )  # fmt: skip
    if any(owed.deferrable_share > 0 and owed.in_burn_share < 1 for owed in company.obligations):
        yield Lever(
            "vendor-credit", "USD billion", most / 10, most, lambda x: f"suppliers let {x:.3g} bn more wait",
            lambda x: {"company.levers.vendor_limit_bn": vendor + x},
            lambda x: x * float(levers.vendor_rate_per_year), "USD billion a year", counted,
        )  # fmt: skip


# --------------------------------------------------------------------------------------------------------------------
# Consents


def start(scenario: Scenario) -> Iterator[Lever]:
    """A consent that is asked for at once. Whatever waited for it now waits for what it used to wait for, too."""
    for gate in scenario.gatekeepers:
        if gate.requires:
            yield switch(
                f"start.{gate.id}", gate.id, f"{_called(gate)}: begun at once", _in_parallel(scenario, gate), 1.0,
                "consent", "worked on before it is known whether it is needed",
            )  # fmt: skip


def _in_parallel(scenario: Scenario, gate: GatekeeperTable) -> Changes:
    """Take a consent out of its chain, with everything that it stood for still asked."""
    before = list(gate.requires)
    changes: Changes = {f"gatekeepers.{gate.id}.requires": []}
    for later in scenario.gatekeepers:
        if gate.id in later.requires:
            changes[f"gatekeepers.{later.id}.requires"] = list(dict.fromkeys([*later.requires, *before]))
    for who in scenario.investors:
        if any(atom.get("gate") == gate.id for clause in who.conditions for atom in clause):
            changes[f"investors.{who.id}.conditions"] = [
                [
                    *clause,
                    *({**atom, "gate": other} for atom in clause if atom.get("gate") == gate.id for other in before),
                ]
                for clause in who.conditions
            ]
    if scenario.ipo is not None and gate.id in scenario.ipo.requires:
        changes["ipo.requires"] = list(dict.fromkeys([*scenario.ipo.requires, *before]))
    return changes


def speed(scenario: Scenario) -> Iterator[Lever]:
    """A consent that comes faster; a final no does not."""
    for gate in scenario.gatekeepers:
        if may_be_moved(gate):
            yield _speed_of(gate)


def may_be_moved(gate: GatekeeperTable) -> bool:
    """Whether a consent is neither sure nor out of the question, so that it may come sooner or later."""
    return bool(gate.hazard_per_year or gate.probability_by_deadline or 0 < (gate.chance or 0) < 1)


def at_times_the_rate(gate: GatekeeperTable, times: float) -> Changes:
    """Make a consent so many times as fast, or as willing where it comes with a chance in the end."""
    path, rate, chance = f"gatekeepers.{gate.id}.", gate.hazard_per_year, gate.chance
    if chance is None and rate is not None:
        return {f"{path}hazard_per_year": min(_FASTEST, rate * times)}
    key = "probability_by_deadline" if chance is None else "chance"
    stated = (gate.probability_by_deadline or 0.0) if chance is None else chance
    return {f"{path}{key}": min(SUREST, 1 - (1 - stated) ** times)}


def _speed_of(gate: GatekeeperTable) -> Lever:
    speed = "fast" if gate.chance is None else "willing"
    return Lever(
        f"speed.{gate.id}", "doublings", 1.0, 3.0, lambda x: f"{_called(gate)}: {2**x:.3g} times as {speed}",
        lambda x: at_times_the_rate(gate, 2**x), lambda x: x, "doubling", "whose price is not known", who=gate.id,
    )  # fmt: skip


def consent(scenario: Scenario) -> Iterator[Lever]:
    """A consent that is given, whatever it requires."""
    for gate in scenario.gatekeepers:
        yield switch(
            f"consent.{gate.id}", gate.id, f"{_called(gate)}: given at once", {f"gatekeepers.{gate.id}": "given"}, 1.0,
            "consent", "that somebody else would have to give",
        )  # fmt: skip
