"""Studied cases: a library as arrays: deals, groups, features of the day, and, apart, how each case ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.history.case import CONDITION_KINDS, STANDINGS, Case
from abm.history.case_checks import NOTHING
from abm.history.collection import Library
from abm.history.common_luck import Floats
from abm.history.deal import Deal
from abm.history.forecasting import DealTable
from abm.history.translation import translate


@dataclass(frozen=True)
class Studied:
    """Cases as arrays, in the order of their ids.

    Attributes
    ----------
    deals, features
        What was known on the day: as a model needs it, and as a regression does.
    full, shares
        What came: closed in full, and raised over target; of open cases False and NaN.
    """

    ids: NDArray[np.str_]
    groups: NDArray[np.str_]
    libraries: NDArray[np.str_]
    kinds: NDArray[np.str_]
    deals: DealTable = field(repr=False)
    features: Floats = field(repr=False)
    full: NDArray[np.bool_] = field(repr=False)
    shares: Floats = field(repr=False)

    @classmethod
    def of(cls, cases: Library) -> Studied:
        """Translate all cases of a library."""
        groups, deals = cases.groups(), [translate(case) for case in cases]
        return cls(
            np.array(cases.ids),
            np.array([groups[case] for case in cases.ids]),
            np.array([case.library for case in cases]),
            np.array([deal.kind for deal in deals]),
            DealTable.of(deals),
            np.array([features_of(case, deal) for case, deal in zip(cases, deals, strict=True)], float),
            np.array([case.closed == "full" for case in cases], bool),
            np.array([_share(case) for case in cases], float),
        )

    def __len__(self) -> int:
        """How many there are."""
        return len(self.ids)

    def __getitem__(self, chosen: NDArray[Any]) -> Studied:
        """Only the chosen ones."""
        return Studied(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))

    @property
    def ended(self) -> NDArray[np.bool_]:
        """Which cases have an outcome."""
        return ~np.isnan(self.shares)

    @property
    def part(self) -> tuple[int, int]:
        """Rounds without a trust that were not full: how many paid a part, and how many nothing."""
        short = self.shares[self.ended & ~self.full & (self.kinds != "trust")]
        paid = int((short >= NOTHING).sum())
        return paid, len(short) - paid


def features_of(case: Case, deal: Deal) -> list[float]:
    """What was known on the day as numbers for a regression; the outcome is not looked at."""
    terms, kinds = case.currency_usd_bn, {condition.kind for condition in case.conditions}
    return [
        *(float(case.lead.soft_or_firm == standing) for standing in STANDINGS),
        *(float(kind in kinds) for kind in CONDITION_KINDS),
        float(deal.underwritten),
        float(deal.kind == "trust"),
        float(case.lead.type == "government"),
        float(case.lead.type == "strategic"),
        np.log10(terms.target),
        terms.already_committed_at_announcement / terms.target,
        float(len(case.investors)),
        float(len(list(case.conditions))),
        float(case.deadline is not None),
        case.market.sentiment,
        float(case.announced.year),
    ]


def _share(case: Case) -> float:
    return case.outcome.raised_bn / case.currency_usd_bn.target if case.outcome else float("nan")
