"""Money is conserved to the million: hundreds of random rounds with every feature there is (V19)."""

from __future__ import annotations

from collections import Counter
from random import Random
from types import SimpleNamespace

import pytest

import abm
from abm.core.records import STAGES
from abm.scenario.money import units_of
from tests.worlds import random_world, told

WORLDS = 1_000


class Ledger(abm.Company):
    """A company that also writes down what comes in and what falls due."""

    def __init__(self, model):
        self.came_in = self.fell_due = 0
        super().__init__(model)

    def receive(self, amount_musd):
        self.came_in += amount_musd
        super().receive(amount_musd)

    def pay_bills(self):
        self.fell_due += self.firm_due_musd + self.deferrable_due_musd
        super().pay_bills()


def lived(number):
    """What a random round leaves behind, or nothing where its file contradicts itself."""
    try:
        scenario = abm.scenario_from(random_world(Random(number)))
    except abm.ScenarioError:
        return None
    if units_of(scenario) != 1000:  # tests below count in millions; of smaller rounds: tests/test_money.py
        return None
    model = told(scenario, run=number, company=Ledger)
    return SimpleNamespace(
        number=number,
        scenario=scenario,
        terms=model.terms,
        ids=model.population.ids,
        limits=[
            int(max(i.params.max_ticket_musd if i.params.behavioural else i.params.stated_musd, 0))
            for i in model.investors
        ],
        result=model.result(),
        trace=model.trace,
        company=model.company,
        running=model.running,
        open=model.open,
    )


@pytest.fixture(scope="module")
def rounds():
    return [one for one in map(lived, range(WORLDS)) if one is not None]


def paid_events(one):
    return [event for event in one.trace if event.what == "paid"]


def musd(event):
    return round(1000 * event.amount_bn)


def price_at(one, event):
    """Price of the rung on offer when an event happened [USD million]; cuts of a day come before its payments."""
    cuts = [musd(cut) for cut in one.trace if cut.what == "cut the price" and cut.day <= event.day]
    return cuts[-1] if cuts else round(1000 * one.scenario.round.pre_money_bn[0])


def test_hundreds_of_rounds_were_lived_and_everything_happened_in_many_of_them(rounds):
    seen = Counter(event.what for one in rounds for event in one.trace)
    everything = (
        "signed,paid,lapsed,passed,withdrew,did not pay,fell back,consented,blocked,reached its target,"
        "missed its target,extended,cut the price,competitor shock,poaching campaign,defaulted,claimed back,"
        "raised later money,failed to raise,filed for a listing,listed its shares,could not list,"
        "withdrew its listing"
    )
    assert len(rounds) >= 800
    assert {what: seen[what] for what in everything.split(",") if seen[what] < 20} == {}
    assert sum(event.why.startswith("cut back") for one in rounds for event in paid_events(one)) > 80


def test_what_investors_pay_is_what_the_round_raises_and_what_the_trace_tells(rounds):
    for one in rounds:
        result = one.result
        assert sum(result.investor_paid_musd) == result.paid_musd, one.number
        told_of = Counter()
        for event in paid_events(one):
            told_of[event.who] += musd(event)
        assert told_of == Counter({i: p for i, p in zip(one.ids, result.investor_paid_musd, strict=True) if p}), (
            one.number
        )
        assert len(told_of) == len(paid_events(one)), one.number


def test_nobody_pays_more_than_his_ticket_and_nobody_who_did_not_sign_pays(rounds):
    for one in rounds:
        result, fell_back = one.result, {event.who: musd(event) for event in one.trace if event.what == "fell back"}
        signed = {event.who: musd(event) for event in one.trace if event.what == "signed"}
        bound = {who.id: round(1000 * who.ticket_bn) for who in one.scenario.investors if who.signed_at_start}
        for name, limit, money, stage in zip(one.ids, one.limits, result.investor_paid_musd, result.stage, strict=True):
            tickets = bound | signed | fell_back
            assert 0 <= money <= tickets.get(name, 0) <= limit, (one.number, name)
            assert (STAGES[stage] == "paid") == (money > 0), (one.number, name)


def test_the_round_never_takes_more_than_its_cap_nor_closes_below_its_minimum(rounds):
    for one in rounds:
        assert one.result.paid_musd <= one.terms.cap_musd, one.number
        assert one.result.paid_musd == 0 or one.result.paid_musd >= one.terms.minimum_close_musd, one.number
        assert one.result.closed == (one.result.paid_musd >= one.terms.target_musd), one.number


def test_shares_are_worth_what_was_paid_for_them_at_the_price_of_their_closing(rounds):
    cut = 0
    for one in rounds:
        result = one.result
        shares = dict(zip(one.ids, result.investor_shares, strict=True))
        for event in paid_events(one):
            worth = shares[event.who] * price_at(one, event) / 1e9
            assert abs(worth - musd(event)) <= 0.5 * price_at(one, event) / 1e9, (one.number, event.who)
        cut += bool(result.rung and result.paid_musd)
        assert sum(result.investor_shares) == result.new_shares, one.number
        assert (result.dilution > 0) == (result.paid_musd > 0), one.number
    assert cut > 50


def test_the_cash_of_the_company_is_its_start_and_what_came_in_less_what_fell_due_on_credit_or_not(rounds):
    companies = [one for one in rounds if one.company is not None]
    assert len(companies) > 400
    for one in companies:
        books = one.company
        start = round(1000 * one.scenario.company.cash_bn)
        borrowed = books.vendor_musd + books.bridge_musd
        assert books.cash_musd == start + books.came_in - books.fell_due + borrowed, one.number
        inflows = ("paid", "raised later money", "listed its shares")
        assert books.came_in == sum(musd(event) for event in one.trace if event.what in inflows), one.number
        assert one.result.cash_path[-1] == one.result.end_cash_musd == books.cash_musd, one.number
        assert one.result.least_cash_musd == min(start, *one.result.cash_path), one.number
        assert (books.cash_musd < 0) == (not books.alive) == (one.result.default_day >= 0), one.number


def test_paths_end_where_the_results_are_and_paid_money_never_leaves(rounds):
    for one in rounds:
        paid_path, committed = one.result.paid_path, one.result.committed_path
        assert paid_path[-1] == one.result.paid_musd, one.number
        assert paid_path == sorted(paid_path), one.number
        assert all(p <= c for p, c in zip(paid_path, committed, strict=True)), one.number
        assert committed[-1] == paid_path[-1] or one.open, one.number


def test_every_round_ends_and_one_that_missed_its_target_has_a_cause(rounds):
    for one in rounds:
        assert not one.open, one.number
        assert not one.running, one.number
        assert (one.result.cause == 0) == one.result.closed, one.number
        assert "signed" not in {STAGES[stage] for stage in one.result.stage}, one.number


def test_nobody_pays_for_a_consent_that_is_not_in_force(rounds):
    """Whose every clause names a gatekeeper, and who did not fall back, had one whose consents were there."""
    waited = 0
    for one in rounds:
        days = dict(zip([gate.id for gate in one.scenario.gatekeepers], one.result.gate_day, strict=True))
        fell_back = {event.who for event in one.trace if event.what == "fell back"}
        clauses = {who.id: who.conditions for who in one.scenario.investors if who.id not in fell_back}
        for event in paid_events(one):
            needed = [[atom for atom in clause if "gate" in atom] for clause in clauses.get(event.who, ())]
            if needed and all(needed):
                waited += 1
                assert any(all(days[atom["gate"]] <= event.day for atom in clause) for clause in needed), one.number
    assert waited > 50


def test_the_story_is_told_in_order_of_time(rounds):
    for one in rounds:
        days = [event.day for event in one.trace]
        assert days == sorted(days), one.number
        assert all(event.date == one.scenario.date(event.day) for event in one.trace), one.number
