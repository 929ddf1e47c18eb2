"""What is asked of a run: by a day, of an event, of the minimum close; and in what words and digits it is answered."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
import shlex
from functools import partial

import pytest

import abm
from abm.report.answer import answer_json, answer_text, closing_dates, report_command
from abm.runs.digits import percent, three_digits
from tests.worlds import bound, consent, world

SMALL = "three-investors"
RATE, DAYS = 3.0, 156


@pytest.fixture
def run(command):
    """Run ``abm run``: its exit code, its output, its messages."""
    return partial(command, "run")


def waiting(**terms) -> abm.Scenario:
    """A round of 6 of which 3 wait for a consent with a constant rate, so that every chance is known."""
    who = [bound("anna", 3.0), bound("ben", 3.0, [{"gate": "law"}])]
    for one, name in zip(who, ("Anna Capital", "Ben Partners"), strict=True):
        one["name"] = name
    return abm.scenario_from(world(who, [consent("law", RATE)], days=DAYS, target_bn=6.0, **terms))


def by_day(day: float) -> float:
    return 1 - math.exp(-RATE * day / 365)


def near(chance: abm.Estimate, p: float) -> bool:
    return abs(chance.p - p) < 4.5 * math.sqrt(p * (1 - p) / chance.runs)


def test_the_chance_to_have_closed_by_a_day_is_that_of_the_consent():
    scenario = waiting()
    totals = abm.simulate(scenario, 20_000, keep="totals")
    for day in (49, 98, 154):  # ends of weeks, at which closings happen
        assert near(totals.closed_by(day), by_day(day)), day
    assert totals.closed_by(DAYS) == totals.probability("closed") == totals.on_time()
    assert totals.closed_by(0).p == 0.0
    table = answer_json(totals)["closed_by"]
    assert list(table) == [str(day) for day in closing_dates(scenario)]
    assert table[str(scenario.round.deadline)]["p"] == totals.probability("closed").p


def test_the_minimum_close_may_be_reached_where_the_target_is_not():
    """3 never suffice for 5, 6 never for a target of 8: the minimum is reached when the consent comes."""
    scenario = waiting().with_values({"round.target_bn": 8.0, "round.cap_bn": 8.0, "round.minimum_close_bn": 5.0})
    totals = abm.simulate(scenario, 20_000, keep="totals")
    assert totals.probability("closed").p == 0.0
    assert near(totals.minimum_reached(), by_day(DAYS))
    assert totals.minimum_reached() == abm.simulate(scenario, 20_000).probability("funded_bn >= 5")
    assert answer_json(totals)["probability"]["minimum_close"]["p"] == totals.minimum_reached().p
    assert "The minimum close of 5 billion is reached with probability" in answer_text(totals)
    assert "minimum close" not in answer_text(abm.simulate(waiting(), 20, keep="totals"))


def test_a_day_and_an_event_are_answered_first_with_their_own_interval(run):
    code, text, faults = run(SMALL, "--runs", "400", "--by", "2025-10-31")
    outcomes = abm.simulate(SMALL, 400)
    day = (dt.date(2025, 10, 31) - dt.date(2025, 7, 28)).days
    chance = outcomes.probability(f"closed and closed_day <= {day}")
    assert (code, faults) == (0, "")
    assert " ".join(text.split()).startswith(f"The round closes by 2025-10-31 with probability {chance} at central")
    assert f"The round closes at all with probability {outcomes.probability('closed')}." in text
    event = "paid_bn.fund > 0 or paid_bn.swf > 0"
    answer = json.loads(run(SMALL, "--runs", "400", "--event", event, "--json")[1])
    chance = outcomes.probability(event)
    assert answer["event"] == event
    assert answer["probability"][event] == {"p": chance.p, "low": chance.low, "high": chance.high}


def test_a_width_is_that_of_what_was_asked(run):
    """The lead pays at least its fallback in every run: 3.84 / 2 / (500 + 3.84) is below 0.01 at the first look."""
    sure = json.loads(run(SMALL, "--event", "paid_bn.lead >= 1", "--within", "0.01", "--json")[1])
    assert (sure["runs"], sure["probability"]["paid_bn.lead >= 1"]["p"]) == (500, 1.0)
    assert json.loads(run(SMALL, "--within", "0.01", "--json")[1])["runs"] > 8_000


def test_the_same_may_be_asked_in_python():
    found = abm.simulate(SMALL, within=0.01, event="paid_bn.lead >= 1", keep="totals")
    assert (found.runs, found.reached, found.probability("paid_bn.lead >= 1").p) == (500, True, 1.0)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--by", "31.12.2025"], "--by: expected a date after 2025-07-28, at the latest 2027-07-26, got '31.12.2025'"),
        (["--by", "2025-07-28"], "--by: expected a date after 2025-07-28, .* got '2025-07-28'"),
        (["--by", "2031-01-01"], "--by: expected .*, at the latest 2027-07-26, got '2031-01-01'"),
        (["--by", "2025-10-31", "--event", "survived"], "--by: expected none with --event"),
        (["--event", "funded >= 2"], "--event: expected a condition .* got 'funded >= 2' .*did you mean 'funded_bn'"),
        (["--event", "funded_bn > mean(funded_bn)"], "--event: expected an event that a run tells alone, got"),
        (["--event", "funded_bn + 1"], "--event: expected an event that is true or false in every run"),
        (["--event", "__import__('os').system('true')"], "--event: expected a condition"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_one_sentence(words, says, run):
    code, text, faults = run(SMALL, "--runs", "10", *words)
    assert (code, text, faults.count("\n")) == (2, "", 1)
    assert re.match(says, faults), faults


def test_what_nobody_can_know_is_said_to_be_unknown(run):
    code, text, _ = run("mutual-conditions", "--runs", "10", "--event", "survived")
    assert code == 0
    assert text.startswith("“survived” comes with probability unknown (95 % interval 0% to 100%, 0 runs, seed 1)")
    answer = json.loads(run("mutual-conditions", "--runs", "10", "--event", "survived", "--json")[1])
    assert answer["probability"]["survived"] is None


def test_the_first_sentence_says_how_to_see_the_other_doubt_and_claims_no_range_itself(run):
    code, text, _ = run("openai-2025", "--runs", "20", "--set", "round.target_bn=20")
    *first, command = text.split("\n\n")[0].splitlines()
    assert code == 0
    assert " ".join(first).endswith("Which of these numbers move it:")
    assert shlex.split(command) == ["abm", "report", "openai-2025", "--quick", "--set", "round.target_bn=20"]
    assert report_command("a b.toml") == "abm report 'a b.toml' --quick"
    central = run("openai-2025", "--runs", "20", "--central")[1].split("\n\n")[0].splitlines()[:-1]
    assert " ".join(central).endswith("at central values; how far what nobody knows moves it:")
    text = run(SMALL, "--runs", "20")[1]
    assert "no number of the file has a range, so how far others would move it is not known." in " ".join(text.split())


def test_people_read_names_and_programs_ids():
    totals = abm.simulate(waiting(), 50, keep="totals")
    text = answer_text(totals)
    assert "It comes from Anna Capital 3.00 (pays in 100% of runs), Ben Partners" in text
    assert not re.search(r"\b(anna|ben)\b", text)


@pytest.mark.parametrize("name", abm.packaged())
def test_numbers_of_an_answer_have_three_digits(name):
    text = answer_text(abm.simulate(name, 300, keep="totals"))
    text = re.sub(r"money of USD [\d.]+ billion", "", text)  # the target is said as the file has it
    for number in re.findall(r"\d[\d,]*\.\d+", text):
        digits = number.replace(",", "").replace(".", "").lstrip("0")
        assert len(digits) == 3 or number.startswith("99."), number


def test_digits_are_those_of_the_general_format():
    for number in (0.000123456, 0.0999, 0.9996, 1.0, 12.345, 999.6, 123_456.0, -22.45):
        assert float(three_digits(number).replace(",", "")) == float(f"{number:.3g}"), number
    assert percent(0.999) == "99.9%"
    assert percent(0.99999) == "99.9990%"


def test_a_long_window_has_few_dates_its_deadline_and_its_extension_among_them():
    for days, more in ((20, 0.0), (156, 0.0), (156, 0.5), (900, 0.5)):
        raw = world([bound("anna", 1.0)], days=days, weeks=200, target_bn=1.0, extension_probability=more)
        raw["round"]["extension_days"] = 60
        scenario = abm.scenario_from(raw)
        dates, deadline = closing_dates(scenario), scenario.round.deadline
        assert (4 if days > 100 else 1) <= len(dates) <= 6  # enough of them, too, to see how it gathers
        assert dates == sorted(set(dates))
        assert all(date > scenario.as_of for date in dates)
        last = deadline + dt.timedelta(days=60) if more else deadline
        assert {deadline, last} <= set(dates)
        assert dates[-1] == last
        assert all((date + dt.timedelta(days=1)).day == 1 for date in set(dates) - {deadline, last})
