"""Desk: who asks what, so that a question that is overtaken stops, and nobody waits for somebody else's."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager, nullcontext
from threading import Event as Flag
from threading import Lock
from typing import Any

from abm.analysis.comparison import beside
from abm.core.errors import Refusal, ScenarioError
from abm.runs.outcomes import Outcomes
from abm.runs.simulation import simulate
from abm.scenario import Scenario
from abm.serve.answers import compared_json, number_json, pictures_json, words_json
from abm.serve.controls import controls_of
from abm.serve.matter import Effect, effects_of
from abm.serve.mends import mends_of
from abm.serve.position import Position, source_of
from abm.serve.question import OvertakenError, PositionAsked, refusal_of
from abm.serve.tale import tale_of

Message = tuple[str, dict[str, Any]]  # what it is about, and what it says
_PAUSE_S = 0.05  # between two looks at whether somebody asks something
_KEPT = 100_000  # runs of answered positions that are kept for a comparison


class Desk:
    """What a page of one scenario is asked, by whom, and what has been answered.

    Attributes
    ----------
    scenario, source, study
        As the page opened it, what it is called on the command line, and the points of a study of it, if any.
    controls
        What can be moved.
    answered, stopped
        Questions that were answered to the end, and those that were overtaken [-].

    Examples
    --------
    >>> import abm
    >>> desk = Desk(abm.load_scenario("three-investors"))
    >>> [name for name, _ in desk.answer("me", Position(runs=400))]
    ['number', 'pictures', 'words']
    >>> [told["faults"][0]["key"] for _, told in desk.answer("me", Position(("round.target_bn=12",)))]
    ['round.cap_bn']
    """

    def __init__(self, scenario: Scenario, source: str | None = None, study: dict[str, Any] | None = None) -> None:
        self.scenario, self.source, self.study = scenario, source or source_of(scenario), study
        self.controls = controls_of(scenario)
        self.answered = self.stopped = self.busy = 0
        self._asking: dict[str, Flag] = {}
        self._known: OrderedDict[Position, Outcomes] = OrderedDict()
        self._lock, self._measuring, self.closed = Lock(), Lock(), Flag()
        self._effects: list[Effect] | None = None
        self._compiling, self._compiled = Lock(), False

    def close(self) -> None:
        """Stop whatever is being answered."""
        self.closed.set()
        for stop in list(self._asking.values()):
            stop.set()

    @contextmanager
    def asking(self, visitor: str) -> Iterator[Flag]:
        """Take a question of a visitor: what he asked before stops, and nobody else's."""
        stop = Flag()
        self._compile()
        with self._lock:
            if before := self._asking.get(visitor):
                before.set()
            self._asking[visitor] = stop
            self.busy += 1
        try:
            yield stop
        finally:
            with self._lock:
                self.busy -= 1
                if self._asking.get(visitor) is stop:
                    del self._asking[visitor]

    def _compile(self) -> None:
        """Play one run before anything else: two threads never compile the same rules at the same time."""
        with self._compiling:
            if not self._compiled:
                simulate(self.scenario, 1, workers=1, keep="rows")
                self._compiled = True

    def answer(
        self,
        visitor: str,
        position: Position,
        pinned: Position | None = None,
        stop: Flag | None = None,
        moved: str = "",
    ) -> Generator[Message]:
        """Answer a question, message by message: the number soon, then surer; a refusal with its ways out.

        Parameters
        ----------
        visitor
            Who asks: his earlier question stops.
        position, pinned
            What is asked, and what it is compared with, if anything.
        stop
            Set by whoever finds that nobody listens any more.
        moved
            Path that was moved last: where ways out are looked for first.
        """
        with self.asking(visitor) as overtaken:
            try:
                yield from self._answer(position, pinned, _Either(overtaken, stop or Flag()))
            except OvertakenError:
                self.stopped += 1
            except GeneratorExit:  # nobody listens any more
                self.stopped += 1
                raise
            except (ScenarioError, Refusal) as error:
                yield "refused", self._refused(position, error, moved)

    def _answer(self, position: Position, pinned: Position | None, stop: Flag) -> Iterator[Message]:
        asked = PositionAsked(self.scenario, position, stop)
        first = None if pinned is None else self._first(pinned, position, stop)
        with closing(asked), closing(first) if isinstance(first, PositionAsked) else nullcontext():
            yield from self._messages(asked, first)

    def _messages(self, asked: PositionAsked, first: Outcomes | PositionAsked | None) -> Iterator[Message]:
        for runs in asked.marks():
            yield "number", number_json(asked)
            if first is not None:
                yield "compared", self._compared(first, asked, runs)
            yield "pictures", pictures_json(asked)
        self._keep(asked.position, asked.outcomes())
        self.answered += 1
        yield "words", words_json(asked)

    def tale(self, visitor: str, position: Position, which: Any) -> Generator[Message]:
        """Tell a run of a position, as :func:`abm.serve.tale.tale_of` does; a story asked for later stops it."""
        with self.asking(f"{visitor} story") as overtaken:
            try:
                for message in tale_of(self.scenario, position, which):
                    if overtaken.is_set():
                        return
                    yield message
            except (ScenarioError, Refusal) as error:
                yield "refused", self._refused(position, error)

    def effects(self) -> Generator[Message]:
        """Say which controls move the answer most; measured once, while nobody asks anything."""
        self._compile()
        with self._measuring:
            if self._effects is None:
                found = effects_of(self.scenario, self.controls, self._idle)
                self._effects = found if not self.closed.is_set() else []
        yield "effects", {"effects": [effect._asdict() for effect in self._effects]}

    def _idle(self) -> bool:
        """Wait until nobody asks anything; whether the page is still served."""
        while self.busy and not self.closed.wait(_PAUSE_S):
            pass
        return not self.closed.is_set()

    def _first(self, pinned: Position, position: Position, stop: Flag) -> Outcomes | PositionAsked:
        """What is compared with: the runs that are known already, or else to be simulated along."""
        alike = Position(pinned.settings, position.event, position.seed, position.runs, position.central)
        with self._lock:
            known = self._known.get(alike)
        return known if known is not None else PositionAsked(self.scenario, alike, stop)

    def _compared(self, first: Outcomes | PositionAsked, asked: PositionAsked, runs: int) -> dict[str, Any]:
        if isinstance(first, PositionAsked):
            first.advance(runs)
            before = first.outcomes()
            if first.done:
                self._keep(first.position, before)
        else:
            before = first
        try:
            return compared_json(beside(before.first(runs), asked.outcomes(), "B", asked.position.event))
        except ValueError as error:  # an event that is not known in every run
            raise Refusal(f"event: {error}") from None

    def _keep(self, position: Position, outcomes: Outcomes) -> None:
        with self._lock:
            self._known[position] = outcomes
            self._known.move_to_end(position)
            while len(self._known) > 1 and sum(one.runs for one in self._known.values()) > _KEPT:
                self._known.popitem(last=False)

    def _refused(self, position: Position, error: ScenarioError | Refusal, moved: str = "") -> dict[str, Any]:
        faults = refusal_of(error)
        settings = sorted(position.settings, key=lambda one: one.startswith(f"{moved}="))  # what was moved comes last
        mends = mends_of(self.scenario, settings, faults) if isinstance(error, ScenarioError) else []
        return {
            "faults": [{"key": fault.key, "said": str(fault).removeprefix(f"{fault.key}: ")} for fault in faults],
            "mends": [{"words": mend.words, "settings": list(mend.settings)} for mend in mends],
        }


class _Either(Flag):
    """Set where either of two is."""

    def __init__(self, *flags: Flag) -> None:
        super().__init__()
        self.flags = flags

    def is_set(self) -> bool:
        """Whether one of them is."""
        return any(flag.is_set() for flag in self.flags)
