"""Pictures of sweeps: what is drawn is what the frame says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from abm.plots import drawn, save_figure
from abm.plots.multiples import multiples
from abm.plots.study_pictures import choose_pictures
from abm.plots.sweeps import heat, over_worlds, response, tornado
from abm.plots.theme import new_figure, styled

GRID = pd.DataFrame(
    [(x, y, p, p - 0.02, p + 0.02) for x, y, p in [(1, 10, 0.1), (1, 20, 0.49), (2, 10, 0.3), (2, 20, 0.8)]],
    columns=["x", "y", "p", "low", "high"],
)


@pytest.fixture
def ax():
    with styled():
        yield new_figure()[1]


def test_a_response_is_a_line_with_its_band_in_percent(ax):
    response(GRID[GRID["y"] == 10], ax, "x")
    (line,) = ax.lines
    assert line.get_xydata().tolist() == [[1.0, 10.0], [2.0, 30.0]]
    band = ax.collections[0].get_paths()[0].vertices
    assert {round(float(y)) for _, y in band} == {8, 12, 28, 32}


def test_a_second_axis_becomes_lines_that_are_named(ax):
    response(GRID, ax, "x", "y")
    assert [line.get_label() for line in ax.lines] == ["10", "20"]
    assert ax.get_legend().get_title().get_text() == "y"


def test_lines_that_say_the_same_are_all_seen_and_their_names_cover_none(ax):
    frame = pd.concat([GRID[GRID["y"] == 10].assign(y=name) for name in ("a", "b", "c")])
    response(frame, ax, "x", "y")
    strokes = [(line.get_linewidth(), line.get_linestyle(), line._dash_pattern) for line in ax.lines]
    widths = [width for width, *_ in strokes]
    assert widths == sorted(set(widths), reverse=True), "the widest lies below"
    assert len({str(pattern) for *_, pattern in strokes}) == 3
    ax.figure.draw_without_rendering()
    assert not ax.get_legend().get_window_extent().overlaps(ax.get_window_extent())


def test_a_map_says_what_its_line_and_its_rings_mean(ax):
    heat(GRID, ax, "x", "y", level=0.5)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["50 %", "may be above or below 50 %"]


def test_a_map_without_line_and_rings_needs_no_legend(ax):
    heat(GRID, ax, "x", "y", level=0.95)
    assert ax.get_legend() is None


def test_a_map_shows_every_cell_and_marks_what_is_open(ax):
    heat(GRID, ax, "x", "y", level=0.5)
    assert sorted(text.get_text() for text in ax.texts) == ["10", "30", "49", "80"]
    (rings,) = ax.lines
    assert rings.get_xydata().tolist() == [[0.5, 1.16]]  # x = 1, y = 20: 0.47 to 0.51
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["10", "20"]


def test_changes_are_ranked_by_their_size(ax):
    frame = pd.DataFrame({"words": ["a", "b"], "change": [0.01, -0.2], "low": [0.0, -0.22], "high": [0.02, -0.18]})
    tornado(frame, ax)
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["b", "a"]
    assert [bar.get_width() for bar in ax.patches] == pytest.approx([-20.0, 1.0])


def test_worlds_that_could_not_be_simulated_are_left_out(ax):
    frame = pd.DataFrame({"p": [0.4, np.nan, 0.2], "low": [0.3, 0.0, 0.1], "high": [0.5, 1.0, 0.3]})
    over_worlds(frame, ax, central=0.25)
    assert ax.lines[0].get_xydata().tolist() == [[20.0, 25.0], [40.0, 75.0]]
    assert ax.lines[1].get_xdata()[0] == pytest.approx(30.0)


@pytest.mark.parametrize(
    ("frame", "changes", "axes", "names"),
    [
        (GRID[GRID["y"] == 10], None, ["x"], {"response"}),
        (GRID, None, ["x", "y"], {"map", "response"}),
        (GRID[:3], None, ["x", "y"], {"spread"}),
        (GRID, pd.DataFrame({"words": ["a"], "change": [0.1], "low": [0.0], "high": [0.2]}), ["x"], {"changes"}),
    ],
)
def test_a_study_is_drawn_as_its_points_were_chosen(frame, changes, axes, names, tmp_path):
    shown = choose_pictures(frame, changes, axes, "closed")
    written = [
        path for one in shown
        for path in save_figure(one.draw, tmp_path, one.name, one.title, "source", *one.given, **one.named)
    ]  # fmt: skip
    assert {path.stem for path in written} == names
    assert {path.suffix for path in written} == {".png", ".svg"}
    assert all(path.stat().st_size > 1_000 for path in written)


def test_small_multiples_are_a_panel_a_group_with_its_lines_and_bounds():
    lines = [("first", "a", ""), ("first", "b", ""), ("second", "", "here")]
    rows = [(panel, line, x, tick, 10 * x + 5, 10 * x, 10 * x + 8) for panel, line, tick in lines for x in (1, 2)]
    frame = pd.DataFrame(rows, columns=["panel", "line", "x", "tick", "y", "low", "high"]).assign(
        x_label="weeks", y_label="funds", band_low=[np.nan] * 4 + [1, 1], band_high=[np.nan] * 4 + [2, 2]
    )
    figure = drawn(multiples, frame, columns=1)
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["first", "second"]
    above, below = figure.axes
    assert [box.get_label() for box in above.containers] == ["a", "b"]
    line, _, (bounds,) = above.containers[0]
    assert line.get_xydata().tolist() == [[1, 15], [2, 25]]
    assert [segment[:, 1].tolist() for segment in bounds.get_segments()] == [[10, 18], [20, 28]]
    assert [text.get_text() for text in above.get_legend().get_texts()] == ["a", "b"]
    assert below.get_legend() is None
    assert [text.get_text() for text in below.get_xticklabels()] == ["here", "here"]
    assert below.patches[0].get_height() == 1
    assert not above.patches
