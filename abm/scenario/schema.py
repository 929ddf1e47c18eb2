"""Every knob of a scenario file: its default, unit, range, meaning and source."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from abm.scenario.fields import (
    Conditions,
    Date,
    Flag,
    Format,
    Id,
    Kind,
    Knob,
    LadderKnob,
    Path,
    PathKnob,
    Section,
    Spread,
    SpreadKnob,
)

# --------------------------------------------------------------------------------------------------------------------
# The sections


class Round(Section):
    """The funding round: what is asked, by when, at what price, and how it closes."""

    target_bn: Annotated[float, Knob("USD billion", 0.001, 10_000, "New money wanted from as_of on", "term sheet")]
    deadline: Date
    already_closed_bn: Annotated[
        float, Knob("USD billion", 0, 10_000, "Paid before as_of in the same round; counts where a condition says so")
    ] = 0.0
    cap_bn: Annotated[
        float | None,
        Knob("USD billion", 0.001, 10_000, "Most new money taken (default: the target); demand above it is rationed"),
    ] = None
    minimum_close_bn: Annotated[
        float, Knob("USD billion", 0, 10_000, "A closing that leaves less than this paid since as_of does not happen")
    ] = 0.0
    pre_money_bn: Annotated[
        tuple[float, ...], LadderKnob("USD billion", 0.001, 100_000, "Pre-money valuation, or a descending ladder")
    ]
    close_when: Literal["weekly", "deadline"] = "weekly"
    close_select: Literal["greatest", "least", "elimination"] = "greatest"
    extension_probability: Annotated[
        float, Knob("-", 0, 1, "Chance that a round short of its target at the deadline is extended, once", "D6")
    ] = 0.0
    extension_days: Annotated[
        float, Knob("days", 7, 730, "Length of the extension; condition dates on the deadline move with it", "D6", True)
    ] = 90
    price_cut_lag: Annotated[
        float,
        Knob(
            "-", 0, 1, "Go down a rung when elapsed share of the window minus booked share of the target exceeds this"
        ),
    ] = 0.25
    price_cut_wait_weeks: Annotated[
        float, Knob("weeks", 1, 52, "Least time between two steps down the ladder", whole=True)
    ] = 4
    liquidation_preference: Annotated[
        float, Knob("multiple", 0, 3, "Claim of the new shares before others are paid; 0 = common stock", "A6")
    ] = 0.0
    expected_coverage: Annotated[
        float, Knob("-", 0, 10, "New demand the market expects, as a multiple of the target not signed on as_of", "A9")
    ] = 1.0


class Valuation(Section):
    """What the company is worth, and how sure the market can be."""

    mean_bn: Annotated[
        float | None,
        Knob("USD billion", 0.001, 100_000, "Mean of equity value after the money (default: post-money)", "A3"),
    ] = None
    sd_log: Annotated[float, Knob("log-points", 0, 2, "Spread of the true value around that mean; 0 = known", "A1")] = (
        0.0
    )
    growth_per_year: Annotated[float, Knob("1/year", -0.5, 1.0, "Expected growth of value", "A7")] = 0.25
    volatility: Annotated[float, Knob("1/sqrt(year)", 0.05, 1.5, "Volatility of log value", "A7")] = 0.55
    news_precision: Annotated[
        float, Knob("1/log-points^2", 0, 100, "Precision of the weekly public news about value; 0 = no news", "2.5")
    ] = 0.0


class Environment(Section):
    """Sentiment, competitor shocks and talent (X1 to X3); left out, all of it is switched off."""

    sentiment_start: Annotated[float, Knob("log-points", -2, 2, "Market sentiment on as_of", "X1")] = 0.0
    sentiment_mean: Annotated[float, Knob("log-points", -1, 1, "Level that sentiment reverts to", "X1")] = 0.0
    sentiment_reversion_per_year: Annotated[float, Knob("1/year", 0.01, 20, "Speed of reversion", "X1")] = 2.0
    sentiment_volatility: Annotated[float, Knob("1/sqrt(year)", 0, 2, "Volatility of sentiment", "X1")] = 0.0
    cold_per_week: Annotated[float, Knob("1/week", 0, 1, "Chance that a hot market turns cold", "X1")] = 0.0
    thaw_per_week: Annotated[float, Knob("1/week", 0, 1, "Chance that a cold market turns hot", "X1")] = 0.05
    cold_sentiment: Annotated[
        float, Knob("log-points", -2, 0, "Shift of the sentiment mean in a cold market", "X1")
    ] = -0.3
    competitor_jumps_per_year: Annotated[float, Knob("1/year", 0, 20, "Rate of competitor shocks", "X2")] = 0.0
    jump_mean_log: Annotated[float, Knob("log-points", -1, 0.5, "Mean size of a shock in log value", "X2")] = -0.10
    jump_sd_log: Annotated[float, Knob("log-points", 0, 1, "Spread of the size", "X2")] = 0.08
    jump_permanent_share: Annotated[
        float, Knob("-", 0, 1, "Part of a shock that lasts; the rest enters sentiment and fades", "X2")
    ] = 0.3
    excess_attrition_per_year: Annotated[
        float, Knob("1/year", 0, 2, "Loss of talent above the industry's normal rate", "X3, SignalFire 2025")
    ] = 0.0
    poaching_bursts_per_year: Annotated[float, Knob("1/year", 0, 20, "Rate of poaching campaigns", "X3")] = 0.0
    burst_attrition_per_year: Annotated[float, Knob("1/year", 0, 2, "Extra loss of talent during a campaign", "X3")] = (
        0.2
    )
    burst_weeks: Annotated[float, Knob("weeks", 1, 52, "Length of a campaign", "X3", True)] = 8
    talent_effect: Annotated[
        float, Knob("-", 0, 5, "Log value and log revenue lost per unit of excess attrition", "X3")
    ] = 1.0
    frailty_variance: Annotated[
        float, Knob("-", 0, 4, "Variance of the luck that all gatekeepers share (gamma, mean 1)", "D4")
    ] = 0.0


class Levers(Section):
    """What the company can do when cash runs short."""

    cut: Flag = False
    runway_trigger_years: Annotated[
        float, Knob("years", 0, 5, "Cut costs when the runway is shorter than this", "E3")
    ] = 0.75
    cut_per_week: Annotated[float, Knob("1/week", 0, 1, "Share of net burn cut in a week", "E3")] = 0.02
    cut_max: Annotated[float, Knob("-", 0, 1, "Most of the net burn that can be cut", "E3")] = 0.30
    cut_growth_loss: Annotated[float, Knob("-", 0, 5, "Revenue growth lost per unit of cut", "E3")] = 0.5
    cut_attrition_per_year: Annotated[float, Knob("1/year", 0, 2, "Extra loss of talent per unit of cut", "E3")] = 0.1
    bridge_limit_bn: Annotated[float, Knob("USD billion", 0, 1_000, "Bridge or revolving credit available", "E5")] = 0.0
    bridge_rate_per_year: Annotated[float, Knob("1/year", 0, 1, "Interest on the bridge", "E5")] = 0.12
    bridge_probability: Annotated[
        float, Knob("-", 0, 1, "Chance that lenders grant the bridge when it is asked for", "E5")
    ] = 1.0
    vendor_limit_bn: Annotated[
        float, Knob("USD billion", 0, 1_000, "Deferred bills that suppliers will carry", "E4")
    ] = 0.0
    vendor_rate_per_year: Annotated[float, Knob("1/year", 0, 1, "Interest on deferred bills", "E4")] = 0.10


class Obligation(Section):
    """A contract that costs money on top of the net burn."""

    id: Id
    creditor: str
    start: Date = Field(alias="from")
    until: Date | None = None
    bn_per_year: Annotated[float, Knob("USD billion/year", 0, 10_000, "Cost of the contract")]
    deferrable_share: Annotated[float, Knob("-", 0, 1, "Part that the creditor lets wait", "E4")] = 0.0
    in_burn_share: Annotated[
        float,
        Knob(
            "-", 0, 1, "Part already inside the net burn path, not to be counted twice", "docs/model.md, assumption 24"
        ),
    ] = 0.0


class Claim(Section):
    """Money that holders may ask back on a date unless a gatekeeper has consented."""

    id: Id
    holder: str
    on: Date
    amount_bn: Annotated[float, Knob("USD billion", 0, 10_000, "Amount that may be asked back")]
    exercise_share: Annotated[float, Knob("-", 0, 1, "Share that really asks")] = 1.0
    unless_gate: Id | None = None


class LaterRound(Section):
    """Money from a later financing, outside this round."""

    id: Id
    on: Date
    amount_bn: Annotated[float, Knob("USD billion", 0, 10_000, "Amount wanted")]
    probability_if_closed: Annotated[float, Knob("-", 0, 1, "Chance that it comes if this round reached its target")]
    probability_if_not: Annotated[float, Knob("-", 0, 1, "Chance that it comes otherwise")]


class Ipo(Section):
    """A listing as a way out: it needs consents, an open window, time, and no veto."""

    raise_bn: Annotated[float, Knob("USD billion", 0, 1_000, "Money raised by the company", "E5")]
    earliest: Date
    filing_per_year: Annotated[float, Knob("1/year", 0, 50, "Rate of filing while everything allows it", "E5")] = 1.0
    minimum_sentiment: Annotated[
        float, Knob("log-points", -2, 2, "The window is open above this sentiment", "E5")
    ] = -0.1
    lead_weeks: Annotated[float, Knob("weeks", 1, 104, "From filing to listing", "E5", True)] = 26
    withdrawal_probability: Annotated[
        float, Knob("-", 0, 1, "Chance that a filed IPO is withdrawn", "IPO withdrawals 1985-2011: 22.5 %")
    ] = 0.225
    requires: tuple[Id, ...] = ()
    veto_holder: str | None = None
    veto_probability: Annotated[
        float, Knob("-", 0, 1, "Chance that the holder of consent rights stops the filing", "E5")
    ] = 0.0
    veto_lapses_with: Id | None = None


class Company(Section):
    """The company: cash, revenue, burn, obligations, levers."""

    name: str = "the company"
    cash_bn: Annotated[float, Knob("USD billion", 0, 10_000, "Cash and securities on as_of")]
    revenue_bn_per_year: Annotated[float, Knob("USD billion/year", 0, 10_000, "Revenue run rate on as_of", "E1")] = 0.0
    revenue_growth_per_year: Annotated[
        Path, PathKnob("1/year", -2, 5, "Planned growth of log revenue, from each date on", "E1")
    ] = ((None, 0.0),)
    revenue_volatility: Annotated[float, Knob("1/sqrt(year)", 0, 2, "Volatility of revenue around its plan", "E1")] = (
        0.0
    )
    net_burn_bn_per_year: Annotated[
        Path, PathKnob("USD billion/year", -1_000, 1_000, "Costs minus revenue in the plan, from each date on", "E1")
    ] = ((None, 0.0),)
    burn_volatility_bn: Annotated[float, Knob("USD billion/sqrt(year)", 0, 100, "Volatility of net burn", "E1")] = 0.0
    minimum_cash_bn: Annotated[
        float, Knob("USD billion", 0, 1_000, "Cash kept back before deferrable bills are paid", "E4")
    ] = 0.0
    levers: Levers = Levers()
    obligations: tuple[Obligation, ...] = ()
    claims: tuple[Claim, ...] = ()
    later_rounds: tuple[LaterRound, ...] = ()


class Gatekeeper(Section):
    """A consent, a court, a restructuring: something that money waits for."""

    id: Id
    name: str = ""
    hazard_per_year: Annotated[
        float | None, Knob("1/year", 0, 1_000, "Rate of consent, averaged over the window", "D2")
    ] = None
    probability_by_deadline: Annotated[
        float | None,
        Knob(
            "-", 0, 0.999999, "Chance of consent by the deadline if the clock starts on as_of and nobody blocks", "D2"
        ),
    ] = None
    deadline_effect: Annotated[
        float, Knob("-", 0, 20, "How much faster the rate is at the deadline; 0 = constant", "D2")
    ] = 0.0
    deadline_scale_weeks: Annotated[float, Knob("weeks", 0.1, 52, "How near the deadline must be to be felt", "D2")] = (
        4.0
    )
    block_hazard_per_year: Annotated[float, Knob("1/year", 0, 1_000, "Rate of a final no", "D3")] = 0.0
    sentiment_loading: Annotated[float, Knob("-", -5, 5, "Rate is multiplied by exp(loading x sentiment)", "D2")] = 0.0
    requires: tuple[Id, ...] = ()
    lag_days: Annotated[float, Knob("days", 0, 730, "Between consent and its coming into force", whole=True)] = 0


class Traits(Section):
    """How a behavioural investor thinks; what is left out comes from the table of his kind."""

    dry_powder_bn: Annotated[
        float | None,
        Knob("USD billion", 0, 10_000, "Money he can call now (default: dry_powder_share of wealth)", "A5"),
    ] = None
    dry_powder_share: Annotated[float | None, Knob("-", 0, 1, "Dry powder as a share of wealth", "A5")] = None
    concentration_cap: Annotated[float | None, Knob("-", 0, 1, "Most of his wealth in one company", "A5")] = None
    min_ticket_bn: Annotated[float | None, Knob("USD billion", 0, 1_000, "Below this he does not bother", "A5")] = None
    ownership_cap: Annotated[float | None, Knob("-", 0, 1, "Most of the company he may own", "A5")] = None
    required_return_per_year: Annotated[float | None, Knob("1/year", 0, 1, "Return he asks for", "A7")] = None
    horizon_years: Annotated[float | None, Knob("years", 0.25, 15, "Time to his exit", "A2")] = None
    strategic_premium: Annotated[float | None, Knob("log-points", -1, 2, "Worth of the tie beyond the money", "A2")] = (
        None
    )
    prior_mean_bn: Annotated[
        float | None, Knob("USD billion", 0.001, 100_000, "His mean of the value (default: the market's)", "A1")
    ] = None
    prior_sd_log: Annotated[float | None, Knob("log-points", 0.02, 2, "His doubt about it", "A1")] = None
    prior_spread_log: Annotated[
        float | None, Knob("log-points", 0, 1, "How far his mean strays from the market's", "2.5")
    ] = None
    signal_precision: Annotated[
        float | None, Knob("1/log-points^2", 0, 1_000, "Precision of what diligence tells him; 0 = nothing", "A1")
    ] = None
    social_precision: Annotated[
        float | None,
        Knob("1/log-points^2", 0, 20, "Precision he gives to a peer's commitment; 0 = ignores peers", "B4"),
    ] = None
    opinion_pull: Annotated[
        float | None, Knob("1/week", 0, 1, "Weight of the others' mean opinion in his own", "B3")
    ] = None
    reputation: Annotated[float | None, Knob("-", 0, 5, "Weight of his commitment in the eyes of others", "B4")] = None
    sentiment_loading: Annotated[float | None, Knob("-", 0, 2, "How much sentiment colours his view", "A2")] = None
    herding: Annotated[float | None, Knob("log-points", 0, 2, "Pull of a book that runs ahead of time", "B5")] = None
    diligence_days: Annotated[float | None, Knob("days", 0, 365, "Median time of diligence", "A10")] = None
    diligence_sd_log: Annotated[float | None, Knob("log-points", 0, 2, "Spread of that time", "A10")] = None
    sign_rate_per_week: Annotated[float | None, Knob("1/week", 0.001, 10, "Fastest rate of signing", "A10")] = None
    choice_noise: Annotated[float | None, Knob("-", 0.01, 2, "Noise in the choice", "A10")] = None
    lockup_cost: Annotated[
        float | None, Knob("-", 0, 1, "Cost of money locked into a round that fails, per unit", "A9")
    ] = None
    forecast_sd: Annotated[
        float | None, Knob("share of target", 0.01, 2, "Error of his forecast of the total", "A9")
    ] = None
    needed_share: Annotated[
        float | None, Knob("share of target", 0, 1, "Below this he regards the round as failed", "A9")
    ] = None
    diligence_cost_bn: Annotated[float | None, Knob("USD billion", 0, 0.1, "Cost of doing the work", "A9")] = None
    waiting_weight: Annotated[float | None, Knob("-", 0, 1, "Weight of the option to wait", "A8")] = None
    waiting_decay_weeks: Annotated[
        float | None, Knob("weeks", 0.5, 52, "How the option dies towards the deadline", "A8")
    ] = None
    cost_of_waiting_per_year: Annotated[float | None, Knob("1/year", 0.001, 2, "What waiting loses", "A8")] = None
    mood_withdrawal: Annotated[
        float | None, Knob("-", 0, 20, "Withdrawals quicken as his expected return falls", "A11")
    ] = None
    jump_withdrawal: Annotated[float | None, Knob("-", 0, 20, "Withdrawals quicken in the week of a shock", "A11")] = (
        None
    )


class Paper(Section):
    """What a signature is worth: how it can be withdrawn, fail, or fall back."""

    settlement_failure_probability: Annotated[float, Knob("-", 0, 1, "Chance of not paying when called", "C4")] = 0.0
    withdrawal_per_year: Annotated[
        float, Knob("1/year", 0, 100, "Rate of walking away from a mere announcement", "A11")
    ] = 0.0
    binding: Annotated[
        float, Knob("-", 0, 1, "0 press report, 0.2 letter of intent, 0.6 term sheet, 0.95 definitive agreement", "A11")
    ] = 0.0
    priority: Annotated[float, Knob("-", 0, 100, "Rank in rationing, after the lead; 0 = pro rata", "E7", True)] = 0
    pro_rata_share: Annotated[float, Knob("-", 0, 1, "Right to this share of the money taken", "E6")] = 0.0


class Investor(Traits, Paper):
    """An investor by name."""

    id: Id
    name: str = ""
    kind: Kind
    role: Literal["lead", "follower"] = "follower"
    address: Annotated[
        float | None, Knob("-", 0, 65_535, "Whose luck he has (default: his place in the file)", "2.5", True)
    ] = None
    ticket_bn: Annotated[float | None, Knob("USD billion", 0.001, 10_000, "His stated ticket")] = None
    signed_at_start: Flag = False
    signing_probability: Annotated[
        float | None, Knob("-", 0, 1, "Stated: has signed by the deadline", "docs/scenario.md, three ways to decide")
    ] = None
    inclination: Annotated[
        float | None,
        Knob(
            "-",
            0,
            0.999,
            "Anchor: would sign by the deadline if nothing moved",
            "docs/scenario.md, three ways to decide",
        ),
    ] = None
    sign_bias: Annotated[
        float | None, Knob("-", -50, 50, "Bias against signing, in place of an inclination", "A10")
    ] = None
    fallback_bn: Annotated[
        float, Knob("USD billion", 0, 10_000, "Paid at the deadline if his conditions fail", "D6")
    ] = 0.0
    wealth_bn: Annotated[
        float | None, Knob("USD billion", 0.001, 100_000, "Portfolio that decides what a big ticket is", "A3")
    ] = None
    risk_aversion: Annotated[
        float | None, Knob("-", 0.2, 50, "Relative risk aversion: his appetite for risk, inverted", "A3")
    ] = None
    max_ticket_bn: Annotated[float | None, Knob("USD billion", 0.001, 10_000, "Most he can place here", "A5")] = None
    conditions: Conditions = ()


class ConditionMix(Section):
    """Which conditions the conditional members of a pool write."""

    total: Annotated[float, Knob("-", 0, 1, "Weight of 'at least this much is there'", "2.6")] = 0.40
    lead: Annotated[float, Knob("-", 0, 1, "Weight of 'the lead is in'", "2.6")] = 0.30
    peers: Annotated[float, Knob("-", 0, 1, "Weight of 'two of the named are in'", "2.6")] = 0.15
    sentiment: Annotated[float, Knob("-", 0, 1, "Weight of 'the market has not broken'", "2.6")] = 0.15


class InvestorPool(Traits, Paper):
    """Investors without a name, drawn anew in every run."""

    id: Id
    name: str = ""
    count: Annotated[float, Knob("-", 1, 10_000, "Number of members", whole=True)]
    kind: Kind
    ticket_bn: Annotated[
        float | Spread | None, SpreadKnob("USD billion", 0.001, 10_000, "Stated ticket of a member")
    ] = None
    signing_probability: Annotated[
        float | None, Knob("-", 0, 1, "Stated: has signed by the deadline", "docs/scenario.md, three ways to decide")
    ] = None
    inclination: Annotated[
        float | None,
        Knob(
            "-", 0, 0.999, "Anchor of a member with the pool's central traits", "docs/scenario.md, three ways to decide"
        ),
    ] = None
    sign_bias: Annotated[
        float | None, Knob("-", -50, 50, "Bias against signing, in place of an inclination", "A10")
    ] = None
    wealth_bn: Annotated[float | Spread | None, SpreadKnob("USD billion", 0.001, 100_000, "Portfolio", "A3")] = None
    risk_aversion: Annotated[float | Spread | None, SpreadKnob("-", 0.2, 50, "Relative risk aversion", "A3")] = None
    max_ticket_bn: Annotated[
        float | Spread | None, SpreadKnob("USD billion", 0.001, 10_000, "Most a member can place", "A5")
    ] = None
    conditional_share: Annotated[float, Knob("-", 0, 1, "Share of members who sign with a condition", "F7")] = 0.0
    condition_mix: ConditionMix = ConditionMix()
    condition_total_low: Annotated[float, Knob("share of target", 0, 1, "Least total that a member asks for")] = 0.3
    condition_total_high: Annotated[float, Knob("share of target", 0, 1, "Largest total that a member asks for")] = 0.9
    condition_sentiment: Annotated[
        float, Knob("log-points", -2, 2, "Sentiment below which the market has broken")
    ] = -0.3


class Tables(Section):
    """The tables of a scenario file."""

    format: Format
    id: Id
    title: str
    description: str = ""
    as_of: Date
    horizon_weeks: Annotated[float, Knob("weeks", 1, 520, "How long the company is watched", whole=True)] = 104
    round: Round
    valuation: Valuation = Valuation()
    environment: Environment = Environment()
    company: Company | None = None
    ipo: Ipo | None = None
    gatekeepers: tuple[Gatekeeper, ...] = ()
    investors: tuple[Investor, ...] = ()
    investor_pools: tuple[InvestorPool, ...] = ()

    @property
    def window_days(self) -> int:
        """Days from as_of to the deadline."""
        return (self.round.deadline - self.as_of).days

    def day(self, date: dt.date) -> int:
        """Days from as_of to ``date``."""
        return (date - self.as_of).days

    def date(self, day: float) -> dt.date:
        """Return the date ``day`` days after as_of."""
        return self.as_of + dt.timedelta(days=int(day))
