"""Labels: dotted paths of a scenario as somebody who knows finance, and not the file, would say them."""

from __future__ import annotations

import re
from typing import Any

from abm.core.plain import plain
from abm.scenario import Scenario
from abm.scenario.fields import Knob
from abm.scenario.sources import numbers_of

_GROWTH = re.compile("growth|attrition|return|interest|rate_per_year")
_WEEKS_A_YEAR = 365.0 / 7.0
_SECTIONS = {"round": "the round", "valuation": "valuation", "environment": "market", "ipo": "listing"}
_PARTIES = ("investors", "investor_pools", "gatekeepers")
_SHORT = {
    "inclination": "inclination to sign",
    "chance": "chance of a yes in the end",
    "median_days": "median time to decide",
    "time_sd_log": "spread of the time to decide",
    "holds": "chance that signed paper holds",
    "kept_share": "share of a trust that stays",
    "piecemeal_probability": "chance of paying in part",
    "replacement_probability": "chance of a replacement",
    "waiver_probability": "chance of a waiver",
    "counts_from": "share that counts as closed",
    "completes": "share booked from which he completes",
    "public_after_weeks": "weeks until a signature is public",
    "same_kind": "chance of a tie within a kind",
    "other_kind": "chance of a tie between kinds",
    "signing_probability": "probability of signing",
    "max_ticket_bn": "largest ticket",
    "min_ticket_bn": "smallest ticket",
    "ticket_bn": "ticket",
    "diligence_days": "time of diligence",
    "signal_precision": "what diligence shows",
    "hazard_per_year": "speed of consent",
    "block_hazard_per_year": "risk of a final no",
    "fallback_bn": "money without the condition",
    "settlement_failure_probability": "chance of not paying",
    "prior_spread_log": "own view of the value",
    "wealth_bn": "size of the portfolio",
    "mean_bn": "mean of the equity value",
    "sd_log": "spread of the equity value",
    "extension_probability": "chance of an extension",
    "in_burn_share": "part already in the burn plan",
    "conditional_share": "share who sign with a condition",
    "net_burn_bn_per_year": "net burn",
    "revenue_growth_per_year": "growth of revenue",
    "cash_bn": "cash at the start",
    "target_bn": "new money wanted",
    "already_closed_bn": "paid before the start",
    "minimum_close_bn": "minimum close",
    "price_cut_lag": "lag that cuts the price",
    "price_cut_wait_weeks": "time between two price cuts",
    "liquidation_preference": "liquidation preference",
    "news_precision": "precision of public news",
    "cold_per_week": "chance of turning cold in a week",
    "thaw_per_week": "chance of turning hot in a week",
    "cold_sentiment": "mood lost in a cold market",
    "excess_attrition_per_year": "loss of talent above the normal rate",
    "burst_attrition_per_year": "loss of talent in a campaign",
    "talent_effect": "value lost with talent",
    "frailty_variance": "luck that consents share",
    "revenue_volatility": "volatility of revenue",
    "vendor_limit_bn": "bills that suppliers let wait",
    "minimum_sentiment": "sentiment of an open window",
    "minimum_cash_bn": "minimum cash",
    "runway_trigger_years": "runway below which costs are cut",
    "cut_max": "most of the burn that can be cut",
    "cut_growth_loss": "growth lost by cutting",
    "cut_attrition_per_year": "talent lost by cutting",
    "bridge_probability": "chance of a bridge",
    "probability_if_closed": "chance of it after a closing",
    "probability_if_not": "chance of it after a failure",
    "filing_per_year": "rate of filing",
    "withdrawal_probability": "chance of withdrawing the listing",
    "veto_probability": "chance of a veto",
    "probability_by_deadline": "chance of consent by the deadline",
    "deadline_effect": "pressure of the deadline",
    "deadline_scale_weeks": "reach of that pressure",
    "lag_days": "time until it is in force",
    "withdrawal_per_year": "rate of walking away",
    "pro_rata_share": "pro rata right",
    "social_precision": "weight of a peer's commitment",
    "opinion_pull": "weight of the others' opinion",
    "reputation": "weight in the eyes of others",
    "herding": "pull of a book that runs ahead",
    "lockup_cost": "cost of locked money",
    "forecast_sd": "error of the forecast",
    "needed_share": "share that counts as a success",
    "waiting_decay_weeks": "time in which waiting loses worth",
    "mood_withdrawal": "withdrawals as the mood falls",
    "jump_withdrawal": "withdrawals in a shock",
    "condition_sentiment": "sentiment of a broken market",
}


def label(scenario: Scenario, path: str) -> str:
    """Name what stands at a path, short enough for a chart.

    Examples
    --------
    >>> import abm
    >>> flagship = abm.load_scenario("openai-2025")
    >>> label(flagship, "investors.mgx.inclination"), label(flagship, "valuation.growth_per_year")
    ('MGX: inclination to sign', 'valuation: expected growth of value')
    """
    owner, key, position = _parts(scenario, path)
    table, _, name = path.partition(".")
    if table in _PARTIES and "." not in name:
        return next((who.name or key for who in getattr(scenario, table) if who.id == key), key)
    knob = _knobs(scenario).get(path)
    text = short_of(key, knob)
    when = _since(scenario, path, position)
    return f"{owner}: {text}{when}" if owner else f"{text}{when}"


def short_of(key: str, knob: Knob | None) -> str:
    """Name a number of the format, whoever's it is: its short name, else the first clause of its meaning.

    Examples
    --------
    >>> short_of("cash_bn", None), short_of("growth_per_year", Knob("1/year", -0.5, 1, "Expected growth, at best"))
    ('cash at the start', 'expected growth')
    """
    return _SHORT.get(key) or (_clause(knob.doc) if knob else key.replace("_", " "))


def limit_words(scenario: Scenario, path: str, low: float | None, high: float | None) -> str:
    """Say within which limits a number lies; None where there is no limit on that side.

    Examples
    --------
    >>> import abm
    >>> flagship = abm.load_scenario("openai-2025")
    >>> limit_words(flagship, "gatekeepers.completion.hazard_per_year", 26.0, None)
    '“The board completes the restructuring” takes less than 2 weeks on average'
    >>> limit_words(flagship, "investor_pools.unnamed.inclination", 0.6, 0.8)
    '“Funds without a name: inclination to sign” is between 60 % and 80 %'
    """
    if path.endswith(".hazard_per_year") and path.startswith("gatekeepers."):
        owner, _, _ = _parts(scenario, path)
        slow, quick = (None if not rate else f"{_WEEKS_A_YEAR / rate:.2g} weeks" for rate in (low, high))
        return f"“{owner}” takes {_between(quick, slow, 'more than', 'less than')} on average"
    knob = _knobs(scenario).get(path)
    above, below = (None if end is None else quantity(end, knob.unit if knob else "", path) for end in (low, high))
    return f"“{label(scenario, path)}” is {_between(above, below, 'above', 'below')}"


def setting_words(scenario: Scenario, path: str, value: object) -> str:
    """Say what a number is set to.

    Examples
    --------
    >>> import abm
    >>> flagship = abm.load_scenario("openai-2025")
    >>> setting_words(flagship, "environment.sentiment_mean", -0.1), setting_words(flagship, "round.target_bn", 28)
    ('market: level that sentiment reverts to = -0.1', 'the round: new money wanted = USD 28 billion')
    """
    knob = _knobs(scenario).get(path)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    said = quantity(value, knob.unit, path) if knob and number else str(value)  # type: ignore[arg-type]
    return f"{label(scenario, path) if knob else path} = {said}"


def quantity(number: float, unit: str, key: str = "") -> str:
    """Write a number with its unit, the way it is said; a rate of growth or loss, by its key, in percent.

    Examples
    --------
    >>> quantity(0.6, "-"), quantity(22.5, "USD billion"), quantity(0.25, "1/year"), quantity(10.4, "days")
    ('60 %', 'USD 22.5 billion', '0.25 a year', '10 days')
    """
    if unit == "-":
        return f"{100 * number:.3g} %" if abs(number) <= 1 else f"{number:.3g}"
    if unit == "1/year":
        return f"{100 * number:.3g} % a year" if _GROWTH.search(key) else f"{number:.3g} a year"
    if unit.startswith("USD billion"):
        rest = {"": "", "/year": " a year"}.get(unit[len("USD billion") :], " a year of spread")
        return f"USD {plain(float(f'{number:.3g}'))} billion{rest}"
    if unit in ("days", "weeks"):
        return f"{number:.0f} {unit}"
    return f"{number:.3g}"


def _between(low: str | None, high: str | None, above: str, below: str) -> str:
    if low and high:
        return f"between {low} and {high}"
    return f"{above} {low}" if low else f"{below} {high}"


def _parts(scenario: Scenario, path: str) -> tuple[str, str, int | None]:
    """Whose number it is, its key, and its position in a list."""
    steps = path.split(".")
    position = int(steps.pop()) if steps[-1].isdecimal() else None
    node: Any = scenario
    owner = _SECTIONS.get(steps[0], "")
    if steps[0] == "company" and scenario.company is not None:
        owner = scenario.company.name
    for step in steps[:-1]:
        if isinstance(node, tuple):
            node = next((item for item in node if item.id == step), None)
            owner = getattr(node, "creditor", "") or getattr(node, "name", "") or step
        else:
            node = getattr(node, step, None)
    return owner, steps[-1], position


def _since(scenario: Scenario, path: str, position: int | None) -> str:
    """From when on an entry of a schedule holds."""
    if position is None:
        return ""
    section, key, _ = path.split(".")
    entries = getattr(getattr(scenario, section), key)
    date = entries[position][0] if isinstance(entries[position], tuple) else None
    return f" from {date:%b %Y}" if date else f" ({position + 1})"


def _clause(doc: str) -> str:
    """Take the first clause of a knob's meaning, for the middle of a sentence."""
    first = re.split(r"[,;(:]", doc)[0].strip().replace("on as_of", "at the start").replace("as_of", "the start")
    return first[:1].lower() + first[1:]


def _knobs(scenario: Scenario) -> dict[str, Knob]:
    found: dict[str, Knob] | None = scenario.known.get("knobs")
    if found is None:
        found = scenario.known["knobs"] = {path: knob for path, _, knob in numbers_of(scenario)}
    return found
