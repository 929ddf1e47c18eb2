"""World: everything that a compiled run reads and writes, declared as one record."""

from __future__ import annotations

import numpy as np

from abm.core import records
from abm.rules.conditions import ATOM, FACTS
from abm.rules.failure import Links

#: Weeks of public luck that are drawn at once.
AHEAD = 24

_WHOLE, _NUMBER, _FLAG = np.dtype(np.int64), np.dtype(np.float64), np.dtype(np.bool_)

#: The arrays of a world and their elements. First what no run changes, then what is one run's.
ARRAYS = {
    "ladder_musd": _WHOLE,
    "listing_gates": _WHOLE,
    "gate_params": records.GATEKEEPER,
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
    "outlook_table": _NUMBER,  # [extended, week, standing, gate], laid out flat; NaN until somebody has looked
    "traits": records.TRAITS,
    "atoms": ATOM,
    "gate_states": records.GATE_STATE,
    **{name: records.INVESTOR_STATE[name] for name in records.INVESTOR_STATE.names or ()},
    "news": records.NEWS,  # commitments that everybody hears of this week
    "announced": records.NEWS,  # and those that wait for the next
    "sentiment_z": _NUMBER,  # public luck of the weeks ahead
    "value_z": _NUMBER,
    "news_z": _NUMBER,
    "revenue_z": _NUMBER,
    "burn_z": _NUMBER,
    "talent_u": _NUMBER,
    "weeks_ahead": _WHOLE,
    "zeros": _WHOLE,  # zeros: public luck has no agent
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
        ("n_news", np.int64),  # how many commitments are news
        ("n_announced", np.int64),  # how many wait to become it
        ("last_closing_day", np.float64),
        ("last_closing_sentiment", np.float64),
        ("unsteady", np.bool_),  # whether a condition may answer anew although nothing that closings watch has moved
        ("book_changed", np.bool_),  # whether a closing could end otherwise than the last
        ("called", np.bool_),  # whether closers are called this week
        ("opinions_pull", np.bool_),  # whether anybody's opinion moves another's
        ("terms", records.ROUND),
        ("market", records.MARKET),
        ("firm", records.FIRM),
        ("listing", records.LISTING),
        ("round_state", records.ROUND_STATE),
        ("market_state", records.MARKET_STATE),
        ("company", records.COMPANY_STATE),
        ("offer", records.OFFER),
        ("facts", FACTS),
        ("links", LINKS),
        *((f"{name}_call", np.int64) for name in CALLS),
        *((f"{name}_{part}", np.int64) for name in ARRAYS for part in ("at", "n")),
    ]
)
