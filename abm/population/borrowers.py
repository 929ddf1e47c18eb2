"""Borrowers: investors who pay with borrowed money, as records."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from abm.core import records
from abm.core.records import Records
from abm.population.consents import numbers_in
from abm.population.contracts import new_records
from abm.scenario.funding_table import FundingTable


def borrowers_of(tables: Sequence[Any], addresses: Sequence[int]) -> Records:
    """Lay out ``records.BORROWER`` of everybody who has a table of his own funding, by his place.

    Parameters
    ----------
    tables, addresses
        The table and the address of each investor, in order of place.
    """
    rows = [
        _row(funding) | {"index": index, "address": addresses[index]}
        for index, table in enumerate(tables)
        if (funding := getattr(table, "funding", None)) is not None
    ]
    return new_records(records.BORROWER, rows)


def _row(funding: FundingTable) -> dict[str, Any]:
    row = numbers_in(funding, records.BORROWER)
    if funding.emergency_loan_to_value is None:
        row["emergency_loan_to_value"] = funding.loan_to_value
    spare = math.inf if funding.cash_bn is None else max(0.0, funding.cash_bn - funding.minimum_cash_bn)
    return row | {"money_bn": spare + funding.credit_bn}
