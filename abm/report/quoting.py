"""Quoting: how a number stands with its interval in a table of the report."""

from __future__ import annotations


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
    return f"{value:.1%} {_on_one_line(f'({low:.1%} to {high:.1%})')}"


def _on_one_line(words: str) -> str:
    return words.replace(" ", "\N{NO-BREAK SPACE}")
