"""Mends: what a refused position could be changed to, each tried before it is offered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from abm.core.errors import Fault, ScenarioError
from abm.core.plain import plain
from abm.scenario import Scenario, parse_setting
from abm.scenario.fields import is_number
from abm.scenario.labels import label
from abm.scenario.sources import numbers_of

_HALVINGS = 12
_MOST = 3  # mends that are offered
_TRIED = 12  # changes that are looked at


class Mend(NamedTuple):
    """A way out of a refusal: what it does, and the settings that it leaves."""

    words: str
    settings: tuple[str, ...]


def mends_of(base: Scenario, settings: Sequence[str], faults: Sequence[Fault]) -> list[Mend]:
    """Find ways out of a refusal: move along what stands in the way, go as far as one can, or go back.

    Parameters
    ----------
    base
        The scenario as the page opened it.
    settings
        Changes that are refused together, the latest last.
    faults
        What they were refused for.

    Examples
    --------
    >>> import abm
    >>> base = abm.load_scenario("three-investors")
    >>> for mend in mends_of(base, ["round.target_bn=12"], [Fault("round.cap_bn", "expected at least 12", "10")]):
    ...     print(mend.words, mend.settings)
    Set “the round: most new money taken” to 12 as well ('round.target_bn=12', 'round.cap_bn=12')
    Go no further than 10 with “the round: new money wanted” ('round.target_bn=10',)
    Leave “the round: new money wanted” as in the file ()
    """
    found: dict[tuple[str, ...], Mend] = {}
    for mend in _candidates(base, tuple(settings), faults):
        if mend.settings not in found and _accepted(base, mend.settings):
            found[mend.settings] = mend
        if len(found) == _MOST:
            break
    return list(found.values())


def _candidates(base: Scenario, settings: tuple[str, ...], faults: Sequence[Fault]) -> Iterator[Mend]:
    stated = {path: float(number) for path, number, _ in numbers_of(base) if isinstance(number, float)}
    moved = [(one, *parse_setting(one)) for one in reversed(settings)][:_TRIED]
    for fault in faults:
        for number in _numbers_in(fault.expected):
            if not any(path == fault.key for _, path, _ in moved[:1]):
                rest = tuple(one for one in settings if parse_setting(one)[0] != fault.key)
                words = f"Set “{_called(base, fault.key)}” to {plain(number)} as well"
                yield Mend(words, (*rest, f"{fault.key}={plain(number)}"))
    for one, path, value in moved:
        rest = tuple(other for other in settings if other != one)
        if path in stated and is_number(value) and (near := _nearest(base, rest, path, stated[path], value)):
            yield Mend(f"Go no further than {near} with “{_called(base, path)}”", (*rest, f"{path}={near}"))
        yield Mend(f"Leave “{_called(base, path)}” as in the file", rest)
    yield Mend("Put everything back as in the file", ())


def _numbers_in(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"(?<![\w.-])\d+(?:\.\d+)?(?![\w.-]*\d)", text)]


def _called(base: Scenario, path: str) -> str:
    try:
        return label(base, path)
    except (AttributeError, ValueError, IndexError, KeyError):  # a path that the file does not have
        return path


def _nearest(base: Scenario, rest: tuple[str, ...], path: str, start: float, wanted: float) -> str | None:
    """The value nearest to the one that is wanted, on the way from that of the file, with which it is accepted."""
    if not _accepted(base, (*rest, f"{path}={plain(start)}")):
        return None
    good, bad = start, float(wanted)
    for _ in range(_HALVINGS):
        middle = (good + bad) / 2
        if _accepted(base, (*rest, f"{path}={plain(middle)}")):
            good = middle
        else:
            bad = middle
    rounder = [f"{bad:.{digits}g}" for digits in (1, 2, 3, 4)]  # the border itself, where it is a round number
    best = next((plain(float(r)) for r in rounder if _accepted(base, (*rest, f"{path}={plain(float(r))}"))
                 and abs(float(r) - good) <= abs(wanted - start) / 500), plain(good))  # fmt: skip
    return None if best == plain(start) else best


def _accepted(base: Scenario, settings: tuple[str, ...]) -> bool:
    changes: dict[str, Any] = dict(map(parse_setting, settings))
    try:
        base.with_values(changes)
    except ScenarioError:
        return False
    return True
