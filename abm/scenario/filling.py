"""Filling: from the ten lines of ``format = 2`` to full tables, with history where nothing is said."""

from __future__ import annotations

import copy
import datetime as dt
import math
from collections.abc import Iterator, Mapping
from statistics import NormalDist
from typing import Any, TypeAlias

from abm.scenario.class_rows import classes
from abm.scenario.dates import is_date
from abm.scenario.fields import is_number
from abm.scenario.needs import consent_classes, ids_in

Table: TypeAlias = dict[str, Any]

HORIZON_WEEKS = 156  # that "in the end" means where a file does not say: three years
SIGNED = ("firm", "conditional_firm")
#: Keys that a file of another format has to state, and that are filled in here.
FILLED = {"round": ("deadline", "pre_money_bn"), "investors": ("kind",)}
_PRICE_OF_TARGETS = 10.0  # pre-money valuation where none is known: only how many shares are issued depends on it
#: By which power what is filled in follows what it is computed from.
_FOLLOWS = {
    "round.pre_money_bn": {"round.target_bn": 1.0},
    "company.net_burn_bn_per_year": {"company.cash_bn": 1.0, "company.runway_months": -1.0},
}
_WATCHED = "three years, in which what happens in the end has happened"
_UNKNOWN_PRICE = "not stated; only the number of new shares depends on it"
#: What the money of a class waits for, as the laws of time were counted.
DAYS = {
    "consent_routine": "days_regulatory",
    "consent_hard": "days_regulatory",
    "creditors": "days_restructuring",
    "restructuring": "days_restructuring",
    "milestone": "days_milestones",
    "milestone_aid": "days_aid",
    "merger": "days_trust",
}
_EIGHT_IN_TEN = 2 * NormalDist().inv_cdf(0.9)


def filled(raw: Mapping[str, Any]) -> Table:
    """Write out what a file of ``format = 2`` leaves to its classes; a file of another format stays as it is.

    What is said stays: a number of the file stands in the place of history's.

    Examples
    --------
    >>> gate = {"id": "vote", "class": "vote", "on": dt.date(2023, 11, 27)}
    >>> lead = {"id": "spaldy", "role": "lead", "standing": "conditional_firm", "ticket_bn": 0.124, "needs": ["vote"]}
    >>> terms = {"target_bn": 0.397, "deadline": dt.date(2023, 12, 31)}
    >>> day = dt.date(2023, 10, 8)
    >>> full = filled(
    ...     {"format": 2, "id": "a", "as_of": day, "round": terms, "gatekeepers": [gate], "investors": [lead]}
    ... )
    >>> full["gatekeepers"][0]["chance"]["grade"], full["investors"][0]["conditions"], str(full["round"]["due"])
    ('history', [[{'gate': 'vote'}]], '2023-12-31')
    """
    if raw.get("format") != 2 or isinstance(raw.get("format"), bool):
        return dict(raw)
    tables = copy.deepcopy(dict(raw))
    tables.setdefault("title", tables.get("id", ""))
    tables.setdefault("horizon_weeks", {"value": HORIZON_WEEKS, "grade": "assumption", "source": _WATCHED})
    investors = _tables_in(tables, "investors")
    if isinstance(terms := tables.get("round"), dict):
        _fill_round(tables, terms, any(one.get("redeemable") is True for one in investors))
    if isinstance(environment := tables.setdefault("environment", {}), dict):
        environment.setdefault("frailty_variance", _said("luck_variance"))
    if isinstance(company := tables.get("company"), dict):
        _fill_company(company)
    _declare_needed(tables, investors)
    for gate in _tables_in(tables, "gatekeepers"):
        _fill_gate(tables, gate)
    if investors:
        tables["investors"] = list(_fill_investors(tables, tables["investors"]))
    return tables


def followers(raw: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Numbers that :func:`filled` computes from others: path of each, and by which power it follows which path.

    Examples
    --------
    >>> followers({"format": 2, "company": {"cash_bn": 3.0, "runway_months": 9}})
    {'company.net_burn_bn_per_year': {'company.cash_bn': 1.0, 'company.runway_months': -1.0}}
    """
    full, found = filled(raw), {}
    for path, follows in _FOLLOWS.items():
        section, key = path.split(".")
        before, after = (tables.get(section) for tables in (raw, full))
        if isinstance(before, dict) and isinstance(after, dict) and key in after and key not in before:
            found[path] = follows
    rest = [one for one in _tables_in(dict(raw), "investors") if one.get("ticket") == "rest" and "ticket_bn" not in one]
    return found | {f"investors.{one.get('id')}.ticket_bn": {"round.target_bn": 1.0} for one in rest}


def law_of_due(days: float) -> tuple[float, float]:
    """Median [days] and spread [log-points] of an event that is wanted within some days and may come late.

    As much of the law lies before that day as one event comes by it, and half of what comes later comes within the
    lateness that was counted.

    Examples
    --------
    >>> median, spread = law_of_due(100.0)
    >>> 80 < median < 100, 0.1 < spread < 0.5
    (True, True)
    """
    rows, law = classes(), NormalDist()
    in_time, late_days = rows["one_in_time"].value, rows["lateness"].value
    at, half_late = law.inv_cdf(in_time), law.inv_cdf((1 + in_time) / 2)
    spread = math.log1p(late_days / max(days, late_days)) / (half_late - at)
    return days * math.exp(-at * spread), spread


def _said(name: str) -> Table:
    """What history says, as a number of a file."""
    row = classes()[name]
    return {
        "value": row.value,
        "low": row.low,
        "high": row.high,
        "grade": row.grade,
        "source": f"n = {row.n}: {row.counted}",
    }


def _tables_in(tables: Table, name: str) -> list[Table]:
    found = tables.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _terms(tables: Table) -> Table:
    terms = tables.get("round")
    return terms if isinstance(terms, dict) else {}


def _fill_round(tables: Table, terms: Table, trust: bool) -> None:
    """The money may come after its date, and counts as full a little below the target."""
    terms.setdefault("counts_from", {"value": 0.9, "grade": "assumption", "source": "as cases were counted"})
    # what is left of a trust is paid even where it is too little
    terms.setdefault("piecemeal_probability", 1.0 if trust else _said("part"))
    target = _number(terms.get("target_bn"))
    if target is not None:
        price = {"value": _PRICE_OF_TARGETS * target, "grade": "assumption", "source": _UNKNOWN_PRICE}
        terms.setdefault("pre_money_bn", price)
    weeks, day = _number(tables["horizon_weeks"]), tables.get("as_of")
    if terms.get("hard_deadline") is True or not is_date(day) or weeks is None:
        return
    if "deadline" in terms:
        if not is_date(terms["deadline"]):
            return  # a fault of the deadline, and no other
        terms.setdefault("due", terms["deadline"])
    terms["deadline"] = day + dt.timedelta(weeks=min(max(int(weeks), 1), 52 * 100))


def _fill_company(company: Table) -> None:
    cash, months = (_number(company.get(name)) for name in ("cash_bn", "runway_months"))
    if cash and months and months > 0:
        company.setdefault("net_burn_bn_per_year", 12 * cash / months)


def _number(raw: Any) -> float | None:
    """The number that stands in a file, bare or with its source."""
    value = raw.get("value") if isinstance(raw, dict) else raw
    return value if is_number(value) else None


def declare_needed(tables: Table) -> None:
    """Write down the consents that needs only name as a class, in place: after those of the file, as they are filled.

    Examples
    --------
    >>> raw = {"format": 2, "investors": [{"id": "bonds", "needs": ["creditors"]}]}
    >>> declare_needed(raw)
    >>> raw["gatekeepers"]
    [{'id': 'creditors', 'class': 'creditors'}]
    """
    if tables.get("format") == 2:
        _declare_needed(tables, _tables_in(tables, "investors"))


def _declare_needed(tables: Table, investors: list[Table]) -> None:
    """A class that is needed and that no consent is called after stands for a consent of that class."""
    consents, known = consent_classes(), {*ids_in(tables, "gatekeepers"), *ids_in(tables, "investors")}
    for one in investors:
        for need in _needs(one):
            if need in consents - known:
                known.add(need)
                tables.setdefault("gatekeepers", []).append({"id": need, "class": need})


def _needs(one: Table) -> Iterator[str]:
    """All that an investor and his tranches wait for."""
    for table in (one, *_tables_in(one, "tranches")):
        needs = table.get("needs", ())
        yield from (need for need in needs if isinstance(need, str)) if isinstance(needs, list | tuple) else ()


_STATED = ("chance", "hazard_per_year", "probability_by_deadline")


def _fill_gate(tables: Table, gate: Table) -> None:
    row = classes().get(str(gate.get("class")))
    if row is None or row.of != "consent":
        return
    if not any(key in gate for key in _STATED):
        gate["chance"] = _said(row.id)
    if "chance" in gate and "median_days" not in gate and "on" not in gate:
        gate |= _law_of_time(tables, gate.get("by"), DAYS.get(row.id, "days_signed"))


def _law_of_time(tables: Table, by: Any, row_id: str) -> Table:
    """When something is decided: about the day by which it is wanted, else as long as its like took."""
    day, start = by or _terms(tables).get("due"), tables.get("as_of")
    row = classes()[row_id]
    source = f"n = {row.n}: {row.what}"
    if is_date(day) and is_date(start) and day > start:
        late = classes()["lateness"]
        median, spread = law_of_due((day - start).days)
        source = f"wanted by {day}; n = {late.n}: {late.what}"
        row = late
    else:
        median, spread = row.value, math.log(row.high / row.low) / _EIGHT_IN_TEN
    return {
        name: {"value": round(value, 4), "grade": row.grade, "source": source}
        for name, value in (("median_days", median), ("time_sd_log", spread))
    }


def _fill_investors(tables: Table, investors: list[Any]) -> Iterator[Any]:
    lead = next((one.get("id") for one in investors if isinstance(one, dict) and one.get("role") == "lead"), None)
    others = [one.get("id") for one in investors if isinstance(one, dict) and _comes_with_others(one)]
    names, gates = ids_in(tables, "investors"), ids_in(tables, "gatekeepers")
    for one in investors:
        if not isinstance(one, dict):
            yield one
            continue
        _fill_standing(tables, one, others[0] if others else None)
        behind = lead is not None and one.get("id") != lead and "standing" in one
        own = _conditions(one, (names, gates), *([{"investor": lead}] if behind else []))
        yield from (
            _tranches(one, own, (names, gates)) if "tranches" in one else [one | ({"conditions": own} if own else {})]
        )


def _comes_with_others(one: Table) -> bool:
    """Whether he has not signed and stands behind the lead: they come together, or not at all."""
    return one.get("role") != "lead" and one.get("standing") in ("letter_of_intent", "in_talks", "rumoured")


def _fill_standing(tables: Table, one: Table, other: Any) -> None:
    """Say what the standing of an investor is worth."""
    standing, target = one.get("standing"), _number(_terms(tables).get("target_bn"))
    one.setdefault("kind", "private_equity")
    if one.get("ticket") == "rest" and target is not None:
        one.setdefault("ticket_bn", target)
    if one.get("redeemable") is True:  # it lies there already: what may fail is the merger, and what is taken back
        one.setdefault("kept_share", _said("kept"))
        one.setdefault("signed_at_start", True)
        return
    if standing in (*SIGNED, "underwritten"):
        one.setdefault("signed_at_start", True)
        one.setdefault("holds", _said("signed" if standing in SIGNED else "underwritten"))
    elif standing is not None and not any(key in one for key in ("signing_probability", "inclination", "sign_bias")):
        behind = _comes_with_others(one)
        row = classes().get("others_unsigned" if behind else str(standing))
        if row is None:
            return
        one.setdefault("chance", _said(row.id))
        if behind and one.get("id") != other:
            one.setdefault("luck", other)
        if "median_days" not in one:
            one |= _law_of_time(tables, None, "days_unsigned")


def _conditions(one: Table, known: tuple[list[str], list[str]], *more: Table) -> list[Any]:
    """What money waits for: every one of its needs, and of its conditions one alternative.

    ``known`` are the ids of investors and of consents; a need that is none of them is a fault, which is said of it.
    """
    stated, needs = one.get("conditions", []), one.get("needs", [])
    if not isinstance(stated, list | tuple) or not isinstance(needs, list | tuple):
        return []  # which is said where they are read
    wanted: list[Any] = []
    names, gates = known
    meant = [need for need in needs if need in (*names, *gates) and need != one.get("id")]
    for one_more in (*({"investor" if need in names else "gate": need} for need in meant), *more):
        wanted += [] if one_more in wanted else [one_more]  # who stands behind the lead may name him, too
    return [[*clause, *wanted] for clause in stated or [[]]] if wanted else list(stated)


def _tranches(one: Table, conditions: list[Any], known: tuple[list[str], list[str]]) -> Iterator[Table]:
    """An investor for each tranche, all of whom have the luck of the first."""
    parts = one.get("tranches")
    sound = isinstance(parts, list) and all(isinstance(part, dict) and "ticket_bn" in part for part in parts)
    if not sound or not parts or "ticket_bn" in one:
        yield one  # a fault, which is said where tables are read
        return
    for number, part in enumerate(parts):
        kept = {key: value for key, value in one.items() if key != "tranches"}
        every = [[*own, *also] for own in conditions or [[]] for also in _conditions(part, known) or [[]]]
        tranche = copy.deepcopy(kept) | {"conditions": [clause for clause in every if clause]}
        tranche["ticket_bn"] = part["ticket_bn"]
        if number:
            tranche |= {"id": f"{one.get('id')}-{number + 1}", "luck": one.get("luck", one.get("id"))}
            tranche.pop("address", None)
        if "name" in one:
            tranche["name"] = f"{one['name']}, tranche {number + 1}"
        yield tranche
