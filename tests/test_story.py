"""Story: one run told in sentences that name their events; who waits for whom; which run is worth telling."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import math
import re
from dataclasses import asdict
from functools import cache
from random import Random
from typing import Any

import numpy as np
import pytest

import abm
from abm.analysis.choosing import choose
from abm.analysis.explanation import Explained
from abm.analysis.prose.waiting import BOOK, who_waits
from abm.analysis.story import LEFT_OUT, Story, tell_story
from abm.plots import drawn
from abm.plots.theme import slim
from abm.plots.waiting import waiting
from abm.report.story_page import waiting_frames
from abm.scenario import Scenario
from tests.worlds import NEVER, bound, consent, random_world, rich_world, signer, told, world

MONTHS = "- January February March April May June July August September October November December".split()  # noqa: SIM905


def tale(raw: dict[str, Any] | Scenario, run: int = 0, seed: int = 1) -> Story:
    """The story of one run of tables in memory."""
    return tell_story(raw if isinstance(raw, Scenario) else abm.scenario_from(raw), seed, run)


def lines(story: Story, closing: bool = False) -> list[str]:
    """Its sentences, the summary or the rest."""
    return [one.text for one in story.sentences if one.closing is closing]


# --------------------------------------------------------------------------------------------------------------------
# Stories that are known


def test_a_lead_whose_consent_never_comes_is_told_to_the_fallback():
    lead = bound("lead", 22.5, [{"gate": "law"}], fallback_bn=10.0) | {"name": "SoftBank"}
    gate = consent("law", NEVER) | {"name": "The board completes it"}
    story = tale(world([lead, signer("friend", 0.8)], [gate], days=30, target_bn=30.0))
    signing = next(event for event in story.events if event.what == "signed")
    paid = dt.date(2025, 7, 28) + dt.timedelta(days=7 * max(1, math.ceil(signing.day / 7)))
    assert lines(story)[0] == (
        "On 28 July 2025 the company opened its round: USD 30 billion until 27 August 2025,"
        " at USD 260 billion pre-money. An investor looked at it: friend."
    )
    assert lines(story)[1:3] == [
        "On 28 July 2025 SoftBank had already signed for USD 22.5 billion, on condition that the consent"
        " 'The board completes it' is in force.",
        f"On {signing.date.day} {MONTHS[signing.date.month]} 2025 friend signed for USD 0.8 billion.",
    ]
    waited = "On 4 August 2025 SoftBank's USD 22.5 billion waited for the consent 'The board completes it'."
    assert waited in lines(story)
    assert f"On {paid.day} {MONTHS[paid.month]} 2025 friend paid USD 0.8 billion." in lines(story)
    assert lines(story)[-3:] == [
        "On 27 August 2025 SoftBank fell back from USD 22.5 to 10 billion: its conditions had failed.",
        "On 27 August 2025 SoftBank paid USD 10 billion.",
        "On 27 August 2025 the company's round missed its target with USD 10.8 billion paid,"
        " first of all because a consent was missing.",
    ]
    assert lines(story, closing=True) == [
        "USD 10.8 billion of the USD 30 billion wanted was paid: SoftBank 10 and friend 0.8.",
        "The round failed, first of all because a consent was missing."
        " One repair alone would have brought more: USD 22.5 billion if every consent had been in force.",
        "To the end, SoftBank's USD 22.5 billion hung on the consent 'The board completes it'.",
    ]
    assert (story.ending, story.binding) == ("gate", {"gate": 22.5})


def test_a_circle_that_nobody_opens_is_told_as_one():
    scenario = abm.load_scenario("mutual-conditions")
    scenario = scenario.with_values({"round.close_select": "least", "gatekeepers.consent": "never"})
    story = tale(scenario)
    waited = [text.removeprefix("On 4 August 2025 ") for text in lines(story) if "waited" in text]
    assert waited == [
        "The lead's USD 22.5 billion waited for 'The consent that the lead waits for'.",
        "Beta's USD 3 billion waited for 8 billion in the round (5.8 there).",
        "Gamma's USD 2 billion waited for Beta.",
        "Delta's USD 1.2 billion waited for two of Alpha, Beta, Gamma and Epsilon (1 there).",
        "Epsilon's USD 1.5 billion waited for Gamma and 7 billion in the round (4.3 there).",
    ]
    assert lines(story, closing=True)[-1] == (
        "Beta, Gamma, Delta and Epsilon waited for each other, with USD 7.7 billion."
    )
    assert "On 31 December 2025 Alpha paid USD 2.8 billion." in lines(story)


def test_a_circle_that_closes_at_once_never_waits():
    scenario = abm.load_scenario("mutual-conditions").with_values({"gatekeepers.consent": "never"})
    story = tale(scenario)
    assert [text for text in lines(story) if "waited" in text] == [
        "On 4 August 2025 The lead's USD 22.5 billion waited for 'The consent that the lead waits for'."
    ]
    assert (
        "On 31 December 2025 five investors paid USD 10.5 billion:"
        " Alpha 2.8, Beta 3, Gamma 2, Delta 1.2 and Epsilon 1.5." in lines(story)
    )


def test_a_round_with_too_much_money_is_told_as_cut_back():
    """28, 30 and 20 for 53: the lead first, then 25 shared as 30 to 20."""
    book = [bound("lead", 28.0, role="lead"), bound("b", 30.0), bound("c", 20.0)]
    story = tale(world(book, days=28, target_bn=53.0, cap_bn=53.0))
    assert lines(story)[-4:] == [
        "On 4 August 2025 lead paid USD 28 billion.",
        "On 4 August 2025 b paid USD 15 billion, cut back from 30 because no more room was left.",
        "On 4 August 2025 c paid USD 10 billion, cut back from 20 because no more room was left.",
        "On 4 August 2025 the company had reached its target: USD 53 billion had been paid.",
    ]


def test_who_comes_too_late_lapses_for_want_of_room():
    book = [bound("a", 5.0), bound("late", 3.0, [{"gate": "g"}])]
    story = tale(world(book, [consent("g", lag_days=10)], days=28, target_bn=5.0, cap_bn=5.0))
    assert [text for text in lines(story) if "late's" in text or "lapse" in text] == [
        "On 4 August 2025 late's USD 3 billion waited for the consent 'g'.",
        "On 11 August 2025 late's USD 3 billion had all that was asked for, and waited for room in the round.",
        "On 25 August 2025 late saw USD 3 billion lapse, because no room was left.",
    ]


def test_second_thoughts_are_told_with_their_day_and_their_money():
    gone = bound("gone", 4.0, [{"gate": "no"}], withdrawal_per_year=50.0)
    story = tale(world([gone], [consent("no", NEVER)]))
    event = next(event for event in story.events if event.what == "withdrew")
    when = f"{event.date.day} {MONTHS[event.date.month]} {event.date.year}"
    assert f"On {when} gone had second thoughts and took USD 4 billion back." in lines(story)
    assert story.waiting.circles() == []
    assert not [edge for edge in story.waiting.edges if edge.binding]
    assert not [text for text in lines(story, closing=True) if "To the end" in text]


def test_who_does_not_pay_is_not_said_to_have_waited_to_the_end():
    bad = bound("bad", 4.0, [{"gate": "g"}], settlement_failure_probability=1.0)
    story = tale(world([bad], [consent("g", lag_days=10)], days=28, target_bn=4.0))
    assert "On 11 August 2025 bad was called and did not pay its USD 4 billion." in lines(story)
    assert lines(story, closing=True)[:2] == [
        "Nothing of the USD 4 billion wanted was paid.",
        "The round failed, first of all because money was called and not paid."
        " One repair alone would have brought more: USD 4 billion if everybody who was called had paid.",
    ]
    assert not [text for text in lines(story, closing=True) if "To the end" in text]


def test_a_company_that_cuts_borrows_and_defaults_is_told_step_by_step():
    """Net burn and bills that can wait, 0.7 billion a week each; cash of 2, suppliers for 0.5, a bridge of 1."""
    company = {
        "name": "Acme",
        "cash_bn": 2.0,
        "net_burn_bn_per_year": 36.5,
        "obligations": [
            {"id": "o", "creditor": "x", "from": dt.date(2025, 7, 28), "bn_per_year": 36.5, "deferrable_share": 1.0}
        ],
        "levers": {
            **{"cut": True, "cut_per_week": 0.0, "vendor_limit_bn": 0.5, "vendor_rate_per_year": 0.0},
            **{"bridge_limit_bn": 1.0, "bridge_rate_per_year": 0.0},
        },
    }
    story = tale(world([signer("a", 1.0, 0.0)], days=70, sections={"company": company}))
    # A week costs 0.7 + 0.7. Week 1: 2.0 - 1.4 = 0.6. Week 2: 0.6 - 0.7 = -0.1, 0.5 deferred, 0.2 paid: 0.3 drawn.
    # Week 3: 0.7 + 0.7 = 1.4 against 0.7 of bridge left: default on the first day, with no cash at its start.
    assert [text for text in lines(story) if "Acme" in text][1:] == [
        "On 11 August 2025 Acme let suppliers wait for the first time, for USD 0.5 billion.",
        "On 11 August 2025 Acme drew on its bridge for the first time, USD 0.3 billion.",
        "On 11 August 2025 Acme had used up its suppliers' credit, USD 0.5 billion.",
        "On 11 August 2025 Acme had drawn the whole bridge, USD 1 billion.",
        "On 11 August 2025 Acme defaulted: it could not pay its bills.",
        "On 18 August 2025 Acme's round missed its target with nothing paid,"
        " first of all because the company ran out of cash.",
    ]
    assert lines(story, closing=True)[-1] == ("Acme began with USD 2 billion of cash and defaulted on 11 August 2025.")


def test_members_of_a_pool_are_told_together():
    pool = {"id": "crowd", "name": "Funds without a name", "kind": "venture", "count": 4, "ticket_bn": 0.25}
    story = tale(world([], pools=[pool | {"signing_probability": 1.0}], days=7, target_bn=1.0))
    assert "all four funds without a name signed for USD 1 billion together." in " ".join(lines(story))
    assert "On 4 August 2025 all four funds without a name paid USD 1 billion together." in lines(story)


def test_a_change_of_what_is_missing_is_told_once():
    """A total of 8 is missing until b signs, whatever else comes in meanwhile; then only the consent is."""
    book = [bound("a", 5.0, [{"gate": "no"}, {"total_bn": 8.0}]), signer("b", 3.0, 0.97), signer("c", 0.5, 0.5)]
    story = tale(world(book, [consent("no", NEVER)], target_bn=100.0))
    week = math.ceil(next(e.day for e in story.events if e.what == "signed" and e.who == "b") / 7) * 7
    waits = [(event.day, event.why) for event in story.events if event.what == "waits"]
    assert week > 7
    assert waits == [(7.0, "for no and 8 bn in all (5 there)"), (week, "for no")]


def test_a_wait_for_better_sentiment_is_told_once_however_often_it_turns():
    moody = bound("moody", 5.0, [{"min_sentiment": 0.0}])
    sections = {"environment": {"sentiment_volatility": 1.0, "sentiment_reversion_per_year": 20.0}}
    raw = world([moody], close_when="deadline", sections=sections)
    models = [told(raw, run) for run in range(5)]
    assert [sum(event.what == "waits" for event in model.trace) for model in models] == [1] * 5


def test_a_signature_on_condition_never_shares_a_sentence_with_another():
    """a's signature is event 3; b signs without conditions in week 3."""
    raw = world([signer("a", 1.0) | {"conditions": [[{"gate": "no"}]]}, signer("b", 2.0, 0.9)], [consent("no", NEVER)])
    days = abm.simulate(abm.scenario_from(raw), runs=200, seed=1, workers=1).to_frame()["sign_day.b"]
    story = tale(raw, run=int(np.flatnonzero((days > 14) & (days <= 21))[0]))
    assert [event.what for event in story.events[:4]] == ["opened", "approached", "approached", "signed"]
    condition = "on condition that the consent 'no' is in force"
    assert [text.split(" 2025 ")[1] for text in lines(story) if "signed for" in text] == [
        f"a signed for USD 1 billion, {condition}.",
        "b signed for USD 2 billion.",
    ]


# --------------------------------------------------------------------------------------------------------------------
# What holds for every story

SOME = [("three-investors", run) for run in range(4)] + [("openai-2025", run) for run in range(6)]
SOME += [("openai-2025-article", 1), ("mutual-conditions", 0)]


def is_a_world(number: int) -> bool:
    """Whether there is a scenario with this number."""
    try:
        abm.scenario_from(random_world(Random(number)))
    except abm.ScenarioError:
        return False
    return True


STORIES = [*SOME, *(("rich", run) for run in range(8)), *(("any", n) for n in range(80) if is_a_world(n))]


@cache
def story_of(name: str, run: int) -> Story:
    if name == "rich":
        return tale(rich_world(), run, 3)
    return tale(random_world(Random(run)), run) if name == "any" else tell_story(name, 1, run)


@pytest.fixture(params=STORIES, ids=lambda told_of: f"{told_of[0]}-{told_of[1]}")
def story(request) -> Story:
    return story_of(*request.param)


def sums_of(amounts: dict[str, float]) -> set[float]:
    """What the groups of a summary may add up to: the smallest amounts, by pool or one by one."""
    pools: dict[str, float] = {}
    for who, bn in amounts.items():
        pools[who.split("#")[0]] = pools.get(who.split("#")[0], 0.0) + bn
    return set(pools.values()) | {float(bn) for bn in np.cumsum(sorted(pools.values()))}


def numbers_in(text: str) -> list[float]:
    """Numbers of a text, without those of dates, of ids, and of money paid before."""
    text = re.sub(r", counting the [\d.]+ paid before", "", text)
    text = re.sub(r"(Between )?(\d+ )?(\w+ )?(\d{4} )?(and )?\d+ \w+ \d{4}", "", text)
    return [float(n) for n in re.findall(r"(?<![\w#-])[-+]?\d+(?:\.\d+)?(?![\w#])", text)]


def test_every_sentence_stands_on_events_and_every_event_is_told(story):
    told_of = {k for one in story.sentences if not one.closing for k in one.events}
    assert all(one.events for one in story.sentences)
    assert {event.what for k, event in enumerate(story.events) if k not in told_of} <= set(LEFT_OUT)
    assert sum(len(one.events) for one in story.sentences if not one.closing) == len(told_of)
    days = [one.day for one in story.sentences]
    assert days == sorted(days)
    for one in story.sentences:
        assert max(story.events[k].day for k in one.events) <= one.day
        if not one.closing:
            first = story.events[one.events[0]]
            alone = first.what == "signed" and first.why and "#" not in first.who
            assert len(one.events) == 1 or not alone
            assert {story.events[k].who for k in one.events} == set(one.who)
            assert f"{one.date.day} {MONTHS[one.date.month]} {one.date.year}" in one.text


def test_every_number_of_a_sentence_is_one_of_its_events(story):
    sizes = {float(len([e for e in story.events if e.who.startswith(f"{pool}#") and e.what in ("approached",)]))
             for pool in {event.who.split("#")[0] for event in story.events if "#" in event.who}}  # fmt: skip
    for one in story.sentences:
        events = [story.events[k] for k in one.events]
        known = {float(n) for e in events for n in re.findall(r"[-+]?\d+(?:\.\d+)?", e.why)} | sizes
        known |= {-n for n in known}
        amounts: dict[str, float] = {}
        for event in events:
            amounts[event.who.split("#")[0]] = amounts.get(event.who.split("#")[0], 0.0) + event.amount_bn
        known |= {event.amount_bn for event in events} | set(amounts.values()) | {sum(amounts.values())}
        known |= {float(k) for k in range(len(events) + 1)}
        if one.closing:
            known |= {bn for bn in asdict(story.figures).values() if bn is not None} | set(story.binding.values())
            known |= {float(n) for edge in story.waiting.edges for n in re.findall(r"-?\d+(?:\.\d+)?", edge.words)}
            known |= sums_of({event.who: event.amount_bn for event in events})
        for number in numbers_in(one.text):
            assert any(abs(number - one_known) < 6e-4 for one_known in known), (number, one.text)


def test_what_is_told_as_paid_adds_up_to_what_was_paid(story):
    payments = [one.text for one in story.sentences if not one.closing and story.events[one.events[0]].what == "paid"]
    told_bn = sum(float(re.search(r" paid USD (\d+(?:\.\d+)?) billion", text)[1]) for text in payments)
    assert told_bn == pytest.approx(story.figures.paid_bn, abs=1e-6)
    assert not any(" one others" in one.text for one in story.sentences), "one more is named"


@pytest.mark.parametrize("cash", [9.0, 1.0])
def test_how_the_cash_went_is_about_the_company(cash):
    company = {"cash_bn": cash, "net_burn_bn_per_year": 7.0}
    last = tale(world([signer("a", 1.0, 0.0)], days=70, sections={"company": company})).sentences[-1]
    assert ("defaulted" in last.text, last.who) == (cash == 1.0, ("company",))


def test_the_run_that_is_told_is_the_run_of_the_ensemble():
    rows = abm.simulate("openai-2025", runs=4, seed=1, workers=1).batch
    for run in range(4):
        story, row = tell_story("openai-2025", 1, run), rows.rows[run]
        assert story.figures.paid_bn * 1000 == row["paid_musd"]
        assert (story.ending == "closed") == row["closed"]
        assert story.figures.cash_end_bn * 1000 == row["end_cash_musd"]
        assert story.figures.cash_least_bn * 1000 == row["least_cash_musd"]


def test_a_story_is_plain_data_and_narrow_lines():
    story = tell_story("three-investors", 1, 1)
    data = json.loads(json.dumps(story.to_json()))
    assert [len(data["sentences"]), len(data["events"])] == [len(story.sentences), len(story.events)]
    assert data["events"][data["sentences"][0]["events"][0]]["what"] == "opened"
    assert data["waiting"]["nodes"][0] == {
        **{"id": "lead", "name": "Lead Capital", "kind": "investor", "status": "paid", "bn": 6.0}
    }
    assert max(map(len, story.text().splitlines())) <= 110


def test_a_run_number_that_is_none_is_refused():
    with pytest.raises(ValueError, match=r"run: expected a whole number from 0 to 2\*\*32 - 1, got -1"):
        tell_story("three-investors", 1, -1)


# --------------------------------------------------------------------------------------------------------------------
# Who waits for whom


def edges(raw: dict[str, Any], run: int = 0) -> set[tuple[str, str, bool, int]]:
    """Edges of the graph: from, to, whether met, clause."""
    return {(e.source, e.target, e.met, e.clause) for e in who_waits(told(raw, run)).edges if e.source != BOOK}


def test_every_alternative_of_a_signature_is_an_edge():
    asks = bound("a", 5.0, [{"investor": "b"}, {"gate": "no"}], [{"total_bn": 50.0}, {"gate": "yes"}])
    raw = world([asks, bound("b", 2.0), signer("absent", 50.0, 0.0)], [consent("no", NEVER), consent("yes")], days=28)
    assert edges(raw) == {("a", "b", True, 0), ("a", "no", False, 0), ("a", BOOK, False, 1), ("a", "yes", True, 1)}
    graph = who_waits(told(raw))
    assert {(e.target, e.lacking_bn) for e in graph.edges if e.source == "a" and e.binding} == {("no", 0), (BOOK, 43.0)}
    words = {edge.target: edge.words for edge in graph.edges}
    assert words[BOOK] == "50 billion in the round (7 there)"


def test_the_graph_says_of_each_consent_how_it_stands():
    gates = [consent("no", NEVER), consent("yes"), consent("refused", NEVER, block_hazard_per_year=1_000.0)]
    asks = bound("a", 5.0, [{"gate": gate["id"]} for gate in gates])
    nodes = {node.id: node.status for node in who_waits(told(world([asks], gates, days=28))).nodes}
    assert (nodes["no"], nodes["yes"], nodes["refused"]) == ("open", "satisfied", "blocked")


def test_a_clause_that_holds_leaves_nothing_binding():
    asks = bound("a", 5.0, [{"gate": "no"}], [{"investor": "b"}])
    graph = who_waits(told(world([asks, bound("b", 2.0)], [consent("no", NEVER)], days=28)))
    assert [(edge.target, edge.met, edge.binding) for edge in graph.edges] == [("no", False, False), ("b", True, False)]


def test_gatekeepers_wait_for_those_they_require_with_the_money_behind_them():
    gates = [consent("first", NEVER), consent("second", requires=["first"]), consent("third", requires=["second"])]
    book = [bound("a", 5.0, [{"gate": "third"}]), bound("b", 2.0, [{"gate": "second"}])]
    graph = who_waits(told(world(book, gates, days=28)))
    assert {(e.source, e.target, e.met, e.bn) for e in graph.edges} == {
        ("a", "third", False, 5.0),
        ("b", "second", False, 2.0),
        ("third", "second", False, 5.0),
        ("second", "first", False, 7.0),
    }
    assert graph.graph(binding=True).number_of_edges() == 4


def test_two_who_each_want_more_than_the_other_has_are_no_circle():
    def pair(total: float) -> list[tuple[str, ...]]:
        book = [bound(one, 3.0, [{"total_bn": total}]) for one in "ab"] + [signer("absent", 1.0, 0.0)]
        return who_waits(told(world(book, days=28, close_select="least"))).circles(binding=True)

    assert pair(6.0) == [("a", "b")]
    assert pair(6.5) == []


def test_the_circle_of_the_packaged_round_is_the_one_that_its_conditions_make():
    """As ``abm check`` finds it from the conditions alone: the greatest closing minus the least."""
    from abm.population import circles

    scenario = abm.load_scenario("mutual-conditions")
    assert [list(circle) for circle in who_waits(told(scenario)).circles()] == [circles(scenario)]


@pytest.mark.parametrize("phone", [False, True])
def test_the_picture_of_who_waits_says_each_thing_once_and_nothing_over_itself(phone):
    """Many of a pool who ask for two of many names, for totals of their own, for the lead: once an arrow a name."""
    names = [signer(f"n{k}", 1.0, 0.5) for k in range(12)]
    lead = bound("lead", 20.0, [{"gate": "g"}]) | {"role": "lead"}
    pool = {"id": "pool", "name": "Small funds", "count": 30, "kind": "venture", "ticket_bn": 0.5,
            "signing_probability": 1.0, "conditional_share": 1.0}  # fmt: skip
    raw = world([*names, lead], [consent("g", NEVER)], days=60) | {"investor_pools": [pool]}
    case = abm.scenario_from(raw)
    boxes, arrows = waiting_frames(Explained(case, tell_story(case, 1, 0), None))
    assert boxes["words"].is_unique or boxes.groupby(["words", "met"]).size().max() == 1
    assert boxes["id"].is_unique
    assert not arrows.duplicated().any()
    assert len(boxes) < 15
    figure = drawn(waiting, arrows, size=(7.2, 1.0 + 0.5 * boxes.groupby("column").size().max()), nodes=boxes)
    if phone:
        slim(figure)
    figure.draw_without_rendering()
    areas = [text.get_bbox_patch().get_window_extent() for text in figure.axes[0].texts if text.get_bbox_patch()]
    assert len(areas) == len(boxes)
    assert not any(one.overlaps(other) for one, other in itertools.combinations(areas, 2))
    assert all(figure.bbox.x0 <= area.x0 and area.x1 <= figure.bbox.x1 for area in areas)


def test_money_paid_before_is_named_where_it_counts():
    raw = world([bound("a", 5.0, [{"total_bn": 33.0}]), signer("absent", 50.0, 0.0)], days=28)
    raw["round"]["already_closed_bn"] = 10.0
    text = " ".join(tale(raw).text().split())
    assert "on condition that at least 33 billion are in the round, counting the 10 paid before." in text
    assert "waited for 33 billion in the round, counting the 10 paid before (15 there)." in text


# --------------------------------------------------------------------------------------------------------------------
# Choosing a run


def by_hand(frame: Any, like: Any, ids: list[str], gates: list[str], deadline: float) -> int:
    """The rule, spelled out run by run."""
    group = frame[like]
    payers = sorted(ids, key=lambda one: -group[f"paid_bn.{one}"].mean())[:5]
    rows = []
    for _, row in group.iterrows():
        end = row["closed_day"] if row["closed"] else row["default_day"] if row["cause"] == "cash" else deadline
        gate = [min(row[f"gate_day.{one}"], deadline) if row[f"gate_day.{one}"] > 0 else deadline for one in gates]
        signed = sum(row[f"sign_day.{one}"] >= 0 for one in ids)
        rows.append([row["funded_bn"], end, *gate, signed, *(row[f"paid_bn.{one}"] for one in payers)])
    distance = np.zeros(len(rows))
    for column in np.array(rows, float).T:
        spread = (np.percentile(column, 75) - np.percentile(column, 25)) / 1.349 or np.std(column)
        if spread > 0:
            distance += ((column - np.median(column)) / spread) ** 2
    return int(group["run"].iloc[int(np.argmin(distance))])


@pytest.mark.parametrize("which", ["typical", "closed", "failed"])
def test_the_run_chosen_is_the_one_nearest_to_the_median_of_its_like(which):
    frame = abm.simulate("three-investors", runs=60, seed=2, workers=1).to_frame()
    ending = frame["cause"].astype(str).where(~frame["closed"], "closed")
    like = {"typical": ending == ending.mode()[0], "closed": frame["closed"], "failed": ~frame["closed"]}[which]
    choice = choose("three-investors", 2, which, runs=60)
    assert choice.run == by_hand(frame, like, ["lead", "fund", "swf"], ["restructuring"], 156.0)
    assert (choice.like, choice.looked) == (like.sum(), 60)
    assert choice.ending == ending[choice.run]
    assert f"{like.sum()} of 60 runs (seed 2)" in choice.why
    assert tell_story("three-investors", 2, choice.run).ending == choice.ending


def test_where_no_run_ends_so_the_number_of_runs_is_said():
    sure = abm.scenario_from(world([bound("a", 10.0)], days=28))
    assert choose(sure, 1, "typical", runs=20).run == 0  # all are alike: the lowest number
    with pytest.raises(ValueError, match=r"expected a run that failed among 20 runs \(seed 1\), got none"):
        choose(sure, 1, "failed", runs=20)
    with pytest.raises(ValueError, match="which: expected 'typical', 'closed' or 'failed', got 'strange'"):
        choose(sure, 1, "strange")
