"""Kinds of levers: what terms, time, investors, company and consents of a round leave to be changed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from abm.analysis.lever import Changes, Lever, switch
from abm.scenario import Scenario
from abm.scenario.checks import cap_bn, largest_ticket
from abm.scenario.defaults import trait_default
from abm.scenario.investor_tables import InvestorPoolTable, InvestorTable
from abm.scenario.schema import GatekeeperTable

_MOST_PREFERENCE = 3.0  # multiple: the most that the format takes
_FASTEST = 1_000.0  # rate of consent a year: the most that the format takes
_SUREST = 0.999999  # chance of consent by the deadline: the most that the format takes
_FIRMEST = 0.95  # binding of a definitive agreement
_RUNGS = 16  # prices on a ladder, at most
_LATEST = 26.0  # weeks by which a deadline is moved at most


# --------------------------------------------------------------------------------------------------------------------
# The price, and what comes with the shares


def _given_away(scenario: Scenario, first: float, last: float) -> float:
    """Value that the new money gets beyond its due if all of it comes at the last of new prices [USD billion].

    What was paid earlier in the round is counted at the first price, as the engines do.
    """
    terms = scenario.round
    asked, earlier, money = float(terms.pre_money_bn[0]), float(terms.already_closed_bn), float(terms.target_bn)
    due = money / (asked + earlier + money)
    got = money / (last * (1 + earlier / first) + money)
    return (got - due) * (asked + earlier + money)


def _price(scenario: Scenario) -> Iterator[Lever]:
    """A lower price, on every rung. What the company is worth does not fall with it."""
    terms = scenario.round
    rungs = [float(price) for price in terms.pre_money_bn]
    mean = scenario.valuation.mean_bn
    worth = float(rungs[0] + terms.already_closed_bn + terms.target_bn if mean is None else mean)

    def sets(size: float) -> Changes:
        cut: Changes = {"round.pre_money_bn": [price * (1 - size) for price in rungs]}
        return cut | ({"valuation.mean_bn": worth} if mean is None else {})

    yield Lever(
        "price", "share", 0.10, 0.50, lambda x: f"the price is cut by {100 * x:.3g} %", sets,
        lambda x: _given_away(scenario, rungs[0] * (1 - x), rungs[0] * (1 - x)), "USD billion",
        "value that goes to the new money beyond its due at the asked price, if the target is reached",
    )  # fmt: skip


def _ladder(scenario: Scenario) -> Iterator[Lever]:
    """One more rung below the price, for a book that lags."""
    rungs = [float(price) for price in scenario.round.pre_money_bn]
    if len(rungs) < _RUNGS:
        yield Lever(
            "ladder", "share", 0.10, 0.50,
            lambda x: f"a price {100 * x:.3g} % lower is kept ready for a book that lags",
            lambda x: {"round.pre_money_bn": [*rungs, rungs[-1] * (1 - x)]},
            lambda x: _given_away(scenario, rungs[0], rungs[-1] * (1 - x)), "USD billion",
            "value that goes to the new money beyond its due at the asked price, if all of it comes at the last rung",
        )  # fmt: skip


def _preference(scenario: Scenario) -> Iterator[Lever]:
    """Better terms for those who look at terms."""
    now, money = float(scenario.round.liquidation_preference), float(scenario.round.target_bn)
    room = _MOST_PREFERENCE - now
    if room > 0 and any(True for _ in _deciding(scenario)):
        yield Lever(
            "preference", "multiple", min(1.0, room), room,
            lambda x: f"the new shares are paid out first, {now + x:.3g} times their money",
            lambda x: {"round.liquidation_preference": now + x}, lambda x: x * money, "USD billion",
            "claims that rank before the other owners, if the target is reached",
        )  # fmt: skip


# --------------------------------------------------------------------------------------------------------------------
# Time


def _room_weeks(scenario: Scenario) -> float:
    """Whole weeks that are watched after the deadline."""
    return float(scenario.horizon_weeks) - math.ceil(scenario.window_days / 7)


def _extension(scenario: Scenario) -> Iterator[Lever]:
    """An extension that is agreed on beforehand; where there may be one, a longer one."""
    chance, days = float(scenario.round.extension_probability), float(scenario.round.extension_days)
    if chance < 1 and _room_weeks(scenario) > 0:
        yield switch(
            "extension", "", f"an extension of {days:g} days is agreed on", {"round.extension_probability": 1.0},
            (1 - chance) * days / 7, "weeks", "expected wait beyond the present one, if the round is short",
        )  # fmt: skip
    most = min(_LATEST, _room_weeks(scenario) - days // 7, (730 - days) // 7)
    if chance > 0 and most >= 1:
        yield Lever(
            "extension-days", "weeks", min(4.0, most), most, lambda x: f"an extension lasts {x:.3g} weeks longer",
            lambda x: {"round.extension_days": days + round(7 * x)},
            lambda x: x, "weeks", "wait, if the round is extended",
        )  # fmt: skip


def _deadline(scenario: Scenario) -> Iterator[Lever]:
    """A later deadline. Dates of conditions on it move along; stated chances become those that the same rates give."""
    import datetime as dt

    most, window = min(_LATEST, _room_weeks(scenario)), scenario.window_days
    stated = [(f"gatekeepers.{g.id}.probability_by_deadline", g.probability_by_deadline) for g in scenario.gatekeepers]
    stated += [(f"investors.{i.id}.signing_probability", i.signing_probability) for i in scenario.investors]
    stated += [(f"investor_pools.{p.id}.signing_probability", p.signing_probability) for p in scenario.investor_pools]
    dates = [
        f"investors.{who.id}.conditions.{c}.{a}.by"
        for who in scenario.investors
        for c, clause in enumerate(who.conditions)
        for a, atom in enumerate(clause)
        if atom.get("by") == scenario.round.deadline
    ]

    def sets(weeks: float) -> Changes:
        later = scenario.round.deadline + dt.timedelta(days=max(1, round(7 * weeks)))
        longer = (later - scenario.as_of).days / window
        moved = {path: min(_SUREST, 1 - (1 - chance) ** longer) for path, chance in stated if chance and chance < 1}
        return {"round.deadline": later} | dict.fromkeys(dates, later) | moved

    if most >= 1:
        yield Lever(
            "deadline", "weeks", min(4.0, most), most, lambda x: f"the deadline is {x:.3g} weeks later", sets,
            lambda x: x, "weeks", "wait of all who have signed",
        )  # fmt: skip


# --------------------------------------------------------------------------------------------------------------------
# The size of the round


def _target(scenario: Scenario) -> Iterator[Lever]:
    """A smaller round; more may still be taken."""
    target, cap = float(scenario.round.target_bn), cap_bn(scenario)
    yield Lever(
        "target", "share", 0.10, 0.50, lambda x: f"the target is {100 * x:.3g} % lower",
        lambda x: {"round.target_bn": target * (1 - x), "round.cap_bn": cap},
        lambda x: x * target, "USD billion", "money that is no longer asked for",
    )  # fmt: skip


def _minimum(scenario: Scenario) -> Iterator[Lever]:
    """A larger minimum close, up to all or nothing, or none."""
    now, target = float(scenario.round.minimum_close_bn), float(scenario.round.target_bn)
    if now < target:
        yield Lever(
            "minimum-close", "share of the way to the target", 1.0, 1.0,
            lambda x: f"nobody pays before {now + x * (target - now):.3g} bn are there",
            lambda x: {"round.minimum_close_bn": now + x * (target - now)}, lambda x: x * (target - now), "USD billion",
            "money that may be there and is not taken, at most",
        )  # fmt: skip
    if now > 0:
        yield switch(
            "no-minimum", "", "there is no minimum close", {"round.minimum_close_bn": 0.0}, now, "USD billion",
            "money that investors may have in a round that stays below its minimum",
        )  # fmt: skip


def _escrow(scenario: Scenario) -> Iterator[Lever]:
    """One moment for all, so that those who wait for each other need not."""
    if scenario.round.close_select != "greatest":
        yield switch(
            "escrow", "", "all sign in escrow and close at one moment", {"round.close_select": "greatest"},
            float(scenario.round.target_bn), "USD billion", "money that waits in escrow, if the target is reached",
        )  # fmt: skip


# --------------------------------------------------------------------------------------------------------------------
# Investors


def _deciding(scenario: Scenario) -> Iterator[InvestorTable | InvestorPoolTable]:
    """Everybody who decides by the rules."""
    everybody: list[InvestorTable | InvestorPoolTable] = [*scenario.investors, *scenario.investor_pools]
    for who in everybody:
        if not getattr(who, "signed_at_start", False) and who.signing_probability is None:
            yield who


def _called(one: InvestorTable | GatekeeperTable) -> str:
    return one.name or one.id


def _conditions(scenario: Scenario) -> Iterator[Lever]:
    """No conditions; his fallback ends with them."""
    for who in scenario.investors:
        if who.conditions:
            yield switch(
                f"conditions.{who.id}", who.id, f"{_called(who)} drops all conditions",
                {f"investors.{who.id}.conditions": "off"}, largest_ticket(who) - float(who.fallback_bn), "USD billion",
                "money that becomes unconditional",
            )  # fmt: skip


def _fallback(scenario: Scenario) -> Iterator[Lever]:
    """More money without the conditions."""
    for who in scenario.investors:
        if who.conditions and largest_ticket(who) > who.fallback_bn:
            yield _fallback_of(who)


def _fallback_of(who: InvestorTable) -> Lever:
    now, most = float(who.fallback_bn), largest_ticket(who) - float(who.fallback_bn)
    return Lever(
        f"fallback.{who.id}", "USD billion", most / 4, most, lambda x: f"{_called(who)} falls back to {now + x:.3g} bn",
        lambda x: {f"investors.{who.id}.fallback_bn": now + x},
        lambda x: x, "USD billion", "money that becomes unconditional on the deadline", who=who.id,
    )  # fmt: skip


def _paper(scenario: Scenario) -> Iterator[Lever]:
    """Firmer paper: money that is guaranteed, and an agreement that is definitive."""
    for who in scenario.investors:
        if who.settlement_failure_probability > 0:
            yield _guarantee(who)
        if who.withdrawal_per_year > 0 and who.binding < _FIRMEST:
            yield _firmer(who)


def _guarantee(who: InvestorTable) -> Lever:
    return switch(
        f"guarantee.{who.id}", who.id, f"somebody guarantees that {_called(who)} pays when called",
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


def _sweetener(scenario: Scenario) -> Iterator[Lever]:
    """A side payment to the lead, or else to the largest investor who decides by the rules (Halac, Kremer & Winter)."""
    named = [who for who in _deciding(scenario) if isinstance(who, InvestorTable)]
    if not named:
        return
    who = max(named, key=lambda one: (one.role == "lead", largest_ticket(one)))
    premium = who.strategic_premium
    now = float(premium if premium is not None else trait_default(who.kind, "strategic_premium") or 0.0)
    yield Lever(
        f"sweetener.{who.id}", "share of his ticket", 0.05, 0.50,
        lambda x: f"{_called(who)} gets a side payment of {100 * x:.3g} % of the ticket",
        lambda x: {f"investors.{who.id}.strategic_premium": min(2.0, now + math.log1p(x))},
        lambda x: x * largest_ticket(who), "USD billion", "side payment on his largest ticket", who=who.id,
    )  # fmt: skip


def _bind(scenario: Scenario) -> Iterator[Lever]:
    """A signature without conditions."""
    for who in scenario.investors:
        if not who.signed_at_start:
            yield switch(
                f"bind.{who.id}", who.id, f"{_called(who)} signs at once, without conditions",
                {f"investors.{who.id}": "bound"}, largest_ticket(who), "USD billion",
                "money that becomes unconditional",
            )  # fmt: skip


# --------------------------------------------------------------------------------------------------------------------
# The company


def _burn(scenario: Scenario) -> Iterator[Lever]:
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


def _credit(scenario: Scenario) -> Iterator[Lever]:
    """A larger bridge; and, where bills can be deferred, more patience of suppliers."""
    company = scenario.company
    if company is None:
        return
    levers, most = company.levers, float(scenario.round.target_bn)
    bridge, vendor = float(levers.bridge_limit_bn), float(levers.vendor_limit_bn)
    counted = "interest a year, if all of it is drawn"
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


def _start(scenario: Scenario) -> Iterator[Lever]:
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
                [*clause, *({**atom, "gate": one} for atom in clause if atom.get("gate") == gate.id for one in before)]
                for clause in who.conditions
            ]
    if scenario.ipo is not None and gate.id in scenario.ipo.requires:
        changes["ipo.requires"] = list(dict.fromkeys([*scenario.ipo.requires, *before]))
    return changes


def _speed(scenario: Scenario) -> Iterator[Lever]:
    """A consent that comes faster; a final no does not."""
    for gate in scenario.gatekeepers:
        if gate.hazard_per_year or gate.probability_by_deadline:
            yield _speed_of(gate)


def _speed_of(gate: GatekeeperTable) -> Lever:
    rate, chance, path = gate.hazard_per_year, gate.probability_by_deadline or 0.0, f"gatekeepers.{gate.id}."

    def sets(doublings: float) -> Changes:
        if rate is not None:
            return {f"{path}hazard_per_year": min(_FASTEST, rate * 2**doublings)}
        return {f"{path}probability_by_deadline": min(_SUREST, 1 - (1 - chance) ** 2**doublings)}

    return Lever(
        f"speed.{gate.id}", "doublings", 1.0, 3.0, lambda x: f"{_called(gate)}: {2**x:.3g} times as fast", sets,
        lambda x: x, "doubling", "of the pace; what that costs is not known", who=gate.id,
    )  # fmt: skip


def _consent(scenario: Scenario) -> Iterator[Lever]:
    """A consent that is given, whatever it requires."""
    for gate in scenario.gatekeepers:
        yield switch(
            f"consent.{gate.id}", gate.id, f"{_called(gate)}: given at once", {f"gatekeepers.{gate.id}": "given"}, 1.0,
            "consent", "that somebody else would have to give",
        )  # fmt: skip


#: What can be pulled, in the order of the list; one function a kind.
KINDS: tuple[Callable[[Scenario], Iterator[Lever]], ...] = (
    _price, _ladder, _preference, _extension, _deadline, _target, _minimum, _escrow, _sweetener, _fallback, _paper,
    _start, _speed, _burn, _credit, _bind, _conditions, _consent,
)  # fmt: skip
