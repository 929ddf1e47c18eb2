"""Story: one run, exactly as it went, told in sentences that each name the events they stand on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from abm.agents import FundingModel
from abm.analysis.prose.sentence import Sentence
from abm.analysis.prose.summary import Figures, figures_of, summary_of
from abm.analysis.prose.telling import LEFT_OUT, sentences_of
from abm.analysis.prose.waiting import Waiting, who_waits
from abm.core.arguments import checked
from abm.core.notebook import Printed, table_html
from abm.rules.failure import CAUSES, LINK_CAUSES, Links
from abm.runs.lines import broken
from abm.scenario import Scenario, load_scenario

if TYPE_CHECKING:
    from abm.core.trace import Event

__all__ = ["LEFT_OUT", "Figures", "Sentence", "Story", "tell_story"]


@dataclass(frozen=True, repr=False)
class Story(Printed):
    """One run, told.

    Attributes
    ----------
    scenario, title, seed, run
        Which run.
    why
        Why this run is told, in a sentence; nothing where it was asked for by number.
    ending
        ``closed``, or the first cause of failure.
    sentences
        In order of time; the summary comes last.
    events
        The trace of the run.
    binding
        What repairing one link alone would have brought when the deadline came, by cause [USD billion]; nothing where
        the round closed, or where the company ran out of cash before. Where no repair alone reaches the least closing,
        what each would have added to it.
    waiting
        Who waited for whom.
    figures
        Money wanted and paid, and the company's cash.
    """

    scenario: str
    title: str
    seed: int
    run: int
    why: str
    ending: str
    sentences: tuple[Sentence, ...]
    events: tuple[Event, ...]
    binding: dict[str, float]
    waiting: Waiting
    figures: Figures

    def __str__(self) -> str:
        """Tell it."""
        return self.text()

    def _repr_html_(self) -> str:
        told = [(one.date, one.text) for one in self.sentences if not one.closing]
        title = f"{self.title}: run {self.run} (seed {self.seed})"
        return table_html(title, told, below=" ".join(one.text for one in self.sentences if one.closing))

    def text(self) -> str:
        """Return the story as lines as long as the terminal is wide, its summary under a heading of its own."""
        head = [f"{self.title}: run {self.run} (seed {self.seed})", *([self.why] if self.why else []), ""]
        lines = [sentence.text for sentence in self.sentences if not sentence.closing]
        ends = ["", "In the end", *(sentence.text for sentence in self.sentences if sentence.closing)]
        return "\n".join(line for text in head + lines + ends for line in broken(text) or [""])

    def to_json(self) -> dict[str, Any]:
        """Return plain lists and dicts, dates as text; a sentence names events by their place in the list."""
        return {
            "scenario": self.scenario,
            "title": self.title,
            "seed": self.seed,
            "run": self.run,
            "why": self.why,
            "ending": self.ending,
            "sentences": [asdict(sentence) | {"date": sentence.date.isoformat()} for sentence in self.sentences],
            "events": [event._asdict() | {"date": event.date.isoformat()} for event in self.events],
            "binding": dict(self.binding),
            "waiting": self.waiting.to_json(),
            "figures": asdict(self.figures),
        }


class _Watched(FundingModel):
    """The model, with an eye on what each link had cost the round when its deadline came."""

    links: Links | None = None

    def _broken_links(self) -> Links:
        self.links = super()._broken_links()
        return self.links


@checked
def tell_story(scenario: Scenario | str, seed: int = 1, run: int = 0, why: str = "", *, central: bool = False) -> Story:
    """Tell one run, rebuilt with the readable engine: the same seed and number are the same run in every engine.

    Parameters
    ----------
    scenario
        A scenario, or the id of a packaged one.
    seed, run
        Which run.
    why
        Why this one, as :func:`abm.analysis.choosing.choose` says it.
    central
        Whether every number keeps its value, as in :func:`abm.simulate`.

    Raises
    ------
    ValueError
        Where seed or run are no key of a run.

    Examples
    --------
    >>> story = tell_story("three-investors", seed=1, run=0)
    >>> print(story.sentences[-3].text)
    USD 10 billion was paid, more than the USD 8 billion wanted: Lead Capital 6, Follow Ventures 3 and A ...
    """
    scenario = load_scenario(scenario)
    model = _Watched(scenario, seed, run, central=central)
    model.run_model()
    waiting, figures = who_waits(model), figures_of(model)
    binding = {} if model.closed or model.links is None else _by_cause(model.links, model.population.bn)
    sentences = sentences_of(model) + summary_of(model, binding, waiting)
    ending = "closed" if model.closed else CAUSES[model.cause]
    events = tuple(model.trace)
    model.free()
    return Story(
        scenario=scenario.id,
        title=scenario.title,
        seed=seed,
        run=run,
        why=why,
        ending=ending,
        sentences=tuple(sentences),
        events=events,
        binding=binding,
        waiting=waiting,
        figures=figures,
    )


def _by_cause(links: Links, bn: Callable[[int], float]) -> dict[str, float]:
    """What each broken link cost, by the cause it stands for [USD billion]."""
    causes = zip(LINK_CAUSES, links, strict=False)  # what was ready is nobody's fault
    return {cause: bn(int(musd)) for cause, musd in causes if musd > 0}
