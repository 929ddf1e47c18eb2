"""The closing on its own: who closes, for how much, between which extremes, and what it refuses (case V14)."""

from __future__ import annotations

import copy
import datetime as dt
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import abm
from abm import ScenarioError, close_book

NEW_YEARS_EVE = dt.date(2025, 12, 31)


def one(who: str, ticket: float, *clauses: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {"id": who, "ticket_bn": ticket, **({"conditions": list(clauses)} if clauses else {}), **more}


SIX = [
    one("lead", 22.5, [{"gate": "law"}]),
    one("a", 2.8),
    one("b", 3.0, [{"total_bn": 8.0}]),
    one("c", 2.0, [{"investor": "b"}]),
    one("d", 1.2, [{"any_of": ["a", "b", "c", "e"], "at_least": 2}]),
    one("e", 1.5, [{"investor": "c"}, {"total_bn": 7.0}]),
]
EVERYBODY = ("lead", "a", "b", "c", "d", "e")


# --------------------------------------------------------------------------------------------------------------------
# V14


@pytest.mark.parametrize("select", ["greatest", "least", "elimination"])
def test_v14_with_the_law_everybody_closes_whatever_is_selected(select):
    closing = close_book(SIX, gates={"law": True}, select=select)
    assert closing.closers == closing.greatest == closing.least == EVERYBODY
    assert closing.allocated_bn == {"lead": 22.5, "a": 2.8, "b": 3.0, "c": 2.0, "d": 1.2, "e": 1.5}
    assert (closing.total_bn, closing.gap_bn, closing.barred) == (33.0, 0.0, ())


@pytest.mark.parametrize(("select", "closers", "total"), [("greatest", EVERYBODY[1:], 10.5), ("least", ("a",), 2.8)])
def test_v14_without_the_law_one_closes_alone_or_five_together(select, closers, total):
    closing = close_book(SIX, gates={"law": False}, select=select)
    assert (closing.closers, closing.total_bn) == (closers, total)
    assert (closing.greatest, closing.least, closing.gap_bn) == (EVERYBODY[1:], ("a",), 7.7)


def test_the_order_of_the_book_does_not_matter():
    closing = close_book(SIX[::-1], gates={"law": False})
    assert closing.closers == EVERYBODY[:0:-1]
    assert closing.total_bn == 10.5


# --------------------------------------------------------------------------------------------------------------------
# Money


def test_v22_the_lead_is_served_first_and_the_rest_shared_to_the_million():
    book = [one("lead", 2.8, role="lead"), *(one(f"f{k}", 9.675) for k in range(4))]
    closing = close_book(book, cap_bn=8.3)
    assert closing.allocated_bn == {"lead": 2.8, "f0": 1.375, "f1": 1.375, "f2": 1.375, "f3": 1.375}
    assert close_book([one(f"f{k}", 8.3) for k in range(5)], cap_bn=8.3).allocated_bn == {
        f"f{k}": 1.66 for k in range(5)
    }


def test_lower_ranks_are_served_first_and_rights_before_everybody():
    book = [one("late", 5.0, priority=2), one("early", 5.0, priority=1), one("holder", 4.0, pro_rata_share=0.25)]
    closing = close_book(book, cap_bn=8.0)
    assert closing.allocated_bn["holder"] >= 2.0
    assert math.fsum(closing.allocated_bn.values()) == closing.total_bn == 8.0
    assert closing.allocated_bn["early"] != closing.allocated_bn["late"]


@given(st.lists(st.integers(1, 50_000), min_size=1, max_size=8), st.integers(1, 100_000))
def test_what_is_allocated_is_what_the_round_takes(tickets, cap):
    closing = close_book([one(f"i{k}", ticket / 1000) for k, ticket in enumerate(tickets)], cap_bn=cap / 1000)
    millions = {who: round(1000 * bn) for who, bn in closing.allocated_bn.items()}
    assert sum(millions.values()) == round(1000 * closing.total_bn) == min(cap, sum(tickets))
    assert all(0 <= millions[f"i{k}"] <= ticket for k, ticket in enumerate(tickets))


def test_who_has_paid_is_in_and_pays_no_more():
    closing = close_book([one("first", 3.0, paid=True), one("second", 2.0, [{"investor": "first"}])], cap_bn=4.0)
    assert closing.closers == ("first", "second")
    assert closing.allocated_bn == {"second": 1.0}  # of the cap of 4, 3 are paid
    assert closing.total_bn == 1.0


def test_earlier_money_counts_where_a_condition_says_so():
    book = [one("a", 2.0, [{"total_bn": 5.0}]), one("b", 2.0, [{"total_bn": 5.0, "count_closed": False}])]
    assert close_book(book, base_bn=0.0).closers == ()
    assert close_book(book, base_bn=3.0).closers == ("a",)


def test_price_and_sentiment_are_what_conditions_ask_about():
    book = [one("dear", 1.0, [{"max_pre_money_bn": 260.0}]), one("calm", 1.0, [{"min_sentiment": -0.2}])]
    assert close_book(book, pre_money_bn=260.0, sentiment=-0.2).closers == ("dear", "calm")
    assert close_book(book, pre_money_bn=261.0, sentiment=-0.1).closers == ("calm",)
    assert close_book(book, pre_money_bn=100.0, sentiment=-0.3).closers == ("dear",)


def test_a_stake_is_a_share_of_the_value_after_the_money():
    book = [one("a", 10.0, [{"max_own_share": 0.1}])]  # 10 of 90 + 10
    assert close_book(book, pre_money_bn=90.0).closers == ("a",)
    assert close_book(book, pre_money_bn=89.0).closers == ()


# --------------------------------------------------------------------------------------------------------------------
# Gates


def waiting(**more: Any) -> list[dict[str, Any]]:
    return [one("a", 3.0, [{"gate": "law", **more}])]


@pytest.mark.parametrize(
    ("book", "gate", "on", "closes"),
    [
        (waiting(), True, None, True),
        pytest.param(waiting(), False, None, False),
        (waiting(), False, NEW_YEARS_EVE, False),
        (waiting(), NEW_YEARS_EVE, None, True),
        (waiting(), NEW_YEARS_EVE, NEW_YEARS_EVE, True),
        (waiting(), NEW_YEARS_EVE, dt.date(2025, 12, 30), False),
        (waiting(by=NEW_YEARS_EVE), NEW_YEARS_EVE, None, True),
        (waiting(by=dt.date(2025, 12, 30)), NEW_YEARS_EVE, None, False),
        (waiting(by=dt.date(2025, 12, 30)), True, dt.date(2026, 6, 1), True),
        (waiting(by=NEW_YEARS_EVE), NEW_YEARS_EVE, dt.date(2026, 6, 1), True),
    ],
)
def test_a_consent_counts_from_its_day_on_and_by_its_date(book, gate, on, closes):
    assert close_book(book, gates={"law": gate}, on=on).closers == (("a",) if closes else ())


# --------------------------------------------------------------------------------------------------------------------
# Rivals


def test_a_rival_who_surely_closes_keeps_the_other_out():
    for select in ("greatest", "least", "elimination"):
        assert close_book([one("a", 3.0, [{"without": "b"}]), one("b", 2.0)], select=select).closers == ("b",)


def test_a_rival_who_cannot_close_keeps_nobody_out():
    book = [one("a", 3.0, [{"without": "b"}]), one("b", 2.0, [{"gate": "law"}])]
    assert close_book(book, gates={"law": False}).closers == ("a",)
    assert close_book(book, gates={"law": True}).closers == ("b",)


def test_two_who_exclude_each_other_are_both_barred():
    closing = close_book([one("a", 3.0, [{"without": "b"}]), one("b", 2.0, [{"without": "a"}])])
    assert (closing.closers, closing.barred, closing.total_bn) == ((), ("a", "b"), 0.0)


def test_nobody_is_barred_in_a_book_without_rivals():
    for law in (True, False):
        for select in ("greatest", "least", "elimination"):
            assert close_book(SIX, gates={"law": law}, select=select).barred == ()


# --------------------------------------------------------------------------------------------------------------------
# Empty, unchanged, refused


def test_an_empty_book_closes_nothing():
    assert close_book([]) == ((), {}, 0.0, (), (), 0.0, ())


def test_the_commitments_are_left_as_they_are():
    before = copy.deepcopy(SIX)
    close_book(SIX, gates={"law": True})
    assert before == SIX


@pytest.mark.parametrize(
    ("commitments", "more", "sentence"),
    [
        ([3], {}, "0: expected a table, got 3"),
        ("a", {}, "0: expected a table, got 'a'"),
        ([{"id": "a"}], {}, "a.ticket_bn: this key is required and missing"),
        ([{"ticket_bn": 1.0}], {}, "0.id: this key is required and missing"),
        ([one("A", 1.0)], {}, "A.id: expected an id of lower-case letters, digits, '-' and '_', got 'A'"),
        ([one("a", -1.0)], {}, "a.ticket_bn: expected a number from 0.000001 to 10000 USD billion, got -1.0"),
        ([one("a", True)], {}, "a.ticket_bn: expected a number from 0.000001 to 10000 USD billion, got True"),
        ([one("a", math.nan)], {}, "a.ticket_bn: expected a number from 0.000001 to 10000 USD billion, got nan"),
        ([one("a", 1.0, kind="ventur")], {}, "a.kind: expected .*(did you mean 'venture'?), got 'ventur'"),
        ([one("a", 1.0, role="chief")], {}, "a.role: expected 'lead' or 'follower', got 'chief'"),
        ([one("a", 1.0), one("a", 2.0)], {}, "a: expected every id once"),
        ([one("a", 1.0, [{"investor": "aa"}])], {}, "a: expected the id of a commitment (did you mean 'a'?), got 'aa'"),
        ([one("a", 1.0, [{"any_of": ["z"]}])], {}, "a: expected the id of a commitment, got 'z'"),
        ([one("a", 1.0, [{"without": "z"}])], {}, "a: expected the id of a commitment, got 'z'"),
        ([one("a", 1.0, [{"gate": "law"}])], {}, "a: expected a gate that is given, got 'law'"),
        (waiting(), {"gates": {"laws": True}}, "a: expected a gate that is given (did you mean 'laws'?), got 'law'"),
        ([one("a", 1.0, [{"weather": 1}])], {}, "a.conditions.0.0: expected exactly one of the keys gate, .*"),
        ([one("a", 1.0)], {"select": "most"}, "select: expected one of greatest, least, elimination, got 'most'"),
        ([one("a", 1.0)], {"gates": {"law": "yes"}}, "gates.law: expected True, False or a date, got 'yes'"),
        ([one("a", 1.0)], {"gates": {"law": 1}}, "gates.law: expected True, False or a date, got 1"),
    ],
)  # fmt: skip
def test_a_faulty_book_is_refused_in_a_sentence(commitments, more, sentence):
    with pytest.raises(ScenarioError) as refusal:
        close_book(commitments, **more)
    said = str(refusal.value).removeprefix("commitments: ")
    start, anything, end = sentence.partition(".*")
    assert said.startswith(start)
    assert said.endswith(end)
    assert anything or said == sentence


def test_all_faults_of_a_book_are_reported_at_once():
    with pytest.raises(ScenarioError) as refusal:
        close_book([one("a", -1.0), one("b", 1.0, kind="zebra"), {"id": "c"}])
    assert [fault.key for fault in refusal.value.faults] == ["a.ticket_bn", "b.kind", "c.ticket_bn"]


@pytest.mark.parametrize(
    "more",
    [
        {"cap_bn": math.nan},
        {"cap_bn": -1.0},
        {"cap_bn": "ten"},
        {"base_bn": math.inf},
        {"base_bn": -5.0},
        {"sentiment": math.nan},
        {"pre_money_bn": 0.0},
        {"pre_money_bn": "260"},
        {"on": "2025-12-31"},
        {"gates": [True]},
    ],
)
def test_what_is_given_beside_the_book_is_checked_too(more):
    with pytest.raises(ScenarioError):
        close_book([one("a", 1.0)], **more)


def test_an_unknown_key_of_a_commitment_gets_a_hint():
    with pytest.raises(ScenarioError, match="did you mean 'pro_rata_share'"):
        close_book([one("a", 1.0, pro_rata_shar=0.1)])


def test_an_empty_clause_is_refused_as_in_a_file():
    with pytest.raises(ScenarioError, match="at least one condition in a clause"):
        close_book([one("a", 1.0, [])])


# --------------------------------------------------------------------------------------------------------------------
# A book that is read once


def test_a_book_read_once_closes_as_often_as_one_likes_as_if_read_anew():
    commitments = [
        {"id": "lead", "ticket_bn": 6.0, "role": "lead", "conditions": [[{"gate": "law"}]]},
        {"id": "fund", "ticket_bn": 3.0, "conditions": [[{"investor": "lead"}], [{"max_pre_money_bn": 200.0}]]},
        {"id": "cheap", "ticket_bn": 1.0, "conditions": [[{"min_sentiment": -0.5}]]},
    ]
    book = abm.CommitmentBook(commitments, gates={"law": False})
    for law in (False, True):
        for price in (150.0, 250.0):
            for mood in (-1.0, 0.0):
                anew = close_book(commitments, gates={"law": law}, pre_money_bn=price, sentiment=mood, cap_bn=8.0)
                assert book.close(gates={"law": law}, pre_money_bn=price, sentiment=mood, cap_bn=8.0) == anew
    assert book.close(gates={"law": True}, cap_bn=8.0).closers == ("lead", "fund", "cheap")
    assert book.close(pre_money_bn=250.0).closers == ("cheap",)


def test_a_gate_that_the_book_was_not_read_with_is_refused():
    book = abm.CommitmentBook([{"id": "a", "ticket_bn": 1.0}], gates={"law": True})
    with pytest.raises(ScenarioError, match=r"gates\.lawe: expected a gate of the book \(did you mean 'law'\?\)"):
        book.close(gates={"lawe": True})
