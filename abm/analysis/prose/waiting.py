"""Waiting: who waited for whom at the last closing that a signature saw, as a graph."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from abm.analysis.prose.graph import strong_parts
from abm.analysis.prose.phrases import Names
from abm.core.plain import plain
from abm.core.records import LOOKING, STAGES, UNPAID, WITHDRAWN

if TYPE_CHECKING:
    import networkx as nx

    from abm.agents import FundingModel, Investor
    from abm.agents.narrator import Need

BOOK, TERMS = "the-book", "the-terms"
_OF_MONEY = ("total_bn", "kind", "minimum_close_bn")


@dataclass(frozen=True)
class Node:
    """Somebody who waits or is waited for.

    Attributes
    ----------
    id, name
        Id of the file and name; members of a pool are ``pool#1``. ``the-book`` is the money in the round,
        ``the-terms`` price, stake and sentiment.
    kind
        ``investor``, ``gatekeeper``, ``book`` or ``terms``.
    status
        ``looking``, ``signed``, ``paid``, ``withdrawn``, ``unpaid`` or ``lapsed``; ``open``, ``satisfied`` or
        ``blocked``; nothing for book and terms.
    bn
        Money that was signed for [USD billion].
    """

    id: str
    name: str
    kind: str
    status: str
    bn: float


@dataclass(frozen=True)
class Edge:
    """One thing that somebody asked for.

    Attributes
    ----------
    source, target
        Ids of who waits, and for whom.
    words
        What was asked for and how much of it was there.
    met
        Whether it held.
    binding
        Whether it kept money out: it did not hold, and no other clause of the same signature held.
    clause
        Number of the clause, from 0; of several clauses, one must hold.
    bn
        Money that hung on it [USD billion].
    lacking_bn
        Where money was asked for: how much of it was not there [USD billion].
    """

    source: str
    target: str
    words: str
    met: bool
    binding: bool
    clause: int
    bn: float
    lacking_bn: float = 0.0


@dataclass(frozen=True)
class Waiting:
    """The graph of who waited for whom.

    Attributes
    ----------
    nodes, edges
        As described there. The book waits for every conditional signature whose money was not in.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def graph(self, binding: bool = False) -> nx.MultiDiGraph:
        """Return it as a networkx graph; only what kept money out if ``binding``."""
        import networkx as nx

        graph = nx.MultiDiGraph()
        graph.add_nodes_from((node.id, asdict(node)) for node in self.nodes)
        graph.add_edges_from(
            (edge.source, edge.target, asdict(edge)) for edge in self.edges if edge.binding or not binding
        )
        return graph

    def circles(self, binding: bool = False) -> list[tuple[str, ...]]:
        """Ids of investors who waited for each other, if only through the book; larger circles first.

        Whoever lacks more money than the others of a circle would bring is not held by them.

        Parameters
        ----------
        binding
            Only circles that kept money out to the end.
        """
        money = {node.id: node.bn for node in self.nodes if node.kind == "investor"}
        edges = [edge for edge in self.edges if edge.binding or not binding]
        while True:
            parts = strong_parts([(edge.source, edge.target) for edge in edges])
            within = {
                who: sum(money.get(other, 0.0) for other in part if other != who) for part in parts for who in part
            }
            possible = [edge for edge in edges if edge.lacking_bn <= within.get(edge.source, 0.0)]
            if len(possible) == len(edges):
                break
            edges = possible
        found = [tuple(who for who in money if who in part) for part in parts]
        return sorted((circle for circle in found if len(circle) > 1), key=lambda circle: (-len(circle), circle))

    def to_json(self) -> dict[str, Any]:
        """Return plain lists and dicts."""
        return {
            "nodes": [asdict(node) for node in self.nodes],
            "edges": [asdict(edge) for edge in self.edges],
            "circles": [list(circle) for circle in self.circles()],
            "stuck_circles": [list(circle) for circle in self.circles(binding=True)],
        }


def who_waits(model: FundingModel) -> Waiting:
    """Draw who waited for whom, each signature as the last closing before it was paid, fell back or lapsed saw it.

    Parameters
    ----------
    model
        A run, usually at its end.

    Returns
    -------
    Waiting
        Nodes: whoever signed, whoever was named in a condition, every gatekeeper. Edges: every condition, met or not;
        what gatekeepers require; and from the book to the conditional signatures whose money was not in.

    Examples
    --------
    >>> import abm
    >>> model = abm.FundingModel(abm.load_scenario("mutual-conditions"), seed=1, run=0)
    >>> model.run_model()
    >>> who_waits(model).circles()
    [('beta', 'gamma', 'delta', 'epsilon')]
    """
    names = Names(model.case, model.population)
    edges = [edge for index in sorted(model.narrator.standings) for edge in _asked(model, index, names)]
    edges += _required(model, names, edges)
    if any(edge.target == BOOK for edge in edges):
        edges += _counted(model)
    return Waiting(_nodes(model, names, edges), tuple(edges))


def _asked(model: FundingModel, index: int, names: Names) -> list[Edge]:
    """Everything that one signature asked for."""
    standing, who = model.narrator.standings[index], model.population.ids[index]
    stuck, bn = _stuck(model, index), model.population.bn(standing.ticket_musd)
    return [
        Edge(who, target, names.lacks(need), need.met, stuck and not need.met, k, bn, _lacking_bn(need))
        for k, clause in enumerate(standing.clauses)
        for need in clause
        for target in _targets(need)
        if target != who
    ]


def _stuck(model: FundingModel, index: int) -> bool:
    """Whether an investor was kept out by his conditions: not by second thoughts, nor for not paying."""
    held = any(all(need.met for need in clause) for clause in model.narrator.standings[index].clauses)
    return not held and model.investors[index].stage not in (WITHDRAWN, UNPAID)


def _lacking_bn(need: Need) -> float:
    return max(0.0, need.wanted - need.there) if need.kind in _OF_MONEY and not need.met else 0.0


def _targets(need: Need) -> tuple[str, ...]:
    if need.kind in _OF_MONEY:
        return (BOOK,)
    return need.who or (TERMS,)


def _required(model: FundingModel, names: Names, asked: list[Edge]) -> list[Edge]:
    """What gatekeepers wait for, with all the money that hangs on them, directly or through others."""
    ids, hanging = model.population.gate_ids, dict[str, dict[str, float]]()
    for edge in asked:
        if edge.target in ids and (edge.binding or edge.met):
            hanging.setdefault(edge.target, {})[edge.source] = edge.bn
    edges = []
    for k in reversed(model.population.gate_order):
        gate = model.gates[k]
        money = hanging.get(gate.id, {})
        for other in gate.requires:
            hanging.setdefault(ids[other], {}).update(money)
            met = model.gates[other].satisfied_day <= model.until_day
            words = names.consent(ids[other])
            edges.append(Edge(gate.id, ids[other], words, met, not met, 0, sum(money.values())))
    return edges


def _counted(model: FundingModel) -> list[Edge]:
    """The conditional money that a closing counts once it is in: it ties those together who wait for a total."""
    edges = []
    for index, standing in sorted(model.narrator.standings.items()):
        stuck, bn = _stuck(model, index), model.population.bn(standing.ticket_musd)
        edges.append(Edge(BOOK, model.population.ids[index], f"its {plain(bn)} billion", not stuck, stuck, 0, bn))
    return edges


def _nodes(model: FundingModel, names: Names, edges: list[Edge]) -> tuple[Node, ...]:
    seen = {edge.source for edge in edges} | {edge.target for edge in edges}
    shown = [investor for investor in model.investors if investor.id in seen or _signed(investor)]
    nodes = [_investor(model, investor, names) for investor in shown]
    status = ("open", "satisfied", "blocked")
    nodes += [Node(gate.id, names.consent(gate.id), "gatekeeper", status[gate.status], 0.0) for gate in model.gates]
    nodes += (
        [Node(BOOK, "the money in the round", "book", "", model.population.bn(model.paid_musd))] if BOOK in seen else []
    )
    nodes += [Node(TERMS, "price, stake and sentiment", "terms", "", 0.0)] if TERMS in seen else []
    return tuple(nodes)


def _signed(investor: Investor) -> bool:
    return investor.stage != LOOKING


def _investor(model: FundingModel, investor: Investor, names: Names) -> Node:
    standing = model.narrator.standings.get(investor.index)
    ticket = standing.ticket_musd if standing else investor.ticket_musd
    return Node(investor.id, names.of(investor.id), "investor", STAGES[investor.stage], model.population.bn(ticket))
