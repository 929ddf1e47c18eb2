"""The offer: what the price, the time and the size of a round leave to be changed."""

from __future__ import annotations

import math
from collections.abc import Iterator

from abm.analysis.lever import Changes, Lever, switch
from abm.analysis.lever.parties import SUREST, deciding
from abm.scenario import Scenario
from abm.scenario.checks import cap_bn
from abm.scenario.round_end import DEADLINE, last_day

_MOST_PREFERENCE = 3.0  # multiple: the most that the format takes
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


def price(scenario: Scenario) -> Iterator[Lever]:
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


def ladder(scenario: Scenario) -> Iterator[Lever]:
    """One more rung below the price, for a book that lags."""
    rungs = [float(price) for price in scenario.round.pre_money_bn]
    now = _given_away(scenario, rungs[0], rungs[-1])  # on the ladder that there is
    if len(rungs) < _RUNGS:
        yield Lever(
            "ladder", "share", 0.10, 0.50,
            lambda x: f"a price {100 * x:.3g} % lower is kept ready for a book that lags",
            lambda x: {"round.pre_money_bn": [*rungs, rungs[-1] * (1 - x)]},
            lambda x: _given_away(scenario, rungs[0], rungs[-1] * (1 - x)) - now, "USD billion",
            "value that goes to the new money beyond its due at the lowest price now, if all comes at the last rung",
        )  # fmt: skip


def preference(scenario: Scenario) -> Iterator[Lever]:
    """Better terms for those who look at terms."""
    now, money = float(scenario.round.liquidation_preference), float(scenario.round.target_bn)
    room = _MOST_PREFERENCE - now
    if room > 0 and any(True for _ in deciding(scenario)):
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


def extension(scenario: Scenario) -> Iterator[Lever]:
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


def deadline(scenario: Scenario) -> Iterator[Lever]:
    """A later deadline. Dates of conditions on it move along; stated chances become those that the same rates give."""
    import datetime as dt

    if last_day(scenario) is not DEADLINE:  # nothing ends such a round: it is watched as long as the file says
        return
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
        moved = {path: min(SUREST, 1 - (1 - chance) ** longer) for path, chance in stated if chance and chance < 1}
        return {"round.deadline": later} | dict.fromkeys(dates, later) | moved

    if most >= 1:
        yield Lever(
            "deadline", "weeks", min(4.0, most), most, lambda x: f"the deadline is {x:.3g} weeks later", sets,
            lambda x: x, "weeks", "wait of all who have signed",
        )  # fmt: skip


# --------------------------------------------------------------------------------------------------------------------
# The size of the round


def target(scenario: Scenario) -> Iterator[Lever]:
    """A smaller round; more may still be taken."""
    target, cap = float(scenario.round.target_bn), cap_bn(scenario)
    yield Lever(
        "target", "share", 0.10, 0.50, lambda x: f"the target is {100 * x:.3g} % lower",
        lambda x: {"round.target_bn": target * (1 - x), "round.cap_bn": cap},
        lambda x: x * target, "USD billion", "money that is no longer asked for",
    )  # fmt: skip


def minimum(scenario: Scenario) -> Iterator[Lever]:
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


def escrow(scenario: Scenario) -> Iterator[Lever]:
    """One moment for all, so that those who wait for each other need not."""
    if scenario.round.close_select != "greatest":
        yield switch(
            "escrow", "", "all sign in escrow and close at one moment", {"round.close_select": "greatest"},
            float(scenario.round.target_bn), "USD billion", "money that waits in escrow, if the target is reached",
        )  # fmt: skip
