"""Groups: cases that share a company or a named lead, and are not independent of each other."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from abm.history.case import Case

#: A name that starts so is of nobody in particular.
NOBODY = {
    *("about", "banks", "bondholders", "community", "existing", "global", "holders", "institutional", "investors"),
    *("lenders", "new", "other", "placement", "public-market", "shareholders", "underwriters", "unnamed", "various"),
}
_LEGAL = {"ag", "co", "corp", "corporation", "group", "holding", "holdings", "inc", "ltd", "limited", "plc", "se"}


def groups_of(cases: Sequence[Case]) -> dict[str, str]:
    """Give each case its group: what has to be left out together when a forecast is tested on one of it.

    Two cases are of one group where a company or named lead of the one begins, word for word, like a company or named
    lead of the other; and so are all that hang together that way. A group is called as the first of its cases.

    Examples
    --------
    >>> from abm.history import library
    >>> groups = groups_of(list(library()))
    >>> [case for case, group in groups.items() if group == groups["jal_delta_2009"]]
    ['jal_delta_2009', 'wheels_up_2023']
    """
    import networkx

    graph = networkx.Graph()
    graph.add_nodes_from(case.id for case in cases)
    names = sorted((name, case.id) for case in cases for name in names_of(case))
    for (short, one), (long, other) in itertools.combinations(names, 2):
        if long[: len(short)] == short:
            graph.add_edge(one, other)
    group_of = {case: min(part) for part in networkx.connected_components(graph) for case in part}
    return {case.id: group_of[case.id] for case in cases}


def names_of(case: Case) -> set[tuple[str, ...]]:
    """Names that tie a case to others, in words: of the company, and of the lead unless he is nobody in particular.

    A name ends before a bracket or a comma; names on both sides of a slash are two.

    Examples
    --------
    >>> from abm.history import library
    >>> sorted(names_of(library()["openai_softbank_2025"]))
    [('openai',), ('softbank',), ('vision', 'fund', '2')]
    """
    leads = [investor.name for investor in case.investors if investor.role == "lead"]
    parts = (part for name in (case.company, *leads) for part in re.split(r"[(,]", name)[0].split(" / "))
    found = {tuple(_words(part)) for part in parts}
    return {name for name in found if name and name[0] not in NOBODY}


def _words(name: str) -> list[str]:
    words = [word.strip(".") for word in name.casefold().split()]
    return [word for word in words if word not in _LEGAL] or words
