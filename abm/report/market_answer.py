"""Market text: companies side by side, and what shared investors gave to each, for a terminal, as JSON and as files."""

from __future__ import annotations

import datetime as dt
import json
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from abm.core.version import VERSION
from abm.report.files import MANIFEST, TABLE, libraries_here, open_folder
from abm.runs.digits import percent, three_digits
from abm.runs.drafts import atomic_write
from abm.runs.estimates import Estimate
from abm.runs.lines import wrapped
from abm.runs.markets import MarketOutcomes


def market_text(outcomes: MarketOutcomes, event: str | None = None) -> str:
    """Say how likely each company's round is to close, how likely several are, and who gave what to whom.

    Parameters
    ----------
    outcomes
        The runs.
    event
        A condition on columns of :meth:`MarketOutcomes.to_frame` to be told, too.
    """
    parts = [
        _headline(outcomes),
        _companies(outcomes),
        _together(outcomes, event),
        _given(outcomes),
        _caveats(outcomes),
    ]
    return "\n\n".join(wrapped(part) for part in parts if part)


def _headline(outcomes: MarketOutcomes) -> str:
    as_of = next(iter(outcomes.market.scenarios.values())).as_of
    first = next(iter(outcomes.companies.values())).probability("closed")
    worlds = f" in {first.worlds:,} worlds" if first.worlds else ""
    return (
        f"{outcomes.market.title}\n"
        f"As of {as_of}: {outcomes.runs:,} runs{worlds} of all companies side by side, seed {outcomes.seed}, "
        f"{outcomes.engine} engine. Chances with their 95 % intervals."
    )


def _companies(outcomes: MarketOutcomes) -> str:
    rows: list[Sequence[str]] = [("company", "closes", "", "target", "paid", "seed")]
    for name, one in outcomes.companies.items():
        chance, money = one.probability("closed"), (one.scenario.round.target_bn, one.quantiles("funded_bn")["mean"])
        rows.append((name, *_chance(chance), *map(three_digits, money), str(one.seed)))
    head = "Each round by its deadline; money in USD billion, paid on average over all runs:"
    return f"{head}\n{_columns(rows, '<><>><')}"


def _together(outcomes: MarketOutcomes, event: str | None) -> str:
    count, rows = len(outcomes.companies), []
    if count > 1:
        for closed in range(count, -1, -1):
            words = {count: "all close", 0: "none closes"}.get(closed, f"{closed} of {count} close")
            rows.append((*_chance(outcomes.probability(f"companies_closed == {closed}")), words))
    if event is not None:
        rows.append((*_chance(outcomes.probability(event)), event))
    return f"Together, in share of runs:\n{_columns(rows, '><<')}" if rows else ""


def _given(outcomes: MarketOutcomes) -> str:
    given = outcomes.given()
    if not given:
        return "No investor is shared: each round goes as it goes alone."
    purses = {who.id: three_digits(who.dry_powder_bn) for who in outcomes.market.shared}
    rows, last = [("investor", "purse", "company", "gives", "", "pays in")], ""
    for one in given:
        first = one.investor != last
        last, (mean, low, high) = one.investor, one.mean_bn
        whose = (one.investor, purses[one.investor]) if first else ("", "")
        rows.append(
            (*whose, one.company, three_digits(mean), f"±{three_digits((high - low) / 2)}", percent(one.pays.p))
        )
    head = "What shared investors give, in USD billion on average over all runs, and in how many runs:"
    return f"{head}\n{_columns(rows, '<><><>')}"


def _columns(rows: Sequence[Sequence[str]], sides: str) -> str:
    """Rows of a table below each other, each column as wide as its widest word."""
    wide = [max(len(row[k]) for row in rows) for k in range(len(sides))]
    lines = ["  ".join(f"{row[k]:{sides[k]}{wide[k]}}" for k in range(len(sides))) for row in rows]
    return "\n".join(f"  {line}".rstrip() for line in lines)


def _chance(chance: Estimate) -> tuple[str, str]:
    return percent(chance.p), f"({percent(chance.low)} to {percent(chance.high)})"


def _caveats(outcomes: MarketOutcomes) -> str:
    rho = outcomes.market.mood_correlation
    return (
        "What these numbers leave out: a rival's round changes here what shared investors have left, and when they "
        f"have time; moods go together with a correlation of {rho:g}. What one company's success tells of another's "
        "value is not in the model."
    )


def market_json(outcomes: MarketOutcomes, event: str | None = None) -> dict[str, Any]:
    """Return the answer as one object, for programs."""
    count = len(outcomes.companies)
    together = {str(n): _bounds(outcomes.probability(f"companies_closed == {n}")) for n in range(count + 1)}
    companies = [
        {
            "company": name,
            "scenario": one.scenario.id,
            "seed": one.seed,
            "closed": _bounds(one.probability("closed")),
            "funded_bn": one.quantiles("funded_bn"),
        }
        for name, one in outcomes.companies.items()
    ]
    given = [
        {
            "investor": one.investor,
            "company": one.company,
            "pays": _bounds(one.pays),
            **dict(zip(("mean_bn", "low_bn", "high_bn"), map(float, one.mean_bn), strict=True)),
        }
        for one in outcomes.given()
    ]
    asked = {} if event is None else {"event": event, "probability": _bounds(outcomes.probability(event))}
    return {
        "market": outcomes.market.id,
        "runs": outcomes.runs,
        "worlds": next(iter(outcomes.companies.values())).probability("closed").worlds,
        "seed": outcomes.seed,
        "engine": outcomes.engine,
        "companies": companies,
        "companies_closed": together,
        "given": given,
        **asked,
    }


def _bounds(chance: Estimate) -> dict[str, float]:
    return {"p": chance.p, "low": chance.low, "high": chance.high}


def write_market(outcomes: MarketOutcomes, folder: str | Path) -> list[Path]:
    """Write a table of the runs together, one of each company's, and a manifest; each file whole or not at all.

    Raises
    ------
    OSError
        Where the folder cannot be written.
    """
    open_folder(folder)
    frames = {TABLE: outcomes.to_frame()}
    frames |= {f"{name}.parquet": one.to_frame() for name, one in outcomes.companies.items()}
    written = []
    for file, frame in frames.items():
        with atomic_write(Path(folder) / file) as draft:
            frame.to_parquet(draft, index=False, compression="zstd")
        written.append(Path(folder) / file)
    with atomic_write(Path(folder) / MANIFEST) as draft:
        draft.write_text(json.dumps(_manifest(outcomes), indent=2) + "\n", encoding="utf-8")
    return [*written, Path(folder) / MANIFEST]


def _manifest(outcomes: MarketOutcomes) -> dict[str, Any]:
    """Everything that is needed to get the same numbers again."""
    return {
        "market": outcomes.market.id,
        "file": Path(outcomes.market.file).name,
        "market_sha256": outcomes.market.digest,
        "companies": {name: one.scenario.digest for name, one in outcomes.companies.items()},
        "seeds": {name: one.seed for name, one in outcomes.companies.items()},
        "abm": VERSION,
        "engine": outcomes.engine,
        "seed": outcomes.seed,
        "runs": outcomes.runs,
        "central": outcomes.drawn_runs is None,
        "date": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "libraries": libraries_here(),
    }
