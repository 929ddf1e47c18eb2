"""Ledger: what a run of the readable model leaves behind."""

from __future__ import annotations

import math

from abm.agents.host import Host
from abm.core.batch import RunResult
from abm.rules import settlement as rules
from abm.rules.sums import moved


def result_of(model: Host) -> RunResult:
    """Sum a run up, as it stands."""
    company = model.company
    return RunResult(
        run=model.run,
        paid_musd=model.paid_musd,
        closed=model.closed,
        closed_day=model.closed_day,
        survived=company.alive if company else None,
        default_day=company.default_day if company else math.nan,
        cause=model.cause,
        pre_money_musd=int(model.population.ladder_musd[model.rung]),
        rung=model.rung,
        new_shares=model.new_shares,
        dilution=rules.dilution(model.new_shares, _old_shares(model)),
        gap_musd=model.gap_musd,
        extended=model.extended,
        listed=bool(company and company.listed),
        end_cash_musd=company.cash_musd if company else 0,
        least_cash_musd=company.least_cash_musd if company else 0,
        stage=[investor.stage for investor in model.investors],
        sign_day=[investor.sign_day for investor in model.investors],
        investor_paid_musd=[investor.paid_musd for investor in model.investors],
        investor_shares=[investor.shares for investor in model.investors],
        gate_day=[gate.in_force_day for gate in model.gates],
        committed_path=model.committed_path,
        paid_path=model.paid_path,
        cash_path=model.cash_path,
    )


def _old_shares(model: Host) -> int:
    """Shares of those who were in before as_of, the earlier closings of this round among them."""
    earlier = rules.shares_for(model.terms.already_closed_musd, int(model.population.ladder_musd[0]))
    return moved(rules.SHARES_BEFORE, earlier)
