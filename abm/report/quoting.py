"""Quoting: how a number stands with its interval in a table of the report."""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan

from abm.runs import digits
from abm.runs.digits import three_digits

#: Units of a cost that is no amount, and what is said instead.
UNCOUNTED = {"consent": "a consent", "doubling": "a faster consent"}


def points(value: float, low: float, high: float) -> str:
    """Quote a change of a probability, in points.

    Examples
    --------
    >>> points(0.125, 0.1, 0.15).split()
    ['+12.5', '(+10.0', 'to', '+15.0)']
    """
    return f"{100 * value:+.1f} {_on_one_line(f'({100 * low:+.1f} to {100 * high:+.1f})')}"


def percent(value: float, low: float, high: float) -> str:
    """Quote a probability, in percent.

    Examples
    --------
    >>> percent(0.125, 0.1, 0.15).split()
    ['12.5%', '(10.0%', 'to', '15.0%)']
    """
    said, least, most = map(digits.percent, (value, low, high))
    return f"{said} {_on_one_line(f'({least} to {most})')}"


def amount(value: float, low: float, high: float) -> str:
    """Quote an amount of money, which is never below nothing.

    Examples
    --------
    >>> amount(15.39, 14.38, 16.42).split(), amount(6.0, 6.0, 6.0)
    (['15.4', '(14.4', 'to', '16.4)'], '6.00')
    """
    if low == high:
        return three_digits(value)
    return f"{three_digits(value)} {_on_one_line(f'({three_digits(max(low, 0.0))} to {three_digits(high)})')}"


def nine_in_ten(low: str, high: str) -> str:
    """Say between which ends nine in ten runs lie, or the one thing that they nearly all have.

    Examples
    --------
    >>> nine_in_ten("5.7", "30"), nine_in_ten("31 October 2021", "31 October 2021")
    ('nine times in ten from 5.7 to 30', 'nearly always 31 October 2021')
    """
    return f"nearly always {low}" if low == high else f"nine times in ten from {low} to {high}"


def around(early: str, middle: str, late: str) -> str:
    """Say when something happens, or the one day on which it nearly always does.

    Examples
    --------
    >>> around("1 May", "7 May", "9 June"), around("31 May", "31 May", "31 May")
    ('around 7 May, nine times in ten from 1 May to 9 June', 'nearly always on 31 May')
    """
    return f"nearly always on {middle}" if early == late else f"around {middle}, {nine_in_ten(early, late)}"


def spread(funded: Mapping[str, float]) -> str:
    """Say how money is spread over the runs: its mean and median, and where nine in ten of them lie.

    Examples
    --------
    >>> spread({"mean": 15.4, "p05": 5.7, "p50": 16.0, "p95": 30.0})
    '15.4 billion on average, half the time at most 16.0, nine times in ten from 5.70 to 30.0'
    >>> spread({"mean": 0.2, "p05": 0.0, "p50": 0.0, "p95": 0.4})
    '0.200 billion on average, nothing in half of the runs, nine times in ten from 0 to 0.400'
    """
    mean, low, middle, high = (three_digits(funded[name]) for name in ("mean", "p05", "p50", "p95"))
    half = f"half the time at most {middle}, " if funded["p50"] > 0 else "nothing in half of the runs, "
    return f"{mean} billion on average, {'' if low == high else half}{nine_in_ten(low, high)}"


def at_stake(cost: float, unit: str) -> str:
    """Say what a lever costs or risks: an amount with its unit, or what is asked of somebody else.

    Examples
    --------
    >>> at_stake(0.214, "USD billion"), at_stake(4.0, "weeks"), at_stake(1.0, "consent"), at_stake(0.0, "USD billion")
    ('USD 0.214 billion', '4.00 weeks', 'a consent', 'nothing counted')
    """
    if not cost or isnan(cost):
        return "nothing counted"
    if unit in UNCOUNTED:
        return UNCOUNTED[unit]
    money = unit.removeprefix("USD ")
    return f"{'' if money == unit else 'USD '}{three_digits(cost)} {money}"


def _on_one_line(words: str) -> str:
    return words.replace(" ", "\N{NO-BREAK SPACE}")
