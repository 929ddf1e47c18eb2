"""Funding: what an investor who pays with borrowed money holds and owes, in a scenario file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, Field

from abm.core.errors import Fault
from abm.core.plain import plain
from abm.scenario.fields import Flag, Knob, Section


class FundingTable(Section):
    """What an investor who borrows can pay: holdings that move with the market, debt, and limits on it."""

    applies: Annotated[Flag, Field(description="Whether the table counts; if not, it is as if it were not there")] = (
        True
    )
    holdings_bn: Annotated[
        float, Knob("USD billion", 0.00001, 100_000, "Equity value of what he holds, on as_of", "E8")
    ]
    net_debt_bn: Annotated[float, Knob("USD billion", -10_000, 10_000, "His debt less his cash, on as_of", "E8")]
    loan_to_value: Annotated[
        float, Knob("-", 0, 0.95, "Most net debt, as a share of holdings with the new ones", "E8")
    ] = 0.25
    emergency_loan_to_value: Annotated[
        float | None, Knob("-", 0, 0.95, "The same in an emergency (default: loan_to_value)", "E8")
    ] = None
    emergency_probability: Annotated[float, Knob("-", 0, 1, "Chance of an emergency, for the whole of a run", "E8")] = (
        0.0
    )
    holdings_loading: Annotated[
        float,
        Knob("-", 0, 5, "Move of holdings, per log-point of sentiment and lasting shocks", "E8"),
    ] = 1.0
    sales_bn: Annotated[
        float, Knob("USD billion", 0, 100_000, "Holdings that he would sell to pay, worth on as_of", "E8")
    ] = 0.0
    cash_bn: Annotated[
        float | None,
        Knob("USD billion", 0, 10_000, "His cash on as_of; left out, lenders give all that the limit allows", "E8"),
    ] = None
    minimum_cash_bn: Annotated[
        float, Knob("USD billion", 0, 10_000, "Cash that he keeps, as for bonds that fall due", "E8")
    ] = 0.0
    credit_bn: Annotated[float, Knob("USD billion", 0, 10_000, "Agreed credit that he has not drawn", "E8")] = 0.0


def _if_it_applies(funding: FundingTable | None) -> FundingTable | None:
    return funding if funding is not None and funding.applies else None


#: A table that does not apply is none.
Funding = Annotated[FundingTable | None, AfterValidator(_if_it_applies)]


def funding_faults(key: str, funding: FundingTable) -> Iterator[Fault]:
    """Check that who borrows is within his own limits on as_of."""
    most = funding.loan_to_value * funding.holdings_bn
    if funding.net_debt_bn > most:
        expected = f"expected at most his loan_to_value of holdings_bn, {plain(most)}: above it he may not borrow"
        yield Fault(f"{key}.net_debt_bn", expected, plain(funding.net_debt_bn))
    emergency = funding.emergency_loan_to_value
    if emergency is not None and emergency < funding.loan_to_value:
        yield Fault(
            f"{key}.emergency_loan_to_value",
            f"expected at least the loan_to_value of {plain(funding.loan_to_value)}",
            plain(emergency),
        )
    if funding.emergency_probability > 0 and emergency is None:
        yield Fault(f"{key}.emergency_loan_to_value", "expected the limit of an emergency beside its chance")
    if funding.sales_bn > funding.holdings_bn:
        expected = f"expected at most the holdings of {plain(funding.holdings_bn)}"
        yield Fault(f"{key}.sales_bn", expected, plain(funding.sales_bn))
    for name in ("minimum_cash_bn", "credit_bn"):
        if funding.cash_bn is None and getattr(funding, name) > 0:
            yield Fault(f"{key}.cash_bn", f"expected his cash beside {name}")
