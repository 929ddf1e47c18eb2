"""Round end: what the last day of a round is called, and the day by which its money is wanted, wherever it is read."""

from __future__ import annotations

import datetime as dt

import pytest

import abm
from abm.analysis.levers import levers_of
from abm.analysis.story import tell_story
from abm.plots import figure_of
from abm.report.answer import answer_json, answer_text, due_json
from abm.scenario import scenario_from

START, VOTE = dt.date(2023, 10, 8), dt.date(2023, 11, 27)
HARD = {"hard_deadline": True, "due": dt.date(2023, 12, 1)}
NEITHER = {"deadline": None}


def ends(**terms) -> abm.Scenario:
    """A lead who pays after a vote that is won for sure; the file says more or less about the end of the round."""
    given = {"target_bn": 10.0, "deadline": dt.date(2023, 12, 31)} | terms
    return scenario_from({
        "format": 2, "id": "small", "as_of": START, "round": {k: v for k, v in given.items() if v is not None},
        "gatekeepers": [{"id": "vote", "chance": 1.0, "on": VOTE}],
        "investors": [
            {"id": "lead", "role": "lead", "standing": "firm", "ticket_bn": 10.0, "holds": 1.0, "needs": ["vote"]}
        ],
    })  # fmt: skip


@pytest.mark.parametrize(
    ("terms", "question", "opened", "marks"),
    [
        (
            {}, "arrive in the end (watched until 2026-10-04), which is wanted by 2023-12-31?",
            ", wanted by 31 December 2023, watched until 4 October 2026, at", ["wanted by", "end of the watch"],
        ),
        (
            NEITHER, "arrive in the end (watched until 2026-10-04)?", ", watched until 4 October 2026, at",
            ["end of the watch"],
        ),
        (
            HARD, "arrive by 2023-12-31, which is wanted by 2023-12-01?",
            ", wanted by 1 December 2023, until 31 December 2023, at", ["wanted by", "deadline"],
        ),
        ({"hard_deadline": True}, "arrive by 2023-12-31?", " until 31 December 2023, at", ["deadline"]),
    ],
)  # fmt: skip
def test_the_last_day_is_called_a_deadline_where_it_is_one_and_nowhere_else(terms, question, opened, marks):
    scenario = ends(**terms)
    outcomes = abm.simulate(scenario, 200, workers=1)
    answer, run = " ".join(answer_text(outcomes).split()), int(outcomes.to_frame()["closed"].idxmax())
    story = " ".join(tell_story(scenario, 1, run).text().split())
    figures = [" ".join(text.get_text() for ax in figure_of(outcomes, name).axes
                        for text in (*ax.texts, ax.xaxis.label)) for name in ("book", "funded")]  # fmt: skip
    assert question in answer
    assert opened in story
    assert "pre-money, which is assumed." in story
    known = ("wanted by", "end of the watch", "deadline")
    assert [name for name in known if name in figures[0].replace("by the deadline", "")] == marks
    hard = "deadline" in marks
    assert ("by the deadline" in answer) == hard == ("in the end" not in answer)
    assert ("its deadline was 31 December 2023" in story) == hard
    assert ("by the deadline" in figures[1]) == hard
    assert ("it was wanted by" in story) == ("wanted by" in marks)
    if not hard:
        assert "deadline" not in answer + story + " ".join(figures)


def test_a_price_that_the_file_states_is_not_called_assumed():
    story = tell_story(ends(pre_money_bn=1.0), 1, 0).text()
    assert "at USD 1 billion pre-money." in " ".join(story.split())


def test_a_round_that_nothing_ends_has_no_deadline_to_be_moved():
    assert not any(lever.id == "deadline" for lever in levers_of(ends()))
    assert any(lever.id == "deadline" for lever in levers_of(ends(hard_deadline=True)))


def test_the_chance_by_the_day_on_which_it_is_wanted_is_said_with_its_interval():
    """Everything closes in the week after the vote: before a day in November nothing has, by the end of it all has."""
    days = dt.date(2023, 11, 20), dt.date(2023, 12, 10)
    early, late = (abm.simulate(ends(deadline=day), 100, central=True) for day in days)
    assert [due_json(one)["p"] for one in (early, late)] == [0.0, 1.0]
    # Wilson's interval of none, and of all, of 100 runs: 1.96^2 / (100 + 1.96^2) = 3.7 %
    assert due_json(early)["said"] == "0% (0% to 3.70%)"
    assert due_json(late)["date"] == "2023-12-10"
    assert answer_json(late)["closed_by"]["2023-12-10"]["p"] == 1.0
    assert due_json(abm.simulate(ends(**NEITHER), 20)) is None
