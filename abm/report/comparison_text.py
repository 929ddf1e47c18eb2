"""Comparison text: rounds side by side, levers, and who decides, for a terminal and as JSON objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from abm.analysis.comparison import Compared, Comparison
from abm.analysis.pivotal import Pivotal
from abm.analysis.prose.phrases import capital
from abm.report.json_values import plain
from abm.report.quoting import UNCOUNTED, at_stake
from abm.report.reasons import leaders
from abm.runs.differences import Difference
from abm.runs.digits import percent, three_digits
from abm.runs.lines import wrapped

if TYPE_CHECKING:
    import pandas as pd

NO_DIFFERENCE = "does not stand out of its own error"


def points_text(change: float, low: float, high: float) -> str:
    """A change of a probability with its interval, in points.

    Examples
    --------
    >>> points_text(0.214, 0.2, 0.2301)
    '+21.4 points (+20.0 to +23.0)'
    """
    change_, low_, high_ = (f"{100 * number:+.1f}" for number in (change, low, high))
    return f"{change_} points ({low_} to {high_})"


def compared_text(found: Comparison) -> str:
    """Say how probable the event is in each round, and how much more than in the first."""
    first = found.rounds[0]
    head = (
        f"How probable is '{found.event}', and how much more than in “{first.name}”: {first.chance.runs:,} runs of "
        f"each{over_worlds(first.chance.worlds)} under the same luck, seed {first.chance.seed}."
    )
    foot = "Changes are counted run by run, with 95 % intervals, each for its own row."
    lines = [_round_lines(one, found.event) for one in found.rounds]
    return "\n\n".join([wrapped(head), "\n".join(lines), foot])


def over_worlds(worlds: int) -> str:
    """Say in how many worlds runs were; nothing at central numbers."""
    return f" in {worlds:,} world{'s' if worlds > 1 else ''}" if worlds else ""


def _round_lines(one: Compared, event: str) -> str:
    chance = f"{percent(one.chance.p)} ({percent(one.chance.low)} to {percent(one.chance.high)})"
    text = f"{one.name}\n  {chance}, {three_digits(one.funded_bn)} billion paid on average"
    if one.change is None or one.money is None:
        return text
    if one.other_runs == 0:
        same = "closes in the same runs" if event == "closed" else "the event comes in the same runs"
        paid = ", and pays the same" if one.money.low == one.money.high == 0 else f"; {_money(one.money)}"
        return f"{text}\n  {same}{paid}"
    said = points_text(one.change.change, one.change.low, one.change.high)
    return f"{text}\n  {said}{'' if one.stands_out else f', which {NO_DIFFERENCE}'}; {_money(one.money)}"


def _money(money: Difference) -> str:
    change, low, high = (
        f"{'-' if number < 0 else '+'}{three_digits(abs(number))}" for number in (money.change, money.low, money.high)
    )
    return f"{change} billion ({low} to {high})"


def compared_json(found: Comparison) -> dict[str, Any]:
    """Everything that is known of a comparison as plain values."""
    first = found.rounds[0].chance
    rows = [plain(row) for row in found.to_frame().to_dict("records")]
    return {"event": found.event, "runs": first.runs, "seed": first.seed, "rounds": rows}


def levers_text(title: str, gains: pd.DataFrame) -> str:
    """Say what each lever brings, the largest gain first; what does not stand out is named, not ranked."""
    taken = gains[gains["refused"] == ""]
    if not len(taken):
        return f"{title}\n\nThe scenario leaves no lever to be pulled."
    clear = taken[(taken["low"] > 0) | (taken["high"] < 0)]
    runs, seed = int(taken["runs"].iloc[0]), int(taken["seed"].iloc[0])
    worlds = int(taken["worlds"].iloc[0]) if "worlds" in taken else 0  # a table of before has none
    head = (
        f"What each lever does to the probability of closing: {runs:,} pairs of runs{over_worlds(worlds)} under the "
        f"same luck, seed {seed}."
    )
    parts = [title, wrapped(head), "\n".join(map(_lever_line, clear.to_dict("records")))]
    unclear = taken[~taken.index.isin(clear.index)]["words"].tolist()
    if unclear:
        parts.append(wrapped(f"What {NO_DIFFERENCE}: {'; '.join(unclear)}."))
    refused = gains[gains["refused"] != ""]
    parts += [wrapped(f"Refused: {row['words']} ({row['refused']}).") for row in refused.to_dict("records")]
    return "\n\n".join(part for part in parts if part)


def _lever_line(row: Any) -> str:
    said = points_text(row["change"], row["low"], row["high"])
    counted = f" {row['counted']}" if row["cost_unit"] in UNCOUNTED else f" ({row['counted']})" if row["cost"] else ""
    stake = f"{at_stake(row['cost'], row['cost_unit'])}{counted}"
    return wrapped(f"{row['words']} [{row['lever']}]\n  {said}, {row['funded_change']:+.3g} billion; at stake: {stake}")


def levers_json(scenario: str, gains: pd.DataFrame) -> dict[str, Any]:
    """Everything that is known of levers as plain values."""
    return {"scenario": scenario, "levers": [plain(row) for row in gains.to_dict("records")]}


def pivotal_text(title: str, event: str, found: Pivotal) -> str:
    """Say whose part it is, in a line each."""
    head = f"Who brings about '{event}', of {found.total}; with nobody it is {percent(found.empty_coalition.p)}."
    rows = [("", "Shapley value", "lost if away", "gained if certain")]
    rows += [_player_row(row) for row in found.table.to_dict("records")]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    table = "\n".join("  ".join(_cells(row, widths)).rstrip() for row in rows)
    foot = f"Points of probability with 95 % intervals. {found.method}"
    return "\n\n".join([title, wrapped(head), table, wrapped(capital(leaders(found))), wrapped(foot)])


def _player_row(row: Any) -> tuple[str, str, str, str]:
    cells = [_interval(*(row[name] for name in names)) for names in (
        ("shapley", "low", "high"),
        ("leave_out", "leave_out_low", "leave_out_high"),
        ("bind", "bind_low", "bind_high"),
    )]  # fmt: skip
    return row["name"], cells[0], cells[1], cells[2]


def _interval(value: float, low: float, high: float) -> str:
    if value != value:  # noqa: PLR0124, not a number
        return ""
    return f"{100 * value:+.1f} ({100 * low:+.1f} to {100 * high:+.1f})"


def _cells(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [f"{row[0]:<{widths[0]}}", *(f"{cell:>{width}}" for cell, width in zip(row[1:], widths[1:], strict=True))]


def pivotal_json(scenario: str, event: str, found: Pivotal) -> dict[str, Any]:
    """Everything that is known of who is pivotal as plain values."""
    total = {"p": found.total.p, "low": found.total.low, "high": found.total.high}
    return {
        "scenario": scenario, "event": event, "runs": found.total.runs, "seed": found.total.seed, "total": total,
        "method": found.method, "players": [plain(row) for row in found.table.to_dict("records")],
    }  # fmt: skip
