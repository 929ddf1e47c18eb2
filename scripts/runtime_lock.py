"""Runtime lock: of ``requirements.lock``, only what ``abm`` needs to run, or what the packages that are named need.

python scripts/runtime_lock.py > runtime.lock
python scripts/runtime_lock.py setuptools wheel > build.lock
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def runtime_lock(lock: str, roots: set[str]) -> str:
    """Keep the locked packages that the roots need, by the comments that say who asked for each.

    >>> lock = "# made\\na==1 \\\\\\n    --hash=sha256:0\\n    # via b\\nb==2\\n    # via abm\\nc==3\\n    # via abm\\n"
    >>> print(runtime_lock(lock, {"b"}), end="")
    a==1 \\
        --hash=sha256:0
        # via b
    b==2
        # via abm
    """
    found = re.findall(r"^[\w.\[\]-]+==.*\n(?:[ ]+.*\n?)*", lock, re.MULTILINE)
    blocks = [(plain(block), block, asking(block)) for block in found]  # one name may stand twice, once a Python
    if missing := roots - {name for name, _, _ in blocks}:
        raise SystemExit(f"requirements.lock: expected {', '.join(sorted(missing))} in it; run: make lock")
    kept = set(roots)
    while more := {name for name, _, by in blocks if by & kept} - kept:
        kept |= more
    return "".join(block for name, block, _ in blocks if name in kept)


def asking(block: str) -> set[str]:
    """Who asked for a locked package."""
    _, _, told = block.partition("# via")
    return {plain(name) for name in re.findall(r"^[ #]*([\w.-]+)", told, re.MULTILINE)}


def plain(name: str) -> str:
    """Spell a name as packages are compared by."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\[=<>!~; \n]", name.strip())[0]).lower()


def needed_to_run() -> set[str]:
    """Name the packages that the project itself asks for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return {plain(one) for one in project["dependencies"]}


if __name__ == "__main__":
    roots = set(map(plain, sys.argv[1:])) or needed_to_run()
    print(runtime_lock((ROOT / "requirements.lock").read_text("utf-8"), roots), end="")
