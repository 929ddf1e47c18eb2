"""Pages: the Markdown files of the repository as pages of the site, with links that lead to other pages of it.

The files are written for a reader on a code host: their links are plain paths. A link to a document becomes one to its
page, a link to a script or a finding one to the page of its experiment, a link to any other file one to a copy.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

#: Files outside of docs/ that are pages, too.
OTHERS = {
    "README.md": "overview",
    "CONTRIBUTING.md": "contributing",
    "CHANGELOG.md": "changelog",
    "SECURITY.md": "security",
    "docs/README.md": "index",
    "experiments/README.md": "gallery/index",
    "abm/cases/README.md": "case-list",
}
_FENCED = re.compile(r"^(```|~~~).*?^\1", re.DOTALL | re.MULTILINE)
_TARGET = re.compile(r"\]\(([^()\s]+)\)")


def page_of(path: str) -> str | None:
    """Name the page that tells of a file of the repository.

    >>> page_of("docs/model.md"), page_of("results/e03_the_condition/finding.md"), page_of("abm/rules")
    ('model', 'gallery/e03_the_condition', 'api/rules')
    >>> page_of("experiments/metro-2023.toml") is None
    True
    """
    if path in OTHERS:
        return OTHERS[path]
    if found := re.fullmatch(r"docs/([\w-]+)\.md", path):
        return found[1]
    if found := re.fullmatch(r"(?:experiments|results)/(e\d\d_\w+)(?:\.py|/finding\.md)?", path):
        return f"gallery/{found[1]}"
    if found := re.fullmatch(r"abm/(rules|analysis|plots|history)", path):
        return f"api/{found[1]}"
    return None


def retold(text: str, home: str, page: str, copies: set[str]) -> str:
    """Turn the links of a file into those of its page, and name the files that it needs a copy of.

    Parameters
    ----------
    text
        Markdown.
    home
        Path of the file in the repository.
    page
        Name of its page.
    copies
        Files that are linked and are no pages; added to.

    >>> needed = set()
    >>> retold("[rules](../abm/rules), [a file](../LICENSE), [above](#top)", "docs/model.md", "model", needed)
    '[rules](api/rules.md), [a file](files/LICENSE), [above](#top)'
    >>> needed
    {'LICENSE'}
    """
    up = "../" * page.count("/")

    def link(found: re.Match[str]) -> str:
        target, _, anchor = found[1].partition("#")
        if not target or re.match(r"[a-z]+:", target):
            return found[0]
        path = _plain(Path(home).parent / target)
        if there := page_of(path):
            return f"]({up}{there}.md{'#' + anchor if anchor else ''})"
        copies.add(path)
        return f"]({up}files/{path})"

    parts, at = [], 0
    for code in _FENCED.finditer(text):
        parts += [_TARGET.sub(link, text[at : code.start()]), code[0]]
        at = code.end()
    return "".join([*parts, _TARGET.sub(link, text[at:])])


def _plain(path: Path) -> str:
    parts: list[str] = []
    for part in path.parts:
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def write(target: Path, text: str) -> None:
    """Write a page if it has changed, so that Sphinx reads again what is new and nothing else."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists() or target.read_text("utf-8") != text:
        target.write_text(text, "utf-8")


def copy(path: str, stage: Path) -> None:
    """Copy a file of the repository to where pages link to it."""
    if not (ROOT / path).is_file():
        raise SystemExit(f"{path}: expected a file, which a page links to")
    target = stage / "files" / path
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(ROOT / path, target)
