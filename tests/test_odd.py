"""The model as an ODD+D document: it answers every question of the protocol, in order, and names what there is."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import abm
from abm.core import draws

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "model.md").read_text("utf-8")

#: Elements of ODD+D and how many guiding questions each has (Mueller et al. 2013, Table 1).
ELEMENTS = {
    "I Overview": {
        "I.i Purpose": 2,
        "I.ii Entities, state variables and scales": 5,
        "I.iii Process overview and scheduling": 1,
    },
    "II Design concepts": {
        "II.i Theoretical and empirical background": 5,
        "II.ii Individual decision-making": 8,
        "II.iii Learning": 2,
        "II.iv Individual sensing": 5,
        "II.v Individual prediction": 3,
        "II.vi Interaction": 4,
        "II.vii Collectives": 2,
        "II.viii Heterogeneity": 2,
        "II.ix Stochasticity": 1,
        "II.x Observation": 2,
    },
    "III Details": {
        "III.i Implementation details": 2,
        "III.ii Initialisation": 3,
        "III.iii Input data": 1,
        "III.iv Submodels": 3,
    },
}
QUESTIONS = {name: count for part in ELEMENTS.values() for name, count in part.items()}


def test_the_headings_are_the_elements_of_the_protocol_in_its_order():
    headings = re.findall(r"^(##|###) ((?:I|II|III)[ .].*)$", PAGE, re.MULTILINE)
    expected = [("##", part) for part in ELEMENTS]
    for part, inner in reversed(ELEMENTS.items()):
        at = expected.index(("##", part)) + 1
        expected[at:at] = [("###", name) for name in inner]
    assert headings == expected


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_question_of_an_element_is_answered(name):
    section = re.split(r"^##+ ", PAGE.split(f"### {name}\n")[1], maxsplit=1, flags=re.MULTILINE)[0]
    number = name.split()[0]
    asked = re.findall(rf"^\*\*{re.escape(number)}\.([a-z]) [^*]+\?\*\*\s*\S", section, re.MULTILINE)
    assert "".join(asked) == "abcdefgh"[: QUESTIONS[name]]


def test_the_title_block_says_this_version_and_how_to_cite_it():
    block = PAGE.split("\n## ")[0]
    assert block.count(f" {abm.__version__}") == 2
    for row in ("Title", "Version", "Authors, licence", "How to cite", "Protocol", "Code"):
        assert f"| **{row}** |" in block


def test_every_purpose_of_a_random_number_stands_in_the_table_and_no_free_one_is_used():
    purposes = {v for name, v in vars(draws).items() if name.isupper() and isinstance(v, int) and 100 < v < draws.OWN}
    rows = re.findall(r"^\| ([\d, -]+) \|", PAGE.split("| purposes | what | drawn |")[1].split("\n\n")[0], re.MULTILINE)
    listed = set()
    for span in ", ".join(rows).split(", "):
        first, _, last = span.strip().partition("-")
        listed |= set(range(int(first), int(last or first) + 1))
    free = {int(number) for number in re.findall(r"\d{3}", PAGE.split("\nNumbers ")[1].split("stay free")[0])}
    assert listed == purposes
    assert free.isdisjoint(purposes)


def test_every_rule_that_a_submodel_names_is_in_the_files_of_its_heading_or_of_the_one_it_says():
    homes: dict[str, str] = {}
    for file in [*(ROOT / "abm" / "rules").glob("*.py"), ROOT / "abm" / "population" / "sampling.py"]:
        for node in ast.parse(file.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.Assign):
                names = [node.name] if isinstance(node, ast.FunctionDef) else map(ast.unparse, node.targets)
                homes |= dict.fromkeys(names, file.stem)
    keys = {"requires", "lead_weeks", "reputation", "herding", "completes", "frailty"}
    sections = PAGE.split("### III.iv")[1].split("\n## ")[0].split("\n#### ")[1:]
    assert len(sections) > 10
    for section in sections:
        for name in set(re.findall(r"`(\w+)`", section)) - keys:
            assert name in homes, name
    files = {file.stem for file in (ROOT / "abm" / "rules").glob("*.py")} - {"__init__"}
    assert set(re.findall(r"rules/(\w+)\.py", PAGE)) == files
