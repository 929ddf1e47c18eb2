"""Digits: numbers as they are quoted, to three significant digits."""

from __future__ import annotations

import math

_SHOWN = 3


def three_digits(number: float) -> str:
    """Write a number to three significant digits, thousands apart, without an exponent.

    Examples
    --------
    >>> [three_digits(number) for number in (22.456, 6.2, 0.03449, 1_283.0, 9.999, 0.0, -0.5)]
    ['22.5', '6.20', '0.0345', '1,280', '10.0', '0', '-0.500']
    """
    if number == 0 or not math.isfinite(number):
        return f"{abs(number):g}"
    size = int(f"{number:.{_SHOWN - 1}e}".partition("e")[2])  # of the number as it is rounded
    decimals = _SHOWN - 1 - size
    return f"{round(number, decimals):,.{max(0, decimals)}f}"


def percent(share: float) -> str:
    """Write a share in percent, to three significant digits; what is not certain is never said to be 100 %.

    What is not a number is said to be unknown.

    Examples
    --------
    >>> [percent(share) for share in (0.34295, 0.0514, 0.000123, 0.0, 1.0, 0.99987)]
    ['34.3%', '5.14%', '0.0123%', '0%', '100%', '99.987%']
    """
    if math.isnan(share):
        return "unknown"
    text = three_digits(100 * share)
    if text == "100" and share < 1:
        rest = f"{100 * (1 - share):.1e}"  # two digits of what is missing
        text = f"{100 * share:.{1 - int(rest.partition('e')[2])}f}"
    return f"{text}%"
