"""Report: the answer in words and as an object, the files it leaves, and the tables of parameters and sources."""

from __future__ import annotations

import itertools
import json
import re

import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import abm
from abm.plots import save_figures
from abm.report.answer import answer_json, answer_text
from abm.report.files import TableWriter, open_folder, write_outcomes
from abm.report.parameters_page import SECTIONS, parameters_text
from abm.report.sources_table import provenance_text
from abm.rules.conditions import CONDITIONS
from abm.rules.failure import CAUSES
from abm.runs.outcomes import Outcomes, Totals
from abm.runs.terms import CAUSE_WORDS, GRADE_WORDS
from abm.scenario import Provenance, Scenario, provenance
from abm.scenario.fields import GRADES, KINDS, Knob, Section


@pytest.fixture(scope="module")
def article() -> Outcomes:
    return abm.simulate("openai-2025-article", runs=40, seed=1, workers=1)


@pytest.fixture(scope="module")
def mutual() -> Outcomes:
    return abm.simulate("mutual-conditions", runs=40, seed=1, workers=1)


@pytest.fixture(scope="module")
def sure() -> Outcomes:
    """A round of one investor who has signed without conditions, so that every number is known."""
    tables = {
        "format": 1,
        "id": "sure",
        "title": "A sure thing",
        "as_of": pd.Timestamp("2025-07-28").date(),
        "horizon_weeks": 30,
        "round": {"target_bn": 2.0, "deadline": pd.Timestamp("2025-12-31").date(), "pre_money_bn": 18.0},
        "investors": [{"id": "friend", "kind": "venture", "ticket_bn": 2.0, "signed_at_start": True}],
    }
    return abm.simulate(abm.scenario_from(tables), runs=10, seed=1, workers=1)


# --------------------------------------------------------------------------------------------------------------------
# The answer


def test_every_cause_and_every_grade_has_words():
    assert set(CAUSE_WORDS) == set(CAUSES) - {""}
    assert tuple(GRADE_WORDS) == GRADES


def test_a_sure_thing_is_told_in_full(sure):
    text = answer_text(sure)
    flat = re.sub(r"\s+", " ", text)
    assert "A sure thing\nAs of 2025-07-28: does new money of USD 2 billion arrive by 2025-12-31?" in text
    assert "The round closes with probability 100% (95 % interval 72.2% to 100%, 10 runs, seed 1) at central" in text
    assert "If it closes, it does so nearly always on 2025-08-04." in text
    assert "2.00 billion on average, nearly always 2.00." in flat
    assert "It comes from friend 2.00 (pays in 100% of runs)." in text
    assert "In no run did it matter whether everything closed at once" in flat
    assert "Why it fails" not in text
    assert "pays its bills" not in text
    assert "The file has 4 numbers: 0 facts, 0 arithmetic, 0 judgement, 4 assumptions; 0 with a range, and" in flat


def test_the_answer_names_consents_causes_and_the_company_where_there_are_any(article, mutual):
    told = answer_text(article)
    assert "Conversion to a public benefit corporation" in told
    assert "Why it fails" in told
    assert "OpenAI pays its bills for 208 weeks with probability " in told
    assert "pays its bills" not in answer_text(mutual)
    assert "Closing everything at once, not one after the other, decides in " in answer_text(mutual)


def test_shares_of_causes_and_closing_add_up_in_words(article):
    told = answer_text(article)
    listed = told[told.index("Why it fails") :].split("\n\n")[0].splitlines()[1:]
    shares = [float(re.match(r" +([\d.]+)% \(", line)[1]) for line in listed]
    closed = float(re.search(r"closes with probability ([\d.]+)%", told)[1])
    assert sum(shares) + closed == pytest.approx(100.0, abs=0.05 * (len(shares) + 1))
    assert shares == sorted(shares, reverse=True)


def test_an_extension_is_told_apart_from_the_deadline():
    always = abm.load_scenario("three-investors").with_values({"round.extension_probability": 1.0})
    told = answer_text(abm.simulate(always, runs=40, seed=1, workers=1))
    with_, without = (float(x) for x in re.findall(r"(?:probability|deadline it is) ([\d.]+)% \(95", told)[:2])
    assert without <= with_


def test_the_answer_counts_the_sources_of_its_numbers(article):
    flat = re.sub(r"\s+", " ", answer_text(article))
    counted = re.search(r"The file has (\d+) numbers: (.*?); (\d+) with a range", flat)
    rows = provenance(article.scenario)
    assert int(counted[1]) == len(rows)
    assert sum(map(int, re.findall(r"\d+", counted[2]))) == len(rows)
    assert int(counted[3]) == sum(bool(row.range) for row in rows)


def test_lines_are_short_enough_to_read(article, mutual):
    for outcomes in (article, mutual):
        assert max(map(len, answer_text(outcomes).splitlines())) <= 110


@pytest.mark.parametrize("which", ["article", "mutual", "sure"])
def test_the_object_is_plain_json_and_says_what_the_frame_says(which, request):
    outcomes = request.getfixturevalue(which)
    answer = json.loads(json.dumps(answer_json(outcomes), allow_nan=False))
    frame = outcomes.to_frame()
    assert answer["scenario"] == outcomes.scenario.id
    assert answer["probability"]["closed"]["p"] == frame["closed"].mean()
    assert (answer["probability"]["survived"] is None) == (outcomes.scenario.company is None)
    if which == "article":
        assert answer["probability"]["survived"]["p"] == frame["survived"].mean()
    assert answer["funded_bn"]["p50"] == pytest.approx(frame["funded_bn"].median(), rel=1e-12)
    assert answer["closing_gap_bn"]["mean"] == frame["closing_gap_bn"].mean()
    assert sum(chance["p"] for chance in answer["causes"].values()) == pytest.approx(1 - frame["closed"].mean())
    assert set(answer["causes"]) <= set(CAUSE_WORDS)


# --------------------------------------------------------------------------------------------------------------------
# Files


def test_files_are_a_table_and_a_manifest_that_names_what_made_them(sure, tmp_path):
    table, manifest = write_outcomes(sure, tmp_path / "new" / "folder", figures=False)
    pd.testing.assert_frame_equal(pd.read_parquet(table), sure.to_frame())
    made = json.loads(manifest.read_text("utf-8"))
    assert made["scenario_sha256"] == sure.scenario.digest
    assert (made["scenario"], made["file"], made["runs"], made["seed"]) == ("sure", "scenario", 10, 1)
    assert sorted(path.name for path in table.parent.iterdir()) == ["manifest.json", "outcomes.parquet"]
    assert {oct(path.stat().st_mode & 0o777) for path in (table, manifest)} == {"0o644"}


def test_files_are_replaced_whole_and_a_failure_leaves_the_old_ones(sure, tmp_path, monkeypatch):
    write_outcomes(sure, tmp_path, figures=False)
    before = (tmp_path / "outcomes.parquet").read_bytes()

    def full_disk(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq.ParquetWriter, "write_table", full_disk)
    with pytest.raises(OSError, match="No space left"):
        write_outcomes(sure, tmp_path, figures=False)
    assert (tmp_path / "outcomes.parquet").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["manifest.json", "outcomes.parquet"]


def test_the_same_outcomes_give_the_same_table_to_the_byte(sure, tmp_path):
    tables = [write_outcomes(sure, tmp_path / name, figures=False)[0].read_bytes() for name in ("one", "two")]
    assert tables[0] == tables[1]


@settings(max_examples=15)
@given(cuts=st.lists(st.integers(0, 40), max_size=6), group=st.integers(1, 45))
def test_a_table_written_in_pieces_is_the_frame(article, tmp_path_factory, cuts, group):
    tables = []
    for places in ([], cuts):
        path = tmp_path_factory.mktemp("table") / "outcomes.parquet"
        with pytest.MonkeyPatch.context() as patch, TableWriter(path, article.columns) as table:
            patch.setattr("abm.report.files._GROUP", group)
            for start, stop in itertools.pairwise(sorted({0, *places, 40})):
                table.add(article.batch.part(start, stop))
            assert table.runs == 40
            table.finish()
        tables.append(path.read_bytes())
    assert tables[0] == tables[1]
    pd.testing.assert_frame_equal(pd.read_parquet(path), article.to_frame())


def test_a_table_that_is_not_finished_leaves_nothing(sure, tmp_path):
    with TableWriter(tmp_path / "outcomes.parquet", sure.columns) as table:
        table.add(sure.batch)
    assert list(tmp_path.iterdir()) == []


def test_figures_of_fewer_runs_than_the_table_has_are_said_to_be(sure, tmp_path, monkeypatch):
    monkeypatch.setattr("abm.report.files.FIGURE_RUNS", 4)
    drawn = []
    monkeypatch.setattr("abm.plots.save_figures", lambda outcomes, folder: drawn.append(outcomes.runs) or [])
    table, manifest = write_outcomes(sure, tmp_path)
    assert (len(pd.read_parquet(table)), drawn) == (10, [4])
    assert json.loads(manifest.read_text("utf-8"))["figure_runs"] == 4


@pytest.mark.parametrize("which", ["article", "mutual", "sure"])
def test_totals_give_the_answer_that_runs_give(which, request):
    runs = request.getfixturevalue(which)
    totals = Totals(runs.scenario, runs.seed, runs.engine, runs.ids, runs.gate_ids, kin=runs.kin)
    totals.beside = runs.beside
    for start in range(runs.runs):
        totals.add(runs.batch.part(start, start + 1))
    assert answer_text(totals) == answer_text(runs)
    assert answer_json(totals) == answer_json(runs)


def test_opening_a_folder_leaves_nothing_in_it(tmp_path):
    open_folder(tmp_path / "a" / "b")
    assert list((tmp_path / "a" / "b").iterdir()) == []


# --------------------------------------------------------------------------------------------------------------------
# Tables


def test_the_provenance_table_is_aligned_and_counted():
    rows = [
        Provenance("round.target_bn", "30", "", "USD billion", "fact", "[1]"),
        Provenance("x", "1.5", "1 to 2", "-", "assumption", ""),
    ]
    assert provenance_text(rows).splitlines() == [
        "parameter        value  range   unit         grade       source",
        "round.target_bn  30             USD billion  fact        [1]",
        "x                1.5    1 to 2  -            assumption",
        "",
        "2 numbers: 1 facts, 0 arithmetic, 0 judgement, 1 assumptions; 1 with a range.",
    ]


@pytest.mark.parametrize("name", ["openai-2025", "openai-2025-article"])
def test_every_number_of_the_flagships_has_a_grade_and_a_source(name):
    for row in provenance(abm.load_scenario(name)):
        assert row.grade in GRADES, row
        assert row.source, row
        assert row.value, row


def test_a_number_without_a_grade_is_an_assumption():
    assert {row.grade for row in provenance(abm.load_scenario("three-investors"))} == {"assumption"}


def test_the_reference_has_every_key_once_in_its_section():
    text = parameters_text()
    for heading in (*SECTIONS, "[[investors]]"):
        assert text.count(f"## `{heading}`\n") == 1
    fields = itertools.chain.from_iterable(section.model_fields.items() for section in SECTIONS.values())
    keys = {field.alias or name for name, field in fields if has_knob(field)}
    for key in keys:
        assert f"| `{key}` | " in text, key
    for kind in KINDS:
        assert f"\n| {kind} | " in text
    for condition in CONDITIONS.values():
        assert f"\n| `{condition.name}` | " in text
        assert condition.doc in text


def has_knob(field) -> bool:
    return any(isinstance(mark, Knob) for mark in field.metadata)


def test_the_reference_covers_every_section_of_a_scenario():
    def below(section: type[Section]) -> set[type[Section]]:
        found = {section}
        for field in section.model_fields.values():
            for part in (field.annotation, *getattr(field.annotation, "__args__", ())):
                if isinstance(part, type) and issubclass(part, Section):
                    found |= below(part)
        return found

    assert below(Scenario) - {Scenario} == set(SECTIONS.values())


def test_a_name_with_dollars_does_not_stop_the_figures(sure, tmp_path):
    named = sure.scenario.with_values({"investors.friend.name": "Fund $1_0_0$"})
    save_figures(abm.simulate(named, runs=2, seed=1, workers=1), tmp_path)


@pytest.mark.parametrize(
    "key",
    [
        "horizon_weeks",
        "as_of",
        "deadline",
        "close_select",
        "close_when",
        "signed_at_start",
        "from",
        "until",
        "unless_gate",
        "requires",
        "role",
    ],
)
def test_the_reference_has_the_keys_that_are_no_numbers_of_a_section(key):
    assert f"| `{key}` | " in parameters_text()


def test_every_row_of_the_reference_has_six_cells():
    rows = [line for line in parameters_text().splitlines() if re.match(r"\| `\w+` \| .*\|.*\|.*\|.*\|", line)]
    tables = [line for line in rows if line.count(" | ") == 5]
    assert len(tables) > 80


def test_every_key_that_is_no_number_says_what_it_does():
    for section in (Scenario, *SECTIONS.values()):
        for name, field in section.model_fields.items():
            tables = any(isinstance(part, type) and issubclass(part, Section) for part in parts_of(field.annotation))
            assert tables or has_knob(field) or field.description, f"{section.__name__}.{name}"


def parts_of(annotation) -> tuple:
    return (annotation, *getattr(annotation, "__args__", ()))
