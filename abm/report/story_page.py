"""Story page: one run as text, as JSON, and as a page with a timeline and the graph of who waits for whom."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from abm.analysis.explanation import Explained
from abm.analysis.prose.waiting import BOOK
from abm.report.json_values import plain

if TYPE_CHECKING:
    import pandas as pd

    from abm.analysis.prose.sentence import Sentence
    from abm.analysis.prose.waiting import Edge, Node
    from abm.analysis.story import Story
    from abm.report.page import Picture

_SHOWN = 6  # changes that are listed beside the nearest
_MOST_BOXES = 18  # boxes in a picture that can still be read
_COLOURS = {
    "good": ("consented", "reached its target", "raised later money", "listed its shares"),
    "bad": (
        "blocked", "withdrew", "did not pay", "missed its target", "lapsed", "passed", "defaulted", "claimed back",
        "failed to raise", "could not list", "withdrew its listing",
    ),
    "money": ("signed", "paid", "fell back"),
}  # fmt: skip


def explained_text(explained: Explained) -> str:
    """Tell it on a terminal."""
    from abm.report.answer import wrapped

    lines = [f"  {words}" for words in other_changes(explained)]
    also = "Larger changes that would have done it, too:\n" + "\n".join(lines) if lines else ""
    return "\n\n".join(part for part in (explained.story.text(), wrapped(twin_words(explained)), wrapped(also)) if part)


def twin_words(explained: Explained) -> str:
    """Say which smallest single change would have turned the ending."""
    closed = explained.story.ending == "closed"
    if explained.twin is None:
        return "No single change of a lever or a condition would have " + (
            "stopped this run." if closed else "closed this run."
        )
    return (
        f"The nearest twin: with the same luck, this run would {'not ' if closed else ''}have closed if one thing had "
        f"been different: {explained.twin.words}. It is the smallest single change that was found "
        f"({explained.twin.distance:.2g} of a usual step), and it was simulated."
    )


def other_changes(explained: Explained) -> list[str]:
    """List the next nearest changes that would have turned the ending."""
    if explained.twin is None:
        return []
    turning = explained.twin.tried[explained.twin.tried["turns"]]
    return [
        f"{row.words} ({row.distance:.2g} steps)".replace("(1 steps)", "(1 step)")
        for row in turning.iloc[1 : 1 + _SHOWN].itertuples()
    ]


def explained_json(explained: Explained) -> dict[str, Any]:
    """Return it as one object, for programs."""
    twin: dict[str, Any] | None = None
    if explained.twin is not None:
        kept = ("closed", "lever", "words", "size", "unit", "distance")
        tried = explained.twin.tried.astype(object).where(explained.twin.tried.notna(), None)
        twin = {name: getattr(explained.twin, name) for name in kept}
        twin |= {"set": plain(dict(explained.twin.changes))}
        twin |= {"tried": tried.to_dict("records")}
    return explained.story.to_json() | {"twin": twin}


def story_context(explained: Explained) -> dict[str, Any]:
    """Return what the templates need of a story."""
    story = explained.story
    return {
        "why": story.why,
        "steps": [_step(story, sentence) for sentence in story.sentences if not sentence.closing],
        "ending": [s.text for s in story.sentences if s.closing],
        "picture": waiting_picture(explained),
        "twin": twin_words(explained),
        "twins": [words[:1].upper() + words[1:] for words in other_changes(explained)],
    }


def _step(story: Story, sentence: Sentence) -> dict[str, str]:
    """One entry of a timeline; a date at its head is not said twice."""
    when = f"{sentence.date.day} {sentence.date:%B %Y}"
    text = sentence.text.removeprefix(f"On {when} ")
    return {
        "date": sentence.date.isoformat(),
        "when": when,
        "text": text[:1].upper() + text[1:],
        "kind": _kind(story, sentence.events),
    }


def _kind(story: Story, events: tuple[int, ...]) -> str:
    happened = [story.events[index].what for index in events]
    return next((kind for kind, words in _COLOURS.items() if any(what in words for what in happened)), "")


def waiting_picture(explained: Explained) -> Picture | None:
    """Draw who waited for whom; nothing where nobody did."""
    from abm.plots.waiting import waiting
    from abm.report.page import picture

    boxes, arrows = waiting_frames(explained)
    if not len(arrows):
        return None
    height = max(2.2, 0.62 * boxes.groupby("column").size().max() + 0.6)
    alt = "; ".join(f"{row.source} waits for {row.target}: {row.words}" for row in arrows.itertuples())
    return picture(waiting, alt, "Who waited for whom at the last closing.", arrows, size=(7.2, height), nodes=boxes)


def waiting_frames(explained: Explained) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Boxes and arrows of who waited for whom, members of a pool together."""
    import pandas as pd

    pools = {pool.id: pool.name or pool.id for pool in explained.scenario.investor_pools}
    nodes = {node.id: node for node in explained.story.waiting.nodes}
    asked = [edge for edge in explained.story.waiting.edges if edge.source != BOOK]
    groups: dict[tuple[str, str, bool], list[Edge]] = {}
    for edge in asked:
        owner = edge.source.split("#")[0]
        groups.setdefault((owner if owner in pools else edge.source, edge.target, edge.met), []).append(edge)
    arrows = [
        {"source": f"{source}{'' if met else '!'}" if source in pools else source, "target": target, "met": met,
         "words": edges[0].words if len(edges) == 1 else f"{len(edges)} conditions"}
        for (source, target, met), edges in groups.items()
    ]  # fmt: skip
    boxes = [
        _box(f"{source}{'' if met else '!'}", [nodes[edge.source] for edge in edges], 0, met, pools[source])
        for (source, _, met), edges in groups.items()
        if source in pools
    ]
    named = {end for edge in asked for end in (edge.source, edge.target)} - {
        edge.source for edge in asked if "#" in edge.source
    }
    boxes += [
        _box(name, [node], _column(node, asked), _state(node, asked)) for name, node in nodes.items() if name in named
    ]
    frame = pd.DataFrame(boxes, columns=["id", "words", "column", "met"]).drop_duplicates("id").head(_MOST_BOXES)
    shown = set(frame["id"])
    kept = [arrow for arrow in arrows if {arrow["source"], arrow["target"]} <= shown]
    return frame, pd.DataFrame(kept, columns=["source", "target", "words", "met"])


def _box(name: str, nodes: list[Node], column: int, met: bool | None, pool: str = "") -> dict[str, Any]:
    money = sum(node.bn for node in {node.id: node for node in nodes}.values())
    count = len({node.id for node in nodes})
    words = f"{count} of {pool}" if pool else nodes[0].name
    return {"id": name, "words": f"{words}, USD {money:.3g} bn" if money else words, "column": column, "met": met}


def _column(node: Node, asked: list[Edge]) -> int:
    if node.kind == "gatekeeper":
        return 2
    return 0 if any(edge.source == node.id for edge in asked) else 1


def _state(node: Node, asked: list[Edge]) -> bool | None:
    if node.kind == "gatekeeper":
        return node.status == "satisfied"
    mine = [edge for edge in asked if edge.source == node.id]
    if mine:
        return not any(edge.binding for edge in mine)
    return node.status == "paid" if node.kind == "investor" else None


def write_story(explained: Explained, path: str | Path, command: str) -> Path:
    """Write a run as one self-contained page."""
    from abm.report.page import write_page

    story = explained.story
    ended = "closed" if story.ending == "closed" else "failed"
    return write_page(
        "story.html.j2", path, title=f"{story.title}: how run {story.run} {ended}",
        lead=f"One of many runs of the simulation, rebuilt exactly: scenario {story.scenario}, seed {story.seed}, "
        f"run {story.run}. It is an example, not a forecast.",
        story=story_context(explained), command=command,
        origin="Names of investors stand for assumptions about them, not for anything they have said.",
    )  # fmt: skip
