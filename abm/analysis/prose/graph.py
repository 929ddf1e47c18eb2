"""Graph: who waits in a circle, the strongly connected parts of a directed graph."""

from __future__ import annotations


def strong_parts(pairs: list[tuple[str, str]]) -> list[set[str]]:
    """Strongly connected parts of a directed graph; networkx would take longer to load than a whole story to tell.

    Parameters
    ----------
    pairs
        Edges, from and to.

    Examples
    --------
    >>> [sorted(part) for part in strong_parts([("a", "b"), ("b", "a"), ("c", "a")])]
    [['a', 'b'], ['c']]
    """
    ahead, behind = dict[str, list[str]](), dict[str, list[str]]()
    for source, target in pairs:
        ahead.setdefault(source, []).append(target)
        behind.setdefault(target, []).append(source)
    parts, done = list[set[str]](), set[str]()
    for start in ahead:
        if start not in done:
            parts.append(_reached(start, ahead) & _reached(start, behind))
            done |= parts[-1]
    return parts


def _reached(start: str, following: dict[str, list[str]]) -> set[str]:
    reached, waiting = {start}, [start]
    while waiting:
        new = [node for node in following.get(waiting.pop(), ()) if node not in reached]
        reached.update(new)
        waiting += new
    return reached
