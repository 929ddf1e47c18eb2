"""Words in figures: names that are whole, legends that hide nothing, dates with their year."""

from __future__ import annotations

import re

import pandas as pd
from matplotlib.text import Text

import abm
from abm.plots import drawn, figure_of
from abm.plots.pivotal import shares as draw_shares
from abm.plots.theme import new_figure, slim, styled
from abm.report.study_text import pictures_of

NAMES = ["Tier 2 and senior bondholders accept the exchange of six hundred million", "Other buyers"]


def pivotal_frame() -> pd.DataFrame:
    frame = pd.DataFrame({"name": NAMES, "shapley": [0.2, 0.1], "leave_out": [0.7, 0.6], "bind": [0.1, 0.0]})
    return frame.assign(low=frame["shapley"] - 0.01, high=frame["shapley"] + 0.01)


def words_of(figure) -> str:
    return " ".join(text.get_text().replace("\n", " ") for text in figure.findobj(Text))


def test_names_are_broken_and_not_cut_and_the_legend_hides_nothing():
    figure = drawn(draw_shares, pivotal_frame())
    assert all(name in words_of(figure) for name in NAMES)
    (ax,) = figure.axes
    assert ax.get_legend() is None
    figure.draw_without_rendering()
    assert figure.legends[0].get_window_extent().y0 >= ax.bbox.y1 - 1
    with styled():
        slim(figure)
    assert all(name in words_of(figure) for name in NAMES)
    assert max(len(line) for tick in ax.get_yticklabels() for line in tick.get_text().split("\n")) <= 22


def test_money_holds_until_the_closing_and_the_bands_are_named():
    scenario = abm.load_scenario("three-investors").with_values({"round.close_when": "deadline"})
    figure = figure_of(abm.simulate(scenario, 20, 1), "book")
    lines = figure.axes[0].get_lines()
    assert {line.get_drawstyle() for line in lines[:2]} == {"steps-post"}
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == ["committed, median", "paid, median", "half of the runs", "nine in ten"]


def test_a_year_stands_once_below_the_month_in_which_it_begins():
    figure = figure_of(abm.simulate("three-investors", 20, 1), "book")
    figure.draw_without_rendering()
    shown = [tick.get_text() for tick in figure.axes[-1].get_xticklabels()]
    assert [name for name in shown if "\n" in name] == [name for name in shown if name.endswith(("2025", "2026"))]
    assert sum(name.endswith("2025") for name in shown) == 1
    assert not any(name.startswith("20") for name in shown)


def test_on_a_phone_numbers_with_a_unit_stay_where_the_axis_puts_them():
    with styled():
        figure, ax = new_figure()
        ax.plot([0, 50], [0, 50])
        ax.xaxis.set_major_formatter(lambda x, _: f"{x:g} bn")
        slim(figure)
        ax.set_xlim(0, 1_000)
        figure.draw_without_rendering()
    assert max(int(tick.get_text().split()[0]) for tick in ax.get_xticklabels()) >= 500


def test_an_interval_is_never_broken_from_its_percent():
    figure = drawn(draw_shares, pivotal_frame())
    figure.axes[0].set_xlabel("probability of closing [points], with its 95 % interval")
    with styled():
        slim(figure)
    assert not re.search(r"95\s*\n", figure.axes[0].get_xlabel())


def test_a_map_names_its_axes_in_words_that_stay_whole():
    axes = {"gatekeepers.restructuring.hazard_per_year": [1.0, 4.0], "investors.fund.signing_probability": [0.4, 0.8]}
    for shown in pictures_of(abm.sweep("three-investors", axes, runs=20)):
        said = words_of(drawn(shown.draw, *shown.given, **shown.named))
        assert "Conversion to a public benefit corporation: speed of consent" in said
        assert "Follow Ventures: probability of signing" in said
        assert "hazard_per_year" not in said
