"""The tables of a scenario file: every knob with its default, unit, range, meaning and source."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, get_args

from pydantic import Field

from abm.scenario.fields import (
    Date,
    Flag,
    Format,
    Id,
    ItsId,
    ItsName,
    Knob,
    LadderKnob,
    Section,
    StepSchedule,
    StepScheduleKnob,
)
from abm.scenario.investor_tables import InvestorPoolTable, InvestorTable, TimeSpread
from abm.scenario.network_table import NetworkTable


class RoundTable(Section):
    """The funding round: what is asked, by when, at what price, and how it closes."""

    target_bn: Annotated[float, Knob("USD billion", 1e-7, 10_000, "New money wanted from as_of on", "term sheet")]
    deadline: Annotated[Date, Field(description="Last day on which the round closes, unless it is extended")]
    already_closed_bn: Annotated[
        float, Knob("USD billion", 0, 10_000, "Paid before as_of in the same round; counts where a condition says so")
    ] = 0.0
    cap_bn: Annotated[
        float | None,
        Knob(
            "USD billion",
            0.000000001,
            10_000,
            "Most new money taken (default: the target); demand above it is rationed",
        ),
    ] = None
    minimum_close_bn: Annotated[
        float, Knob("USD billion", 0, 10_000, "A closing that leaves less than this paid since as_of does not happen")
    ] = 0.0
    pre_money_bn: Annotated[
        tuple[float, ...], LadderKnob("USD billion", 1e-7, 100_000, "Pre-money valuation, or a descending ladder")
    ]
    counts_from: Annotated[
        float, Knob("share of target", 0.01, 1, "Paid, this share of the target counts as closed")
    ] = 1.0
    due: Annotated[
        Date | None,
        Field(description="Day by which the money is wanted; the round goes on after it, until its last day"),
    ] = None
    hard_deadline: Annotated[
        Flag, Field(description="format = 2: whether the round ends on its deadline; if not, money may come late")
    ] = False
    piecemeal_probability: Annotated[
        float, Knob("-", 0, 1, "Chance that a round pays in part where it cannot be full; else it is all or nothing")
    ] = 1.0
    replacement_probability: Annotated[
        float, Knob("-", 0, 1, "Chance that somebody else takes the place of one who does not sign in the end")
    ] = 0.0
    waiver_probability: Annotated[
        float, Knob("-", 0, 1, "Chance that a consent refused in the end is waived, or got by bettered terms")
    ] = 0.0
    hearing: Annotated[
        Literal["each", "sum"] | None,
        Field(
            description="What everybody hears of last week's signatures: of each by itself, or of their sum by kind of "
            "investor; left out: of each up to 300 investors, of their sum above"
        ),
    ] = None
    close_when: Annotated[
        Literal["weekly", "deadline"],
        Field(description="When money is called: in every week in which somebody can close, or once, on the deadline"),
    ] = "weekly"
    close_select: Annotated[
        Literal["greatest", "least", "elimination"],
        Field(
            description="Which of the sets that can close together does: the greatest (all sign in escrow), the least "
            "(one after the other), or what is left when those whose conditions fail are dropped for good"
        ),
    ] = "greatest"
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


class ValuationTable(Section):
    """What the company is worth, and how sure the market can be."""

    mean_bn: Annotated[
        float | None,
        Knob("USD billion", 1e-7, 100_000, "Mean of equity value after the money (default: post-money)", "A3"),
    ] = None
    sd_log: Annotated[float, Knob("log-points", 0, 2, "Spread of the true value around that mean; 0 = known", "A1")] = (
        0.0
    )
    growth_per_year: Annotated[float, Knob("1/year", -0.5, 1.0, "Expected growth of value", "A7")] = 0.25
    volatility: Annotated[float, Knob("1/sqrt(year)", 0.05, 1.5, "Volatility of log value", "A7")] = 0.55
    news_precision: Annotated[
        float, Knob("1/log-points^2", 0, 100, "Precision of the weekly public news about value; 0 = no news", "2.5")
    ] = 0.0


class EnvironmentTable(Section):
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
        float, Knob("-", 0, 10, "Variance of the luck that all gatekeepers share (gamma, mean 1)", "D4")
    ] = 0.0


class LeversTable(Section):
    """What the company can do when cash runs short."""

    cut: Annotated[Flag, Field(description="Whether costs are cut when the runway is short")] = False
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


class ObligationTable(Section):
    """A contract that costs money on top of the net burn."""

    id: ItsId
    creditor: Annotated[str, Field(description="Who is paid, as reports say it")]
    start: Date = Field(alias="from", description="First day of the contract")
    until: Annotated[Date | None, Field(description="Its last day; left out, it goes on")] = None
    bn_per_year: Annotated[float, Knob("USD billion/year", 0, 10_000, "Cost of the contract")]
    deferrable_share: Annotated[float, Knob("-", 0, 1, "Part that the creditor lets wait", "E4")] = 0.0
    in_burn_share: Annotated[
        float,
        Knob(
            "-", 0, 1, "Part already inside the net burn path, not to be counted twice", "docs/model.md, assumption 24"
        ),
    ] = 0.0


class ClaimTable(Section):
    """Money that holders may ask back on a date unless a gatekeeper has consented."""

    id: ItsId
    holder: Annotated[str, Field(description="Who may ask the money back, as reports say it; a name, nobody's id")]
    on: Annotated[Date, Field(description="Day on which he may ask")]
    amount_bn: Annotated[float, Knob("USD billion", 0, 10_000, "Amount that may be asked back")]
    exercise_share: Annotated[float, Knob("-", 0, 1, "Share that really asks")] = 1.0
    unless_gate: Annotated[
        Id | None, Field(description="Gatekeeper whose consent, in force by that day, ends the claim")
    ] = None


class LaterRoundTable(Section):
    """Money from a later financing, outside this round."""

    id: ItsId
    on: Annotated[Date, Field(description="Day on which it comes")]
    amount_bn: Annotated[float, Knob("USD billion", 0, 10_000, "Amount wanted")]
    probability_if_closed: Annotated[float, Knob("-", 0, 1, "Chance that it comes if this round reached its target")]
    probability_if_not: Annotated[float, Knob("-", 0, 1, "Chance that it comes otherwise")]


class IpoTable(Section):
    """A listing as a way out: it needs consents, an open window, time, and no veto."""

    raise_bn: Annotated[float, Knob("USD billion", 0, 1_000, "Money raised by the company", "E5")]
    earliest: Annotated[Date, Field(description="No listing is filed before this day")]
    filing_per_year: Annotated[float, Knob("1/year", 0, 50, "Rate of filing while everything allows it", "E5")] = 1.0
    minimum_sentiment: Annotated[
        float, Knob("log-points", -2, 2, "The window is open above this sentiment", "E5")
    ] = -0.1
    lead_weeks: Annotated[float, Knob("weeks", 1, 104, "From filing to listing", "E5", True)] = 26
    withdrawal_probability: Annotated[
        float, Knob("-", 0, 1, "Chance that a filed IPO is withdrawn", "IPO withdrawals 1985-2011: 22.5 %")
    ] = 0.225
    requires: Annotated[
        tuple[Id, ...], Field(description="Gatekeepers whose consents must be in force before it can be filed")
    ] = ()
    veto_holder: Annotated[str | None, Field(description="Who may veto the filing, as reports say it")] = None
    veto_probability: Annotated[
        float, Knob("-", 0, 1, "Chance that the holder of consent rights stops the filing", "E5")
    ] = 0.0
    veto_lapses_with: Annotated[Id | None, Field(description="Gatekeeper whose consent ends the veto")] = None


_SPENDING = ("net_burn_bn_per_year", "burn_volatility_bn", "obligations", "claims")


class CompanyTable(Section):
    """The company: cash, revenue, burn, obligations, levers."""

    name: Annotated[str, Field(description="What reports call it")] = "the company"
    cash_bn: Annotated[float, Knob("USD billion", 0, 10_000, "Cash and securities on as_of")]
    revenue_bn_per_year: Annotated[float, Knob("USD billion/year", 0, 10_000, "Revenue run rate on as_of", "E1")] = 0.0
    revenue_growth_per_year: Annotated[
        StepSchedule, StepScheduleKnob("1/year", -2, 5, "Planned growth of log revenue, from each date on", "E1")
    ] = ((None, 0.0),)
    revenue_volatility: Annotated[float, Knob("1/sqrt(year)", 0, 2, "Volatility of revenue around its plan", "E1")] = (
        0.0
    )
    net_burn_bn_per_year: Annotated[
        StepSchedule,
        StepScheduleKnob("USD billion/year", -1_000, 1_000, "Costs minus revenue in the plan, from each date on", "E1"),
    ] = ((None, 0.0),)
    burn_volatility_bn: Annotated[float, Knob("USD billion/sqrt(year)", 0, 100, "Volatility of net burn", "E1")] = 0.0
    runway_months: Annotated[
        float | None, Knob("months", 0.1, 240, "How long the cash lasts, in place of a net burn (format = 2)")
    ] = None
    minimum_cash_bn: Annotated[
        float, Knob("USD billion", 0, 1_000, "Cash kept back before deferrable bills are paid", "E4")
    ] = 0.0
    levers: LeversTable = LeversTable()
    obligations: tuple[ObligationTable, ...] = ()
    claims: tuple[ClaimTable, ...] = ()
    later_rounds: tuple[LaterRoundTable, ...] = ()

    @property
    def spends(self) -> bool:
        """Whether the file says what its cash goes to; if not, that it lasts is not worth a word."""
        return not self.model_fields_set.isdisjoint(_SPENDING)


ConsentClass = Literal[
    "consent_routine",
    "consent_hard",
    "vote",
    "creditors",
    "party",
    "restructuring",
    "milestone",
    "milestone_aid",
    "outside_money",
    "merger",
    "diligence",
    "price",
    "guarantee",
    "minimum",
]
CONSENTS: tuple[str, ...] = get_args(ConsentClass)


class GatekeeperTable(Section):
    """A consent, a court, a restructuring: something that money waits for."""

    id: ItsId
    name: ItsName = ""
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
    requires: Annotated[
        tuple[Id, ...],
        Field(description="Gatekeepers who must have consented before the clock of this one starts"),
    ] = ()
    of: Annotated[
        ConsentClass | None,
        Field(alias="class", description="format = 2: what kind of consent it is, from which history says the rest"),
    ] = None
    chance: Annotated[
        float | None, Knob("-", 0, 1, "Chance that it is given in the end", "docs/scenario.md, ten lines")
    ] = None
    on: Annotated[Date | None, Field(description="Day of the vote: yes or no on that day, and no second chance")] = None
    by: Annotated[Date | None, Field(description="format = 2: day by which it is expected; it may come late")] = None
    median_days: Annotated[
        float | None,
        Knob("days", 0, 36_500, "Median of the time in which it is decided, yes or no", "docs/scenario.md, ten lines"),
    ] = None
    time_sd_log: TimeSpread = 0.0
    lag_days: Annotated[float, Knob("days", 0, 730, "Between consent and its coming into force", whole=True)] = 0


class Tables(Section):
    """The tables of a scenario file."""

    format: Annotated[Format, Field(description="Version of the format of the file")]
    id: Annotated[Id, Field(description="Name of the scenario in tables and files")]
    title: Annotated[str, Field(description="What the round is called")]
    description: Annotated[str, Field(description="What else a reader should know")] = ""
    as_of: Annotated[Date, Field(description="Day on which the file was true, and on which every run starts")]
    horizon_weeks: Annotated[float, Knob("weeks", 1, 520, "How long the company is watched", whole=True)] = 104
    round: RoundTable
    valuation: ValuationTable = ValuationTable()
    environment: EnvironmentTable = EnvironmentTable()
    network: NetworkTable | None = None
    company: CompanyTable | None = None
    ipo: IpoTable | None = None
    gatekeepers: tuple[GatekeeperTable, ...] = ()
    investors: tuple[InvestorTable, ...] = ()
    investor_pools: tuple[InvestorPoolTable, ...] = ()

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
