"""``python -m docs.website``: put the pages together, and build the site.

Everything is written below ``--out`` (default ``build/docs``): the pages in ``source``, the site in ``html``. Nothing
is fetched, and the site asks nobody for anything when it is opened from disk.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

from docs.website.contents import stage
from docs.website.pages import ROOT


def main(arguments: list[str] | None = None) -> int:
    """Build the site; 0 if there was no warning."""
    parser = argparse.ArgumentParser(prog="python -m docs.website", description="Build the documentation site.")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "docs", help="folder (default: build/docs)")
    parser.add_argument("--builder", default="html", choices=["html", "linkcheck"], help="linkcheck asks the network")
    chosen = parser.parse_args(arguments)
    source = chosen.out / "source"
    stage(source)
    _set_up_notebooks(chosen.out / "ipython")
    from sphinx.cmd.build import main as sphinx

    folders = ["-c", str(ROOT / "docs"), "-d", str(chosen.out / "read"), str(source), str(chosen.out / chosen.builder)]
    code = sphinx(["-b", chosen.builder, "-q", "-W", "--keep-going", *folders])
    if code == 0 and chosen.builder == "html":
        print(f"open {chosen.out / 'html' / 'index.html'}")
    return code


def _set_up_notebooks(folder: Path) -> None:
    """Run notebooks without the reader's own settings, and without the kernel's remark on how it is reached."""
    profile = folder / "profile_default"
    (profile / "startup").mkdir(parents=True, exist_ok=True)
    shutil.copy(Path(__file__).with_name("startup.py"), profile / "startup")
    (profile / "ipython_kernel_config.py").write_text("get_config().IPKernelApp.log_level = 40\n", "utf-8")
    os.environ["IPYTHONDIR"] = str(folder)


if __name__ == "__main__":
    sys.exit(main())
