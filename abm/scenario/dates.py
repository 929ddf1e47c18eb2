"""Dates: how a file writes a day, and how people write it who are told so."""

from __future__ import annotations

import datetime as dt
import re
from typing import TypeGuard

_WRITTEN = "year-month-day, without quotes"
A_DATE = f"expected a TOML date such as 2025-12-31 ({_WRITTEN})"
NO_DATE = f"expected a date that exists, such as 2025-12-31 ({_WRITTEN})"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SEPARATED = r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}"
_NAMED = r"\d{1,2}\.? +[A-Za-z]{3,9}\.?,? +\d{4}|[A-Za-z]{3,9}\.? +\d{1,2},? +\d{4}"
#: A day in whatever order and with whatever signs between, where a value stands in a file without quotes.
LIKE_A_DATE = re.compile(rf"[=,\[]\s*({_SEPARATED}|{_NAMED})(?![\w:])")


def is_date(raw: object) -> TypeGuard[dt.date]:
    """Whether ``raw`` is a TOML date (and not a date with a time)."""
    return isinstance(raw, dt.date) and not isinstance(raw, dt.datetime)


def exists(date: str) -> bool:
    """Whether there is such a day, written as a file writes it.

    Examples
    --------
    >>> exists("2024-02-29"), exists("2023-02-29"), exists("2023-2-9")
    (True, False, False)
    """
    try:
        return dt.date.fromisoformat(date).isoformat() == date
    except ValueError:
        return False


def expected_date(raw: object) -> str:
    """Say what a date has to be, for what is none, and which day may be meant.

    Examples
    --------
    >>> expected_date("31.12.2025")
    'expected a TOML date such as 2025-12-31 (year-month-day, without quotes; did you mean 2025-12-31?)'
    >>> expected_date("2025-13-40")
    'expected a date that exists, such as 2025-12-31 (year-month-day, without quotes)'
    """
    if not isinstance(raw, str):
        return A_DATE
    text = raw.strip()
    if re.fullmatch(r"\d{4}-?\d{1,2}-?\d{1,2}", text) and not exists(text) and (day := _meant(text)) is None:
        return NO_DATE
    day = _meant(text)
    return A_DATE if day is None else f"{A_DATE[:-1]}; did you mean {day}?)"


def _meant(text: str) -> dt.date | None:
    """Return the day that a text stands for, whatever its order; None where it is none, or may be one of two."""
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    word = re.search(r"[A-Za-z]{3,9}", text)
    month = next((k for k, name in enumerate(_MONTHS, 1) if word and word[0].lower().startswith(name)), None)
    if month is not None and len(numbers) == 2:
        return _day(numbers[1], month, numbers[0])
    if word or len(numbers) != 3:
        return None
    first, middle, last = numbers
    if first > 31:
        return _day(first, middle, last)
    either = {_day(last, middle, first), _day(last, first, middle)} - {None}
    if "." in text:  # with dots the day comes first
        either = {_day(last, middle, first)}
    return either.pop() if len(either) == 1 else None


def _day(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day) if year > 99 else None
    except ValueError:
        return None
