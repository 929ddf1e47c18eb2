"""Quoting: how a number stands with its interval in a table of the report."""

from __future__ import annotations

from abm.runs import digits
from abm.runs.digits import three_digits


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


def _on_one_line(words: str) -> str:
    return words.replace(" ", "\N{NO-BREAK SPACE}")
