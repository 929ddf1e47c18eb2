"""Labels: paths of a scenario as they are said."""

from __future__ import annotations

import pytest

import abm
from abm.report.parameters_page import SECTIONS
from abm.scenario.fields import Knob
from abm.scenario.labels import label, limit_words, quantity, short_of
from abm.scenario.sources import numbers_of

FLAGSHIP = abm.load_scenario("openai-2025")


@pytest.mark.parametrize(
    ("path", "low", "high", "words"),
    [
        (
            "round.target_bn",
            20,
            30,
            "“the round: new money wanted” is between USD 20 billion and USD 30 billion",
        ),
        ("gatekeepers.completion.hazard_per_year", None, 365 / 70, "takes more than 10 weeks on average"),
        ("gatekeepers.completion.hazard_per_year", 365 / 70, 365 / 7, "takes between 1 weeks and 10 weeks on average"),
        ("valuation.growth_per_year", 0.25, None, "“valuation: expected growth of value” is above 25 % a year"),
        ("company.net_burn_bn_per_year.1", None, 9, "“OpenAI: net burn from Jan 2026” is below USD 9 billion a year"),
        (
            "company.obligations.oracle.deferrable_share",
            0.4,
            None,
            "“Oracle: part that the creditor lets wait” is above 40 %",
        ),
    ],
)
def test_limits_are_said_in_the_words_of_the_field(path, low, high, words):
    assert words in limit_words(FLAGSHIP, path, low, high)


def test_every_number_of_the_packaged_rounds_has_a_label_of_its_own():
    for name in abm.packaged():
        scenario = abm.load_scenario(name)
        labels = [label(scenario, path) for path, _, _ in numbers_of(scenario)]
        assert len(set(labels)) == len(labels), [one for one in labels if labels.count(one) > 1]
        assert not any("_" in one for one in labels)


def test_quantities_carry_their_unit():
    assert quantity(3, "-") == "3"
    assert quantity(-10, "USD billion/year") == "USD -10 billion a year"
    assert quantity(0.09, "1/year", "environment.excess_attrition_per_year") == "9 % a year"


LONGEST = 40  # letters: a line beside an axis, with whose number it is


@pytest.mark.parametrize("table", SECTIONS)
def test_every_number_of_the_format_has_a_name_that_fits_beside_an_axis(table):
    for key, field in SECTIONS[table].model_fields.items():
        for knob in (mark for mark in field.metadata if isinstance(mark, Knob)):
            assert 3 < len(short_of(key, knob)) <= LONGEST, (key, short_of(key, knob))
