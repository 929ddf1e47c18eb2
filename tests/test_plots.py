"""Pictures: what is drawn is what was computed, and nothing is left without a unit."""

from __future__ import annotations

import re

import matplotlib as mpl
import numpy as np
import pytest

import abm
from abm.plots import FIGURES, save_figures
from abm.plots.theme import styled


@pytest.fixture(autouse=True)
def coarse(monkeypatch):
    """Fewer points of a picture, none of which any test looks at."""
    monkeypatch.setattr("abm.plots.DPI", 40)


@pytest.fixture(scope="module")
def outcomes():
    return abm.simulate("three-investors", runs=60, seed=3, engine="mesa", workers=1)


def drawn(name, outcomes):
    with styled():
        figure = FIGURES[name](outcomes)
        figure.canvas.draw()
    return figure


def texts(ax):
    return [text.get_text() for text in ax.texts]


@pytest.mark.parametrize("name", FIGURES)
def test_every_axis_with_numbers_says_its_unit(name, outcomes):
    for ax in drawn(name, outcomes).axes:
        for axis in (ax.xaxis, ax.yaxis):
            ticks = [label.get_text().replace("−", "-") for label in axis.get_ticklabels() if label.get_visible()]
            if ticks and all(re.fullmatch(r"-?[\d.]+", tick) for tick in ticks if tick):
                shared = axis is ax.xaxis and not ax.get_xlabel() and name in ("book", "cash")  # dates
                assert "[" in axis.get_label().get_text() or shared, (name, ticks)


def test_the_bars_of_the_funded_amount_add_up_to_all_runs(outcomes):
    (ax,) = drawn("funded", outcomes).axes
    assert sum(patch.get_height() for patch in ax.patches) == pytest.approx(100.0)
    assert f"target reached: {outcomes.probability('closed').p:.1%} of runs" in [
        text.get_text() for text in ax.get_legend().get_texts()
    ]


def test_the_causes_and_the_closed_share_are_drawn_with_their_numbers_and_add_up(outcomes):
    (ax,) = drawn("causes", outcomes).axes
    widths = [patch.get_width() for patch in ax.patches]
    assert sum(widths) == pytest.approx(100.0)
    assert widths[0] == pytest.approx(100 * outcomes.probability("closed").p)
    assert texts(ax) == [f"{width:.1f} %" for width in widths]


def test_the_fan_of_paid_money_ends_at_the_median_of_the_table(outcomes):
    ax = drawn("book", outcomes).axes[0]
    paid = next(line for line in ax.lines if line.get_label().startswith("paid"))
    shown = np.asarray(paid.get_ydata())
    assert shown[0] == 0.0
    assert shown[-1] == outcomes.to_frame()["funded_bn"].median()


def test_the_book_shows_every_gatekeeper_with_its_share(outcomes):
    labels = texts(drawn("book", outcomes).axes[1])
    share = (outcomes.to_frame()["gate_day.restructuring"] <= 156).mean()
    assert labels == [f"Conversion to a public benefit corporation: in force by the deadline in {share:.0%} of runs"]


def test_defaults_are_counted_where_cash_is_below_zero():
    broke = abm.scenario_from(abm.load_scenario("three-investors").raw).with_values({"company.cash_bn": 0.1})
    outcomes = abm.simulate(broke, runs=20, seed=1, workers=1)
    bottom = drawn("cash", outcomes).axes[1]
    assert f"{100 - 100 * outcomes.probability('survived').p:.0f} %" in texts(bottom)


def test_payers_are_sorted_and_a_pool_is_one_bar():
    outcomes = abm.simulate("openai-2025", runs=3, seed=1, workers=1)
    left, right = drawn("payers", outcomes).axes
    widths = [patch.get_width() for patch in left.patches]
    assert widths == sorted(widths, reverse=True)
    names = [label.get_text() for label in left.get_yticklabels()]
    assert names.count("Funds without a name") == 1
    assert sum(widths) == pytest.approx(outcomes.to_frame()["funded_bn"].mean())
    low, high = right.get_xlim()
    assert low <= 0
    assert high >= 100


@pytest.mark.parametrize("runs", [1, 2])
@pytest.mark.parametrize("world", ["mutual-conditions", "three-investors"])
def test_few_runs_no_company_and_no_failures_are_drawn_too(world, runs, tmp_path):
    outcomes = abm.simulate(world, runs=runs, seed=1, workers=1)
    written = save_figures(outcomes, tmp_path)
    names = {path.stem for path in written}
    assert names == set(FIGURES) - ({"cash"} if outcomes.scenario.company is None else set())
    assert all(path.stat().st_size > 1_000 for path in written)


def test_a_round_without_gatekeepers_is_drawn(tmp_path):
    raw = abm.load_scenario("three-investors").raw
    raw["gatekeepers"] = []
    raw["investors"] = [{"id": "one", "kind": "venture", "ticket_bn": 9.0, "signing_probability": 0.5}]
    assert save_figures(abm.simulate(abm.scenario_from(raw), runs=5, seed=1, workers=1), tmp_path)


def test_the_same_outcomes_give_the_same_bytes_and_global_settings_stay(outcomes, tmp_path):
    before = dict(mpl.rcParams)
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        save_figures(outcomes, tmp_path / folder)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes(), path.name
    assert dict(mpl.rcParams) == before


def test_every_figure_says_where_it_comes_from(outcomes, monkeypatch, tmp_path):
    signed = []
    monkeypatch.setattr("abm.plots.sign", lambda figure, text: signed.append(text))
    monkeypatch.setattr("abm.plots._saved", lambda *_: [])
    save_figures(outcomes, tmp_path)
    assert len(signed) == len(FIGURES)
    assert all(text.startswith("three-investors: 60 runs, seed 3, mesa engine") for text in signed)
