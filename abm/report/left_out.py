"""Left out: what the numbers of a report do not know, as docs/model.md explains it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from pathlib import Path

from abm.analysis.dossier import Dossier
from abm.report.page import PageSection
from abm.report.sources_table import grades_counted
from abm.scenario import Scenario, packaged, provenance

_OUTCOME = ".outcome.toml"


def what_is_left_out(dossier: Dossier) -> PageSection:
    """Say what the numbers do not know."""
    section, scenario = PageSection("left-out", "What the model leaves out"), dossier.scenario
    section.add_text(
        f"The file has {grades_counted(provenance(scenario))}. Events that it does not name cannot happen.",
    )
    section.add_text(*(said for said, holds in LEFT_OUT.items() if holds(scenario)), kind="point")
    section.add_text("docs/model.md says more about each.", kind="small")
    return section


def _always(_: Scenario) -> bool:
    return True


def _nobody_borrows(scenario: Scenario) -> bool:
    """Whether the file says of nobody what he can borrow."""
    return all(one.funding is None for one in scenario.investors)


def _rates_stated(scenario: Scenario) -> bool:
    """Whether a consent comes at a rate that the file states."""
    return any(gate.hazard_per_year for gate in scenario.gatekeepers)


def _hindsight(scenario: Scenario) -> bool:
    """Whether numbers are judgement, and how the round ended stands in a file beside."""
    return outcome_known(scenario) and any(row.grade == "judgement" for row in provenance(scenario))


def outcome_known(scenario: Scenario) -> bool:
    """Whether a file beside the scenario's says how the round, or the one that this is a variant of, ended.

    Examples
    --------
    >>> import abm
    >>> [outcome_known(abm.load_scenario(name)) for name in ("openai-2025", "openai-2025-article", "three-investors")]
    [True, True, False]
    """
    name = Path(scenario.file).name.removesuffix(".toml")
    own = resources.files("abm.scenarios") if name in packaged() else Path(scenario.file).parent
    ended = [one.name.removesuffix(_OUTCOME) for one in own.iterdir() if one.name.endswith(_OUTCOME)]
    return any(name.startswith(one) for one in ended)


#: What no report can say, and whether it concerns a round.
LEFT_OUT: dict[str, Callable[[Scenario], bool]] = {
    "The legal hazard is barely identified.": _rates_stated,
    "Numbers of judgement were written by people who know the outcome.": _hindsight,
    "What nobody knows is drawn number by number.": _always,
    "No renegotiation beyond extension, fallback and price ladder.": _always,
    "Everybody sees the same book, a week late, true and complete.": _always,
    "No strategic timing.": _always,
    "No bank debt, project finance or asset sales, and no money but what the file names.": _always,
    "The lead's own funding is a chance of not paying, independent of mood.": _nobody_borrows,
    "Investors do not foresee shocks or talent loss.": _always,
    "A peer's strategic motive is read as value (B4), and the worth of preference rights is not taken off the price he "
    "paid.": _always,
    "One class of shares.": _always,
    "Cost cuts are never taken back, and the burn plan assumes the money.": _always,
    "Which closing happens is a choice of procedure.": _always,
    "Chances by class were tested on real attempts (docs/validation.md); how investors decide by the rules was not.": (
        _always
    ),
}
