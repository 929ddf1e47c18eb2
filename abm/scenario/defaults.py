"""Defaults: what an investor of a kind is like unless his table says otherwise (model basis, 2.6 and A7)."""

from __future__ import annotations

#: A bias against signing so strong that nobody signs within any horizon; with the other sign, nobody hesitates.
STRONGEST_BIAS = 50.0

#: Traits shared by every kind (docs/model.md 2.6).
COMMON: dict[str, float] = {
    "dry_powder_share": 0.25,
    "concentration_cap": 0.10,
    "min_ticket_bn": 0.05,
    "max_ticket_bn": 5.0,
    "ownership_cap": 1.0,
    "risk_aversion": 4.0,
    "horizon_years": 3.0,
    "strategic_premium": 0.0,
    "prior_sd_log": 0.35,
    "prior_spread_log": 0.10,
    "signal_precision": 1 / 0.30**2,  # diligence errs by 0.30 log-points
    "social_precision": 1.0,
    "opinion_pull": 0.0,
    "reputation": 1.0,
    "sentiment_loading": 0.5,
    "herding": 0.0,
    "diligence_days": 45.0,
    "diligence_sd_log": 0.5,
    "sign_rate_per_week": 0.35,
    "choice_noise": 0.2,
    "lockup_cost": 0.03,
    "completes": 0.0,
    "forecast_sd": 0.15,
    "needed_share": 0.5,
    "diligence_cost_bn": 0.002,
    "waiting_weight": 0.1,
    "waiting_decay_weeks": 8.0,
    "cost_of_waiting_per_year": 0.3,
    "mood_withdrawal": 3.0,
    "jump_withdrawal": 5.0,
}

#: What sets a kind apart: wealth, required return (A7), appetite, concentration, strategic premium.
BY_KIND: dict[str, dict[str, float]] = {
    "venture": {"wealth_bn": 10.0, "required_return_per_year": 0.20, "risk_aversion": 3.0, "concentration_cap": 0.15},
    "crossover": {"wealth_bn": 25.0, "required_return_per_year": 0.15},
    "sovereign": {"wealth_bn": 500.0, "required_return_per_year": 0.12, "risk_aversion": 4.0, "dry_powder_share": 0.05},
    "strategic": {"wealth_bn": 200.0, "required_return_per_year": 0.10, "strategic_premium": 0.10},
    "conglomerate": {"wealth_bn": 100.0, "required_return_per_year": 0.12, "strategic_premium": 0.05},
    "lender": {"wealth_bn": 50.0, "required_return_per_year": 0.10, "risk_aversion": 8.0, "concentration_cap": 0.02},
    "government": {
        "wealth_bn": 200.0,
        "required_return_per_year": 0.05,
        "strategic_premium": 0.20,
        "diligence_days": 90.0,
    },
    "private_equity": {"wealth_bn": 40.0, "required_return_per_year": 0.20},
    "public": {"wealth_bn": 100.0, "required_return_per_year": 0.12, "concentration_cap": 0.02},
    "person": {"wealth_bn": 2.0, "required_return_per_year": 0.20, "risk_aversion": 2.0},
}


def trait_default(kind: str, trait: str) -> float | None:
    """Return what an investor of this kind has unless his table says otherwise.

    Examples
    --------
    >>> trait_default("sovereign", "required_return_per_year"), trait_default("venture", "herding")
    (0.12, 0.0)
    """
    return BY_KIND[kind].get(trait, COMMON.get(trait))
