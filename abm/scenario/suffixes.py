"""Suffixes: keys carry their unit, and what is meant by a key without one, or with another one."""

from __future__ import annotations

import re
from collections.abc import Iterable

#: Units that a key may end with, those of the format and those that a newcomer tries.
_UNITS = re.compile(
    r"_(bn_per_year|musd_per_year|m_per_year|per_year|per_week|per_month|bn|mn|m|musd|million|millions|billion|usd|eur|"
    r"gbp|percent|pct|share|days|weeks|months|years|probability|multiple)$"
)
_TIMES = ("_days", "_weeks", "_months", "_years")


def stem_of(key: str) -> str:
    """Return a key without its unit.

    Examples
    --------
    >>> stem_of("ticket_bn"), stem_of("net_burn_bn_per_year"), stem_of("ticket_musd"), stem_of("role")
    ('ticket', 'net_burn', 'ticket', 'role')
    """
    return _UNITS.sub("", key)


def with_its_unit(key: str, known: Iterable[str]) -> str | None:
    """Return the key of a table that ``key`` stands for where its unit is left out, or is another one.

    Examples
    --------
    >>> with_its_unit("net_burn", ["cash_bn", "net_burn_bn_per_year"])
    'net_burn_bn_per_year'
    >>> with_its_unit("runway_weeks", ["cash_bn", "runway_months"])
    'runway_months'
    >>> with_its_unit("extension_weeks", ["extension_days", "extension_probability"])
    'extension_days'
    """
    alike = [name for name in known if name != key and name != stem_of(name) and stem_of(name) == stem_of(key)]
    of_time = [name for name in alike if key.endswith(_TIMES) and name.endswith(_TIMES)]
    return (of_time or alike)[0] if 1 in (len(of_time), len(alike)) else None
