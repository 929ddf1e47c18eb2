"""Extending what is around the model: CONTRIBUTING on rounds, questions, sweeps, analyses, levers and pictures."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest

from abm.history.case_files import start_text
from tests.extending import ROOT, SMALL, Copy

# --------------------------------------------------------------------------------------------------------------------
# Rounds and questions


def test_a_packaged_round_is_a_file(tmp_path):
    copy = Copy(tmp_path, "add a packaged round")
    said = ', grade = "fact", source = "a report" }'
    numbers = r"^((?!format|horizon_weeks)\w+) = ([\d.]+)$"
    text, count = re.subn(
        numbers, rf"\1 = {{ value = \2{said}", SMALL.replace('"small"', '"another"'), flags=re.MULTILINE
    )
    copy.add("abm/scenarios/another.toml", text)
    found = copy.ask("""
answer["listed"] = say("scenarios")
answer["run"] = json.loads(say("run", "another", "--runs", "2", "--engine", "mesa", "--json"))
answer["numbers"] = json.loads(say("provenance", "another", "--json"))
answer["same"] = runs("another", 3) == runs("small.toml", 3)
""")
    assert "another" in found["listed"]
    assert "A small round" in found["listed"]
    assert (found["run"]["scenario"], found["run"]["runs"]) == ("another", 2)
    graded = [row for row in found["numbers"] if row["source"] == "a report"]
    assert len(graded) == count > 8
    assert {row["grade"] for row in graded} == {"fact"}
    assert found["same"]


def test_a_packaged_case_is_a_file(tmp_path):
    copy = Copy(tmp_path, "add a case of a real round")
    copy.add("abm/cases/acme_2026.yaml", start_text("acme_2026").replace("library: own", "library: C"))
    copy.after("abm/cases/README.md", "| stegra_2025 | 0 | 2025 | 1.15 | full | 3 | medium |\n", "| acme_2026 |\n")
    found = copy.ask("""
answer["listed"] = say("cases", "ls", "--library", "C")
answer["checked"] = say("cases", "check")
answer["shown"] = json.loads(say("cases", "show", "acme_2026", "--json"))
""")
    assert "acme_2026" in found["listed"]
    assert found["checked"] == "packaged: sound (cases: 130)\n"
    assert found["shown"]["library"] == "C"


QUESTION = '''"""e99: what does a longer wait for the court bring?

Question
    How much does the pace of the court matter?

Design
    Consents half as fast, as they are, and twice as fast.

Expectation (written before the first run)
    The faster, the likelier.

Finding
    Written by the script.
"""

from __future__ import annotations

from common import Experiment, quote

from abm.plots.funded import funded
from abm.scenario import load_scenario

if __name__ == "__main__":
    experiment = Experiment(__file__, __doc__ or "", runs=10)
    pace = {"gatekeepers.court.hazard_per_year": [5, 10, 20]}
    study = experiment.sweep(load_scenario("small.toml"), pace, engine="mesa", executor="threads")
    experiment.figure(funded, "funded", "Money", study.runs(0), 3.0)
    experiment.tell("# e99", *(quote(row) for _, row in study.points().iterrows()))
'''


def test_a_question_is_a_script(tmp_path):
    copy = Copy(tmp_path, "ask a new question")
    copy.add("experiments/e99_court.py", QUESTION)
    told = copy.python("experiments/e99_court.py", "--runs", "4")
    folder = tmp_path / "results" / "e99_court"
    assert (folder / "finding.md").read_text("utf-8") in told
    assert "% (" in told
    assert {path.name for path in folder.iterdir()} == {
        "data.parquet", "finding.md", "funded.png", "funded.svg", "manifest.json",
    }  # fmt: skip
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert (manifest["scenario"], manifest["points"], manifest["runs_of_a_point"]) == ("small", 3, 4)
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path)
    made = subprocess.run(["make", "-n", "results"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "experiments/e99_court.py" in made.stdout


# --------------------------------------------------------------------------------------------------------------------
# Sweeps


def test_a_design_is_a_class_method_and_a_branch(tmp_path):
    copy = Copy(tmp_path, "choose points in another way")
    design, commands = "abm/sweeps/design.py", "abm/cli/study_commands.py"
    copy.before(design, "    @classmethod\n    def one_at_a_time(", '''\
    @classmethod
    def diagonal(cls, axes: Axes, points: int) -> Design:
        """Points from the first end of all axes to the last of all."""
        return cls("diagonal", axes_of(axes), points)

''')  # fmt: skip
    copy.before(design, '        if self.kind == "shares":\n', '''\
        if self.kind == "diagonal":
            return [index / (self.points - 1)] * axes
''')  # fmt: skip
    copy.replace(commands, 'DESIGNS = ("grid", ', 'DESIGNS = ("grid", "diagonal", ')
    copy.before(commands, '    if name == "oat":\n', '''\
    if name == "diagonal":
        return Design.diagonal(axes, points)
''')  # fmt: skip
    found = copy.ask("""
design = abm.Design.diagonal({"round.target_bn": (2, 3), "investors.bound.ticket_bn": (1, 2)}, 3)
how = {"engine": "mesa", "executor": "threads", "columns": ("funded_bn",)}
study = abm.sweep("small.toml", design, 4, folder="mine", **how)
answer["points"] = study.points()[["round.target_bn", "investors.bound.ticket_bn"]].values.tolist()
again = abm.sweeps.Study.open("mine")
answer["kept"] = again.points().equals(study.points()), again.design == design
answer["said"] = say("sweep", "small.toml", "--design", "diagonal", "--points", "3", "--vary", "round.target_bn=2:3",
                     "--vary", "investors.bound.ticket_bn=1:2", "--runs", "4", "--engine", "mesa", "--workers", "1",
                     "--executor", "threads", "--json")
answer["refused"] = say("sweep", "small.toml", "--design", "circle", "--vary", "round.target_bn=2:3")
answer["p"] = study.points()["p"].tolist()
""")
    assert found["points"] == [[2.0, 1.0], [2.5, 1.5], [3.0, 2.0]]
    assert found["kept"] == [True, True]
    assert [point["p"] for point in json.loads(found["said"])["points"]] == pytest.approx(found["p"])
    assert "grid, diagonal, oat" in found["refused"]


def test_a_reason_to_stop_is_a_branch_of_stopping(tmp_path):
    copy = Copy(tmp_path, "stop a point for another reason")
    file = "abm/sweeps/stopping.py"
    copy.after(file, "    threshold: float | None = None\n", "    times: int | None = None\n")
    copy.before(file, "        if self.within is not None and runs:\n", '''\
        if self.times is not None:
            return successes >= self.times
''')  # fmt: skip
    copy.before(file, '        return f"{self.most:,} runs each"', '''\
        if self.times is not None:
            return f"until it has come {self.times} times"
''')  # fmt: skip
    copy.before(file, "    read = re.fullmatch(", '''\
    if counted := re.fullmatch(r"(.+) (\\d+) times", decide):
        return Stopping(runs or most, None, counted[1], times=int(counted[2]))
''')  # fmt: skip
    found = copy.ask("""
from abm.sweeps import runner, work
runner.LOOK = work.BLOCK["mesa"] = 5  # runs between two looks

asked = ("sweep", "small.toml", "--vary", "round.target_bn=0.9,100", "--decide", "closed 3 times", "--runs", "10",
         "--engine", "mesa", "--executor", "threads", "--workers", "1", "--out", "mine")
answer["said"] = say(*asked)
study = abm.sweeps.Study.open("mine")
answer["runs"], answer["rule"] = study.points()["runs"].tolist(), vars(study.stopping)
""")
    assert found["runs"] == [5, 10]  # nearly always, and never
    assert found["rule"] == {"most": 10, "within": None, "event": "closed", "threshold": None, "times": 3}
    assert "until it has come 3 times" in found["said"]


def test_an_executor_is_a_branch_of_pool_for(tmp_path):
    copy = Copy(tmp_path, "let somebody else do the work")
    file = "abm/sweeps/executors.py"
    text = (ROOT / file).read_text("utf-8")
    branch = text[text.index('    elif chosen == "threads":') : text.index('    elif chosen == "processes":')]
    copy.before(file, branch, branch.replace('"threads"', '"one-thread"').replace("count", "1"))
    found = copy.ask("""
from abm.sweeps.store import TABLE

how = {"engine": "mesa", "runs": 20, "workers": 2}
for executor in ("threads", "one-thread"):
    abm.sweep("small.toml", {"round.target_bn": [1, 2, 3]}, executor=executor, folder=executor, **how)
answer["same"] = Path("threads", TABLE).read_bytes() == Path("one-thread", TABLE).read_bytes()
answer["said"] = say("study", "show", "one-thread")
""")
    assert found["same"]
    assert "at 3 points" in found["said"]


# --------------------------------------------------------------------------------------------------------------------
# Analyses, levers, pictures

ANALYSIS = '''"""Haste: how soon a round closes where it closes."""

from __future__ import annotations

from abm.runs.outcomes import Outcomes


def weeks_to_close(outcomes: Outcomes) -> float:
    """Weeks from as_of to the closing, on average over the runs that close."""
    return outcomes.quantiles("closed_day")["mean"] / 7
'''
SECTION = '''
def haste(dossier: Dossier) -> PageSection:
    """How soon it closes."""
    section = PageSection("haste", "How soon it closes")
    section.add_text(f"Where it closes, that takes {weeks_to_close(dossier.outcomes):.2f} weeks on average.")
    return section


'''


def test_an_analysis_is_a_file_and_a_section(tmp_path):
    copy = Copy(tmp_path, "ask something new of the runs")
    copy.add("abm/analysis/haste.py", ANALYSIS)
    reasons, sections = "abm/report/reasons.py", "abm/report/sections.py"
    copy.after(
        reasons, "from abm.analysis.drivers import leaning_words\n", "from abm.analysis.haste import weeks_to_close\n"
    )
    copy.before(reasons, "def pivotal_parties(", SECTION.lstrip("\n"))
    copy.replace(sections, "from abm.report.reasons import ", "from abm.report.reasons import haste, ")
    copy.replace(sections, "    points, doubt,", "    haste, points, doubt,")
    found = copy.ask("""
from dataclasses import fields
from abm.analysis.dossier import Dossier, Effort
from abm.analysis.gains import measure_gains
from abm.analysis.haste import weeks_to_close
from abm.analysis.incidence import cumulative_incidence
from abm.report.whole import write_report

small = abm.load_scenario("small.toml")
outcomes = abm.simulate(small, 6, 1, engine="mesa", workers=1)
worked_out = {
    "scenario": small, "seed": 1, "effort": Effort(), "outcomes": outcomes, "incidence": cumulative_incidence(outcomes),
    "gains": measure_gains(small, ["price"], 2, workers=1), "stories": (),
}
dossier = Dossier(**{field.name: worked_out.get(field.name) for field in fields(Dossier)})
page = write_report(dossier, "report.html", "abm report small.toml").read_text().replace("\\u00a0", " ")
answer["weeks"], answer["days"] = weeks_to_close(outcomes), outcomes.to_frame()["closed_day"].dropna().tolist()
answer["head"], answer["text"] = "How soon it closes" in page, f"takes {answer['weeks']:.2f} weeks on average" in page
""")
    assert found["weeks"] == pytest.approx(sum(found["days"]) / len(found["days"]) / 7)
    assert found["head"]
    assert found["text"]


def test_a_lever_is_a_function_and_its_name(tmp_path):
    copy = Copy(tmp_path, "add a lever")
    copy.before("abm/analysis/lever/offer.py", "def price(", '''\
def patience(scenario: Scenario) -> Iterator[Lever]:
    """A round that is content with a tenth."""
    tenth = float(scenario.round.target_bn) / 10
    yield switch("patience", "", "a tenth is enough", {"round.target_bn": tenth}, 9 * tenth, "USD billion", "not asked")


''')  # fmt: skip
    copy.before("abm/analysis/lever/kinds.py", "    offer.price,", "    offer.patience,\n")
    found = copy.ask("""
from abm.analysis.gains import measure_gains
from abm.analysis.levers import levers_of

answer["listed"] = [lever.id for lever in levers_of("small.toml")][:2]
answer["row"] = measure_gains("small.toml", ["patience"], 6, workers=1).iloc[0].to_dict()
small = abm.load_scenario("small.toml")
answer["before"], answer["after"] = (
    abm.simulate(world, 6, 1, engine="mesa", workers=1).probability("closed").p
    for world in (small, small.with_values({"round.target_bn": 0.3}))
)
""")
    assert found["listed"] == ["patience", "price"]
    assert found["after"] > found["before"]
    row = found["row"]
    assert row["change"] == pytest.approx(found["after"] - found["before"])
    assert (row["words"], row["cost"], row["cost_unit"]) == ("a tenth is enough", pytest.approx(2.7), "USD billion")


PICTURE = '''"""Haste: how soon rounds close."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def haste(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Draw how many rounds have closed by each day."""
    days = frame["closed_day"].dropna().sort_values()
    ax.step(days, range(1, len(days) + 1), where="post")
    ax.set_xlabel("time [days after as_of]")
    ax.set_ylabel("closed [runs]")
    return ax
'''


def test_a_picture_is_a_function_of_a_frame_and_axes(tmp_path):
    copy = Copy(tmp_path, "add a picture")
    copy.add("abm/plots/haste.py", PICTURE)
    found = copy.ask("""
from abm.plots import drawn, save_figure
from abm.plots.haste import haste
from abm.report.page import picture

frame = abm.simulate("small.toml", 6, 1, engine="mesa", workers=1).to_frame()
save_figure(haste, "drawn", "haste", "How soon", "small: 6 runs, seed 1", frame)
answer["files"] = sorted(path.name for path in Path("drawn").iterdir())
answer["text"] = "How soon" in Path("drawn", "haste.svg").read_text()
(ax,) = drawn(haste, frame).axes
answer["label"], answer["top"] = ax.get_ylabel(), float(max(ax.lines[0].get_ydata()))
answer["closed"] = int(frame["closed"].sum())
answer["page"] = picture(haste, "How many have closed by each day", "", frame).source[:20]
""")
    assert found["files"] == ["haste.png", "haste.svg"]
    assert found["text"]
    assert found["label"] == "closed [runs]"
    assert found["top"] == found["closed"] > 0
    assert found["page"] == "data:image/svg+xml;b"


# --------------------------------------------------------------------------------------------------------------------
# Words and names


def test_something_new_on_the_page_is_said_and_shown_in_one_place_each(tmp_path):
    copy = Copy(tmp_path, "show something new on the page of `abm serve`")
    copy.replace(
        "abm/serve/answers.py",
        '"cash": cash,',
        '"cash": cash, "most_bn": float(outcomes.to_frame()["funded_bn"].max()),',
    )
    copy.after("abm/serve/static/pictures.js", "  last = told;\n", "  document.title = `at most ${told.most_bn}`;\n")
    copy.replace(
        "abm/serve/saving.py",
        'if what == "scenario.toml":',
        'if what == "note.txt":\n'
        '            return SavedFile(what, "text/plain", b"a note")\n'
        '        if what == "scenario.toml":',
    )
    found = copy.ask("""
from abm.serve.app import _files
from abm.serve.desk import Desk
from abm.serve.position import Position
from abm.serve.saving import saved

scenario = abm.load_scenario("small.toml")
answer["told"] = dict(Desk(scenario).answer("me", Position(runs=6)))["pictures"]["most_bn"]
answer["runs"] = max(map(float, runs()["funded_bn"]))
answer["shown"] = "at most" in dict(_files())["pictures.js"].body.decode()
answer["kept"] = saved(scenario, "small.toml", Position(), "note.txt").content.decode()
""")
    assert found["told"] == found["runs"]
    assert (found["shown"], found["kept"]) == (True, "a note")


def test_a_cause_and_a_grade_are_worded_in_one_place(tmp_path):
    copy = Copy(tmp_path, "call a cause of failure or a grade otherwise")
    for file in ("abm/runs/terms.py", "docs/model.md"):
        text = (ROOT / file).read_text("utf-8")
        line = next(line for line in text.splitlines() if "a consent was missing" in line)
        copy.replace(file, line, line.replace("a consent was missing", "somebody said no"))
    copy.replace("abm/runs/terms.py", 'GradeWords("assumption", "assumptions")', 'GradeWords("guess", "guesses")')
    found = copy.ask("""
from abm.plots import causes_figure
from abm.report.opening import in_short
from tests import test_docs

outcomes = abm.simulate("small.toml", 4, 3, engine="mesa", workers=1)  # the first run fails for want of the consent
answer["run"] = say("run", "small.toml", "--runs", "4", "--seed", "3", "--engine", "mesa")
answer["story"] = say("explain", "small.toml", "--seed", "3", "--run", "0")
answer["picture"] = [label.get_text() for label in causes_figure(outcomes).axes[0].get_yticklabels()]
answer["numbers"] = say("provenance", "small.toml")
answer["page"] = [test() for name, test in vars(test_docs).items() if "cause" in name and name.startswith("test_")]
""")
    assert "somebody said no" in found["run"]
    assert "somebody said no" in found["story"]
    assert "failed: somebody said no" in found["picture"]
    assert "guesses" in found["numbers"]
    assert found["page"] == [None]
    assert "a consent was missing" not in str(found)


def test_a_public_thing_that_is_renamed_keeps_its_old_name_for_a_while(tmp_path):
    copy = Copy(tmp_path, "rename what others import")
    module = "abm/plots/funded.py"
    copy.replace(module, "def funded(", "def paid_amounts(")
    copy.before(module, "from abm.plots.theme import", "from abm.core.old_names import renamed\n")
    copy.after(module, "    return ax\n", '\n\n__getattr__ = renamed(__name__, {"funded": "paid_amounts"})\n')
    copy.replace("abm/plots/__init__.py", "funded.funded(", "funded.paid_amounts(")
    copy.after("tests/test_renamed.py", "RENAMED: list[tuple[str, str, str]] = [\n",
               '    ("abm.plots.funded", "funded", "paid_amounts"),\n')  # fmt: skip
    found = copy.ask("""
from tests.test_renamed import RENAMED, test_every_renamed_public_thing_still_answers_to_its_old_name as answers

for row in RENAMED:
    answers(*row)
from abm.plots import funded_figure
answer["row"], answer["drawn"] = RENAMED[0], bool(funded_figure(abm.simulate("small.toml", 3, 1, engine="mesa")))
""")
    assert found == {"row": ["abm.plots.funded", "funded", "paid_amounts"], "drawn": True}
