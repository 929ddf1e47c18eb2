"""Cells: those of a notebook that ask the terminal, or write a file, are shown as a terminal and a file."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes


def shown(code: str) -> tuple[str, str, str]:
    r"""What a reader sees of a cell: the text, its language, and the file that it is.

    >>> shown("%%sh\nabm run round.toml")
    ('$ abm run round.toml', 'console', '')
    >>> shown("%%writefile round.toml\nformat = 2")
    ('format = 2', 'toml', 'round.toml')
    >>> shown("import abm")
    ('import abm', '', '')
    """
    if named := re.match(r"%%writefile (\S+)\n", code):
        return code[named.end() :], named[1].rpartition(".")[2], named[1]
    if code.startswith("%%sh\n"):
        return re.sub(r"^", "$ ", code.removeprefix("%%sh\n"), flags=re.MULTILINE), "console", ""
    return code, "", ""


def _retold(app: Any, tree: nodes.document) -> None:
    for cell in tree.findall(lambda node: isinstance(node, nodes.container) and node.get("nb_element") == "cell_code"):
        for block in list(cell.findall(nodes.literal_block))[:1]:
            text, language, file = shown(block.astext())
            if not language:
                continue
            plain = nodes.literal_block(text, text, language=language)
            block.parent.replace(block, _named(plain, file) if file else plain)
            if file:  # "Writing ..." is no news to a reader
                for output in [one for one in cell.findall(nodes.container) if "cell_output" in one.get("classes", [])]:
                    output.parent.remove(output)


def _named(block: nodes.literal_block, file: str) -> nodes.container:
    caption = nodes.caption(file, "", nodes.literal(file, file))
    return nodes.container("", caption, block, literal_block=True, classes=["literal-block-wrapper"], ids=[file])


def setup(app: Any) -> dict[str, bool]:
    """Tell Sphinx of the change."""
    app.connect("doctree-read", _retold)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
