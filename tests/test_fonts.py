"""Fonts: letters that the font of the figures lacks come from another one of this machine, with at most one warning."""

from __future__ import annotations

import io
import warnings

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager

import abm
from abm.plots import fonts, save_figures
from abm.plots.theme import new_figure, styled
from abm.report.page import inlined

SUN, UNICORN = "日", "🦄"  # neither is in DejaVu Sans


@pytest.fixture(autouse=True)
def known_fonts(monkeypatch):
    """The fonts of this machine that have neither letter, so that every machine is the same."""
    fonts._families_with.cache_clear()
    fonts._say_boxes.cache_clear()
    own = [entry for entry in fontManager.ttflist if entry.name == "DejaVu Sans"]
    monkeypatch.setattr(fontManager, "ttflist", own)
    fontManager._findfont_cached.cache_clear()
    yield
    fonts._families_with.cache_clear()
    fonts._say_boxes.cache_clear()
    fontManager._findfont_cached.cache_clear()


def font_with(letters: str, family: str, folder) -> None:
    """Install a font whose letters are all squares."""
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    for corner in ((0, 700), (700, 700), (700, 0)):
        pen.lineTo(corner)
    pen.closePath()
    names = {f"uni{ord(letter):X}": letter for letter in letters}
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", *names])
    builder.setupCharacterMap({ord(letter): name for name, letter in names.items()})
    builder.setupGlyf(dict.fromkeys([".notdef", *names], pen.glyph()))
    builder.setupHorizontalMetrics(dict.fromkeys([".notdef", *names], (800, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": family, "styleName": "Regular", "psName": family})
    builder.setupOS2()
    builder.setupPost()
    builder.save(folder / f"{family}.ttf")
    fontManager.addfont(folder / f"{family}.ttf")


def titled(title: str) -> Figure:
    with styled():
        figure, ax = new_figure()
        ax.set_title(title)
        ax.set_yticks([0, 1], ["0", title])
    return figure


def drawn(title: str) -> str:
    with styled():
        content = io.BytesIO()
        fonts.write_figure(titled(title), content, format="svg", metadata={"Date": None, "Creator": None})
    return content.getvalue().decode()


def test_a_letter_comes_from_the_font_that_has_it(tmp_path):
    font_with(SUN, "Sun", tmp_path)
    font_with(UNICORN + SUN, "Both", tmp_path)
    font_with(UNICORN, "Unicorn", tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        picture = drawn(f"Bank {SUN}{UNICORN}")
    lenders = {name for name in ("Sun", "Both", "Unicorn") if f'id="{name}-' in picture}
    assert lenders == {"Both"}  # one font with both letters, rather than two with one each
    assert 'id="DejaVuSans-Bold-' in picture  # for the others


def test_a_figure_of_letters_that_are_there_stays_the_same_file(tmp_path):
    before = drawn("Zürcher Größen")
    font_with(SUN + "Z", "Sun", tmp_path)
    assert drawn("Zürcher Größen") == before


def test_letters_that_no_font_has_are_one_warning_for_all_figures(tmp_path):
    font_with(SUN, "Sun", tmp_path)
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        for title in (UNICORN, SUN + UNICORN, "三井住友"):
            drawn(title)
            inlined(titled(title), "a picture of a page, wide and narrow")
    assert len(found) == 1
    assert "in no font of this machine" in str(found[0].message)


def test_very_long_names_leave_room_for_the_bars(tmp_path):
    """The very long name of the trial file pushed its picture out of the page, with four warnings."""
    scenario = abm.load_scenario("tests/trials/names.toml")
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        save_figures(abm.simulate(scenario, runs=50), tmp_path)
    assert [str(warning.message) for warning in found if "layout" in str(warning.message)] == []
    assert len(found) == 1
