"""Errors: what is wrong with a scenario, one sentence a fault."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a scenario: where, what was expected, what came."""

    key: str
    expected: str
    got: str | None = None

    def __str__(self) -> str:
        """Say it in one sentence, on one line whatever the file has in its keys."""
        text = f"{self.key}: {self.expected}" + ("" if self.got is None else f", got {self.got}")
        return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


MOST_FAULTS = 20  # that are said one by one


class ScenarioError(ValueError):
    """A scenario that cannot be simulated, with every fault that was found."""

    def __init__(self, file: str, faults: list[Fault]) -> None:
        self.file, self.faults = file, faults
        said = [f"{file}: {fault}" for fault in faults[:MOST_FAULTS]]
        more = [f"{file}: and {len(faults) - MOST_FAULTS:,} more faults"] if len(faults) > MOST_FAULTS else []
        super().__init__("\n".join(said + more))

    def __reduce__(self) -> tuple[Any, ...]:
        """Let the error travel between processes."""
        return type(self), (self.file, self.faults)


class Refusal(Exception):
    """Something the user of the command line can mend: one sentence a fault, exit 2."""


class StoreError(Exception):
    """A study folder that cannot be used, in one sentence."""
