"""Plain: numbers as people write them."""

from __future__ import annotations

from decimal import Decimal


def plain(number: float) -> str:
    """Write a number to six significant digits, without an exponent or idle zeros.

    Examples
    --------
    >>> plain(0.00001), plain(30.0), plain(-1_000), plain(33.024), plain(0.1 + 0.2), plain(1e6)
    ('0.00001', '30', '-1000', '33.024', '0.3', '1000000')
    """
    text = f"{Decimal(f'{number:.6g}'):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
