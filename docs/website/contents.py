"""Contents: which pages there are, and under which heading each stands."""

from __future__ import annotations

import re
from pathlib import Path

from docs.website.api import api_pages
from docs.website.commands import commands_text
from docs.website.gallery import experiment_page, experiments, pictures, pictures_table
from docs.website.pages import OTHERS, ROOT, copy, page_of, retold, write

#: Pages that are written here, and the heading of docs/README.md under which each stands.
WRITTEN = {"Reference": ["commands", "api/index"]}
_UNLISTED = "How to"  # where a page is found that docs/README.md does not list


def stage(source: Path) -> None:
    """Write all pages, and copies of the files that they need, into a folder for Sphinx."""
    pages = {page: ROOT / home for home, page in OTHERS.items() if (ROOT / home).exists()}
    pages |= {file.stem: file for file in (ROOT / "docs").glob("*.md") if file.name != "README.md"}
    copies: set[str] = set()
    texts = {page: _retold(file, page, copies) for page, file in pages.items()}
    for name in experiments():
        copies |= {f"experiments/{name}.py", *pictures(name)}
        home = f"results/{name}/finding.md"
        texts[f"gallery/{name}"] = retold(experiment_page(name), "experiments/x.md", f"gallery/{name}", copies)
        assert page_of(home) == f"gallery/{name}"
    shown = retold(pictures_table(experiments()), "experiments/x.md", "gallery/index", copies)
    texts["gallery/index"] += f"\n## In pictures\n\n{shown}\n\n{toctree(experiments())}"
    texts |= {"commands": commands_text(), **api_pages()}
    texts["index"] = with_contents(texts["index"], set(texts))
    for page, text in texts.items():
        write(source / f"{page}.md", text)
    for path in copies:
        copy(path, source)
    kept = {source / f"{page}.md" for page in texts}
    for old in set(source.rglob("*.md")) - kept - set((source / "files").rglob("*.md")):
        old.unlink()


def _retold(file: Path, page: str, copies: set[str]) -> str:
    return retold(file.read_text("utf-8"), file.relative_to(ROOT).as_posix(), page, copies)


def sections_of(index: str) -> dict[str, list[str]]:
    """Pages that the tables of an index link to first in a row, by heading.

    >>> sections_of("## Learn\\n\\n| a | b |\\n|---|---|\\n| [model.md](model.md) | see [x](x.md) |\\n")
    {'Learn': ['model']}
    """
    found: dict[str, list[str]] = {}
    for part in re.split(r"^## ", index, flags=re.MULTILINE)[1:]:
        rows = re.findall(r"^\| \[[^\]]*\]\(([^()#]+)\.md\)", part, re.MULTILINE)
        if rows:
            found[part.splitlines()[0].strip()] = rows
    return found


def with_contents(index: str, pages: set[str]) -> str:
    """Add the list of pages at the side of every page: one a heading, as the tables have them."""
    sections = sections_of(index)
    for heading, names in WRITTEN.items():
        sections[heading] += names
    listed = {name for names in sections.values() for name in names}
    inner = {page for page in pages if "/" in page and not page.endswith("/index")}
    sections[_UNLISTED] += sorted(pages - listed - inner - {"index"})
    return index + "\n" + "\n".join(toctree(names, heading) for heading, names in sections.items())


def toctree(names: list[str], caption: str = "") -> str:
    """Write a list of pages that is seen at the side only."""
    head = f":caption: {caption}\n" if caption else ""
    return "```{toctree}\n:hidden:\n" + head + "\n" + "\n".join(names) + "\n```\n"
