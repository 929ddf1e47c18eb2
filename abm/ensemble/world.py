"""World: everything that a compiled run reads and writes, as one record, and how compiled code reaches its arrays."""

from __future__ import annotations

import numpy as np

from abm.core import records
from abm.ensemble.memory import column
from abm.rules.conditions import ATOM, FACTS
from abm.rules.failure import Links

#: Weeks of public luck that are drawn at once.
AHEAD = 24

_WHOLE, _NUMBER, _FLAG = np.dtype(np.int64), np.dtype(np.float64), np.dtype(np.bool_)

#: The arrays of a world and their elements. First what no run changes, then what is one run's.
ARRAYS = {
    "ladder_musd": _WHOLE,
    "listing_gates": _WHOLE,
    "laws": records.GATEKEEPER,
    "gate_order": _WHOLE,
    "required": _WHOLE,
    "plan": records.PLAN,
    "claims": records.CLAIM,
    "later_rounds": records.LATER_ROUND,
    "base": records.TRAITS,
    "pool_distributions": records.POOL_DISTRIBUTIONS,
    "base_atoms": ATOM,
    "clauses": _WHOLE,
    "owners": _WHOLE,  # where each investor's clauses start
    "members": _WHOLE,
    "kinds": _WHOLE,
    "standings": _WHOLE,  # numbers of the ways in which consents can stand; none where there are too many
    "outlook_table": _NUMBER,  # [extended, week, standing, gate], laid out flat
    "traits": records.TRAITS,
    "atoms": ATOM,
    "gates": records.GATE_STATE,
    **{name: records.INVESTOR_STATE[name] for name in records.INVESTOR_STATE.names or ()},
    "news": records.NEWS,  # commitments that everybody hears of this week
    "announced": records.NEWS,  # and those that wait for the next
    "sentiment_luck": _NUMBER,  # public luck of the weeks ahead
    "value_luck": _NUMBER,
    "news_luck": _NUMBER,
    "revenue_luck": _NUMBER,
    "burn_luck": _NUMBER,
    "talent_luck": _NUMBER,
    "weeks_ahead": _WHOLE,
    "nobody": _WHOLE,  # zeros: public luck has no agent
    "outlooks": _NUMBER,
    "signed": _FLAG,
    "paid": _FLAG,
    "unpaid": _FLAG,
    "refused": _FLAG,
    "closers": _FLAG,  # who closes this week
    "tested": _FLAG,  # of whom it is known whether they pay when called
    "content": _FLAG,  # who needs nobody but those who have paid
    "allocated": _WHOLE,
    "tickets": _WHOLE,
    "inside": _FLAG,
    "against": _FLAG,
    "totals": _WHOLE,
    "kind_musd": _WHOLE,
    "base_musd": _WHOLE,
    "gate_days": _NUMBER,
    "who": _WHOLE,
    "sets": _FLAG,
    "committed_path": _WHOLE,
    "paid_path": _WHOLE,
    "cash_path": _WHOLE,
}

#: What each broken link cost a round that failed (see ``rules.failure.Links``) [USD million].
LINKS = np.dtype([(name, np.int64) for name in Links._fields])

#: Functions that compiled phases reach through addresses in the world (``jit.far``).
CALLS = ("clinch", "close_the_book", "pay_the_book", "look_for_causes", "fall_back")

#: One pointer to everything: the records themselves, and addresses and lengths of the arrays.
WORLD = np.dtype(
    [
        ("seed", np.int64),
        ("run", np.int64),  # whose luck the weeks have
        ("root", np.int64),  # whose luck was drawn once for all weeks; another than ``run`` in a lineage only
        ("ahead", np.int64),  # how far the run is into the weeks that are drawn
        ("heard", np.int64),  # how many commitments are news
        ("waiting", np.int64),  # how many wait to become it
        ("last_closing_day", np.float64),
        ("last_closing_sentiment", np.float64),
        ("unsteady", np.bool_),  # whether a condition may answer anew although nothing that closings watch has moved
        ("stirred", np.bool_),  # whether a closing could end otherwise than the last
        ("called", np.bool_),  # whether closers are called this week
        ("opinions_pull", np.bool_),  # whether anybody's opinion moves another's
        ("terms", records.ROUND),
        ("market", records.MARKET),
        ("firm", records.FIRM),
        ("listing", records.LISTING),
        ("now", records.ROUND_STATE),
        ("sky", records.MARKET_STATE),
        ("company", records.COMPANY_STATE),
        ("offer", records.OFFER),
        ("facts", FACTS),
        ("links", LINKS),
        *((f"{name}_call", np.int64) for name in CALLS),
        *((f"{name}_{part}", np.int64) for name in ARRAYS for part in ("at", "n")),
    ]
)


# One accessor for each array, to be called from compiled code: ``traits(world)``.
ladder_musd = column("ladder_musd", ARRAYS["ladder_musd"])
listing_gates = column("listing_gates", ARRAYS["listing_gates"])
laws = column("laws", ARRAYS["laws"])
gate_order = column("gate_order", ARRAYS["gate_order"])
required = column("required", ARRAYS["required"])
plan = column("plan", ARRAYS["plan"])
claims = column("claims", ARRAYS["claims"])
later_rounds = column("later_rounds", ARRAYS["later_rounds"])
base = column("base", ARRAYS["base"])
pool_distributions = column("pool_distributions", ARRAYS["pool_distributions"])
base_atoms = column("base_atoms", ARRAYS["base_atoms"])
clauses = column("clauses", ARRAYS["clauses"])
owners = column("owners", ARRAYS["owners"])
members = column("members", ARRAYS["members"])
kinds = column("kinds", ARRAYS["kinds"])
standings = column("standings", ARRAYS["standings"])
outlook_table = column("outlook_table", ARRAYS["outlook_table"])
traits = column("traits", ARRAYS["traits"])
atoms = column("atoms", ARRAYS["atoms"])
gates = column("gates", ARRAYS["gates"])
mean = column("mean", ARRAYS["mean"])
precision = column("precision", ARRAYS["precision"])
sign_clock = column("sign_clock", ARRAYS["sign_clock"])
withdrawal_clock = column("withdrawal_clock", ARRAYS["withdrawal_clock"])
sign_day = column("sign_day", ARRAYS["sign_day"])
diligence_done = column("diligence_done", ARRAYS["diligence_done"])
stage = column("stage", ARRAYS["stage"])
ticket_musd = column("ticket_musd", ARRAYS["ticket_musd"])
paid_musd = column("paid_musd", ARRAYS["paid_musd"])
shares = column("shares", ARRAYS["shares"])
news = column("news", ARRAYS["news"])
announced = column("announced", ARRAYS["announced"])
sentiment_luck = column("sentiment_luck", ARRAYS["sentiment_luck"])
value_luck = column("value_luck", ARRAYS["value_luck"])
news_luck = column("news_luck", ARRAYS["news_luck"])
revenue_luck = column("revenue_luck", ARRAYS["revenue_luck"])
burn_luck = column("burn_luck", ARRAYS["burn_luck"])
talent_luck = column("talent_luck", ARRAYS["talent_luck"])
weeks_ahead = column("weeks_ahead", ARRAYS["weeks_ahead"])
nobody = column("nobody", ARRAYS["nobody"])
outlooks = column("outlooks", ARRAYS["outlooks"])
signed = column("signed", ARRAYS["signed"])
paid = column("paid", ARRAYS["paid"])
unpaid = column("unpaid", ARRAYS["unpaid"])
refused = column("refused", ARRAYS["refused"])
closers = column("closers", ARRAYS["closers"])
tested = column("tested", ARRAYS["tested"])
content = column("content", ARRAYS["content"])
allocated = column("allocated", ARRAYS["allocated"])
tickets = column("tickets", ARRAYS["tickets"])
inside = column("inside", ARRAYS["inside"])
against = column("against", ARRAYS["against"])
totals = column("totals", ARRAYS["totals"])
kind_musd = column("kind_musd", ARRAYS["kind_musd"])
base_musd = column("base_musd", ARRAYS["base_musd"])
gate_days = column("gate_days", ARRAYS["gate_days"])
who = column("who", ARRAYS["who"])
sets = column("sets", ARRAYS["sets"])
committed_path = column("committed_path", ARRAYS["committed_path"])
paid_path = column("paid_path", ARRAYS["paid_path"])
cash_path = column("cash_path", ARRAYS["cash_path"])
