"""Damage: whatever happens to a study's files is noticed or does no harm; no answer stands beside another question."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

import abm
from abm.core.errors import StoreError
from abm.runs.drafts import Draft
from abm.sweeps import Study, sweep
from abm.sweeps.store import TABLE, Store

AXES = {"round.target_bn": [6.0, 8.0]}


def asked(folder: Path, **changes: object) -> Study:
    given = {"runs": 6, "seed": 1, "event": "closed", "executor": "threads", "workers": 1, **changes}
    return sweep("three-investors", AXES, folder=folder, **given)


def answer(study: Study) -> list[object]:
    """Everything that a study says."""
    return [study.points().to_csv(), *(study.runs(k).to_csv() for k in range(len(study.design))), study.failures()]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("damage") / "study"
    return folder, answer(asked(folder))


@pytest.fixture(scope="module")
def left(tmp_path_factory, finished):
    """A study as a kill leaves it before its end: a manifest without an answer, and two journals."""
    folder = tmp_path_factory.mktemp("damage") / "left"
    study = Study.open(finished[0])
    study.folder, study.digests = folder, None
    folder.mkdir()
    study.write_manifest()
    for k in range(2):
        store, source = study.store(), Study.open(finished[0]).store()
        store.copy_from(source, sorted(source._counts)[k::2])
        store._file.close()  # no end mark, as after a kill
    return folder


def damages(path: Path, count: int, seed: int):
    """Ways to damage a file: bytes changed, cut out, doubled, filled with zeros, an end that is missing."""
    whole, chance = path.read_bytes(), random.Random(seed)
    for _ in range(count):
        bytes_, at = bytearray(whole), chance.randrange(len(whole))
        kind, size = chance.randrange(6), chance.choice((1, 1, 4, 64, 500))
        if kind == 0:
            bytes_[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            bytes_[at : at + size] = chance.randbytes(size)
        elif kind == 2:
            del bytes_[at : at + size]
        elif kind == 3:
            bytes_[at:at] = bytes_[at : at + size]
        elif kind == 4:
            bytes_[at : at + size] = bytes(min(size, len(whole) - at))
        else:
            del bytes_[at:]
        yield bytes(bytes_)


@pytest.mark.parametrize(("name", "count"), [(TABLE, 400), ("study.json", 300)])
def test_a_damaged_study_is_noticed_or_says_what_it_said(finished, tmp_path, name, count):
    folder, before = finished
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    sentences = []
    for content in damages(folder / name, count, seed=len(name)):
        (copy / name).write_bytes(content)
        try:
            study = Study.open(copy)
            said = answer(study)
        except StoreError as error:
            sentences.append(str(error))
        else:
            assert said == before
    assert all(str(copy) in sentence for sentence in sentences)
    noticed = len(sentences)
    assert noticed > count * 0.9


def test_a_damaged_journal_costs_what_is_damaged_and_says_so(finished, left, tmp_path):
    folder, _ = finished
    store = Study.open(left).store()
    assert (len(store), store.notes) == (len(Study.open(folder).store()), [])
    copy = tmp_path / "copy"
    shutil.copytree(left, copy)
    journal = "journal-0001.arrows"
    for content in damages(left / journal, 300, seed=3):
        (copy / journal).write_bytes(content)
        damaged = Study.open(copy).store()
        for key in damaged._counts:
            assert damaged._row(key).equals(store._row(key))
        whole = len(damaged) == len(store)
        killed = (left / journal).read_bytes().startswith(content)  # between two batches: as a kill would have left it
        assert whole or damaged.notes or killed, content[:20]


def test_a_study_with_a_damaged_journal_ends_in_the_same_bytes(finished, left, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(left, copy)
    path = copy / "journal-0001.arrows"
    path.write_bytes(path.read_bytes()[:-40])
    study = abm.sweeps.resume(copy, workers=1)
    assert study.notes
    assert (copy / TABLE).read_bytes() == (finished[0] / TABLE).read_bytes()


# --------------------------------------------------------------------------------------------------------------------
# Another question in the same folder, and a kill at every write


class Killed(BaseException):
    """The end of the program: nothing catches it, and nothing is written after it."""


class Writes:
    """Counts what is written to a folder, and ends everything before one of it."""

    def __init__(self, patch: pytest.MonkeyPatch, last: int) -> None:
        self.done, self.last = 0, last
        for owner, name in ((Draft, "put_in_place"), (Store, "_write"), (Store, "drop_journals"), (Path, "unlink")):
            patch.setattr(owner, name, self._watched(getattr(owner, name)))

    def _watched(self, function):
        def write(*given, **named):
            self.done += 1
            if self.done >= self.last:
                raise Killed
            return function(*given, **named)

        return write


QUESTIONS = {
    "another event": {"event": "funded_bn >= 6"},
    "another seed": {"seed": 2},
    "more runs": {"runs": 12},
    "fewer runs": {"runs": 4},
    "another engine's word": {"columns": ("closed", "funded_bn")},
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_kill_leaves_an_old_answer_beside_a_new_question(finished, tmp_path, question):
    folder, before = finished
    old = Study.open(folder)
    expected = answer(asked(tmp_path / "fresh", **QUESTIONS[question]))
    for last in range(1, 60):
        copy = tmp_path / f"copy{last}"
        shutil.copytree(folder, copy)
        with pytest.MonkeyPatch.context() as patch:
            Writes(patch, last)
            try:
                asked(copy, **QUESTIONS[question])
            except Killed:
                ended = False
            else:
                ended = True
        study = Study.open(copy)
        if study.done:
            same = (study.stopping, study.job.name) == (old.stopping, old.job.name)
            assert answer(study) == (before if same else expected)
        else:
            with pytest.raises(StoreError, match="expected a finished study"):
                study.points()
        assert answer(asked(copy, **QUESTIONS[question])) == expected
        if ended:
            break
    assert last >= 5


def test_a_damaged_answer_is_not_taken_over_by_a_new_question(finished, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(finished[0], copy)
    content = bytearray((copy / TABLE).read_bytes())
    content[-40] ^= 1  # in the footer, which no page checksum covers
    (copy / TABLE).write_bytes(content)
    with pytest.raises(StoreError, match=r"blocks\.parquet: .* the file is damaged"):
        asked(copy, runs=12)
