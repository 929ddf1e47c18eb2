"""Market file: several companies that raise side by side, and the investors that they share."""

from __future__ import annotations

import copy
import datetime as dt
import hashlib
import json
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from abm.core import mixed
from abm.core.arguments import checked
from abm.core.errors import Fault, ScenarioError
from abm.core.plain import plain
from abm.scenario.bounds import fault_of_tables
from abm.scenario.changes import set_path
from abm.scenario.fields import did_you_mean
from abm.scenario.market_tables import CompanyEntry, MarketTables, SharedTable, faults_alone
from abm.scenario.messages import fault_from, known_keys
from abm.scenario.scenario import Scenario, load_scenario, tables_of, text_of

_FOLDER = "abm.markets"


@dataclass(frozen=True)
class FundingMarket:
    """Several rounds side by side, and who invests in more than one of them; made by :func:`abm.load_market`.

    Attributes
    ----------
    file
        Where it was read from, as shown in messages.
    tables
        The file, checked.
    scenarios
        The scenario of each company, by its id.
    places
        Where each company stood in the file, which decides its luck, by its id.
    raw
        The tables of the file.
    """

    file: str
    tables: MarketTables
    scenarios: Mapping[str, Scenario]
    places: Mapping[str, int]
    raw: Mapping[str, Any] = field(repr=False)

    @property
    def id(self) -> str:
        """What it is called."""
        return self.tables.id

    @property
    def title(self) -> str:
        """One line for reports."""
        return self.tables.title

    @property
    def ids(self) -> tuple[str, ...]:
        """The companies, in the order of the file."""
        return tuple(self.scenarios)

    @property
    def mood_correlation(self) -> float:
        """Correlation of what moves any two companies [-]."""
        return float(self.tables.market.mood_correlation)

    @cached_property
    def shared(self) -> tuple[SharedTable, ...]:
        """Investors of several companies of the file who are asked by one of those that are here, at least."""
        here = set(self.ids)
        return tuple(who for who in self.tables.shared if here & set(who.companies))

    @cached_property
    def digest(self) -> str:
        """SHA-256 of everything that decides a result; sources and grades do not."""
        told = {
            "mood_correlation": self.mood_correlation,
            "companies": [[name, self.places[name], one.digest] for name, one in self.scenarios.items()],
            "shared": [
                {name: who.id_in(name) for name in self.ids if name in who.companies}
                | {"#": [who.dry_powder_bn, who.slots, who.exclusive, str(who.exclusive_until)]}
                for who in self.shared
            ],
        }
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()

    def seeds(self, seed: int) -> dict[str, int]:
        """Seed of each company's runs in a market of a seed; the first company of the file has the same.

        Examples
        --------
        >>> load_market("ai-race-2025").seeds(1)["openai"]
        1
        """
        return {name: mixed.seed_of(seed, place) for name, place in self.places.items()}

    def moods(self, seed: int, company: str) -> tuple[tuple[int, ...], tuple[float, ...]]:
        """Keys of the draws that move a company's mood, and their weights; none, where it has its own."""
        place = self.places[company]
        if place == 0 or self.mood_correlation == 0.0:
            return (), ()
        weights = mixed.weights_of(place, self.mood_correlation)
        drawn = [(mixed.seed_of(seed, k), weight) for k, weight in enumerate(weights) if weight != 0.0]
        return tuple(key for key, _ in drawn), tuple(weight for _, weight in drawn)

    def without(self, *companies: str) -> FundingMarket:
        """Return the market without some companies; everybody else keeps his luck, and his purse.

        Raises
        ------
        ValueError
            Where one of them is not there, or none would be left.

        Examples
        --------
        >>> load_market("ai-race-2025").without("xai").ids
        ('openai', 'anthropic')
        """
        if missing := [name for name in companies if name not in self.scenarios]:
            hint = did_you_mean(missing[0], self.ids)
            raise ValueError(f"expected companies of {self.id} ({', '.join(self.ids)}){hint}, got {missing[0]!r}")
        left = {name: one for name, one in self.scenarios.items() if name not in companies}
        if not left:
            raise ValueError(f"expected to leave at least one company of {self.id}, got all of them")
        return replace(self, scenarios=left, places={name: self.places[name] for name in left})

    def only(self, *companies: str) -> FundingMarket:
        """Return the market with some companies alone; each keeps its luck.

        Raises
        ------
        ValueError
            Where one of them is not there.
        """
        if missing := [name for name in companies if name not in self.scenarios]:
            return self.without(missing[0])
        return self.without(*(name for name in self.ids if name not in companies))

    def with_values(self, changes: Mapping[str, Any]) -> FundingMarket:
        """Return the market with values changed by dotted path; biases stay calibrated to the companies' files.

        Parameters
        ----------
        changes
            Paths into this file, ``shared.mgx.dry_powder_bn`` or ``market.mood_correlation``, or into a company's after
            its id, ``openai.round.target_bn``; and values.

        Raises
        ------
        ScenarioError
            Where it cannot be changed so.

        Examples
        --------
        >>> market = load_market("ai-race-2025").with_values({"openai.round.target_bn": 20, "shared.mgx.slots": 1})
        >>> float(market.scenarios["openai"].round.target_bn), float(market.shared[0].slots)
        (20.0, 1.0)
        """
        raw, own, faults = copy.deepcopy(dict(self.raw)), {name: dict[str, Any]() for name in self.ids}, []
        for path, value in changes.items():
            first, _, rest = path.partition(".")
            if first in own and rest:
                own[first][rest] = value
                continue
            try:
                set_path(raw, path, value, lambda place: known_keys(place, MarketTables))
            except LookupError as error:
                faults.append(Fault(path, str(error.args[0])))
        if faults:
            raise ScenarioError(self.file, faults)
        scenarios = {name: one.with_values(own[name]) if own[name] else one for name, one in self.scenarios.items()}
        return _checked(replace(self, raw=raw, tables=_tables_of(raw, self.file), scenarios=scenarios))


# --------------------------------------------------------------------------------------------------------------------
# Reading


def packaged_markets() -> list[str]:
    """Ids of the markets that come with the package.

    Examples
    --------
    >>> packaged_markets()
    ['ai-race-2025']
    """
    names = [entry.name for entry in resources.files(_FOLDER).iterdir()]
    return sorted(name[:-5] for name in names if name.endswith(".toml"))


def is_market(source: str | Path) -> bool:
    """Whether a name is that of a packaged market, or of a file that has companies.

    Examples
    --------
    >>> is_market("ai-race-2025"), is_market("openai-2025")
    (True, False)
    """
    if str(source) in packaged_markets():
        return True
    try:
        raw = tomllib.loads(Path(source).read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return False
    return "companies" in raw or "shared" in raw or "market" in raw


@checked
def load_market(source: FundingMarket | str | Path) -> FundingMarket:
    """Load a packaged market by id, or a market file by path.

    Parameters
    ----------
    source
        An id such as ``"ai-race-2025"``, or the path of a TOML file; a market is returned as it is.

    Returns
    -------
    FundingMarket
        Frozen and checked, with the scenario of every company.

    Raises
    ------
    ScenarioError
        With every fault of the file, or of a company's: key, what was expected, what came.

    Examples
    --------
    >>> load_market("ai-race-2025").ids
    ('openai', 'anthropic', 'xai')
    """
    if isinstance(source, FundingMarket):
        return source
    name, path = str(source), Path(source)
    if name in packaged_markets():
        text, name = resources.files(_FOLDER).joinpath(f"{name}.toml").read_text("utf-8"), f"{name}.toml"
    elif path.suffix == ".toml" or len(path.parts) > 1:
        text = text_of(path, name)
    else:
        hint = did_you_mean(name, packaged_markets()) or f"; packaged are {', '.join(packaged_markets())}"
        raise ScenarioError(name, [Fault("market", f"expected a packaged id or the path of a TOML file{hint}")])
    return _built(tables_of(text, name), name, {}, path.parent)


@checked
def market_from(
    raw: Mapping[str, Any], scenarios: Mapping[str, Scenario] | None = None, name: str = "market"
) -> FundingMarket:
    """Build a market from tables in memory, laid out as in a file.

    Parameters
    ----------
    raw
        The tables.
    scenarios
        Scenarios of companies that are in memory, too, by the company's id; the others are loaded as the tables say.
    name
        What messages call it.
    """
    if found := fault_of_tables(dict(raw)):
        raise ScenarioError(name, [found])
    return _built(copy.deepcopy(dict(raw)), name, dict(scenarios or {}), Path())


def _built(raw: dict[str, Any], name: str, given: Mapping[str, Scenario], folder: Path) -> FundingMarket:
    tables = _tables_of(raw, name)
    scenarios = {one.id: given[one.id] if one.id in given else _scenario_of(one, folder) for one in tables.companies}
    places = {one.id: place for place, one in enumerate(tables.companies)}
    return _checked(FundingMarket(name, tables, scenarios, places, raw))


def _tables_of(raw: Mapping[str, Any], name: str) -> MarketTables:
    try:
        tables = MarketTables.model_validate(raw)
    except ValidationError as error:
        raise ScenarioError(name, [fault_from(detail, raw, MarketTables) for detail in error.errors()]) from None
    if faults := list(faults_alone(tables)):
        raise ScenarioError(name, faults)
    return tables


def _checked(market: FundingMarket) -> FundingMarket:
    if faults := list(_faults_of(market)):
        raise ScenarioError(market.file, faults)
    return market


def _scenario_of(company: CompanyEntry, folder: Path) -> Scenario:
    """Load the scenario of a company: a packaged id, or a file beside the market's."""
    beside = folder / company.scenario
    return load_scenario(beside if company.scenario.endswith(".toml") else company.scenario)


def _faults_of(market: FundingMarket) -> Iterator[Fault]:
    """What the companies' files contradict."""
    first = next(iter(market.scenarios.values())).as_of
    for name, scenario in market.scenarios.items():
        if scenario.as_of != first:
            expected = f"expected a scenario as of {first}, as the first company's"
            yield Fault(f"companies.{name}.scenario", expected, str(scenario.as_of))
    seated: Counter[tuple[str, str]] = Counter()
    for who in market.shared:
        yield from _faults_of_seats(market, who, first)
        seated.update((name, who.id_in(name)) for name in who.companies)
    for (name, his), count in seated.items():
        if count > 1:
            yield Fault("shared", f"expected every investor of '{name}' once", f"'{his}' {count} times")


def _faults_of_seats(market: FundingMarket, who: SharedTable, as_of: dt.date) -> Iterator[Fault]:
    signed: list[tuple[str, float]] = []
    for name in who.companies:
        if name not in market.scenarios:
            continue
        tables = {one.id: one for one in market.scenarios[name].investors}
        if (his := who.id_in(name)) not in tables:
            key = f"shared.{who.id}.companies.{name}"
            yield Fault(
                key, f"expected an investor with a name of that scenario{did_you_mean(his, tables)}", f"'{his}'"
            )
        elif tables[his].signed_at_start:
            ticket = tables[his].ticket_bn
            signed.append((name, float(getattr(ticket, "high", None) or ticket or 0.0)))
    total = sum(amount for _, amount in signed)
    if total > who.dry_powder_bn:
        expected = f"expected at least the {plain(total)} that he has signed for at the start"
        yield Fault(f"shared.{who.id}.dry_powder_bn", expected, plain(who.dry_powder_bn))
    if who.exclusive and len(signed) > 1:
        both = " and ".join(name for name, _ in signed)
        yield Fault(f"shared.{who.id}.exclusive", "expected at most one signature at the start", both)
    if who.exclusive_until is not None and who.exclusive_until <= as_of:
        yield Fault(
            f"shared.{who.id}.exclusive_until", f"expected a date after as_of ({as_of})", str(who.exclusive_until)
        )
