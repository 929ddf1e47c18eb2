"""Every knob matters: turned over its range in a rich world, it changes some trajectory. Names change nothing."""

from __future__ import annotations

import functools
from collections import defaultdict

import pytest

import abm
from abm.agents import FundingModel
from abm.ensemble import Ensemble
from abm.population import prepare
from abm.rules.conditions import CONDITIONS
from abm.scenario.fields import Knob, Section, title_of
from tests.worlds import (
    NEVER,
    bits,
    borrowing_world,
    bound,
    consent,
    day,
    paid,
    rich_world,
    signer,
    world,
    world_in_classes,
)

RUNS = 30


@functools.cache
def rich():
    return abm.scenario_from(rich_world())


@functools.cache
def in_debt():
    return abm.scenario_from(borrowing_world())


@functools.cache
def in_classes():
    return abm.scenario_from(world_in_classes())


def usual():
    """The world in which a setting is tried, unless it is of classes."""
    return rich()


@functools.cache
def before(run, world=usual):
    return one_run(world(), prepare(world()), run)


def one_run(scenario, population, run):
    model = FundingModel(scenario, 1, run, prepared=population)
    model.run_model()
    model.free()
    return bits(model.result())


def some_matter(settings, refusals, world=usual):
    """Whether one of several settings changes one of the runs; refused settings are told.

    The compiled engine, which plays all runs at once, says which run to look at in the readable model.
    """
    for setting in settings:
        try:
            scenario = world().with_values(setting)
            population = prepare(scenario)
        except abm.ScenarioError as error:
            refusals.append(str(error))
            continue
        pairs = zip(compiled(population), compiled_before(world), strict=True)
        run = next((run for run, (now, then) in enumerate(pairs) if now != then), None)
        if run is not None:
            return one_run(scenario, population, run) != before(run, world)
    return False


@functools.cache
def compiled_before(world):
    return compiled(prepare(world()))


def compiled(population):
    """All that the compiled engine says of each run, as bytes."""
    batch = Ensemble(population)(1, range(RUNS), paths=True)
    parts = (batch.rows, batch.fates, batch.gate_days, batch.paths)
    return [tuple(part[run].tobytes() for part in parts) for run in range(RUNS)]


# --------------------------------------------------------------------------------------------------------------------
# Numbers


def fields_of(section, prefix=""):
    """Every field that a scenario could state: section, name, knob if it is a number, path, value now."""
    for name, field in type(section).model_fields.items():
        value, path = getattr(section, name), f"{prefix}{field.alias or name}"
        knob = next((one for one in field.metadata if isinstance(one, Knob)), None)
        items = value if isinstance(value, tuple) else (value,)
        sections = [item for item in items if isinstance(item, Section)]
        for item in sections:
            yield from fields_of(item, f"{path}." if item is value else f"{path}.{item.id}.")
        if not sections:
            yield title_of(type(section).__name__), name, knob, path, value


def numbers_of(knob, now):
    """Numbers from all over the range of a knob."""
    centre = float(now) if isinstance(now, float) else None
    near = [] if centre is None else [0.5 * centre, 1.5 * centre]
    width = knob.high - knob.low
    numbers = [*near, knob.low + 0.5 * width, knob.low + 0.02 * width, knob.low, knob.high]
    whole = [float(round(number)) if knob.whole else number for number in numbers]
    return [number for number in whole if knob.low <= number <= knob.high and number != centre]


KNOBS, OTHERS = defaultdict(list), set()
for _section, _name, _knob, _path, _now in fields_of(rich()):
    if _knob is None:
        OTHERS.add(f"{_section}.{_name}")
    else:
        KNOBS[f"{_section}.{_name}"] += [{_path: number} for number in numbers_of(_knob, _now)]


#: Numbers of who borrows, which are tried where somebody does.
IN_DEBT = defaultdict(list)
for _section, _name, _knob, _path, _now in fields_of(in_debt()):
    if _section == "Funding" and _knob is None:
        OTHERS.add(f"{_section}.{_name}")
    elif _section == "Funding":
        IN_DEBT[f"{_section}.{_name}"] += [{_path: number} for number in numbers_of(_knob, _now)]

#: Numbers of what happens in the end, which are tried in the round in classes.
OF_CLASSES = ("chance", "median_days", "time_sd_log", "holds", "kept_share", "runway_months", "waiver_probability")
IN_CLASSES = defaultdict(list)
for _section, _name, _knob, _path, _now in fields_of(in_classes()):
    if _name in OF_CLASSES:
        IN_CLASSES[f"{_section}.{_name}"] += [{_path: number} for number in numbers_of(_knob, _now)]


@pytest.mark.parametrize("name", IN_DEBT)
def test_every_knob_of_who_borrows_changes_a_trajectory(name):
    refusals = []
    assert some_matter(IN_DEBT[name], refusals, in_debt), f"{name} changed nothing in {RUNS} runs; refused: {refusals}"


@pytest.mark.parametrize("name", KNOBS)
def test_every_knob_changes_a_trajectory(name):
    refusals = []
    settings, of = (IN_CLASSES[name], in_classes) if name in IN_CLASSES else (KNOBS[name], usual)
    assert some_matter(settings, refusals, of), f"{name} changed nothing in {RUNS} runs; refused: {refusals}"


# --------------------------------------------------------------------------------------------------------------------
# Dates, choices, flags, references

CHOICES = {
    "Scenario.as_of": [{"as_of": day(1)}],
    "Round.deadline": [{"round.deadline": day(77)}],
    "Round.close_when": [{"round.close_when": "deadline"}],
    "Round.close_select": [{"round.close_select": "least"}],
    "Network.deals": [{"network.deals": [["keen", "tech", "small", "swf"]]}],
    "Levers.cut": [{"company.levers.cut": False}],
    "Obligation.start": [{"company.obligations.compute.from": day(30)}],
    "Obligation.until": [{"company.obligations.compute.until": day(60)}],
    "Claim.on": [{"company.claims.notes.on": day(60)}],
    "Claim.unless_gate": [{"company.claims.notes.unless_gate": "partner"}],
    "LaterRound.on": [{"company.later_rounds.next.on": day(60)}],
    "Ipo.earliest": [{"ipo.earliest": day(60)}],
    "Ipo.requires": [{"ipo.requires": ["court"]}],
    "Ipo.veto_lapses_with": [{"ipo.veto_lapses_with": "partner"}],
    "Gatekeeper.requires": [{"gatekeepers.court.requires": []}],
    "Investor.kind": [{"investors.keen.kind": "person"}],
    "Investor.role": [{"investors.fund.role": "lead", "investors.lead.role": "follower"}],
    "Investor.signed_at_start": [{"investors.lead.signed_at_start": False, "investors.lead.signing_probability": 0.5}],
    "Investor.conditions": [{"investors.fund.conditions": []}],
    "Investor.funding": [{"investors.lead.funding": {"holdings_bn": 10.0, "net_debt_bn": 2.4}}],
    "InvestorPool.kind": [{"investor_pools.crowd.kind": "person"}],
}

#: The same of a round in classes.
CHOICES_IN_CLASSES = {
    "Round.due": [{"round.due": day(40)}],
    "Round.hard_deadline": [{"round.hard_deadline": True}],
    "Gatekeeper.of": [{"gatekeepers.plan": {"id": "plan", "class": "milestone"}}],
    "Gatekeeper.on": [{"gatekeepers.vote.on": day(20)}],
    "Gatekeeper.by": [{"gatekeepers.plan.by": day(20)}],
    "Investor.standing": [{"investors.second.standing": "firm"}],
    "Investor.needs": [{"investors.lead.needs": ["bank"]}],
    "Investor.ticket": [{"investors.second.ticket": "rest"}],
    "Investor.tranches": [
        {
            "investors.taker": {
                "id": "taker",
                "standing": "underwritten",
                "tranches": [{"ticket_bn": 2.0}, {"ticket_bn": 2.0, "needs": ["bank"]}],
            }
        }
    ],
    "Investor.redeemable": [{"investors.second.redeemable": True}],
    "Investor.luck": [{"investors.second.luck": "second"}],
}

#: The same of who borrows.
CHOICES_IN_DEBT = {"Funding.applies": [{"investors.lead.funding.applies": False}]}

#: What only names things. Ids are names too, but for the order in which a file is read.
TEXTS = {
    "Scenario.id": {"id": "other"},
    "Scenario.title": {"title": "Another title"},
    "Scenario.description": {"description": "Another description"},
    "Company.name": {"company.name": "Other"},
    "Obligation.id": {"company.obligations.compute.id": "other"},
    "Obligation.creditor": {"company.obligations.compute.creditor": "Other"},
    "Claim.id": {"company.claims.notes.id": "other"},
    "Claim.holder": {"company.claims.notes.holder": "Other"},
    "LaterRound.id": {"company.later_rounds.next.id": "other"},
    "Ipo.veto_holder": {"ipo.veto_holder": "Other"},
    "Round.hearing": None,  # refused beside a network: tests/test_crowds.py
    "Gatekeeper.id": None,  # the file refers to it
    "Gatekeeper.name": {"gatekeepers.court.name": "Other"},
    "Investor.id": {"investors.small.id": "other"},
    "Investor.name": {"investors.small.name": "Other"},
    "InvestorPool.id": {"investor_pools.stated.id": "other"},
    "InvestorPool.name": {"investor_pools.crowd.name": "Other"},
    "Scenario.format": None,  # of a file in classes, other keys are asked
}


def test_every_field_of_a_file_is_a_knob_or_a_choice_or_a_name():
    assert set(CHOICES) | set(CHOICES_IN_CLASSES) | set(CHOICES_IN_DEBT) | set(TEXTS) == OTHERS


@pytest.mark.parametrize("name", CHOICES)
def test_every_choice_changes_a_trajectory(name):
    refusals = []
    assert some_matter(CHOICES[name], refusals), refusals


@pytest.mark.parametrize("name", CHOICES_IN_CLASSES)
def test_every_choice_of_classes_changes_a_trajectory(name):
    refusals = []
    assert some_matter(CHOICES_IN_CLASSES[name], refusals, in_classes), refusals


@pytest.mark.parametrize("name", CHOICES_IN_DEBT)
def test_every_choice_of_who_borrows_changes_a_trajectory(name):
    refusals = []
    assert some_matter(CHOICES_IN_DEBT[name], refusals, in_debt), refusals


def test_elimination_is_another_choice_than_the_greatest_closing():
    assert some_matter([{"round.close_select": "elimination"}], [])


@pytest.mark.parametrize("name", [name for name, setting in TEXTS.items() if setting])
def test_names_change_nothing(name):
    scenario = rich().with_values(TEXTS[name])
    population = prepare(scenario)
    assert all(one_run(scenario, population, run) == before(run) for run in range(4))


# --------------------------------------------------------------------------------------------------------------------
# Conditions


#: For every kind of condition and each of its keys: an atom that holds, and one that differs in this key and does not.
ATOMS = {
    ("gate", "gate"): ({"gate": "yes"}, {"gate": "no"}),
    ("gate", "by"): ({"gate": "yes", "by": day(9)}, {"gate": "yes", "by": day(8)}),
    ("total_bn", "total_bn"): ({"total_bn": 12.0}, {"total_bn": 12.1}),
    ("total_bn", "count_closed"): ({"total_bn": 12.0}, {"total_bn": 12.0, "count_closed": False}),
    ("total_bn", "count_own"): ({"total_bn": 12.0}, {"total_bn": 12.0, "count_own": False}),
    ("investor", "investor"): ({"investor": "a"}, {"investor": "absent"}),
    ("investor", "amount_bn"): ({"investor": "falls", "amount_bn": 0.01}, {"investor": "falls", "amount_bn": 0.02}),
    ("any_of", "any_of"): ({"any_of": ["a", "c"], "at_least": 2}, {"any_of": ["a", "absent"], "at_least": 2}),
    ("any_of", "at_least"): ({"any_of": ["a", "absent"]}, {"any_of": ["a", "absent"], "at_least": 2}),
    ("kind", "kind"): ({"kind": "sovereign", "amount_bn": 2.0}, {"kind": "lender", "amount_bn": 2.0}),
    ("kind", "amount_bn"): ({"kind": "venture", "amount_bn": 5.0}, {"kind": "venture", "amount_bn": 5.1}),
    ("max_pre_money_bn", "max_pre_money_bn"): ({"max_pre_money_bn": 260.0}, {"max_pre_money_bn": 259.9}),
    ("max_own_share", "max_own_share"): ({"max_own_share": 0.01}, {"max_own_share": 0.005}),
    ("min_sentiment", "min_sentiment"): ({"min_sentiment": 0.3}, {"min_sentiment": 0.31}),
    ("min_own_share", "min_own_share"): ({"min_own_share": 0.005}, {"min_own_share": 0.01}),
    ("max_post_money_bn", "max_post_money_bn"): ({"max_post_money_bn": 273.0}, {"max_post_money_bn": 271.0}),
    ("without", "without"): ({"without": "absent"}, {"without": "a"}),
}


def test_every_key_of_every_kind_of_condition_is_tried():
    assert set(ATOMS) == {(kind.name, key) for kind in CONDITIONS.values() for key in kind.keys}


def book_with(atom):
    """The asker brings 2, a 3, c, a sovereign, 2, and somebody falls back on 0.01.

    5 are closed already; sentiment stands at 0.3; 7 or a little more of 10 are reached at 260, or at 200.
    """
    book = [bound("asker", 2.0, [atom]), bound("a", 3.0), bound("c", 2.0, kind="sovereign")]
    book += [signer("absent", 50.0, 0.0), signer("lender", 9.0, 0.0, kind="lender")]
    book += [bound("falls", 0.02, [{"gate": "no"}], fallback_bn=0.01)]
    gates = [consent("yes", lag_days=8), consent("no", NEVER)]
    mood = {"sentiment_start": 0.3, "sentiment_mean": 0.3}
    terms = {
        "already_closed_bn": 5.0,
        "close_select": "elimination",
        "pre_money_bn": [260.0, 200.0],
        "price_cut_lag": 1.0,
    }
    return world(book, gates, days=14, sections={"environment": mood}, **terms)


@pytest.mark.parametrize(("kind", "key"), ATOMS)
def test_every_key_of_a_condition_decides(kind, key):
    holds, fails = ATOMS[kind, key]
    assert "asker" in paid(book_with(holds))
    assert "asker" not in paid(book_with(fails))


@pytest.mark.parametrize("key", ["min_own_share", "max_post_money_bn"])
def test_outside_elimination_an_allocation_right_changes_who_gets_what(key):
    def allocated(atom):
        raw = book_with(atom)
        raw["round"] |= {"close_select": "greatest", "cap_bn": 5.0, "target_bn": 5.0}
        return paid(raw)

    free = allocated({"total_bn": 1.0})
    assert free == {"asker": 1.429, "a": 2.143, "c": 1.428}
    assert allocated({key: {"min_own_share": 0.0065, "max_post_money_bn": 268.5}[key]}) != free
