"""Errors: what is wrong with a scenario or a case, one sentence a fault."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a file: where, what was expected, what came."""

    key: str
    expected: str
    got: str | None = None

    def __str__(self) -> str:
        """Say it in one sentence, on one line whatever the file has in its keys."""
        text = f"{self.key}: {self.expected}" + ("" if self.got is None else f", got {self.got}")
        return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


MOST_FAULTS = 20  # that are said one by one


def _sentences(faults: Sequence[tuple[str, Fault]], rest: str) -> str:
    """Say the first faults, each after the name of its file, and how many more there are."""
    said = [f"{file}: {fault}" for file, fault in faults[:MOST_FAULTS]]
    more = [f"{rest}: and {len(faults) - MOST_FAULTS:,} more faults"] if len(faults) > MOST_FAULTS else []
    return "\n".join(said + more)


class ScenarioError(ValueError):
    """A scenario that cannot be simulated, with every fault that was found."""

    def __init__(self, file: str, faults: list[Fault]) -> None:
        self.file, self.faults = file, faults
        super().__init__(_sentences([(file, fault) for fault in faults], file))

    def __reduce__(self) -> tuple[Any, ...]:
        """Let the error travel between processes."""
        return type(self), (self.file, self.faults)


class CaseError(ValueError):
    """Cases of real rounds that cannot be read, with every fault of every file."""

    def __init__(self, where: str, faults: list[tuple[str, Fault]]) -> None:
        self.where, self.faults = where, faults
        super().__init__(_sentences(faults, where))

    def __reduce__(self) -> tuple[Any, ...]:
        """Let the error travel between processes."""
        return type(self), (self.where, self.faults)


class Refusal(Exception):
    """Something the user of the command line can mend: one sentence a fault, exit 2."""


class StoreError(Exception):
    """A study folder that cannot be used, in one sentence."""
