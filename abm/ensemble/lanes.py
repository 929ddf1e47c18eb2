"""Lanes: everything that the runs of a block read and write, declared once.

A table has a row for each investor, each gatekeeper, each week, or one row. A field of it either all runs share, as the
scenario states it, or each run has for itself: then its numbers lie side by side, a lane for each run.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from abm.core import records
from abm.core.batch import PATH
from abm.rules.conditions import ATOM, FACTS
from abm.rules.failure import Links

#: Weeks of public luck that are drawn at once.
AHEAD = 24
#: Lanes of the widest vector.
VECTOR = 8
#: Bytes of a number: flags, too, so that a comparison and what it chooses between are of one width.
WORD = 8

_WHOLE, _NUMBER, _FLAG = np.dtype(np.int64), np.dtype(np.float64), np.dtype(np.bool_)


class Laned(NamedTuple):
    """Fields that each run has for itself."""

    name: str
    fields: dict[str, np.dtype[Any]]  #: whole numbers, numbers and flags, each a word


def _table(name: str, layout: np.dtype[Any], only: tuple[str, ...] = (), **more: np.dtype[Any]) -> Laned:
    """Declare a table with the fields of a record, or some of them, and with more."""
    return Laned(name, {field: layout[field] for field in only or layout.names or ()} | more)


#: What of an investor a run draws. All else is as the scenario states it.
DRAWN = (
    *("wealth_bn", "risk_aversion", "max_ticket_musd", "dry_powder_musd", "stated_musd"),
    *("prior_mean", "signal_z", "diligence_day", "sign_threshold", "withdrawal_threshold", "held", "unreliable"),
)
#: Luck of the weeks ahead that everybody in a run shares, a table of weeks each.
PUBLIC_LUCK = ("sentiment_z", "value_z", "news_z", "revenue_z", "burn_z", "talent_u")
#: The calendar, which runs side by side share.
_CALENDAR = ("week", "week_start", "week_end")
_ROUND = tuple(name for name in records.ROUND_STATE.names or () if name not in _CALENDAR)
#: What of the offer differs between runs: the price and the book; the rest is the terms.
_OFFERED = ("post_bn", "forecast_bn", "momentum", "missing_musd", "weeks_left", "sentiment", "log_post")
_LINKS = np.dtype([(name, np.int64) for name in Links._fields])  # what each broken link cost a round [USD million]

#: The tables that have fields of each run.
LANED = {
    table.name: table
    for table in (
        _table(
            "round_state",
            records.ROUND_STATE,
            _ROUND,
            index=_WHOLE,  # where the run's results go
            weeks=_WHOLE,  # how many it has lived
            run=_WHOLE,  # whose luck the weeks have
            root=_WHOLE,  # whose luck was drawn once for all weeks; another than ``run`` in a lineage only
            kept=_NUMBER,  # share of the redeemable money that stays
            minimum_close_musd=_WHOLE,
            posted_rung=_WHOLE,  # step of the price ladder that the offer has
            candidates=_WHOLE,  # how many have signed and not paid
            joined=_WHOLE,  # and how many of them this week, behind all others
            withdrew=_FLAG,  # whether somebody of them has withdrawn this week
            signed_musd=_WHOLE,  # and their money
            n_news=_WHOLE,  # how many commitments are news
            first_news=_WHOLE,  # from which on they may still reach somebody
            n_announced=_WHOLE,  # how many wait to become it
            last_closing_day=_NUMBER,
            last_closing_sentiment=_NUMBER,
            book_changed=_FLAG,  # whether a closing could end otherwise than the last
            called=_FLAG,  # whether closers are called this week
            deliberating=_FLAG,  # whether a gatekeeper may still decide
        ),
        _table("market_state", records.MARKET_STATE),
        _table(
            "company",
            records.COMPANY_STATE,
            filing_threshold=_NUMBER,
            before_musd=_WHOLE,
            exact_musd=_NUMBER,
            files=_FLAG,
        ),
        _table("offer", records.OFFER, _OFFERED, open_share=_NUMBER),
        _table("links", _LINKS),
        _table(  # what an investor thinks of the offer, while he weighs it
            "thought",
            np.dtype([]),
            ticket_musd=_WHOLE,
            expected_return=_NUMBER,
            belief=_NUMBER,
            advantage=_NUMBER,
            rate_per_day=_NUMBER,  # hazard of his signature this week
            signs=_FLAG,
        ),
        _table(
            "investors",
            records.TRAITS,
            DRAWN,
            **{name: records.INVESTOR_STATE[name] for name in records.INVESTOR_STATE.names or ()},
            tested=_FLAG,  # whether it is known if he pays when called
            premium=_NUMBER,  # what the rights of the shares are worth to him, at the price of this week
            due_day=_NUMBER,  # on which he signs, if that is a chance in the end
            away=_FLAG,  # whether another company of a market keeps him from signing this week
        ),
        _table("borrowers", records.BORROWER_STATE),
        _table("gates", records.GATE_STATE),
        *(_table(name, np.dtype([("weekly", np.float64)])) for name in PUBLIC_LUCK),
    )
}

#: Records that all runs share, by the table that has their fields.
SHARED_OF = {
    "terms": records.ROUND,
    "market": records.MARKET,
    "firm": records.FIRM,
    "listing": records.LISTING,
    "offer": records.OFFER,
    "investors": records.TRAITS,
    "bases": records.TRAITS,  # the same, without what a run draws
    "pools": records.POOL_DISTRIBUTIONS,
    "borrowers": records.BORROWER,
    "gates": records.GATEKEEPER,
    "plan": records.PLAN,
    "claims": records.CLAIM,
    "later_rounds": records.LATER_ROUND,
}
_ONE = ("terms", "market", "firm", "listing", "offer")
_MANY = tuple(name for name in SHARED_OF if name not in _ONE)

#: Arrays that all runs share: first of the scenario, then what a closing works with, one run at a time.
ARRAYS = {
    "ladder_musd": _WHOLE,
    "listing_gates": _WHOLE,
    "gate_order": _WHOLE,
    "required": _WHOLE,
    "base_atoms": ATOM,
    "clauses": _WHOLE,
    "owners": _WHOLE,  # where each investor's clauses start
    "members": _WHOLE,
    "kinds": _WHOLE,
    "mood_seeds": _WHOLE,  # whose draws move the mood of a company in a market, and their weights; none: its own
    "mood_weights": _NUMBER,
    "standings": _WHOLE,  # numbers of the ways in which consents can stand; none where there are too many
    "outlook_table": _NUMBER,  # [extended, week, standing, gate], laid out flat; NaN until somebody has looked
    "outlooks": _NUMBER,
    "signed": _FLAG,
    "paid": _FLAG,
    "unpaid": _FLAG,
    "refused": _FLAG,
    "unreliable": _FLAG,
    "closers": _FLAG,  # who closes this week
    "content": _FLAG,  # who needs nobody but those who have paid
    "order": _WHOLE,  # in which a closing asks
    "allocated": _WHOLE,
    "totals": _WHOLE,
    "kind_musd": _WHOLE,
    "gate_days": _NUMBER,
    "sets": _FLAG,
    "numbers": _WHOLE,  # whose luck each run has
    "luck": _NUMBER,  # what is drawn for all runs at once, with room to work in
    "tails": _NUMBER,
    "places": _WHOLE,
    "paths": PATH,  # every week of every run; none where nobody asks
    "agents": _WHOLE,  # for whom, and for which week
    "steps": _WHOLE,
    "decisive": records.DECISIVE,  # draws that take a coordinate of a point
    "points": _NUMBER,  # [run, coordinate], laid out flat
    "words": _WHOLE,  # all that each run has for itself in tables
    "words_as_numbers": _NUMBER,
}

#: Arrays of each run, one run after the other.
OWN = {
    "own": _WHOLE,  # all of them, word by word
    "atoms": ATOM,
    "news": records.NEWS,  # commitments that everybody hears of this week
    "announced": records.NEWS,  # and those that wait for the next
    "who": _WHOLE,  # candidates of a closing: who has signed and not paid, in order of address
    "called": _FLAG,  # who of them is called this week
    "tickets": _WHOLE,  # what each investor brings [USD million]
    "inside": _FLAG,  # whoever has paid is seated for good; candidates while a closing looks at them
    "against": _FLAG,
    "base_musd": _WHOLE,  # money of those who have paid, all of it and by kind [USD million]
}

#: Functions that compiled code reaches through addresses in the block (``memory.far``).
CALLS = (
    *("begin_runs", "draw_ahead", "environment", "gatekeepers", "operations", "company_policy", "information"),
    *("withdrawals", "decisions", "publish_book", "closing", "settlement", "expiry", "liquidity", "record"),
    *("clinch", "close_the_book", "pay_the_book", "settle_the_book", "look_for_causes", "fall_back"),
    *("look_ahead", "draw_for_all", "repack"),
)

#: One pointer to everything: numbers of the block, records that its runs share, addresses and lengths of the rest.
BLOCK = np.dtype(
    [
        ("here", np.int64),  # its own address
        ("seed", np.int64),
        ("lanes", np.int64),  # how many runs there is room for
        ("step", np.int64),  # bytes from a field to the next
        ("own_step", np.int64),  # bytes from a run's own arrays to the next run's
        ("runs", np.int64),  # how many there are
        ("width", np.int64),  # lanes that are drawn for
        ("n_open", np.int64),  # lanes that are looked at while a round is open
        ("n_running", np.int64),  # and while anything can happen
        ("week", np.int64),
        ("week_start", np.float64),
        ("week_end", np.float64),
        ("week_ahead", np.int64),  # how far the runs are into the weeks that are drawn
        ("unsteady", np.bool_),  # whether a condition may answer anew although nothing that closings watch has moved
        ("purpose", np.int64),  # of what is drawn for all runs at once
        ("addresses", np.int64),  # for how many agents and weeks
        ("normal", np.bool_),  # and whether they are normals
        ("coordinates", np.int64),  # of a point
        ("moody", np.bool_),  # whether anybody may ask for a sentiment
        ("opinions_pull", np.bool_),  # whether anybody's opinion moves another's
        *((name, SHARED_OF[name]) for name in _ONE),
        ("facts", FACTS),
        *((f"{name}_call", np.int64) for name in CALLS),
        *((f"{name}_{part}", np.int64) for name in (*LANED, *ARRAYS, *OWN) for part in ("at", "n")),
        *((f"{name}_shared_{part}", np.int64) for name in _MANY for part in ("at", "n")),
    ]
)
