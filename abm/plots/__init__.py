"""Plots: tables drawn onto axes, a kind of picture a file; here they become figures and files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from abm.plots import book, cash, causes, funded, payers
from abm.plots.fonts import write_figure
from abm.plots.frames import book_frames, cause_rows, has_frames, payer_rows
from abm.plots.theme import DPI, headline, new_figure, sign, styled
from abm.scenario.round_end import last_day, marked_days

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from abm.runs.outcomes import Outcomes

_FANS = ("book", "cash")


def book_figure(outcomes: Outcomes) -> Figure:
    """Money committed and paid until the round is over, above the consents."""
    scenario, shown = outcomes.scenario, book_frames(outcomes)
    names = [gate.name or gate.id for gate in scenario.gatekeepers]
    ratio = [3.2, 0.45 * len(names) + 0.1] if names else [1.0]
    figure, axes = new_figure(len(ratio), 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": ratio})
    target, days = float(scenario.round.target_bn), marked_days(scenario)
    book.book(shown.committed, shown.paid, axes[0, 0], shown.dates, target, days)
    axes[0, 0].set_title("How the book fills")
    if names:
        start, by = _midnight(scenario.as_of), last_day(scenario).by
        book.consents(shown.consent_days, axes[1, 0], names, start, scenario.window_days, by)
    return figure


def _midnight(date: dt.date) -> dt.datetime:
    return dt.datetime.combine(date, dt.time())


def funded_figure(outcomes: Outcomes) -> Figure:
    """Distribution of the money that is paid."""
    figure, ax = new_figure()
    funded.funded(outcomes.to_frame(), ax, float(outcomes.scenario.round.target_bn), last_day(outcomes.scenario).by)
    ax.set_title("How much money arrives")
    return figure


def causes_figure(outcomes: Outcomes) -> Figure:
    """Share of runs that close, and that fail of each cause."""
    figure, ax = new_figure()
    causes.causes(cause_rows(outcomes), ax)
    ax.set_title("Why it fails")
    return figure


def cash_figure(outcomes: Outcomes) -> Figure:
    """Cash of the company over the horizon, above the share of runs in default."""
    path = outcomes.path("cash")
    dates = [outcomes.scenario.as_of + dt.timedelta(weeks=int(week)) for week in path.columns]
    figure, (top, bottom) = new_figure(2, 1, sharex=True, gridspec_kw={"height_ratios": [2.4, 1]})
    cash.cash(path, top, dates)
    cash.defaults(path, bottom, dates)
    name = outcomes.scenario.company.name if outcomes.scenario.company else "the company"
    top.set_title(f"How long the cash of {name} lasts")
    return figure


def payers_figure(outcomes: Outcomes) -> Figure:
    """Who pays: money on average beside the share of runs."""
    figure, (left, right) = new_figure(1, 2, sharey=True, gridspec_kw={"width_ratios": [1.5, 1]})
    rows = payer_rows(outcomes)
    figure.set_size_inches(figure.get_figwidth(), max(figure.get_figheight(), 1.1 + 0.21 * len(rows)))
    payers.money(rows, left)
    payers.frequency(rows, right)
    left.set_title("Who pays")
    return figure


#: The pictures of a round, by the name of their files.
FIGURES: dict[str, Callable[[Outcomes], Figure]] = {
    "book": book_figure,
    "funded": funded_figure,
    "causes": causes_figure,
    "cash": cash_figure,
    "payers": payers_figure,
}


def figure_of(outcomes: Outcomes, name: str) -> Figure:
    """Draw one of the pictures of a round, in the look of abm.

    Raises
    ------
    ValueError
        Where the scenario has nothing that it could show.
    """
    if not has_frames(outcomes, name):
        what = "a company that spends" if name == "cash" else "investors"
        raise ValueError(f"name: expected a picture of what the scenario has, got {name!r} without {what}")
    with styled():
        return FIGURES[name](outcomes)


def save_figures(outcomes: Outcomes, folder: str | Path, names: Collection[str] = FIGURES.keys()) -> list[Path]:
    """Draw every picture that the scenario has something to show in, as PNG and SVG.

    Parameters
    ----------
    outcomes, folder
        What was simulated, and where the files go.
    names
        Which pictures; default: all.

    Returns
    -------
    list of Path
        The files, the same bytes for the same outcomes and libraries.
    """
    written = []
    with styled():
        for name, draw in FIGURES.items():
            if name not in names or not has_frames(outcomes, name):
                continue
            figure = draw(outcomes)
            source = f"{outcomes.scenario.id}: {outcomes.runs:,} runs, seed {outcomes.seed}, {outcomes.engine} engine"
            sign(figure, source + ("; bands hold 50 % and 90 % of the runs" if name in _FANS else ""))
            written += _saved(figure, Path(folder), name)
    return written


def save_figure(
    draw: Callable[..., Axes], folder: str | Path, name: str, title: str, source: str, *given: Any, **named: Any
) -> list[Path]:
    """Draw one part as a figure of its own, as PNG and SVG.

    Parameters
    ----------
    draw
        A part that takes a frame, axes, and what follows, such as :func:`abm.plots.sweeps.heat`.
    folder, name
        Where the files go, and their name without ending.
    title, source
        What stands above, and small below.
    given, named
        The frame, and what else ``draw`` takes.

    Returns
    -------
    list of Path
        The files, the same bytes for the same frame and libraries.
    """
    Path(folder).mkdir(parents=True, exist_ok=True)
    with styled():
        figure = drawn(draw, *given, **named)
        headline(figure, title)
        sign(figure, source)
        return _saved(figure, Path(folder), name)


def drawn(draw: Callable[..., Axes], *given: Any, size: tuple[float, float] | None = None, **named: Any) -> Figure:
    """Draw one part as a figure of its own, of a size in inches."""
    frame, *rest = given
    with styled():
        figure, ax = new_figure()
        if size is not None:
            figure.set_size_inches(*size)
        draw(frame, ax, *rest, **named)
        return figure


def _saved(figure: Figure, folder: Path, name: str) -> list[Path]:
    """Write a figure as PNG and SVG."""
    written = []
    for kind, metadata in (("png", {"Software": None}), ("svg", {"Date": None, "Creator": None})):
        path = folder / f"{name}.{kind}"
        write_figure(figure, path, dpi=DPI, metadata=metadata)
        written.append(path)
    return written
