"""Opening: what stands unfolded in the report, the deal, the answer and three findings."""

from __future__ import annotations

from collections.abc import Iterator

from abm.analysis.deal_sheet import cash_ends, parties_of
from abm.analysis.dossier import Dossier
from abm.analysis.prose.phrases import listed
from abm.core.plain import plain
from abm.plots import FIGURES
from abm.plots.sweeps import over_worlds
from abm.plots.theme import styled
from abm.report.answer import due_json, unknown_survival
from abm.report.page import PageSection, Picture, inlined, picture
from abm.report.quoting import amount, nine_in_ten, percent
from abm.report.reasons import foremost, leaders, world_words
from abm.runs import digits
from abm.runs.digits import three_digits
from abm.runs.terms import CAUSE_WORDS
from abm.scenario.labels import label
from abm.scenario.round_end import last_day

_FINDINGS = 3
_NAMED = 6  # numbers that move nothing, by name
_LINES = 8  # of a deal sheet that are not folded; one more is shown rather than folded


def deal(dossier: Dossier) -> PageSection:
    """Who is asked for what, on which terms, and by when."""
    section, scenario, outcomes = PageSection("deal", "The deal"), dossier.scenario, dossier.outcomes
    terms = scenario.round
    section.add_table(("", ""), list(_terms(dossier)), style="terms")
    parties = sorted(parties_of(outcomes), key=lambda party: -party.paid_bn[0])
    lines = _LINES if len(parties) > _LINES + 1 else _LINES + 1
    heads = ("Who", "Ticket", "Standing", "Condition", "Expected payment [USD bn]")
    rows = [(who.name, who.ticket, who.standing, who.condition, amount(*who.paid_bn)) for who in parties]
    section.add_table(heads, rows[:lines], (4,), style="deal")
    if rest := parties[lines:]:
        together = three_digits(sum(who.paid_bn[0] for who in rest))
        fold = f"{len(rest)} more, who are expected to pay {together} billion together"
        section.add_table(heads, rows[lines:], (4,), style="deal", fold=fold)
    section.add_text(
        f"Expected payment: what is paid of the USD {plain(terms.target_bn)} billion wanted, on average over "
        f"{outcomes.runs:,} runs (seed {outcomes.seed}), with its 95 % interval.",
        kind="small",
    )
    return section


def _terms(dossier: Dossier) -> Iterator[tuple[str, str]]:
    """Dates and terms of the round, and the consents that it needs."""
    scenario, outcomes = dossier.scenario, dossier.outcomes
    terms, firm = scenario.round, scenario.company
    yield "As of", f"{scenario.as_of:%-d %B %Y}"
    more = f", or {terms.extension_days:.0f} days later if it is extended" if terms.extension_probability else ""
    if terms.due is not None:
        yield "Wanted by", f"{terms.due:%-d %B %Y}; it may come late"
    yield last_day(scenario).name.capitalize(), f"{terms.deadline:%-d %B %Y}{more}"
    if firm is not None and not firm.spends:
        yield "Runway", unknown_survival(firm.name)
    elif firm is not None:
        ends = cash_ends(outcomes)
        until = f"until {ends:%B %Y}" if ends else "beyond the horizon of the file"
        yield (
            "Runway",
            f"USD {plain(firm.cash_bn)} billion of cash, {until} with burn and bills as planned and no new money",
        )
    rungs = " or ".join(plain(rung) for rung in terms.pre_money_bn)
    price = f", at USD {rungs} billion pre-money" if "pre_money_bn" in scenario.raw["round"] else ""
    before = f", after {plain(terms.already_closed_bn)} paid before" if terms.already_closed_bn else ""
    yield "Round", f"USD {plain(terms.target_bn)} billion{before}{price}"
    names = {gate.id: gate.name or gate.id for gate in scenario.gatekeepers}
    for gate, chance in outcomes.totals.consents().items():
        share = percent(chance.p, chance.low, chance.high)
        yield "Consent", f"{names[gate]}: in force {last_day(scenario).by} in {share}"


def answer(dossier: Dossier) -> PageSection:
    """How likely, for how much, when."""
    outcomes, section = dossier.outcomes, PageSection("answer", "The answer")
    chance, funded = outcomes.probability("closed"), outcomes.totals.quantiles("funded_bn")
    section.add_numbers(_numbers(dossier))
    section.add_text(f"The round closes with probability {chance}. {_meaning(dossier)}", _of_worlds(dossier))
    if (wanted := due_json(outcomes)) is not None:
        day = f"{dossier.scenario.round.due:%-d %B %Y}"
        section.add_text(f"By {day}, when it is wanted, it has closed in {wanted['said']} of runs.")
    mean, low, high = (three_digits(funded[name]) for name in ("mean", "p05", "p95"))
    by, target = last_day(dossier.scenario).by, plain(dossier.scenario.round.target_bn)
    section.add_text(f"Money paid {by}: USD {mean} billion on average of {target} wanted, {nine_in_ten(low, high)}.")
    return section


def doubt(dossier: Dossier) -> PageSection:
    """Show the answer with both layers of doubt."""
    section = PageSection("doubt", "How sure the answer is, and how much money arrives")
    if dossier.around is not None:
        section.add_picture(picture(
            over_worlds, "Distribution of the probability of closing over draws of the uncertain numbers",
            "Each draw sets every uncertain number within its range; the band is the Monte Carlo error of each.",
            dossier.around.points(), central=dossier.central.probability("closed").p,
        ))  # fmt: skip
    section.add_picture(figure_of(dossier, "funded", f"Distribution of the money paid {last_day(dossier.scenario).by}"))
    return section


def figure_of(dossier: Dossier, name: str, alt: str) -> Picture:
    """Draw one of the figures of outcomes; what it shows stands below it."""
    with styled():
        figure = FIGURES[name](dossier.outcomes)
        for ax in figure.axes:
            ax.set_title("", loc="left")
    return inlined(figure, alt, f"{alt}.")


def _meaning(dossier: Dossier) -> str:
    """What the answer is a mean of, and what its interval says."""
    if not dossier.outcomes.drawn:
        return (
            "That interval is Monte Carlo error alone: it says how well the answer of the model is known at the "
            "central values of the file, not how well the world is."
        )
    return (
        "That is the mean over what nobody knows: each world draws the uncertain numbers within their ranges. The "
        "interval says how well so many worlds and runs tell that mean, not how well the world is known. At the "
        f"central values of the file it is {dossier.central.probability('closed')}."
    )


def _of_worlds(dossier: Dossier) -> str:
    if dossier.around is None:
        return _nothing_open(dossier)
    layers = dossier.around.layers()
    q = layers.quantiles
    return (
        f"What the world leaves open is a different matter: over {layers.points:,} draws of the uncertain numbers "
        f"within their ranges the probability is {layers.mean:.0%} on average, in half of them between {q['p25']:.0%} "
        f"and {q['p75']:.0%}, in nine of ten between {q['p05']:.0%} and {q['p95']:.0%}. Without Monte Carlo noise the "
        f"standard deviation over the draws is at least {100 * layers.spread:.1f} points; the Monte Carlo error of "
        f"their mean is at most {100 * layers.error:.1f} points.{_left_alone(dossier)}"
    )


def _nothing_open(dossier: Dossier) -> str:
    if dossier.inert:
        return f"None of the {len(dossier.inert)} numbers with a range moves the answer, from one end to the other."
    return "No number of the file has a range, so nothing can be said about what the world leaves open."


def _left_alone(dossier: Dossier) -> str:
    """Say which numbers move nothing, so that what follows leaves them alone."""
    if not dossier.inert:
        return ""
    names = listed(sorted(f"“{label(dossier.scenario, path)}”" for path in dossier.inert[:_NAMED]))
    more = f" and {len(dossier.inert) - _NAMED} more" if len(dossier.inert) > _NAMED else ""
    runs = dossier.effort.runs_of_a_screen
    return f" Left alone, because none of {runs} runs ends otherwise when it is moved over its range: {names}{more}."


def _numbers(dossier: Dossier) -> Iterator[dict[str, str]]:
    """The few numbers that matter most."""
    outcomes = dossier.outcomes
    chance, money = outcomes.probability("closed"), outcomes.totals.quantiles("funded_bn")["mean"]
    where, error = "at the central values", "Monte Carlo error"
    if outcomes.drawn:
        where, error = "over what nobody knows", f"error of {chance.worlds:,} worlds"
    yield {
        "number": f"{chance.p:.0%}",
        "words": f"is the probability of closing {where} ({digits.percent(chance.low)} to "
        f"{digits.percent(chance.high)}: {error}, {chance.runs:,} runs, seed {chance.seed})",
    }
    if dossier.around is not None:
        layers, central = dossier.around.layers(), dossier.central.probability("closed")
        yield {
            "number": f"{layers.quantiles['p05']:.0%} to {layers.quantiles['p95']:.0%}",
            "words": "is where that probability lies in nine of ten draws of the uncertain numbers "
            f"({layers.points:,} draws; {central.p:.0%} at the central values)",
        }
    target = float(dossier.scenario.round.target_bn)
    yield {
        "number": f"USD {three_digits(money)} bn",
        "words": f"is paid {last_day(dossier.scenario).by} on average, of {target:g} wanted",
    }
    company = dossier.scenario.company
    if company is not None and company.spends:
        survived, weeks = outcomes.probability("survived"), int(dossier.scenario.horizon_weeks)
        name = company.name
        yield {
            "number": f"{survived.p:.0%}",
            "words": f"is the probability that {name} pays its bills for {weeks} weeks with no money but what the "
            f"file names ({digits.percent(survived.low)} to {digits.percent(survived.high)})",
        }


def three_findings(dossier: Dossier) -> PageSection | None:
    """Return the report in a few sentences."""
    section = PageSection("findings", "Three findings")
    section.add_text(*list(in_short(dossier))[:_FINDINGS], kind="item")
    if len(section.parts) < _FINDINGS:
        section.title = "What was found"
    return section if section.parts else None


def in_short(dossier: Dossier) -> Iterator[str]:
    """Say why it fails, what would change it, who decides, in which worlds, and what drives it."""
    causes = dossier.outcomes.causes()
    if causes:
        (cause, chance), *others = causes.items()
        share = chance.p / sum(share.p for share in causes.values())
        first = not others or chance.low > others[0][1].high
        words = CAUSE_WORDS[cause] if first else f"{CAUSE_WORDS[cause]} or {CAUSE_WORDS[others[0][0]]}"
        yield f"Why it fails: most often because {words}{f' ({share:.0%} of the failures)' if first else ''}."
    taken = dossier.gains[dossier.gains["refused"] == ""]
    if len(clear := taken[taken["low"] > 0]):
        best, others = clear.iloc[0], taken.drop(clear.index[0])
        gain, low, high = (100 * best[name] for name in ("change", "low", "high"))
        first = not (others["high"] >= best["low"]).any()
        yield (
            f"What would change it: {'most of all' if first else 'among the first'} if {best['words']}, {gain:+.0f} "
            f"points ({low:+.0f} to {high:+.0f}) under the same luck."
        )
    if dossier.pivotal is not None and len(dossier.pivotal.table):
        yield f"Who decides: {leaders(dossier.pivotal)}"
    if dossier.discovery is not None and dossier.discovery.better:
        yield f"In which worlds: it {world_words(dossier)}."
    top = None if dossier.information is None else foremost(dossier.information)
    if top is not None:
        yield (
            f"What drives it: “{label(dossier.scenario, top['path'])}” more than any other uncertain number; learning "
            f"it would move the probability by {100 * top['shift']:.0f} points on average."
        )
