"""Collection: many cases together: by id, as a table, and how often they closed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from abm.core.arguments import checked
from abm.core.notebook import Printed
from abm.history.case import CONDITION_KINDS, Case
from abm.history.case_files import SUFFIXES, case_paths, packaged_files, read_cases
from abm.history.groups import groups_of
from abm.runs.digits import percent
from abm.runs.estimates import wilson

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False)
class BaseRate(Printed):
    """How many cases closed in full, with the Wilson interval of their share."""

    library: str
    full: int
    cases: int

    @property
    def interval(self) -> tuple[float, float]:
        """Bounds of the 95 % interval [-]."""
        return wilson(self.full, self.cases)

    def __str__(self) -> str:
        """Say it the way it may be quoted."""
        low, high = map(percent, self.interval)
        share = percent(self.full / self.cases)
        return f"{self.full} of {self.cases} closed in full: {share} (95 % interval {low} to {high})"


@dataclass(frozen=True, repr=False)
class Library(Printed):
    """Cases, sorted by id.

    Attributes
    ----------
    cases
        The cases.
    where
        The folder that they were read from, or ``packaged``.

    Examples
    --------
    >>> cases = library()
    >>> cases["klarna_2022"].closed, "klarna_2030" in cases
    ('partial', False)
    >>> cases.filtered(lambda case: case.library == "B")
    42 cases (packaged)
    """

    cases: tuple[Case, ...]
    where: str = "packaged"

    def __len__(self) -> int:
        """How many cases there are."""
        return len(self.cases)

    def __iter__(self) -> Iterator[Case]:
        """Go through the cases."""
        return iter(self.cases)

    def __getitem__(self, case: str) -> Case:
        """Find a case by its id."""
        for one in self.cases:
            if one.id == case:
                return one
        raise KeyError(case)

    def __contains__(self, case: object) -> bool:
        """Whether there is a case with this id."""
        return any(one.id == case for one in self.cases)

    def __str__(self) -> str:
        """Say how many there are, and where they are from."""
        return f"{len(self)} cases ({self.where})"

    @property
    def ids(self) -> list[str]:
        """Ids of all cases."""
        return [case.id for case in self.cases]

    def filtered(self, wanted: Callable[[Case], bool]) -> Library:
        """Only the cases of which something is true.

        Examples
        --------
        >>> library().filtered(lambda case: case.company == "Barclays").ids
        ['barclays_2008', 'barclays_rights_2013']
        """
        return Library(tuple(case for case in self.cases if wanted(case)), self.where)

    def groups(self) -> dict[str, str]:
        """The group of each case: those that share a company or a named lead (:func:`abm.history.groups.groups_of`)."""
        return groups_of(self.cases)

    def base_rates(self) -> list[BaseRate]:
        """How often cases closed in full, library by library and in all; open ones are not counted.

        Examples
        --------
        >>> print(library().filtered(lambda case: case.library == "0").base_rates()[0])
        18 of 38 closed in full: 47.4% (95 % interval 32.5% to 62.7%)
        """
        ended = [case for case in self.cases if case.outcome is not None]
        counts = Counter(case.library for case in ended)
        full = Counter(case.library for case in ended if case.closed == "full")
        rates = [BaseRate(name, full[name], counts[name]) for name in sorted(counts)]
        return [*rates, BaseRate("all", full.total(), counts.total())] if len(rates) > 1 else rates

    def frame(self) -> pd.DataFrame:
        """One row a case: what was known on the day, and, in columns named ``outcome_...``, what came later.

        Examples
        --------
        >>> frame = library().frame()
        >>> frame.loc["metro_bank_2023", ["lead_standing", "group", "outcome_closed"]].tolist()
        ['conditional_firm', 'metro_bank_2023', 'full']
        """
        import pandas as pd

        groups = self.groups()
        rows = [{"id": case.id, "group": groups[case.id], **features(case), **outcome_of(case)} for case in self.cases]
        frame = pd.DataFrame(rows).set_index("id")
        days = ["announced", "deadline", "outcome_closed_on"]
        return frame.assign(**{name: pd.to_datetime(frame[name]) for name in days})


@checked
def library(folder: str | Path | None = None) -> Library:
    """Read cases: those that come with the package, those of a folder, or the one of a file.

    Parameters
    ----------
    folder
        A folder with files ``ID.yaml``, or one such file; left out, the packaged cases.

    Raises
    ------
    CaseError
        With every fault of every file.

    Examples
    --------
    >>> library().where
    'packaged'
    """
    if folder is None:
        return Library(tuple(read_cases(packaged_files(), "packaged")))
    path = Path(folder)
    paths = [path] if path.suffix in SUFFIXES and not path.is_dir() else case_paths(path)
    return Library(tuple(read_cases(paths, str(folder))), str(folder))


def features(case: Case) -> dict[str, Any]:
    """What was known of a case on the day, as columns."""
    terms, state, lead = case.currency_usd_bn, case.company_state, case.lead
    kinds: Counter[str] = Counter(condition.kind for condition in case.conditions)
    return {
        "library": case.library,
        "name": case.name,
        "company": case.company,
        "sector": case.sector,
        "announced": case.announced,
        "deadline": case.deadline,
        "days_to_deadline": (case.deadline - case.announced).days if case.deadline else None,
        "target_bn": terms.target,
        "pre_money_bn": terms.pre_money,
        "committed_bn": terms.already_committed_at_announcement,
        **state.model_dump(),
        "sentiment": case.market.sentiment,
        "competing_rounds": case.market.competing_rounds,
        "lead": lead.name,
        "lead_type": lead.type,
        "lead_standing": lead.soft_or_firm,
        "lead_bn": lead.amount_bn,
        "n_investors": len(case.investors),
        "n_conditions": kinds.total(),
        **{f"n_{kind}": kinds[kind] for kind in CONDITION_KINDS},
        "confidence": case.confidence,
        "from_memory": bool(case.memory_only),
        "coder_knew": case.coder_knew,
    }


def outcome_of(case: Case) -> dict[str, Any]:
    """What came later, as columns; empty while a case is open."""
    outcome = case.outcome
    return {
        "outcome_closed": case.closed if outcome else None,
        "outcome_raised_bn": outcome.raised_bn if outcome else None,
        "outcome_share": outcome.raised_bn / case.currency_usd_bn.target if outcome else None,
        "outcome_closed_on": outcome.closed_on if outcome else None,
        "outcome_days": case.days,
        "outcome_conditions_met": outcome.which_conditions_met if outcome else None,
    }
