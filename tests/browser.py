"""A real browser for pages: headless Chromium, driven by its own command line."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from tests.guard import HANGS_S

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)

# A window cannot be narrower than 500 pixels, a frame can; and a frame answers to its own width.
_LOOK = """<!doctype html><meta charset="utf-8"><body style="margin:0"><iframe id="page" src="{address}"
style="border:0;width:{width}px;height:900px"></iframe><script>
window.addEventListener("load", () => {{
  const page = document.getElementById("page").contentDocument, root = page.documentElement;
  page.querySelectorAll("details").forEach((one) => one.open = true);
  const wide = [...page.querySelectorAll("body *")].filter((one) => {{
    for (let up = one; up; up = up.parentElement)
      if (["auto", "scroll", "hidden"].includes(getComputedStyle(up).overflowX)) return false;
    return one.getBoundingClientRect().right > {width} + 1;
  }});
  const sizes = [...page.querySelectorAll("p, li, td")].filter((one) => one.textContent.trim())
    .map((one) => parseFloat(getComputedStyle(one).fontSize));
  const told = {{
    width: root.scrollWidth, height: root.scrollHeight,
    wide: wide.slice(0, 5).map((one) => one.outerHTML.slice(0, 90)),
    images: page.images.length, broken: [...page.images].filter((one) => !one.naturalWidth).length,
    smallest: sizes.length ? Math.min(...sizes) : 0,
    cut: [...page.querySelectorAll(".wide")].filter((one) => one.scrollWidth > one.clientWidth + 1).length,
    links: [...page.querySelectorAll('a[href^="#"]')].filter((a) => !page.getElementById(a.hash.slice(1))).length,
  }};
  document.body.insertAdjacentHTML("beforeend", "<pre id=told></pre>");
  document.getElementById("told").textContent = JSON.stringify(told);
}});
</script>"""


def look_at(page: Path, width: int, scratch: Path) -> dict[str, Any]:
    """Open a page in a frame of a width, and tell what a person would notice."""
    frame = scratch / f"look{width}.html"
    frame.write_text(_LOOK.format(address=page.resolve().as_uri(), width=width), encoding="utf-8")
    dom = chromium(scratch, "--allow-file-access-from-files", "--dump-dom", frame.as_uri())
    told = re.search(r'<pre id="told">(.*?)</pre>', dom, re.S)
    assert told, f"the page could not be read: {dom[:300]}"
    return json.loads(html.unescape(told[1]))


def chromium(scratch: Path, *arguments: str) -> str:
    """Run the browser to the end, and return what it prints."""
    command = [str(CHROMIUM), "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    command += [f"--user-data-dir={scratch / 'profile'}", "--virtual-time-budget=4000", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=HANGS_S).stdout
