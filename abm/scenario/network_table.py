"""Network: the table of a scenario file that says who talks to whom before a signature is public."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Field

from abm.core.errors import Fault
from abm.scenario.fields import Id, Knob, Section, did_you_mean

_MOST_DEALS = 62  # a bit each
_MOST_INVESTORS = 300


class NetworkTable(Section):
    """Syndicate ties (B6): whoever has one hears of a signature a week after it, everybody else once it is public."""

    public_after_weeks: Annotated[
        float, Knob("weeks", 2, 26, "From a signature to the week in which all others hear of it", "B6", True)
    ] = 2
    same_kind: Annotated[
        float, Knob("-", 0, 1, "Chance that two investors of one kind have a tie, drawn for each run", "B6")
    ] = 0.0
    other_kind: Annotated[
        float, Knob("-", 0, 1, "Chance that two investors of two kinds have a tie, drawn for each run", "B6")
    ] = 0.0
    deals: Annotated[
        tuple[tuple[Id, ...], ...],
        Field(
            description="Past deals, each a list of named investors: whoever was in one has a tie to all others in it"
        ),
    ] = ()

    def bits_of(self, name: str) -> int:
        """Past deals that an investor was in, a bit each.

        Examples
        --------
        >>> NetworkTable(deals=[["a", "b"], ["b", "c"]]).bits_of("b")
        3
        """
        return sum(1 << k for k, members in enumerate(self.deals) if name in members)


def network_faults(scenario: Any) -> Iterator[Fault]:
    """What contradicts itself in the table of a network."""
    network = scenario.network
    if network is None:
        return
    known = [who.id for who in scenario.investors]
    for k, members in enumerate(network.deals):
        for name in members:
            if name not in known:
                yield Fault(
                    f"network.deals.{k}", f"expected ids of named investors{did_you_mean(name, known)}", f"'{name}'"
                )
        if len(set(members)) < 2:
            yield Fault(f"network.deals.{k}", "expected at least two investors", f"{len(set(members))}")
    if len(network.deals) > _MOST_DEALS:
        yield Fault("network.deals", f"expected at most {_MOST_DEALS} deals", str(len(network.deals)))
    everybody = len(known) + sum(int(pool.count) for pool in scenario.investor_pools)
    if scenario.round.hearing == "sum":
        yield Fault("round.hearing", "expected 'each' beside a network: a sum has no author who could talk", "'sum'")
    elif everybody > _MOST_INVESTORS and scenario.round.hearing is None:
        yield Fault(
            "network", f"expected at most {_MOST_INVESTORS} investors, or round.hearing = 'each'", f"{everybody}"
        )
