"""Own classes: what they do is what counts, each run has its own luck, and a file imports nothing."""

from __future__ import annotations

import io
import json
import sys

import pytest

import abm
from abm.core import draws
from abm.core.errors import StoreError
from abm.sweeps import Study, resume, sweep
from abm.sweeps.own_classes import OwnClass
from abm.sweeps.verify import verify

AXES = {"investors.lead": ["bound"], "round.target_bn": [7, 9]}


def follower(share, base=abm.Investor):
    class Follower(base):
        """Signs only once a share of the target has been booked; 2.0 means never."""

        def decide(self):
            if self.model.booked_musd >= share * self.model.terms.target_musd:
                super().decide()

    return Follower


def swept(cls, **named):
    return sweep("three-investors", AXES, runs=40, seed=1, investor=cls, executor="threads", workers=1, **named)


def truth(cls):
    scenario = abm.load_scenario("three-investors")
    points = [scenario.with_values({"investors.lead": "bound", "round.target_bn": target}) for target in (7, 9)]
    return [abm.simulate(point, 40, 1, investor=cls, workers=1).probability("closed").p for point in points]


def test_three_classes_of_one_name_are_three_classes(tmp_path):
    classes = [follower(share) for share in (0.0, 0.7, 2.0)]
    found = [swept(cls).points()["p"].tolist() for cls in classes]
    assert found == [truth(cls) for cls in classes]
    assert found[0] != found[1] != found[2] == [0.0, 0.0]
    kept = [swept(cls, folder=tmp_path / "kept").points()["p"].tolist() for cls in classes]
    assert kept == found


TEXT = """
import abm
LIMIT = 1
def asked(x):
    return x + 1
class Base(abm.Investor):
    word = "a"
class Mine(Base):
    \"\"\"Says something.\"\"\"
    keys = {"a", "b", "c"}
    def decide(self, share=0.5):
        # why
        if asked(self.model.week) > LIMIT:
            super().decide()
"""


def described(text):
    module = {"__name__": "mine"}
    exec(compile(text, "mine.py", "exec"), module)
    return OwnClass.of(module["Mine"])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("LIMIT = 1", "LIMIT = 2"),
        ("x + 1", "x - 1"),
        ('"a"\n', '"b"\n'),
        ("share=0.5", "share=0.6"),
        ("> LIMIT", ">= LIMIT"),
        ('"c"}', '"d"}'),
        ("class Mine(Base)", "class Mine(abm.Investor)"),
    ],
)
def test_whatever_a_class_does_counts(old, new):
    assert TEXT.count(old) == 1
    before, after = described(TEXT), described(TEXT.replace(old, new))
    assert before.known
    assert after.known
    assert before.code != after.code


@pytest.mark.parametrize(
    ("old", "new"), [("# why", "# why not"), ("\nLIMIT", "\n\n\nLIMIT"), ("Says something.", "Says.")]
)
def test_comments_lines_and_the_docstring_do_not_count(old, new):
    assert described(TEXT).code == described(TEXT.replace(old, new)).code


def test_a_class_that_cannot_be_read_whole_is_never_reused_and_says_so(tmp_path):
    notes = io.StringIO()

    class Loud(abm.Investor):
        def decide(self):
            notes.write("x")
            super().decide()

    first, second = OwnClass.of(Loud), OwnClass.of(Loud)
    assert not first.known
    assert first.code != second.code
    study = swept(Loud, folder=tmp_path)
    assert [note.split(":")[-1] for note in study.notes] == [
        " its code cannot be read whole, so no earlier run of it is reused"
    ]
    written = len(notes.getvalue())
    swept(Loud, folder=tmp_path)
    assert len(notes.getvalue()) == 2 * written > 0


class Module(abm.Investor):
    """A class that can be imported."""


def test_a_study_opens_without_its_class_and_goes_on_with_it(tmp_path, monkeypatch, capsys):
    from abm.cli import main

    def say(*words):
        with pytest.raises(SystemExit) as end:
            main([str(word) for word in words])
        told = capsys.readouterr()
        return end.value.code or 0, told.out + told.err

    made = swept(Module, folder=tmp_path / "study")
    path = tmp_path / "study" / "study.json"
    name = json.loads(path.read_text("utf-8"))["agents"]["investor"]["name"]
    module = name.split(":")[0]
    monkeypatch.delitem(sys.modules, module)
    opened = Study.open(tmp_path / "study")
    assert opened.points().equals(made.points())
    assert module not in sys.modules
    assert say("study", "show", tmp_path / "study")[0] == 0
    assert say("study", "export", tmp_path / "study", tmp_path / "points.csv")[0] == 0
    assert module not in sys.modules
    with pytest.raises(StoreError, match=f"expected the class that the study was made with, --investor {name}"):
        verify(opened)
    code, told = say("study", "resume", tmp_path / "study")
    assert (code, f"--investor {name}" in told) == (2, True)
    code, told = say("study", "verify", tmp_path / "study", "--investor", "nowhere:Nothing")
    assert (code, "MODULE:CLASS" in told) == (2, True)
    assert resume(tmp_path / "study", investor=Module, executor="threads", workers=1).points().equals(made.points())


def test_a_list_of_studies_says_what_cannot_be_opened(tmp_path, capsys):
    from abm.cli import main

    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "study.json").write_text("{", "utf-8")
    with pytest.raises(SystemExit):
        main(["study", "ls", str(tmp_path)])
    assert "broken  cannot be opened: " in capsys.readouterr().out


# --------------------------------------------------------------------------------------------------------------------
# Luck


def coin(flip):
    heads = []

    class Coin(abm.Investor):
        def __init__(self, model, index):
            super().__init__(model, index)
            self.willing = flip(self) < 0.5
            if self.id == "fund":
                heads.append(self.willing)

        def decide(self):
            if self.willing:
                super().decide()

    return Coin, heads


@pytest.mark.parametrize(
    "flip",
    [
        lambda agent: agent.random.random(),
        lambda agent: agent.rng.random(),
        lambda agent: agent.model.random.random(),
        lambda agent: agent.model.rng.random(),
        lambda agent: draws.uniform(agent.model.seed, agent.model.run, agent.params.address, 0, draws.OWN, 0),
    ],
    ids=["self.random", "self.rng", "self.model.random", "self.model.rng", "an address"],
)
def test_a_coin_falls_anew_in_every_run_and_the_same_again(flip):
    cls, heads = coin(flip)
    outcomes = abm.simulate("three-investors", 100, 1, investor=cls, workers=1)
    assert 29 < sum(heads) < 71  # 50 +- 4.2 standard errors
    plain = abm.simulate("three-investors", 100, 1).to_frame()["paid_bn.fund"] > 0
    assert (outcomes.to_frame()["paid_bn.fund"] > 0).mean() < 0.75 * plain.mean()
    again, same = coin(flip)
    abm.simulate("three-investors", 30, 1, investor=again, workers=1)
    assert same == heads[:30]


def test_no_two_runs_and_no_two_seeds_start_with_one_draw():
    scenario = abm.load_scenario("three-investors")
    models = [abm.FundingModel(scenario, seed, run) for seed in (1, 2) for run in (0, 1, 2)]
    assert len({model.random.random() for model in models}) == 6
    assert len({model.rng.random() for model in models}) == 6
