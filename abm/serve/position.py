"""Position: what somebody asks of a round on the page, as ``abm run`` would be asked it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from abm.core.errors import Refusal
from abm.scenario import Scenario, packaged, parse_setting

MOST_RUNS = 100_000  # of a question: a page keeps them all while it is open
_MOST_SETTINGS, _LONGEST = 500, 2_000
_KEYS = ("settings", "event", "seed", "runs", "central")


@dataclass(frozen=True)
class Position:
    """What is asked: changes of the scenario, an event, and of how much luck.

    Attributes
    ----------
    settings
        Changes, each as ``--set`` takes it, in the order in which they are made.
    event
        A column of True and False, or a condition on columns.
    seed, runs
        Seed that all runs share, and how many there are [-].
    central
        Whether every number that has a range keeps its value.

    Examples
    --------
    >>> asked = Position(("round.target_bn=6",), runs=2_000)
    >>> print(asked.command("three-investors"))
    abm run three-investors --runs 2000 --seed 1 --set round.target_bn=6
    >>> print(asked.python("three-investors"))
    import abm
    scenario = abm.load_scenario('three-investors').with_values({'round.target_bn': 6})
    print(abm.simulate(scenario, runs=2_000, seed=1).probability('closed'))
    """

    settings: tuple[str, ...] = ()
    event: str = "closed"
    seed: int = 1
    runs: int = 20_000
    central: bool = False

    @classmethod
    def read(cls, raw: Any) -> Position:
        """Read what a page has sent, which anybody may have written.

        Raises
        ------
        Refusal
            Where it is no position.

        Examples
        --------
        >>> Position.read({"settings": ["round.target_bn=6"], "seed": 2}).seed
        2
        """
        given = raw if isinstance(raw, dict) else {}
        settings = given.get("settings", [])
        if not isinstance(raw, dict) or set(given) - set(_KEYS) or not isinstance(settings, list):
            raise Refusal(f"expected an object of {', '.join(_KEYS)}")
        if len(settings) > _MOST_SETTINGS or not all(isinstance(s, str) and len(s) <= _LONGEST for s in settings):
            raise Refusal(f"settings: expected at most {_MOST_SETTINGS} texts PATH=VALUE")
        event = given.get("event", "closed")
        if not isinstance(event, str) or not event.strip() or len(event) > _LONGEST:
            raise Refusal("event: expected an event such as closed, or funded_bn >= 6")
        seed = _whole(given, "seed", 1, 0, 2**32 - 1)
        runs = _whole(given, "runs", 20_000, 1, MOST_RUNS)
        return cls(tuple(settings), event.strip(), seed, runs, given.get("central") is True)

    @property
    def changes(self) -> dict[str, Any]:
        """What :meth:`abm.Scenario.with_values` takes."""
        return dict(map(parse_setting, self.settings))

    def of(self, base: Scenario) -> Scenario:
        """The scenario as it is changed.

        Raises
        ------
        ScenarioError
            With every fault that the changes make.
        """
        return base.with_values(self.changes) if self.settings else base

    def command(self, source: str) -> str:
        """The command that prints the same numbers."""
        words = ["abm", "run", source, "--runs", str(self.runs), "--seed", str(self.seed)]
        words += ["--event", self.event] if self.event != "closed" else []
        words += ["--central"] if self.central else []
        return shlex.join([*words, *(word for one in self.settings for word in ("--set", one))])

    def python(self, source: str) -> str:
        """The lines of Python that give the same numbers."""
        changes = repr(self.changes)
        moved = f".with_values({changes})" if self.settings else ""
        imported = "import datetime, abm" if "datetime." in changes else "import abm"
        central = ", central=True" if self.central else ""
        return (
            f"{imported}\nscenario = abm.load_scenario({source!r}){moved}\n"
            f"print(abm.simulate(scenario, runs={self.runs:_}, seed={self.seed}{central}).probability({self.event!r}))"
        )


def source_of(scenario: Scenario) -> str:
    """What a scenario is called on the command line.

    Examples
    --------
    >>> import abm
    >>> source_of(abm.load_scenario("three-investors"))
    'three-investors'
    """
    name = scenario.file.removesuffix(".toml")
    return name if name in packaged() else scenario.file


def settings_of(changes: Mapping[str, Any]) -> list[str]:
    """Write changes as ``--set`` takes them.

    Examples
    --------
    >>> settings_of({"investors.lead": "out", "round.target_bn": 6.5, "company.levers.cut": True})
    ['investors.lead=out', 'round.target_bn=6.5', 'company.levers.cut=true']
    """
    return [f"{path}={_written(value)}" for path, value in changes.items()]


def _written(value: Any) -> str:
    import tomli_w

    written = tomli_w.dumps({"value": value}).removeprefix("value = ").strip()
    plain_word = isinstance(value, str) and parse_setting(f"a={value}")[1] == value
    return value if plain_word else written


def _whole(given: dict[str, Any], name: str, default: int, low: int, high: int) -> int:
    number = given.get(name, default)
    if type(number) is not int or not low <= number <= high:
        raise Refusal(f"{name}: expected a whole number from {low} to {high:,}")
    return number
