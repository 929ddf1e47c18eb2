"""Record layouts: what an engine keeps, declared once."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

#: Arrays as rules and engines take them; sets of investors are flags.
Integers: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]
#: One record of a layout below, fields as attributes; compiled code knows its layout, uncompiled code has this.
Record: TypeAlias = np.record
#: An array of such records; a field of it is an array.
Records: TypeAlias = np.recarray[Any, np.dtype[np.record]]


def _numbers(names: str) -> list[tuple[str, type]]:
    """Fields of a record that are numbers."""
    return [(name, np.float64) for name in names.split()]


_TRAIT_NUMBERS = (
    "concentration_cap",
    "ownership_cap",
    "horizon_years",
    "strategic_premium",
    "signal_precision",
    "social_precision",
    "opinion_pull",
    "reputation",
    "sentiment_loading",
    "herding",
    "sign_rate_per_week",
    "choice_noise",
    "sign_bias",
    "lockup_cost",
    "completes",
    "forecast_sd",
    "needed_share",
    "diligence_cost_bn",
    "waiting_weight",
    "waiting_decay_weeks",
    "mood_withdrawal",
    "jump_withdrawal",
    "diligence_days",
    "diligence_sd_log",
    "prior_spread_log",
    "wealth_bn",
    "risk_aversion",
    "pro_rata_share",
    "settlement_failure_probability",
    "withdrawal_per_year",
    "binding",
    "carry",  # the rest follows from the numbers of the file, and no week changes it
    "risk_to_exit",
    "log_wait_hurdle",
    "chance",  # of signing in the end, where that is stated
    "median_days",  # of the law of the day on which he decides
    "time_sd_log",
    "within",  # share of that law that lies before the horizon
    "paper_risk",  # chance that his signed paper does not hold, with that of everybody of his group
    "kept_share",  # of redeemable money that stays, on average
)

#: Who an investor is during one run. The second block is drawn per run, the rest comes from the scenario.
TRAITS = np.dtype(
    [
        ("address", np.int64),
        ("luck", np.int64),  # whose luck decides whether he signs
        ("deals", np.int64),  # past ones that he was in, a bit each
        ("paper", np.int64),  # whose paper holds or not with his
        ("kind", np.int64),
        ("lead", np.bool_),
        ("behavioural", np.bool_),
        ("in_the_end", np.bool_),  # signs with a chance in the end
        ("redeemable", np.bool_),
        ("signed_at_start", np.bool_),
        ("stated_musd", np.int64),  # ticket of one whose decision is stated
        ("stated_rate_per_day", np.float64),
        ("min_ticket_musd", np.int64),
        ("max_ticket_musd", np.int64),
        ("dry_powder_musd", np.int64),
        ("fallback_musd", np.int64),
        ("priority", np.int64),
        *((name, np.float64) for name in _TRAIT_NUMBERS),
        ("prior_mean", np.float64),
        ("prior_variance", np.float64),
        ("signal_z", np.float64),
        ("diligence_day", np.float64),
        ("sign_threshold", np.float64),
        ("withdrawal_threshold", np.float64),
        ("held", np.bool_),  # whether his group's paper holds
        ("unreliable", np.bool_),  # would not pay if called
    ]
)

#: An investor who borrows: his place, what he has and owes; ``money_bn`` is spare cash and undrawn credit.
_OF_BORROWERS = "holdings_bn net_debt_bn loan_to_value emergency_loan_to_value emergency_probability holdings_loading"
BORROWER = np.dtype([("index", np.int64), ("address", np.int64), *_numbers(f"{_OF_BORROWERS} sales_bn money_bn")])

#: Luck of a run that many share: that of its consents and signatures in the end, and what stays of redeemable money.
LUCK = np.dtype([("frailty", np.float64), ("kept", np.float64)])

#: A draw that takes a coordinate of the point of its run: its purpose, whose it is, and which coordinate.
DECISIVE = np.dtype([("purpose", np.int64), ("place", np.int64), ("coordinate", np.int64)])

#: What a member of a pool is drawn from: family, and its two numbers (median and sd log, or from and to).
POOL_DISTRIBUTIONS = np.dtype(
    [
        ("pooled", np.bool_),
        ("atom", np.int64),  # the atom that his condition is written into
        *(
            (f"{trait}_{part}", np.int64 if part == "family" else np.float64)
            for trait in ("wealth", "risk_aversion", "ticket")
            for part in ("family", "first", "second")
        ),
        ("dry_powder_share", np.float64),  # nan: the dry powder is a stated amount
        ("conditional_share", np.float64),
        *_numbers("weight_total weight_lead weight_peers weight_sentiment total_low total_high sentiment"),
    ]
)

#: The terms of the round.
ROUND = np.dtype(
    [
        ("target_musd", np.int64),
        ("full_musd", np.int64),  # what counts as closed
        ("cap_musd", np.int64),
        ("stated_minimum_musd", np.int64),
        ("minimum_close_musd", np.int64),  # in this run: what counts as closed where it is all or nothing
        ("all_or_nothing", np.float64),  # chance that a run pays nothing short of it
        ("already_closed_musd", np.int64),
        ("deadline_day", np.float64),
        ("horizon_weeks", np.int64),
        ("weekly", np.bool_),
        ("public_after_weeks", np.int64),  # from a signature to the week in which all hear of it; 1 without a network
        ("tie_same_kind", np.float64),
        ("tie_other_kind", np.float64),
        ("summed", np.bool_),  # whether everybody hears of the sum of last week's signatures, not of each
        ("select", np.int64),
        ("extension_probability", np.float64),
        ("extension_days", np.float64),
        ("price_cut_lag", np.float64),
        ("price_cut_wait_weeks", np.int64),
        ("preference", np.float64),
        ("expected_new_musd", np.float64),
        ("lead", np.int64),  # index of the first lead, -1 without one
        ("named", np.int64),  # how many investors have a name
    ]
)

#: Value, sentiment, shocks, talent: one record of the scenario's [valuation] and [environment].
MARKET = np.dtype(
    [
        *_numbers("mean_bn sd_log growth_per_year volatility news_precision sentiment_start sentiment_mean"),
        *_numbers("cold_per_week thaw_per_week cold_sentiment competitor_jumps_per_year jump_mean_log jump_sd_log"),
        *_numbers("jump_permanent_share excess_attrition_per_year burst_attrition_per_year burst_weeks talent_effect"),
        *_numbers("frailty_variance"),
        *_numbers("sentiment_kept sentiment_spread burst_chance"),  # these follow from the numbers of the file
    ]
)

#: The company and its levers.
FIRM = np.dtype(
    [
        ("exists", np.bool_),
        ("cash_musd", np.int64),
        ("revenue_musd_per_year", np.float64),
        ("revenue_volatility", np.float64),
        ("burn_volatility_bn", np.float64),
        ("minimum_cash_musd", np.int64),
        ("cut", np.bool_),
        *_numbers("runway_trigger_years cut_per_week cut_max cut_growth_loss cut_attrition_per_year"),
        ("bridge_limit_musd", np.int64),
        ("bridge_rate_per_year", np.float64),
        ("bridge_probability", np.float64),
        ("vendor_limit_musd", np.int64),
        ("vendor_rate_per_year", np.float64),
    ]
)

#: A listing of the shares.
LISTING = np.dtype(
    [
        ("exists", np.bool_),
        ("raise_musd", np.int64),
        *_numbers("earliest_day filing_per_year minimum_sentiment"),
        ("lead_weeks", np.int64),
        ("withdrawal_probability", np.float64),
        ("veto_probability", np.float64),
        ("veto_gate", np.int64),  # -1: the veto does not lapse
    ]
)

#: A gatekeeper.
GATEKEEPER = np.dtype(
    [
        ("h0_per_year", np.float64),
        ("effect", np.float64),
        ("scale_days", np.float64),
        ("block_per_year", np.float64),
        ("loading", np.float64),
        ("lag_days", np.float64),
        ("in_the_end", np.bool_),  # given with a chance in the end, not at a rate
        ("chance", np.float64),
        ("median_days", np.float64),  # of the law of the day on which it is decided, from the start of its clock
        ("time_sd_log", np.float64),
        ("within", np.float64),  # share of that law that lies before the horizon
        ("on_day", np.float64),  # the day of the vote; 0: no day is set
        ("first", np.int64),  # slice of the list of required gatekeepers
        ("last", np.int64),
    ]
)

#: What the company planned for a week on as_of: net burn, revenue, and what its obligations cost.
PLAN = np.dtype(_numbers("burn_musd revenue_musd firm_musd deferrable_musd"))

#: A dated claim; a later financing.
CLAIM = np.dtype([("day", np.float64), ("musd", np.int64), ("gate", np.int64)])
LATER_ROUND = np.dtype([("day", np.float64), ("musd", np.int64), ("if_closed", np.float64), ("if_not", np.float64)])

#: What every investor is offered in a week: the terms, and the public book of the week before.
OFFER = np.dtype(
    _numbers("post_bn target_bn forecast_bn momentum missing_musd weeks_left sentiment log_post volatility preference")
)

#: A commitment as the public sees it, in the week after the signature.
NEWS = np.dtype(
    [
        ("author", np.int64),  # place of the investor
        ("week", np.int64),  # in which he signed
        ("share", np.float64),
        ("risk_aversion", np.float64),
        ("reputation", np.float64),
        ("log_price", np.float64),
        ("capped", np.bool_),
    ]
)

#: The round, from week to week.
ROUND_STATE = np.dtype(
    [
        ("week", np.int64),
        ("week_start", np.float64),  # of the calendar week
        ("week_end", np.float64),
        ("start_day", np.float64),  # of the same week, cut at the deadline
        ("until_day", np.float64),
        ("deadline_day", np.float64),
        ("frailty", np.float64),  # luck that all gatekeepers share
        ("running", np.bool_),
        ("open", np.bool_),
        ("extended", np.bool_),
        ("closed", np.bool_),
        ("closed_day", np.float64),
        ("rung", np.int64),
        ("last_cut_week", np.int64),
        ("paid_musd", np.int64),
        ("new_shares", np.int64),
        ("gap_musd", np.int64),
        ("new_musd", np.int64),
        ("booked_musd", np.int64),
        ("published_paid_musd", np.int64),
        ("expected_musd", np.float64),
        ("opinion", np.float64),
        ("cause", np.int64),
    ]
)

#: The market, from week to week.
MARKET_STATE = np.dtype(
    [
        ("sentiment", np.float64),
        ("cold", np.bool_),
        ("shock", np.float64),
        ("news", np.float64),
        ("burst_weeks_left", np.int64),
        ("talent_loss", np.float64),
        ("log_value", np.float64),
        ("jumps", np.int64),
        ("next_jump_day", np.float64),
        ("lasting", np.float64),  # lasting part of all shocks since as_of
    ]
)

#: The company, from week to week.
COMPANY_STATE = np.dtype(
    [
        ("cash_musd", np.int64),
        ("least_cash_musd", np.int64),
        ("vendor_musd", np.int64),
        ("bridge_musd", np.int64),
        ("bridge_limit_musd", np.int64),
        ("revenue_gap", np.float64),
        ("cut", np.float64),
        ("outflow_musd", np.float64),
        ("firm_due_musd", np.int64),
        ("deferrable_due_musd", np.int64),
        ("firm_carried", np.float64),
        ("deferrable_carried", np.float64),
        ("alive", np.bool_),
        ("default_day", np.float64),
        ("filing_clock", np.float64),
        ("filed_week", np.int64),
        ("listed", np.bool_),
        ("listing_over", np.bool_),
    ]
)

#: A gatekeeper, from week to week.
GATE_STATE = np.dtype(
    [
        ("status", np.int64),
        ("consent_threshold", np.float64),
        ("block_threshold", np.float64),
        ("consent_clock", np.float64),
        ("block_clock", np.float64),
        ("satisfied_day", np.float64),
        ("in_force_day", np.float64),
        ("outlook", np.float64),
    ]
)


#: An investor, from week to week. The engines keep one array a field, so that a whole book learns at once.
INVESTOR_STATE = np.dtype(
    [
        ("mean", np.float64),  # belief about log value
        ("variance", np.float64),  # of that belief
        ("sign_clock", np.float64),
        ("withdrawal_clock", np.float64),
        ("sign_day", np.float64),  # nan: has not signed
        ("diligence_done", np.bool_),
        ("stage", np.int64),
        ("ticket_musd", np.int64),
        ("paid_musd", np.int64),
        ("shares", np.int64),
    ]
)


#: An investor who borrows, from week to week: the limit of this run, and his ticket is what he can pay of his pledge.
BORROWER_STATE = np.dtype([("limit", np.float64), ("can_pay_musd", np.int64), ("pledge_musd", np.int64)])


class Outcome(NamedTuple):
    """A number that every run leaves behind: a field of its record, and a column of every table of runs."""

    field: str
    form: type
    column: str = ""  #: its name in a table; empty: it stands in the record alone
    money: bool = False  #: whether it is money, which a table states in USD billion
    counted: bool = True  #: whether the same values come again and again, so that totals count them
    doc: str = ""  #: what the column says, in docs/python.md


#: What one run leaves behind, in the order of the columns.
OUTCOMES = (
    Outcome("run", np.int64, "run", counted=False, doc="number of the run, from 0 on"),
    Outcome("closed", np.bool_, "closed", doc="whether the target was paid by the deadline, or by its extension"),
    Outcome("paid_musd", np.int64, "funded_bn", money=True, doc="new money paid by then"),
    Outcome("closed_day", np.float64, "closed_day", doc="day on which the target was reached"),
    Outcome("survived", np.bool_, "survived", doc="whether it paid its bills; missing without a company"),
    Outcome("default_day", np.float64, "default_day", counted=False, doc="day on which the company defaulted"),
    Outcome("cause", np.int64, "cause", counted=False, doc="first cause of failure; empty where it closed"),
    Outcome("pre_money_musd", np.int64, "pre_money_bn", money=True, doc="price before the money, after all cuts"),
    Outcome("rung", np.int64, "rung", doc="step of the price ladder, 0 for the price asked first"),
    Outcome("new_shares", np.int64),
    Outcome("dilution", np.float64, "dilution", doc="share of the company that the new shares have"),
    Outcome("gap_musd", np.int64, "closing_gap_bn", money=True, doc="largest gain of closing all at once"),
    Outcome("extended", np.bool_, "extended", doc="whether the deadline was extended"),
    Outcome("listed", np.bool_, "listed", doc="whether the company listed its shares"),
    Outcome("end_cash_musd", np.int64, "end_cash_bn", money=True, doc="its cash at the end"),
    Outcome("least_cash_musd", np.int64, "least_cash_bn", money=True, doc="the least it had"),
)
RESULT = np.dtype([(outcome.field, outcome.form) for outcome in OUTCOMES])

#: The fate of one investor in one run.
FATE = np.dtype(
    [
        ("stage", np.int64),
        ("sign_day", np.float64),
        ("paid_musd", np.int64),
        ("shares", np.int64),
    ]
)

# Stages of an investor, in the order of the story.
LOOKING, SIGNED, PAID, WITHDRAWN, UNPAID, LAPSED = range(6)
STAGES = ("looking", "signed", "paid", "withdrawn", "unpaid", "lapsed")

# Families of distributions.
FIXED, LOGNORMAL, UNIFORM = range(3)

# States of a gatekeeper.
OPEN, SATISFIED, BLOCKED = range(3)
