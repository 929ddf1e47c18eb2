"""Investors in a scenario file: by name or in pools, with what they think like and what their signature is worth."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from abm.scenario.condition_fields import Conditions
from abm.scenario.fields import Distribution, DistributionKnob, Flag, Id, ItsId, ItsName, Kind, Knob, Section
from abm.scenario.funding_table import Funding

ItsKind = Annotated[
    Kind, Field(description="Sets every trait that the table leaves out, and is what conditions on a kind count")
]

#: Of the time until a signature, or a consent, is decided.
TimeSpread = Annotated[
    float,
    Knob("log-points", 0, 3, "Spread of that time, a lognormal law; 0 = exactly then", "docs/scenario.md, ten lines"),
]


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
        float | None, Knob("USD billion", 1e-7, 100_000, "His mean of the value (default: the market's)", "A1")
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
    completes: Annotated[
        float | None,
        Knob(
            "share of target",
            0,
            1,
            "Brings what is missing to the target and no more, once this share of it is booked; 0 = any ticket",
            "B8",
        ),
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
    priority: Annotated[
        float,
        Knob(
            "-",
            0,
            100,
            "Rank when money is cut back: higher is served earlier, after rights and the lead; equals share pro rata",
            "E7",
            True,
        ),
    ] = 0
    pro_rata_share: Annotated[float, Knob("-", 0, 1, "Right to this share of the money taken", "E6")] = 0.0


Standing = Literal["firm", "conditional_firm", "letter_of_intent", "in_talks", "rumoured", "underwritten"]


class TrancheTable(Section):
    """A part of an investor's money, with conditions of its own."""

    ticket_bn: Annotated[float, Knob("USD billion", 1e-9, 10_000, "His ticket in this tranche")]
    needs: Annotated[tuple[Id, ...], Field(description="Consents and investors that this part waits for")] = ()
    conditions: Annotated[Conditions, Field(description="What else must hold before he pays it")] = ()


class InvestorTable(Traits, Paper):
    """An investor by name."""

    id: ItsId
    name: ItsName = ""
    kind: ItsKind
    role: Annotated[
        Literal["lead", "follower"],
        Field(description="Served before followers when money is cut back; whom conditions on the lead mean"),
    ] = "follower"
    address: Annotated[
        float | None, Knob("-", 0, 65_535, "Whose luck he has (default: his place in the file)", "2.5", True)
    ] = None
    ticket_bn: Annotated[float | None, Knob("USD billion", 1e-9, 10_000, "His stated ticket")] = None
    signed_at_start: Annotated[
        Flag, Field(description="Whether his ticket is signed on as_of; if not, he signs by chance or by the rules")
    ] = False
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
    standing: Annotated[
        Standing | None,
        Field(description="format = 2: how firmly he stands, from which history says what it is worth"),
    ] = None
    needs: Annotated[
        tuple[Id, ...],
        Field(description="format = 2: consents and investors that his money waits for; a class stands for a consent"),
    ] = ()
    ticket: Annotated[
        Literal["rest"] | None,
        Field(description="format = 2: 'rest' pays what the others leave, up to ticket_bn (default: the target)"),
    ] = None
    tranches: Annotated[
        tuple[TrancheTable, ...],
        Field(description="format = 2: parts of his money, each with conditions of its own; he signs for all at once"),
    ] = ()
    redeemable: Annotated[
        Flag, Field(description="format = 2: whether his money lies in a trust from which holders may take it back")
    ] = False
    kept_share: Annotated[
        float | None,
        Knob("-", 0.001, 0.999, "Mean share of redeemable money that stays; a Beta law with a + b = 1"),
    ] = None
    chance: Annotated[
        float | None, Knob("-", 0, 1, "Stated: signs in the end, whenever that is", "docs/scenario.md, ten lines")
    ] = None
    median_days: Annotated[
        float | None,
        Knob("days", 0, 36_500, "Median of the time in which he decides, yes or no", "docs/scenario.md, ten lines"),
    ] = None
    time_sd_log: TimeSpread = 0.0
    luck: Annotated[
        Id | None, Field(description="Investor whose luck decides whether he signs: who share it sign together")
    ] = None
    holds: Annotated[
        float,
        Knob("-", 0, 1, "Chance that signed paper holds: one for all who have signed, one for all who underwrite"),
    ] = 1.0
    fallback_bn: Annotated[
        float, Knob("USD billion", 0, 10_000, "Paid at the deadline if his conditions fail", "D6")
    ] = 0.0
    wealth_bn: Annotated[
        float | None, Knob("USD billion", 1e-7, 100_000, "Portfolio that decides what a big ticket is", "A3")
    ] = None
    risk_aversion: Annotated[
        float | None, Knob("-", 0.2, 50, "Relative risk aversion: his appetite for risk, inverted", "A3")
    ] = None
    max_ticket_bn: Annotated[float | None, Knob("USD billion", 1e-9, 10_000, "Most he can place here", "A5")] = None
    conditions: Annotated[Conditions, Field(description="What must hold before he pays")] = ()
    funding: Funding = None

    @property
    def is_stated(self) -> bool:
        """Whether the file says if he signs; if not, he decides by the rules."""
        return self.signed_at_start or self.signing_probability is not None or self.chance is not None


class ConditionMixTable(Section):
    """Which conditions the conditional members of a pool write."""

    total: Annotated[float, Knob("-", 0, 1, "Weight of 'at least this much is there'", "2.6")] = 0.40
    lead: Annotated[float, Knob("-", 0, 1, "Weight of 'the lead is in'", "2.6")] = 0.30
    peers: Annotated[float, Knob("-", 0, 1, "Weight of 'two of the named are in'", "2.6")] = 0.15
    sentiment: Annotated[float, Knob("-", 0, 1, "Weight of 'the market has not broken'", "2.6")] = 0.15


class InvestorPoolTable(Traits, Paper):
    """Investors without a name, drawn anew in every run."""

    id: ItsId
    name: ItsName = ""
    count: Annotated[float, Knob("-", 1, 200_000, "Number of members", whole=True)]
    kind: ItsKind
    ticket_bn: Annotated[
        float | Distribution | None, DistributionKnob("USD billion", 1e-9, 10_000, "Stated ticket of a member")
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
    wealth_bn: Annotated[
        float | Distribution | None, DistributionKnob("USD billion", 1e-7, 100_000, "Portfolio", "A3")
    ] = None
    risk_aversion: Annotated[
        float | Distribution | None, DistributionKnob("-", 0.2, 50, "Relative risk aversion", "A3")
    ] = None
    max_ticket_bn: Annotated[
        float | Distribution | None,
        DistributionKnob("USD billion", 1e-9, 10_000, "Most a member can place", "A5"),
    ] = None
    conditional_share: Annotated[float, Knob("-", 0, 1, "Share of members who sign with a condition", "F7")] = 0.0
    condition_mix: ConditionMixTable = ConditionMixTable()
    condition_total_low: Annotated[float, Knob("share of target", 0, 1, "Least total that a member asks for")] = 0.3
    condition_total_high: Annotated[float, Knob("share of target", 0, 1, "Largest total that a member asks for")] = 0.9
    condition_sentiment: Annotated[
        float, Knob("log-points", -2, 2, "Sentiment below which the market has broken")
    ] = -0.3

    @property
    def is_stated(self) -> bool:
        """Whether the file says if a member signs; if not, he decides by the rules."""
        return self.signing_probability is not None
