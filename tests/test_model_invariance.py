"""What must not matter does not, and what helps never hurts: neutrality, labels, monotone coupling (V18, V40, V41)."""

from __future__ import annotations

import copy
import functools
import itertools
from random import Random

import pytest

import abm
from abm.population import prepare
from abm.scenario.defaults import trait_default
from abm.scenario.fields import Knob, Section
from abm.scenario.investor_tables import InvestorPoolTable, InvestorTable
from tests.worlds import AS_OF, bits, bound, consent, day, play, results, rich_world, settled, signer, thinker, world

RUNS = 8


def lives(raw, runs=RUNS):
    return [bits(result) for result in results(raw, runs)]


@functools.cache
def lives_of(make):
    """Lives of a world that many tests compare with."""
    return lives(make())


# --------------------------------------------------------------------------------------------------------------------
# Neutrality


def left_out(scenario, section, prefix=""):
    """What a file leaves out, with the number that stands for it: (path, number)."""
    for name, field in type(section).model_fields.items():
        value, path = getattr(section, name), f"{prefix}{field.alias or name}"
        knob = any(isinstance(one, Knob) for one in field.metadata)
        items = value if isinstance(value, tuple) else (value,)
        for item in (one for one in items if isinstance(one, Section)):
            yield from left_out(scenario, item, f"{path}." if item is value else f"{path}.{item.id}.")
        if knob and name not in section.model_fields_set:
            number = stands_for(scenario, section, name) if value is None else value
            number = number[0][1] if isinstance(number, tuple) else number
            if number is not None:
                yield path, float(number)
        elif isinstance(value, bool) and name not in section.model_fields_set:
            yield path, value


def stands_for(scenario, section, name):
    """The number that stands for a trait, a cap, a mean that is left out; nothing where the key must stay away."""
    terms = scenario.round
    if name == "cap_bn":
        return terms.target_bn
    if name in ("mean_bn", "prior_mean_bn"):
        return scenario.valuation.mean_bn or terms.pre_money_bn[0] + terms.already_closed_bn + terms.target_bn
    if name == "address":
        return scenario.investors.index(section)
    if not isinstance(section, InvestorTable | InvestorPoolTable):
        return None
    stated = section.signing_probability is not None or getattr(section, "signed_at_start", False)
    if name == "sign_bias" and not stated and section.inclination is None:
        return 0.0
    if name == "min_ticket_bn" and stated:
        return 0.0
    if name in ("wealth_bn", "risk_aversion", "max_ticket_bn") and getattr(section, name) is not None:
        return None
    return trait_default(section.kind, name)


@pytest.mark.parametrize("source", ["rich", "three-investors", "mutual-conditions", "openai-2025-article"])
def test_a_file_that_spells_out_every_default_says_the_same(source):
    scenario = abm.scenario_from(rich_world()) if source == "rich" else settled(abm.load_scenario(source))
    stated = dict(left_out(scenario, scenario))
    assert len(stated) > 40
    spelled = abm.scenario_from(scenario.with_values(stated).raw)
    runs = RUNS if source == "rich" else 4
    assert lives(spelled, runs) == lives(scenario, runs)


def plain():
    """A round with everything of its own but an environment: consents, conditions, thinkers, a pool, a company."""
    raw = rich_world()
    del raw["environment"], raw["ipo"]
    raw["round"] |= {"pre_money_bn": 50.0, "extension_probability": 0.0}
    raw["company"] |= {"levers": {}}
    return raw


#: What a scenario may say about a thing that it switches off, or that comes to nothing.
IDLE = {
    "shocks that never come": {"environment.jump_mean_log": -0.9, "environment.jump_sd_log": 0.5},
    "a part of shocks that never come": {"environment.jump_permanent_share": 0.9},
    "a cold that never comes": {"environment.cold_sentiment": -1.5, "environment.thaw_per_week": 0.9},
    "campaigns that never come": {"environment.burst_attrition_per_year": 1.5, "environment.burst_weeks": 30},
    "a loss of talent that is none": {"environment.talent_effect": 4.0},
    "a return to where sentiment is": {"environment.sentiment_reversion_per_year": 9.0},
    "an extension that is not granted": {"round.extension_days": 300},
    "a pace of price cuts without a ladder": {"round.price_cut_lag": 0.0, "round.price_cut_wait_weeks": 1},
    "a scale of no deadline effect": {"gatekeepers.court.deadline_scale_weeks": 1.0},
    "a gatekeeper's ear for a sentiment that stands at zero": {"gatekeepers.partner.sentiment_loading": 4.0},
    "an investor's ear for a sentiment that stands at zero": {"investors.swf.sentiment_loading": 2.0},
    "a decay of no option to wait": {"investors.swf.waiting_decay_weeks": 3.0, "investors.swf.waiting_weight": 0.0},
    "a loan of nothing": {"company.levers.bridge_rate_per_year": 0.9, "company.levers.bridge_probability": 0.1},
    "a patience of suppliers for nothing": {"company.levers.vendor_rate_per_year": 0.9},
    "cuts that are not made": {
        "company.levers.cut_per_week": 0.5,
        "company.levers.cut_max": 0.9,
        "company.levers.runway_trigger_years": 4.0,
        "company.levers.cut_growth_loss": 4.0,
        "company.levers.cut_attrition_per_year": 1.0,
    },
    "conditions that nobody writes": {
        "investor_pools.drawn.condition_mix.lead": 0.9,
        "investor_pools.drawn.condition_total_low": 0.5,
        "investor_pools.drawn.condition_sentiment": 1.0,
    },
    "the mind of one whose decision is stated": {
        "investors.fund.herding": 1.0,
        "investors.fund.risk_aversion": 9.0,
        "investors.fund.diligence_days": 200,
        "investors.fund.mood_withdrawal": 9.0,
        "investors.fund.max_ticket_bn": 4.0,
    },
}


@pytest.mark.parametrize("name", IDLE)
def test_what_is_switched_off_may_be_anything(name):
    scenario = abm.scenario_from(plain())
    if name == "a decay of no option to wait":
        scenario = abm.scenario_from(scenario.with_values({"investors.swf.waiting_weight": 0.0}).raw)
        expected = lives(scenario)
    else:
        expected = lives_of(plain)
    assert lives(abm.scenario_from(scenario.with_values(IDLE[name]).raw)) == expected


def with_more(raw, path, item):
    """Tables with one more entry in the list at a path."""
    more = copy.deepcopy(raw)
    place = more
    for step in path.split("."):
        place = place.setdefault(step, [] if step == path.split(".")[-1] else {})
    place.append(item)
    return more


IDLE_CONTRACT = {"id": "idle", "creditor": "C", "from": AS_OF, "bn_per_year": 0.0}
IDLE_CLAIM = {"id": "idle", "holder": "H", "on": day(50), "amount_bn": 0.0}
IDLE_ROUND = {"id": "idle", "on": day(50), "amount_bn": 0.0, "probability_if_closed": 1.0, "probability_if_not": 1.0}


@pytest.mark.parametrize(
    ("path", "item"),
    [
        ("company.obligations", IDLE_CONTRACT),
        ("company.obligations", IDLE_CONTRACT | {"bn_per_year": 50.0, "in_burn_share": 1.0}),
        ("company.obligations", IDLE_CONTRACT | {"bn_per_year": 50.0, "from": day(2_000)}),
        ("company.claims", IDLE_CLAIM),
        ("company.claims", IDLE_CLAIM | {"amount_bn": 5.0, "exercise_share": 0.0}),
        ("company.later_rounds", IDLE_ROUND),
    ],
)
def test_a_contract_a_claim_or_a_later_round_over_nothing_changes_nothing(path, item):
    assert lives(with_more(plain(), path, item)) == lives_of(plain)


def test_a_listing_that_is_never_filed_changes_nothing():
    idle = {"raise_bn": 50.0, "earliest": AS_OF, "filing_per_year": 0.0}
    assert lives(plain() | {"ipo": idle}) == lives_of(plain)


def test_empty_sections_change_nothing():
    assert lives(plain() | {"environment": {}}) == lives_of(plain)


def test_a_company_that_never_runs_out_of_cash_does_not_touch_the_round():
    """Only the weeks after the round, the cash and the survival are told beside it."""
    raw = plain() | {"company": {"cash_bn": 1_000.0}}
    alone = {key: value for key, value in raw.items() if key != "company"}
    told_with, told_without = results(raw, RUNS), results(alone, RUNS)
    own = ("survived", "end_cash_musd", "least_cash_musd", "cash_path", "committed_path", "paid_path", "gate_day")
    assert [bits(one, *own) for one in told_with] == [bits(one, *own) for one in told_without]
    for one, other in zip(told_with, told_without, strict=True):
        weeks = len(other.paid_path)
        assert one.paid_path[:weeks] == other.paid_path
        assert one.committed_path[:weeks] == other.committed_path


# --------------------------------------------------------------------------------------------------------------------
# V40: labels and bystanders


def by_name(raw, runs=RUNS):
    """Results with everything of an investor or gatekeeper under his name."""
    scenario = abm.scenario_from(raw)
    population = prepare(scenario)
    told = []
    for result in results(scenario, runs):
        lists = ("stage", "sign_day", "investor_paid_musd", "investor_shares")
        who = {name: [repr(getattr(result, one)[k]) for one in lists] for k, name in enumerate(population.ids)}
        gates = {name: repr(result.gate_day[k]) for k, name in enumerate(population.gate_ids)}
        told.append((bits(result, *lists, "gate_day"), who, gates))
    return told


@functools.cache
def rich_by_name():
    return by_name(rich_world())


def without(told, name):
    """Results without a bystander, who has done nothing."""
    for _, who, gates in told:
        gone = [one for one in who if one.split("#")[0] == name]
        assert all(who.pop(one)[2] == "0" for one in gone)
        gates.pop(name, None)
    return told


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_v40_the_order_of_the_file_does_not_matter_where_addresses_say_whose_luck_is_whose(seed):
    raw = rich_world()
    for place, investor in enumerate(raw["investors"]):
        investor["address"] = place
    shuffled = copy.deepcopy(raw)
    Random(seed).shuffle(shuffled["investors"])
    assert shuffled["investors"] != raw["investors"]
    assert by_name(shuffled) == by_name(raw) == rich_by_name()


def test_v40_who_swaps_his_address_with_a_twin_swaps_his_luck():
    def days(first, second):
        raw = world([signer("a", 1.0, 0.5, address=first), signer("b", 1.0, 0.5, address=second)], days=30)
        frame = play(raw, 40)
        return frame["sign_day.a"], frame["sign_day.b"]

    one, other = days(4, 9), days(9, 4)
    assert one[0].equals(other[1])
    assert one[1].equals(other[0])
    assert not one[0].equals(one[1])


@pytest.mark.parametrize(
    ("path", "bystander"),
    [
        ("investors", signer("idle", 5.0, 0.0)),
        ("investors", thinker("idle", inclination=0.0, reputation=0.0, max_ticket_bn=1.0)),
        ("investor_pools", {"id": "idle", "count": 7, "kind": "venture", "ticket_bn": 1.0, "signing_probability": 0.0}),
        ("gatekeepers", {"id": "idle", "hazard_per_year": 0.0, "block_hazard_per_year": 3.0}),
        ("gatekeepers", {"id": "idle", "hazard_per_year": 9.0}),
    ],
)
def test_v40_a_bystander_at_the_end_of_the_file_changes_nobody_else(path, bystander):
    assert without(by_name(with_more(rich_world(), path, bystander)), "idle") == rich_by_name()


def test_v40_one_more_investor_at_the_end_leaves_everybody_his_luck():
    """Where nobody looks at anybody, an active newcomer changes nobody else's day of signature and payment either."""
    few = [
        signer("a", 1.0, 0.5),
        signer("b", 2.0, 0.7, settlement_failure_probability=0.3),
        thinker("c", sign_bias=0.0),
    ]
    pool = {"id": "p", "count": 2, "kind": "venture", "ticket_bn": 1.0, "signing_probability": 0.5}
    newcomer = {"id": "q", "count": 3, "kind": "venture", "ticket_bn": 0.5, "signing_probability": 0.9}
    before = world(few, pools=[pool], days=40, target_bn=50.0, expected_coverage=3.0)
    after = world([*few, signer("d", 1.5, 0.9)], pools=[pool, newcomer], days=40, target_bn=50.0, expected_coverage=3.0)
    for (_, old, _), (_, new, _) in zip(by_name(before, 30), by_name(after, 30), strict=True):
        for name, (stage, signed, money, _) in old.items():
            assert new[name][:3] == [stage, signed, money]


# --------------------------------------------------------------------------------------------------------------------
# V41: monotone coupling, path by path


def coupled_world(chance):
    """A round without social learning in which more of anything good can only help.

    Thinkers sign at a pace of their own, whatever the size of their ticket: a larger limit makes the ticket larger,
    but also each unit of it less attractive, so that the pace of others would fall (A3, A10).
    """
    gates = [consent("one", chance.choice([4.0, 10.0]), block_hazard_per_year=chance.choice([0.0, 2.0]))]
    gates.append(consent("two", 12.0, requires=["one"], block_hazard_per_year=1.0, lag_days=chance.choice([0, 6])))
    names = [f"i{k}" for k in range(6)]

    def atom():
        return chance.choice(
            [
                {"gate": "one"},
                {"gate": "two"},
                {"total_bn": chance.choice([2.0, 4.0, 6.0])},
                {"any_of": chance.sample(names, 3), "at_least": 2},
                {"any_of": chance.sample(names, 2)},
                {"kind": "crossover", "amount_bn": 0.2},
            ]
        )

    investors = []
    for k, name in enumerate(names):
        clauses = [[atom() for _ in range(chance.choice([1, 2]))] for _ in range(chance.choice([0, 1, 1, 2]))]
        fails = {"settlement_failure_probability": chance.choice([0.0, 0.2])}
        if k == 0:
            clauses = [[{"gate": "two"}]]
        if k < 2:
            drop = {"fallback_bn": 0.5} if clauses else {}
            investors.append(bound(name, 2.0, *clauses, **drop, **fails))
        elif k < 4:
            investors.append(signer(name, 1.5, 1.0, conditions=clauses, **fails))
        else:
            mind = {"sign_bias": -50.0, "sign_rate_per_week": 1.0, "diligence_days": 8.0, "min_ticket_bn": 0.0}
            limits = {"wealth_bn": 12.0, "dry_powder_bn": chance.choice([0.8, 3.0]), "max_ticket_bn": 1.4}
            investors.append(thinker(name, conditions=clauses, risk_aversion=8.0, **mind, **limits, **fails))
    terms = {"target_bn": chance.choice([4.0, 6.0, 8.0]), "minimum_close_bn": chance.choice([0.0, 2.0])}
    terms |= {"close_select": chance.choice(["greatest", "least"]), "pre_money_bn": 60.0}
    sections = {"environment": {"frailty_variance": 0.5}, "valuation": {"mean_bn": 75.0}}
    return world(investors, gates, days=42, weeks=20, sections=sections, **terms)


def every(path, numbers):
    """Settings that give a knob of several sections the same numbers, one after the other."""
    return [dict.fromkeys(path, number) for number in numbers]


THINKERS, PAYERS = ("i4", "i5"), ("i0", "i2", "i4")
BETTER = {
    "a faster consent": every(["gatekeepers.one.hazard_per_year"], [2.0, 6.0, 30.0]),
    "a faster second consent": every(["gatekeepers.two.hazard_per_year"], [2.0, 12.0, 90.0]),
    "a rarer block": every(["gatekeepers.one.block_hazard_per_year"], [30.0, 3.0, 0.0]),
    "a later deadline": every(["round.deadline"], [day(28), day(45), day(75)]),
    "a smaller target": every(["round.target_bn"], [9.0, 6.5, 3.0]),
    "a smaller minimum close": every(["round.minimum_close_bn"], [6.0, 3.0, 0.0]),
    "rarer failures to pay": every([f"investors.{i}.settlement_failure_probability" for i in PAYERS], [0.6, 0.3, 0.0]),
    "more dry powder": every([f"investors.{i}.dry_powder_bn" for i in THINKERS], [0.3, 1.0, 4.0]),
    "more wealth": every([f"investors.{i}.wealth_bn" for i in THINKERS], [3.0, 9.0, 40.0]),
    "a larger limit": every([f"investors.{i}.max_ticket_bn" for i in THINKERS], [0.3, 1.0, 4.0]),
    "a larger ticket": every(["investors.i2.ticket_bn", "investors.i3.ticket_bn"], [0.6, 1.5, 3.0]),
    "a shorter diligence": every([f"investors.{i}.diligence_days" for i in THINKERS], [60.0, 12.0, 1.0]),
    "a lower price": every(["round.pre_money_bn"], [110.0, 75.0, 40.0]),
    "a shorter lag": every(["gatekeepers.two.lag_days"], [20, 7, 0]),
}


@pytest.mark.parametrize("name", BETTER)
def test_v41_what_helps_a_round_never_keeps_a_single_run_from_closing(name):
    moved = 0
    for seed in range(5):
        scenario = abm.scenario_from(coupled_world(Random(seed)))
        steps = [[one.closed for one in results(scenario.with_values(step), 12)] for step in BETTER[name]]
        for before, after in itertools.pairwise(steps):
            assert all(old <= new for old, new in zip(before, after, strict=True)), (name, seed)
        moved += sum(steps[-1]) - sum(steps[0])
    assert moved > 2
