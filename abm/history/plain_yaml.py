"""Plain YAML: the part of YAML that cases are written in; whatever else a file has is refused in a sentence."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from abm.core.errors import Fault
from abm.scenario.bounds import MOST_LEVELS, fault_of_tables

if TYPE_CHECKING:
    import yaml


#: Numbers as people write them; to YAML 010 is eight, and 1:30 is ninety.
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*)?(\.[0-9]*)?([eE][-+]?[0-9]+)?")


class UnreadableError(Exception):
    """A file that is no plain table, with the one fault that ended its reading."""

    def __init__(self, key: str, expected: str, got: str | None = None) -> None:
        super().__init__(key, expected, got)
        self.fault = Fault(key, expected, got)


def yaml_tables(text: str) -> dict[str, Any]:
    r"""Read the text of a YAML file.

    Keys are unique words; values are texts, numbers, dates, true, false, null, lists and tables. Aliases, tags and more
    than one document are refused, so that what a file says is what can be read in it.

    Raises
    ------
    UnreadableError
        With the line.

    Examples
    --------
    >>> yaml_tables("id: a_2021\ntarget: 0.5\nneeds: [vote]\n")
    {'id': 'a_2021', 'target': 0.5, 'needs': ['vote']}
    >>> yaml_tables("id: a_2021\nid: b_2021\n")
    Traceback (most recent call last):
        ...
    abm.history.plain_yaml.UnreadableError: ('line 2', 'expected every key once', "'id' again")
    """
    import yaml

    reader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # written in C where there is a compiler
    try:
        _look_through(yaml.parse(text, Loader=reader))
        loader = reader(text)
        try:
            raw = _value(loader.get_single_node(), loader)
        finally:
            loader.dispose()
    except (yaml.YAMLError, RecursionError) as error:
        raise _unreadable(error) from None
    if not isinstance(raw, dict):
        raise UnreadableError("file", "expected keys and values", "nothing" if raw is None else repr(raw)[:60])
    if fault := fault_of_tables(raw):
        raise UnreadableError(fault.key, fault.expected, fault.got)
    return raw


def _look_through(events: Any) -> None:
    """Refuse what a file can do beyond values in tables and lists; before anything is built of it."""
    import yaml

    level = documents = 0
    for event in events:
        where = _line(event.start_mark)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise UnreadableError(where, "expected no anchors and aliases (& and *); quote such a text")
        if getattr(event, "tag", None):
            raise UnreadableError(where, "expected no tags (!); quote such a text")
        documents += isinstance(event, yaml.DocumentStartEvent)
        if documents > 1:
            raise UnreadableError(where, "expected one case in a file, got a second document (---)")
        level += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if level > MOST_LEVELS:
            raise UnreadableError(where, f"expected tables and lists at most {MOST_LEVELS} deep")


def _value(node: yaml.Node | None, loader: Any) -> Any:
    """What a node stands for; a scalar that cannot be what it looks like, such as 2021-02-30, stays a text."""
    import yaml

    if isinstance(node, yaml.MappingNode):
        return _table(node, loader)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, loader) for item in node.value]
    if node is None:
        return None
    if node.tag.endswith((":int", ":float")) and not _DECIMAL.fullmatch(node.value):
        return node.value
    try:
        return loader.construct_object(node)
    except (ValueError, OverflowError, yaml.YAMLError):
        return node.value


def _table(node: yaml.MappingNode, loader: Any) -> dict[str, Any]:
    import yaml

    table: dict[str, Any] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise UnreadableError(_line(key.start_mark), "expected a word as key, got a list or a table")
        if key.value in table:
            raise UnreadableError(_line(key.start_mark), "expected every key once", f"{key.value[:60]!r} again")
        table[key.value] = _value(value, loader)
    return table


def _unreadable(error: Exception) -> UnreadableError:
    """What the reader says, on one line."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    said = getattr(error, "problem", None) or getattr(error, "reason", None) or "too deep"
    return UnreadableError(_line(mark) if mark else "file", f"expected valid YAML ({said})")


def _line(mark: Any) -> str:
    return f"line {mark.line + 1}"
