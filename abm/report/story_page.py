"""Story page: one run as text, as JSON, and as a page with a timeline and the graph of who waits for whom."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from abm.analysis.explanation import Explained
from abm.analysis.prose.waiting import BOOK, TERMS
from abm.report.json_values import plain

if TYPE_CHECKING:
    import pandas as pd

    from abm.analysis.prose.sentence import Sentence
    from abm.analysis.prose.waiting import Node
    from abm.analysis.story import Story
    from abm.report.page import Picture

_SHOWN = 6  # changes that are listed beside the nearest
_MOST_BOXES = 16  # of a column that can still be read
_COLOURS = {
    "good": ("consented", "reached its target", "raised later money", "listed its shares"),
    "bad": (
        "blocked", "withdrew", "did not pay", "missed its target", "lapsed", "passed", "defaulted", "claimed back",
        "failed to raise", "could not list", "withdrew its listing", "fell short",
    ),
    "money": ("signed", "paid", "fell back"),
}  # fmt: skip


def explained_text(explained: Explained) -> str:
    """Tell it on a terminal."""
    from abm.runs.lines import wrapped

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
    """Draw who waited for what; nothing where nobody did."""
    from abm.plots.waiting import waiting
    from abm.report.page import picture

    boxes, arrows = waiting_frames(explained)
    if not len(arrows):
        return None
    height = 1.0 + 0.5 * boxes.groupby("column").size().max()
    words = dict(zip(boxes["id"], boxes["words"], strict=True))
    alt = "; ".join(f"{words[row.source]} waits for {words[row.target]}" for row in arrows.itertuples())
    caption = "Who waited for what at the last closing."
    return picture(waiting, alt, caption, arrows, size=(7.2, height), nodes=boxes)


def waiting_frames(explained: Explained) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Boxes and arrows of who waited for what: who on the left, members of a pool together; what on the right, once."""
    import pandas as pd

    asked = [edge for edge in explained.story.waiting.edges if edge.source != BOOK]
    pools = {pool.id: pool.name or pool.id for pool in explained.scenario.investor_pools}
    nodes = {node.id: node for node in explained.story.waiting.nodes}
    stuck = {edge.source for edge in asked if edge.binding}
    listed = Counter((edge.source, edge.clause, edge.words) for edge in asked)
    who, what = dict[tuple[str, bool], set[str]](), dict[tuple[str, bool], set[str]]()
    arrows = dict[tuple[tuple[str, bool], tuple[str, bool]], None]()
    for edge in asked:
        owner = edge.source.partition("#")[0]
        left = (owner if owner in pools else edge.source, edge.source not in stuck)
        several = listed[edge.source, edge.clause, edge.words] > 1
        right = (edge.words if several or edge.target == TERMS else edge.target, edge.met)
        who.setdefault(left, set()).add(edge.source)
        what.setdefault(right, set()).add(edge.words)
        arrows[left, right] = None
    rows = [
        (f"who {name} {fine}", _waiting_words([nodes[one] for one in sorted(members)], pools.get(name, "")), 0, fine)
        for (name, fine), members in who.items()
    ]
    rows += [
        (f"what {name} {met}", _wanted_words(words, nodes.get(name)), 1, met) for (name, met), words in what.items()
    ]
    pairs = [(f"who {a} {fine}", f"what {b} {met}", met) for (a, fine), (b, met) in arrows]
    frame = pd.DataFrame(rows, columns=["id", "words", "column", "met"]).groupby("column").head(_MOST_BOXES)
    shown = set(frame["id"])
    kept = [pair for pair in pairs if {*pair[:2]} <= shown]
    return frame, pd.DataFrame(kept, columns=["source", "target", "met"])


def _waiting_words(members: list[Node], pool: str) -> str:
    money = sum(node.bn for node in members)
    name = f"{len(members)} of “{pool}”" if pool else members[0].name
    return f"{name}, USD {money:.3g} bn" if money else name


def _wanted_words(words: set[str], target: Node | None) -> str:
    """What is asked for: in the words of the condition, or where several ask it differently, by its name alone."""
    if len(words) == 1 or target is None:
        return next(iter(words))
    return f"{len(words)} totals, each its own" if target.id == BOOK else target.name


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
