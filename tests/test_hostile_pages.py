"""Hostile pages: scripts, styles and links in any text of a scenario stay text, in pages, pictures and notebooks."""

from __future__ import annotations

import base64
import copy
import html
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import abm
from abm.analysis.dossier import Effort, investigate
from abm.analysis.explanation import explained
from abm.plots import save_figures
from abm.report.story_page import write_story
from abm.report.whole import write_report
from abm.sweeps import Design
from tests.browser import CHROMIUM, chromium

RUN = "document.documentElement.dataset.ran='yes'"
PAYLOAD = (
    f"""'"></title></style></script></textarea></svg>--><script>{RUN}</script>"""
    f"""<img src=x onerror="{RUN}" data-foreign>"""
    f"""<a href="javascript:{RUN}" data-foreign>go</a><style data-foreign>body{{display:none}}</style>"""
    f"""<svg data-foreign onload="{RUN}"></svg><iframe srcdoc="<script>parent.{RUN}</script>" data-foreign></iframe>"""
    """{{ 7*7 }}{% raw %} $x^2$ [go](javascript:alert) &lt;b&gt;"""
)
FREE = ("title", "description", "name", "holder", "creditor", "source")
SVG = {"svg", "g", "defs", "path", "use", "clipPath", "rect", "style", "image", "metadata", "type"}
pytestmark = pytest.mark.filterwarnings("ignore:constrained_layout not applied")  # such names leave no room


def hostile(raw: Any) -> Any:
    """The tables of a scenario with the payload wherever text is free."""
    if isinstance(raw, list):
        return [hostile(one) for one in raw]
    if not isinstance(raw, dict):
        return raw
    return {key: PAYLOAD + value if key in FREE and isinstance(value, str) else hostile(value)
            for key, value in raw.items()}  # fmt: skip


@pytest.fixture(scope="module")
def scenario():
    raw = copy.deepcopy(abm.load_scenario("three-investors").raw)
    for investor in raw["investors"]:
        number = {"value": 0.6, "low": 0.2, "high": 0.9, "grade": "judgement", "source": "a guess"}
        if "signing_probability" in investor:
            investor["signing_probability"] = number
    start, end = raw["as_of"], raw["round"]["deadline"]
    raw["description"] = "A round in which every text of a file is there."
    raw["investors"][0]["name"] = "Lead Capital"
    raw["company"] |= {
        "obligations": [{"id": "rent", "creditor": "The landlord", "from": start, "bn_per_year": 0.1}],
        "claims": [{"id": "note", "holder": "Holders of notes", "on": end, "amount_bn": 0.2}],
    }
    assert all(f"'{key}': " in str(raw) for key in FREE)
    made = abm.scenario_from(hostile(raw), "mine.toml")
    assert made.title.startswith(PAYLOAD)
    assert str(made.raw).count("data-foreign") >= 4 * 8
    return made


class Found(HTMLParser):
    """What of the payload became part of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.foreign: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("data-foreign", "data-ran") or name.startswith("on") or "javascript:" in (value or "")[:20]:
                self.foreign.append(f"<{tag} {name}={value}>")
        if tag in ("script", "iframe", "object", "embed", "base", "meta") and "data-told" not in dict(attrs):
            self.foreign += [tag] if tag != "meta" or any(name == "http-equiv" for name, _ in attrs) else []


def is_plain_text(page: Path, scratch: Path) -> None:
    """Read a page as it was written, and as a browser has made it."""
    text = page.read_text("utf-8")
    assert Found(text).foreign == []
    assert "data-foreign" in html.unescape(text)  # it is there, as text
    if CHROMIUM is not None:
        opened = chromium(scratch, "--dump-dom", page.resolve().as_uri())
        assert Found(opened).foreign == []
        assert "<body" in opened
    for picture in re.findall(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)", text):
        is_a_picture(base64.b64decode(picture))


def is_a_picture(content: bytes) -> None:
    """An SVG of shapes alone."""
    for element in ElementTree.fromstring(content).iter():
        name = str(element.tag).rpartition("}")[2]
        ours = "w3.org/2000/svg" in str(element.tag)
        assert not ours or name in SVG, name
        assert not [key for key in element.attrib if key.startswith("on")]
        links = [value for key, value in element.attrib.items() if key.endswith("href")]
        assert all(link.startswith(("#", "data:image/png")) for link in links), links
        assert name != "style" or "display:none" not in (element.text or "")


@pytest.mark.skipif(CHROMIUM is None, reason="there is no browser to look with")
def test_the_payload_does_what_it_should_not_where_nobody_is_careful(tmp_path):
    """Or none of the tests below would show anything."""
    (tmp_path / "page.html").write_text(f"<!doctype html><meta charset=utf-8><title>{PAYLOAD}</title><p>hello")
    opened = chromium(tmp_path, "--dump-dom", (tmp_path / "page.html").as_uri())
    assert 'data-ran="yes"' in opened
    assert len(Found(opened).foreign) > 4


@pytest.mark.parametrize("kind", ["failed", "closed"])
def test_a_story_stays_text(scenario, tmp_path, kind):
    is_plain_text(write_story(explained(scenario, 2, kind, 100), tmp_path / "story.html", PAYLOAD), tmp_path)


def test_a_story_of_a_round_with_all_that_a_file_may_say_stays_text(tmp_path):
    raw = abm.load_scenario("openai-2025").raw
    is_plain_text(
        write_story(explained(abm.scenario_from(hostile(raw)), 2, 1, 20), tmp_path / "story.html", PAYLOAD), tmp_path
    )


def test_a_report_with_every_section_stays_text(scenario, tmp_path):
    """A report of a study has all sections of one of a scenario, and one more."""
    rows = [{"round.target_bn": target, "company.name": PAYLOAD} for target in (6, 7, 8)]
    study = abm.sweep(scenario, Design.table(rows), runs=50)
    dossier = investigate(study, 2, Effort().scaled(0.05))
    assert [part for part, known in vars(dossier).items() if known is None] == []
    page = write_report(dossier, tmp_path / "report.html", PAYLOAD)
    is_plain_text(page, tmp_path)
    told = html.unescape(page.read_text("utf-8"))
    assert all(f"{PAYLOAD}{end}" in told for end in ("A lead with a condition", "Acme", "Lead Capital", "a guess"))


def test_pictures_are_shapes_alone(scenario, tmp_path):
    pictures = [path for path in save_figures(abm.simulate(scenario, runs=50), tmp_path) if path.suffix == ".svg"]
    assert len(pictures) == 5
    for path in pictures:
        is_a_picture(path.read_bytes())


def test_what_a_notebook_shows_stays_text(scenario, tmp_path):
    outcomes = abm.simulate(scenario, runs=50)
    study = abm.sweep(scenario, Design.table([{"round.target_bn": 6, "company.name": PAYLOAD}]), runs=20)
    shown = [outcomes, study, explained(scenario, 2, 1, 20).story, outcomes.probability("closed")]
    parts = [one._repr_html_() for one in shown if hasattr(one, "_repr_html_")]
    assert len(parts) >= 3
    page = tmp_path / "notebook.html"
    page.write_text(f"<!doctype html><meta charset=utf-8><body>{''.join(parts)}", encoding="utf-8")
    is_plain_text(page, tmp_path)
