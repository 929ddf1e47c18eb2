"""Checks: what no single key can tell. References, contradictions, and conditions that can never be true."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

from abm.core.errors import Fault
from abm.core.plain import plain
from abm.scenario.defaults import trait_default
from abm.scenario.fields import Distribution, did_you_mean
from abm.scenario.funding_table import funding_faults
from abm.scenario.investor_tables import InvestorPoolTable, InvestorTable
from abm.scenario.network_table import network_faults
from abm.scenario.schema import GatekeeperTable

if TYPE_CHECKING:
    from abm.scenario.schema import Tables


def faults_of(scenario: Tables) -> list[Fault]:
    """Return everything about ``scenario`` that contradicts itself, in the order of the file."""
    return [
        *_round_faults(scenario),
        *_id_faults(scenario),
        *_company_faults(scenario),
        *_gatekeeper_faults(scenario),
        *_investor_faults(scenario),
        *_pool_faults(scenario),
        *_condition_faults(scenario),
        *network_faults(scenario),
    ]


def _round_faults(scenario: Tables) -> Iterator[Fault]:
    terms = scenario.round
    if scenario.window_days < 1:
        yield Fault("round.deadline", f"expected a date after as_of ({scenario.as_of})", str(terms.deadline))
    if scenario.window_days > scenario.horizon_weeks * 7:
        needed = -(-scenario.window_days // 7)
        yield Fault(
            "horizon_weeks", f"expected at least {needed}, to reach the deadline", f"{scenario.horizon_weeks:g}"
        )
    if terms.cap_bn is not None and terms.cap_bn < terms.target_bn:
        yield Fault(
            "round.cap_bn", f"expected at least the target of {plain(terms.target_bn)}", f"{plain(terms.cap_bn)}"
        )
    if terms.minimum_close_bn > cap_bn(scenario):
        yield Fault(
            "round.minimum_close_bn",
            f"expected at most the cap of {plain(cap_bn(scenario))}",
            f"{plain(terms.minimum_close_bn)}",
        )


def _id_faults(scenario: Tables) -> Iterator[Fault]:
    families: tuple[tuple[str, tuple[Any, ...]], ...] = (
        ("gatekeepers", scenario.gatekeepers),
        ("investors and investor_pools", (*scenario.investors, *scenario.investor_pools)),
        ("company.obligations", scenario.company.obligations if scenario.company else ()),
        ("company.claims", scenario.company.claims if scenario.company else ()),
        ("company.later_rounds", scenario.company.later_rounds if scenario.company else ()),
    )
    for name, items in families:
        for item_id, count in Counter(item.id for item in items).items():
            if count > 1:
                yield Fault(name, "expected every id once", f"'{item_id}' {count} times")
    addresses = Counter(address_of(scenario, index) for index in range(len(scenario.investors)))
    for address, count in addresses.items():
        if count > 1:
            yield Fault("investors", "expected every address once", f"{address} {count} times")


def _company_faults(scenario: Tables) -> Iterator[Fault]:
    gates = [gate.id for gate in scenario.gatekeepers]
    company = scenario.company
    if company is not None:
        for key in ("net_burn_bn_per_year", "revenue_growth_per_year"):
            first = getattr(company, key)[0][0]
            if first is not None and first > scenario.as_of:
                yield Fault(
                    f"company.{key}", f"expected the first date on or before as_of ({scenario.as_of})", str(first)
                )
        for obligation in company.obligations:
            if obligation.until is not None and obligation.until <= obligation.start:
                yield Fault(
                    f"company.obligations.{obligation.id}.until", "expected a date after 'from'", str(obligation.until)
                )
        for key, dated in (("claims", company.claims), ("later_rounds", company.later_rounds)):
            for item in dated:
                if item.on <= scenario.as_of:
                    yield Fault(
                        f"company.{key}.{item.id}.on", f"expected a date after as_of ({scenario.as_of})", str(item.on)
                    )
        for claim in company.claims:
            if claim.unless_gate is not None and claim.unless_gate not in gates:
                yield _unknown(f"company.claims.{claim.id}.unless_gate", "gatekeeper", claim.unless_gate, gates)
    if scenario.ipo is not None:
        if company is None:
            yield Fault("ipo", "expected a [company] that can list its shares")
        wanted = [*scenario.ipo.requires, *([scenario.ipo.veto_lapses_with] if scenario.ipo.veto_lapses_with else [])]
        for gate in wanted:
            if gate not in gates:
                yield _unknown("ipo", "gatekeeper", gate, gates)
        if scenario.ipo.veto_probability > 0 and scenario.ipo.veto_holder is None:
            yield Fault("ipo.veto_holder", "expected a name, because there is a veto_probability")


_WAYS = ("hazard_per_year", "probability_by_deadline", "chance")  # in which a consent may come


def _gatekeeper_faults(scenario: Tables) -> Iterator[Fault]:
    gates = {gate.id: gate for gate in scenario.gatekeepers}
    for gate in scenario.gatekeepers:
        key = f"gatekeepers.{gate.id}"
        ways = [name for name in _WAYS if getattr(gate, name) is not None]
        if len(ways) != 1:
            yield Fault(key, "expected one of hazard_per_year and probability_by_deadline, or a chance in the end")
        if gate.chance is not None and (gate.on is None) == (gate.median_days is None):
            yield Fault(
                key, "expected the day of the vote (on) or the time that it takes (median_days) beside a chance"
            )
        if gate.on is not None and gate.on <= scenario.as_of:
            yield Fault(f"{key}.on", f"expected a date after as_of ({scenario.as_of})", str(gate.on))
        if gate.on is not None and gate.chance is None:
            yield Fault(f"{key}.on", "expected a chance beside the day of a vote")
        for name in ("of", "by"):
            if scenario.format == 1 and getattr(gate, name) is not None:
                yield Fault(f"{key}.{'class' if name == 'of' else name}", "expected format = 2 for this key")
        for needed in gate.requires:
            if needed not in gates:
                yield _unknown(f"{key}.requires", "gatekeeper", needed, list(gates))
    circle = _requirement_circle(scenario.gatekeepers)
    if circle:
        yield Fault("gatekeepers", "expected an order in which clocks can start", f"the circle {' -> '.join(circle)}")


def _requirement_circle(gatekeepers: tuple[GatekeeperTable, ...]) -> list[str]:
    """Return the ids along a circle of ``requires``, or nothing."""
    requires = {gate.id: gate.requires for gate in gatekeepers}
    sorter = TopologicalSorter[str](dict.fromkeys(requires, ()))
    for gate, needed in requires.items():
        for other in needed:
            sorter.add(other, gate)  # backwards: the sorter names a circle against the direction of its edges
    try:
        sorter.prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        return circle
    return []


def _investor_faults(scenario: Tables) -> Iterator[Fault]:
    for investor in scenario.investors:
        key = f"investors.{investor.id}"
        yield from _decision_faults(key, investor, investor.signed_at_start)
        yield from _standing_faults(scenario, investor, key)
        if investor.ticket_bn is not None and investor.fallback_bn > investor.ticket_bn:
            yield Fault(
                f"{key}.fallback_bn",
                f"expected at most the ticket of {plain(investor.ticket_bn)}",
                f"{plain(investor.fallback_bn)}",
            )
        if investor.fallback_bn > 0 and not investor.conditions:
            yield Fault(f"{key}.fallback_bn", "expected conditions that the fallback falls back from")
        if investor.funding is not None:
            yield from funding_faults(f"{key}.funding", investor.funding)


def _standing_faults(scenario: Tables, investor: InvestorTable, key: str) -> Iterator[Fault]:
    """Check what is said of somebody whose signature has a chance in the end."""
    names = [other.id for other in scenario.investors]
    if investor.luck is not None and investor.luck not in names:
        yield _unknown(f"{key}.luck", "named investor", investor.luck, names)
    if investor.chance is not None and investor.median_days is None:
        yield Fault(f"{key}.median_days", "expected the time that he takes beside a chance to sign in the end")
    for other in ("signed_at_start", "signing_probability"):
        if investor.chance is not None and getattr(investor, other):
            yield Fault(f"{key}.chance", f"expected none beside {other}")
    if investor.tranches and scenario.format == 2:
        yield Fault(f"{key}.ticket_bn", "expected none beside tranches, which have a ticket each")
    if investor.redeemable and investor.kept_share is None:
        yield Fault(f"{key}.kept_share", "expected the mean share that stays of redeemable money")
    for name in ("standing", "needs", "ticket", "tranches", "redeemable"):
        if scenario.format == 1 and getattr(investor, name):
            yield Fault(f"{key}.{name}", "expected format = 2 for this key")


def _pool_faults(scenario: Tables) -> Iterator[Fault]:
    for pool in scenario.investor_pools:
        key = f"investor_pools.{pool.id}"
        yield from _decision_faults(key, pool, False)
        if pool.condition_total_low > pool.condition_total_high:
            yield Fault(
                f"{key}.condition_total_low", "expected at most condition_total_high", f"{pool.condition_total_low:g}"
            )
        mix = pool.condition_mix
        if pool.conditional_share > 0 and mix.total + mix.lead + mix.peers + mix.sentiment <= 0:
            yield Fault(f"{key}.condition_mix", "expected at least one weight above 0")


def _decision_faults(key: str, investor: InvestorTable | InvestorPoolTable, signed: bool) -> Iterator[Fault]:
    """Check that it is clear how he decides: stated, or by the rules."""
    stated = investor.is_stated
    if signed and investor.signing_probability is not None:
        yield Fault(f"{key}.signing_probability", "expected no signing_probability for one who has signed at start")
    if stated and investor.ticket_bn is None:
        yield Fault(f"{key}.ticket_bn", "expected a ticket for one whose decision is stated")
    if not stated and investor.ticket_bn is not None:
        yield Fault(
            f"{key}.ticket_bn",
            "expected max_ticket_bn for one who decides by the rules, or a signing_probability or signed_at_start",
        )
    biases = [name for name in ("inclination", "sign_bias") if getattr(investor, name) is not None]
    if stated and biases:
        yield Fault(f"{key}.{biases[0]}", "expected none for one whose decision is stated")
    if len(biases) == 2:
        yield Fault(f"{key}.sign_bias", "expected an inclination or a sign_bias, not both")
    least = investor.min_ticket_bn or trait_default(investor.kind, "min_ticket_bn") or 0.0
    most = largest_ticket(investor)
    if not stated and least > most:
        yield Fault(f"{key}.min_ticket_bn", f"expected at most the largest ticket of {plain(most)}", f"{plain(least)}")


def all_tickets(scenario: Tables) -> float:
    """The largest tickets of all investors and pools together [USD billion]."""
    pools = sum(float(pool.count) * largest_ticket(pool) for pool in scenario.investor_pools)
    return sum(map(largest_ticket, scenario.investors)) + pools


def largest_ticket(investor: InvestorTable | InvestorPoolTable) -> float:
    """Largest ticket that this investor or member can bring [USD billion]; a lognormal has no largest."""
    stated = investor.ticket_bn if investor.ticket_bn is not None else investor.max_ticket_bn
    if isinstance(stated, Distribution):
        return float("inf") if stated.family == "lognormal" else stated.second
    return float(stated if stated is not None else trait_default(investor.kind, "max_ticket_bn") or 0.0)


def address_of(scenario: Tables, index: int) -> int:
    """Whose draws the ``index``-th investor of the file has."""
    address = scenario.investors[index].address
    return index if address is None else int(address)


def cap_bn(scenario: Tables) -> float:
    """Most new money that the round takes [USD billion]."""
    return float(scenario.round.cap_bn if scenario.round.cap_bn is not None else scenario.round.target_bn)


def _unknown(key: str, what: str, name: str, known: list[str]) -> Fault:
    return Fault(key, f"expected the id of a {what}{did_you_mean(name, known)}", f"'{name}'")


def left_behind(changed: Tables, before: Tables) -> str | None:
    """Who still waits until the old deadline where it was moved, in a sentence; None where nobody does."""
    old, new = before.round.deadline, changed.round.deadline
    waiting = [
        investor.id
        for investor in changed.investors
        if any(atom.get("by") == old for clause in investor.conditions for atom in clause)
    ]
    if old == new or not waiting:
        return None
    return (
        f"round.deadline: moved from {old} to {new}, while conditions of {', '.join(waiting)} still end on the old one "
        "(set their 'by' too), and every chance by the deadline now means the new one"
    )


# --------------------------------------------------------------------------------------------------------------------
# Conditions that refer to nobody, or can never be true

_ROUNDING_BN = 1e-9  # by less than this, sums of decimals miss


def _condition_faults(scenario: Tables) -> Iterator[Fault]:
    for investor in scenario.investors:
        for c, clause in enumerate(investor.conditions):
            if not clause:
                yield Fault(f"investors.{investor.id}.conditions.{c}", "expected at least one condition in a clause")
            for a, atom in enumerate(clause):
                key = f"investors.{investor.id}.conditions.{c}.{a}"
                yield from (_reference_faults(scenario, key, atom) or _impossible_faults(scenario, key, investor, atom))


def _reference_faults(scenario: Tables, key: str, atom: dict[str, Any]) -> list[Fault]:
    gates = [gate.id for gate in scenario.gatekeepers]
    names = [investor.id for investor in scenario.investors]
    faults = []
    if "gate" in atom and atom["gate"] not in gates:
        faults.append(_unknown(key, "gatekeeper", atom["gate"], gates))
    for name in [atom.get("investor"), atom.get("without"), *atom.get("any_of", [])]:
        if name is not None and name not in names:
            faults.append(_unknown(key, "named investor", name, names))
    return faults


def _impossible_faults(scenario: Tables, key: str, own: InvestorTable, atom: dict[str, Any]) -> list[Fault]:
    """Say why an atom can never hold, whatever happens."""
    reason = next((text for text in _impossibilities(scenario, own, atom) if text), None)
    return [Fault(key, f"this condition can never be true: {reason}")] if reason else []


def _impossibilities(scenario: Tables, own: InvestorTable, atom: dict[str, Any]) -> Iterator[str | None]:
    tickets = {investor.id: largest_ticket(investor) for investor in scenario.investors}
    pools = [(pool.kind, pool.count * largest_ticket(pool)) for pool in scenario.investor_pools]
    if "total_bn" in atom:
        base = scenario.round.already_closed_bn if atom.get("count_closed", True) else 0.0
        everything = sum(tickets.values()) + sum(money for _, money in pools)
        if not atom.get("count_own", True):
            everything -= tickets[own.id]
        possible = base + min(everything, cap_bn(scenario))
        if atom["total_bn"] > possible + _ROUNDING_BN:
            yield f"{plain(atom['total_bn'])} is asked and at most {plain(possible)} can be there"
    if "investor" in atom:
        if atom["investor"] == own.id:
            yield "an investor cannot wait for himself"
        if atom.get("amount_bn", 0) > tickets[atom["investor"]] + _ROUNDING_BN:
            yield f"{atom['investor']} brings at most {plain(tickets[atom['investor']])}"
    if "any_of" in atom and atom.get("at_least", 1) > len(set(atom["any_of"])):
        yield f"{atom['at_least']} are asked out of {len(set(atom['any_of']))}"
    if "kind" in atom:
        there = sum(tickets[i.id] for i in scenario.investors if i.kind == atom["kind"])
        there += sum(money for kind, money in pools if kind == atom["kind"])
        if atom["amount_bn"] > there + _ROUNDING_BN:
            yield f"investors of kind {atom['kind']} bring at most {plain(there)}"
    if "by" in atom and atom["by"] < scenario.as_of:
        yield f"{atom['by']} is before as_of"
    if "max_pre_money_bn" in atom and atom["max_pre_money_bn"] < min(scenario.round.pre_money_bn):
        yield f"the lowest price is {plain(min(scenario.round.pre_money_bn))}"
    if "max_post_money_bn" in atom and atom["max_post_money_bn"] <= min(scenario.round.pre_money_bn):
        yield f"the lowest pre-money valuation is {plain(min(scenario.round.pre_money_bn))}"
    if atom.get("without") == own.id:
        yield "an investor cannot exclude himself"
