"""Date axis: months with their year below where it begins, the same in every figure."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axis import Axis
from matplotlib.dates import AutoDateLocator, num2date
from matplotlib.ticker import Formatter, Locator


class _Months(Formatter):
    """Writes months, or days and months, and below the first and every change the year."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        """Write one date alone, as the toolbar of a window does."""
        return f"{num2date(x):%-d %b %Y}"  # type: ignore[no-untyped-call]

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        """Write all dates of an axis, each with what it does not share with the one before."""
        days = [num2date(value) for value in values]  # type: ignore[no-untyped-call]
        if all((day.month, day.day) == (1, 1) for day in days):
            return [f"{day:%Y}" for day in days]
        form = "%b" if all(day.day == 1 for day in days) else "%-d %b"
        years = [None, *(day.year for day in days)]
        return [
            f"{day:{form}}{'' if day.year == last else f'{chr(10)}{day:%Y}'}"
            for day, last in zip(days, years, strict=False)
        ]


def mark_dates(axis: Axis, locator: Locator | None = None) -> None:
    r"""Put dates onto an axis, at most eight unless a locator says otherwise.

    Examples
    --------
    >>> import datetime as dt
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().subplots()
    >>> _ = ax.plot([dt.date(2023, 11, 1), dt.date(2024, 2, 1)], [0, 1])
    >>> mark_dates(ax.xaxis)
    >>> ax.xaxis.get_major_formatter().format_ticks([19662.0, 19692.0, 19723.0])
    ['Nov\n2023', 'Dec', 'Jan\n2024']
    """
    axis.set_major_locator(locator or AutoDateLocator(minticks=3, maxticks=8))  # type: ignore[no-untyped-call]
    axis.set_major_formatter(_Months())
