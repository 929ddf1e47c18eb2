"""Case scenario: a case, or a deal, as the tables of a scenario of ``format = 2``, every choice said above them."""

from __future__ import annotations

from typing import Any

from abm.history.case import Case
from abm.history.deal import Deal, DealInvestor
from abm.history.translation import translate
from abm.scenario import Scenario, scenario_from

_OTHERS = "others, whom nobody named"
_ROUNDING, _LITTLE = 1e-9, 1e-3  # a share of the target, so that who brings the tenth that may be missing is needed


def scenario_of_case(case: Case) -> Scenario:
    """Make a case a scenario, as of the day on which it was announced; its outcome is not looked at.

    Examples
    --------
    >>> from abm.history import library
    >>> scenario = scenario_of_case(library()["metro_bank_2023"])
    >>> scenario.id, [gate.of for gate in scenario.gatekeepers]
    ('metro_bank_2023', ['vote', 'restructuring'])
    """
    return scenario_from(tables_of_case(case), case.id)


def tables_of_case(case: Case) -> dict[str, Any]:
    """Lay a case out as the tables of a scenario file: what the press gave, and classes for the rest."""
    return tables_of_deal(translate(case), case)


def tables_of_deal(deal: Deal, case: Case) -> dict[str, Any]:
    """The same for a deal that was made from a case."""
    terms: dict[str, Any] = {"target_bn": deal.target_bn, "counts_from": deal.counts_from}
    if case.deadline is not None and case.deadline > case.announced:
        terms["deadline"] = case.deadline
    if case.currency_usd_bn.pre_money:
        terms["pre_money_bn"] = case.currency_usd_bn.pre_money
    gates = [
        {"id": gate.id, "class": gate.of, **({"by": gate.by} if gate.by and gate.by > case.announced else {})}
        for gate in deal.gates
    ]
    tickets = _tickets(deal)
    investors = [_investor(one, tickets.get(one.id)) for one in deal.investors]
    if missing := _missing(deal):
        lead = [one.id for one in deal.investors if one.role == "lead"][:1]
        others = {"id": "others", "name": _OTHERS, "ticket_bn": missing, "signed_at_start": True, "needs": lead}
        investors.append(others)
    return {
        "format": 2,
        "id": case.id,
        "title": case.name,
        "as_of": case.announced,
        "round": terms,
        **({"gatekeepers": gates} if gates else {}),
        "investors": investors,
    }


def _missing(deal: Deal) -> float:
    """What the tickets leave open of what counts as full [USD billion]; nothing, where somebody takes the rest."""
    known = [one.ticket_bn for one in deal.investors if one.ticket_bn != "rest"]
    short = len(known) == len(deal.investors) and sum(known) < deal.counts_from * deal.target_bn * (1 - _ROUNDING)
    return _money(deal.target_bn - sum(known)) if short else 0.0


def _tickets(deal: Deal) -> dict[str, float]:
    """Tickets by id: where those who are needed bring more than the target, the largest brings what the others leave.

    A round that can be full without somebody does not need him.
    """
    found = {one.id: _money(one.ticket_bn) for one in deal.investors if one.ticket_bn != "rest"}
    needed = {one.id: found[one.id] for one in deal.needed if one.id in found and not one.redeemable}
    over = sum(needed.values()) - deal.target_bn * (1 - _LITTLE)
    if len(needed) > 1 and over > 0 and not deal.underwritten:
        largest = max(needed, key=lambda name: needed[name])
        found[largest] = _money(max(needed[largest] - over, (1 - deal.counts_from) * deal.target_bn))
    return found


def _money(amount_bn: float) -> float:
    """An amount to the dollar, as a file states it."""
    return round(amount_bn, 9)


def _investor(one: DealInvestor, ticket_bn: float | None) -> dict[str, Any]:
    ticket = {"ticket": "rest"} if ticket_bn is None else {"ticket_bn": ticket_bn}
    return {
        "id": one.id,
        "name": one.name,
        **({"role": "lead"} if one.role == "lead" else {}),
        "standing": one.standing,
        **ticket,
        **({"needs": list(one.needs)} if one.needs else {}),
        **({"redeemable": True} if one.redeemable else {}),
    }


def case_scenario_text(case: Case) -> str:
    """Write a case as a scenario file, with the choices of the translation as comments above it."""
    import tomli_w

    deal, tables = translate(case), tables_of_case(case)
    head = [f"Case {case.id} as of {case.announced}, as abm cases scenario translates it:", *deal.notes]
    stated = {one.id: one.ticket_bn for one in deal.investors}
    for one in tables["investors"]:
        if "ticket_bn" in one and one["ticket_bn"] < _money(float(stated.get(one["id"], 0.0))):
            head.append(
                f"{one['name']}: needed with others who bring more than the target, and taken for what they leave"
            )
    if _missing(deal):
        head.append(f"{_OTHERS}: they bring what the tickets leave, once the lead is in")
    return "".join(f"# {line}\n" for line in head) + "\n" + tomli_w.dumps(tables)
