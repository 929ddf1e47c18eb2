"""Cases: what comes with the package is what its table says; whatever is wrong with a file is one sentence a fault."""

from __future__ import annotations

import copy
import datetime as dt
import json
import pickle
import random
import re
from importlib import resources

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from abm.core.errors import CaseError
from abm.history import Case, library
from abm.history.case import CLOSED, CONDITION_KINDS, STANDINGS, Confidence, InvestorType, Role
from abm.history.case_checks import case_doubts
from abm.history.case_files import MOST_BYTES, packaged_files, read_case, start_text
from abm.history.groups import groups_of

PACKAGED = library()
FILES = packaged_files()
RAW = {path.stem: yaml.load(path.read_text("utf-8"), yaml.CSafeLoader) for path in FILES}
START = start_text("acme_2026")
ENDED = re.sub(r"^# (outcome:|  (?:closed|raised_bn|closed_on|which_conditions_met|note):)", r"\1", START, flags=re.M)


# --------------------------------------------------------------------------------------------------------------------
# What comes with the package


def test_there_are_as_many_cases_and_closings_as_the_coders_counted():
    rates = {
        rate.library: (rate.full, rate.cases, round(100 * rate.full / rate.cases)) for rate in PACKAGED.base_rates()
    }
    assert rates == {"0": (18, 38, 47), "A": (18, 49, 37), "B": (32, 42, 76), "all": (68, 129, 53)}
    assert [case.closed for case in PACKAGED].count("partial") == 19


def test_every_row_of_the_coders_table_is_what_its_file_says():
    page = resources.files("abm.cases").joinpath("README.md").read_text("utf-8")
    rows = re.findall(
        r"^\| (\w+_\d{4}) \| (\w+) \| (\d+) \| ([\d.]+) \| (\w+) \| (\d+) \| (\w+) \|$", page, re.MULTILINE
    )
    assert sorted(rows) == [
        (case.id, case.library, str(case.announced.year), f"{case.currency_usd_bn.target:g}", case.closed,
         str(len(list(case.conditions))), case.confidence)
        for case in PACKAGED
    ]  # fmt: skip


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_word_and_number_of_a_file_is_in_its_case(path):
    raw, case = RAW[path.stem], PACKAGED[path.stem]
    assert json.loads(json.dumps(raw, default=str)) == {
        key: value for key, value in case.model_dump(mode="json").items() if key in raw
    }
    assert set(raw) == set(type(case).model_fields) - {"library", "searched", "coded", "memory_only"}
    assert ("# memory-only" in path.read_text("utf-8")) == bool(case.memory_only)
    assert list(case_doubts(case)) == []


def test_what_stands_in_the_lines_above_is_kept():
    case = PACKAGED["faraday_ff91_2022"]
    assert (case.library, case.searched, case.coder_knew) == ("A", "2026-11-27", True)
    assert case.memory_only.startswith("burn; start of production")
    assert (PACKAGED["toshiba_2017"].library, PACKAGED["toshiba_2017"].coder_knew) == ("0", None)
    assert PACKAGED["cellink_doe_2023"].coder_knew is False
    assert PACKAGED["metro_bank_2023"].days == 53  # 8 October to 30 November
    assert sum(bool(case.memory_only) for case in PACKAGED) == 106  # files with the source "memory"


def test_the_table_has_a_row_a_case_and_keeps_the_end_apart():
    frame = PACKAGED.frame()
    assert len(frame) == 129
    row = frame.loc["faraday_ff91_2022"]
    known = [
        "target_bn",
        "lead_standing",
        "lead_bn",
        "n_investors",
        "n_conditions",
        "n_due_diligence",
        "days_to_deadline",
    ]
    assert row[known].tolist() == [0.16, "in_talks", 0.13, 2, 3, 2, 106]
    assert row[["outcome_closed", "outcome_share", "outcome_days"]].tolist() == ["full", pytest.approx(1.05), 52]
    later = set(frame) - set(frame.loc[:, ~frame.columns.str.startswith("outcome_")])
    assert not {"closed", "raised_bn", "closed_on", "note"} & set(frame)
    assert len(later) == 6
    assert frame["deadline"].isna().sum() == 84


#: Worked out by hand from the files: cases that one may not stand on both sides of a test.
TOGETHER = [
    {"faraday_evergrande_2017", "faraday_zhuhai_2021", "faraday_ff91_2022"},
    {"sono_2019", "sono_2022"},
    {"aston_stroll_2020", "aston_geely_2023"},
    {"johnston_press_2008", "johnston_press_2014"},
    {"airasia_2020", "airasia_x_2020"},
    {"amsa_2015", "arcelormittal_2016"},
    {"alitalia_etihad_2014", "jet_etihad_2019"},
    {"jal_delta_2009", "wheels_up_2023"},
    {"joby_spac_2021", "joby_toyota_2024"},
    {"intel_chips_2024", "tsmc_arizona_chips_2024", "wolfspeed_chips_2024"},
    # FTX was to lend to BlockFi and needed a rescue itself; Credit Suisse led Barclays' underwriters before it raised
    {"blockfi_ftx_2022", "blockfi_morgan_creek_2022", "ftx_rescue_2022"},
    {"barclays_2008", "barclays_rights_2013", "credit_suisse_2022"},
    # the Saudi fund led two, and Virgin Galactic's sister stands beside it
    {"lucid_pif_2018", "virgin_galactic_pif_2017", "virgin_orbit_brown_2023"},
    {"lime_series_d_2019", "lime_softbank_2019", "flipkart_softbank_2017", "paytm_softbank_2017",
     "openai_softbank_2025", "openai_convertible_2024", "openai_g42_chips_2023", "openai_nvidia_loi_2025"},
    # Department of Energy - Rivian - Volkswagen - Northvolt - German government - Lilium
    {"cellink_doe_2023", "li_cycle_doe_2023", "monolith_doe_2021", "redwood_doe_2023", "rivian_doe_2024",
     "ultium_doe_2022", "vogtle_2010", "rivian_vw_2024", "northvolt_bridge_2024", "northvolt_heide_2024",
     "tesla_ipcei_2021", "lilium_kfw_2024", "lilium_mobile_uplift_2024"},
]  # fmt: skip


def test_cases_of_one_company_or_one_lead_are_one_group_and_all_others_stand_alone():
    groups = PACKAGED.groups()
    found = {group: {case for case in groups if groups[case] == group} for group in groups.values()}
    assert sorted(map(sorted, TOGETHER)) == sorted(sorted(part) for part in found.values() if len(part) > 1)
    assert all(group == min(part) for group, part in found.items())
    for alone in ("thames_water_2023", "thames_tideway_2015", "canoo_yorkville_2022", "jasm_meti_2021",
                  "metro_bank_2023", "bogota_metro_2018", "pharmeasy_2022", "effector_spac_2021"):  # fmt: skip
        assert groups[alone] == alone


def test_groups_do_not_depend_on_the_order_of_the_cases():
    cases = list(PACKAGED)
    random.Random(1).shuffle(cases)
    assert groups_of(cases) == PACKAGED.groups()


# --------------------------------------------------------------------------------------------------------------------
# A new case


@pytest.mark.parametrize("name", ["acme_2026", "2026_1", "null", "1e5", "a"])
def test_a_new_case_is_sound_and_open(command, tmp_path, name):
    assert command("cases", "new", name) == (0, f"Written to {name}.yaml. Next: abm cases check {name}.yaml\n", "")
    assert command("cases", "check", f"{name}.yaml") == (0, f"{name}.yaml: sound (cases: 1)\n", "")
    (case,) = library(tmp_path)
    assert (case.id, case.closed, case.library, case.coder_knew) == (name, "open", "own", False)
    assert command("case", "new", name)[0] == 2  # the same group under another name; nothing is overwritten
    assert command("cases", "new", name) == (
        2,
        "",
        f"{name}.yaml: expected the name of a new file, it is there already\n",
    )


def test_a_new_case_names_the_whole_vocabulary_and_its_outcome_may_be_commented_in(tmp_path):
    words = {
        *STANDINGS,
        *CLOSED,
        *CONDITION_KINDS,
        *(w for kind in (Role, Confidence, InvestorType) for w in kind.__args__),
    }
    assert {word for word in words if not re.search(rf"\b{word}\b", START)} == set()
    (tmp_path / "acme_2026.yaml").write_text(ENDED, "utf-8")
    case = library(tmp_path)["acme_2026"]
    assert (case.closed, case.outcome.closed_on, case.outcome.which_conditions_met) == (
        "full", dt.date(2026, 4, 20), ("third_party_consent", "co_investor"),
    )  # fmt: skip


def test_a_new_case_is_called_as_its_file(command):
    said = "--out: expected a file a_2026.yaml, as a case is called as its file, got 'b.yaml'\n"
    assert command("cases", "new", "a_2026", "--out", "b.yaml") == (2, "", said)
    said = "new case: id: expected an id of lower-case letters, digits, '-' and '_', got 'A b'\n"
    assert command("cases", "new", "A b") == (2, "", said)
    assert json.loads(command("cases", "new", "a_2026", "--json")[1]) == {"written": "a_2026.yaml"}


# --------------------------------------------------------------------------------------------------------------------
# Faults

BN = "expected a number from 0 to 10000 USD billion"
TARGET = "currency_usd_bn.target: expected a number from 0.00001 to 10000 USD billion"
FAULTS = [
    ("confidence: medium", "", "confidence: this key is required and missing"),
    ("  pre_money: null\n", "", "currency_usd_bn.pre_money: this key is required and missing"),
    ("  target: 0.5 ", "  targat: 0.5", "currency_usd_bn.target: this key is required and missing"),
    ("  target: 0.5 ", "  targat: 0.5", "currency_usd_bn.targat: unknown key (did you mean 'target'?)"),
    ("sector:", "library: A\nsector:", "library: unknown key: it is a comment line above the others"),
    ("id: acme_2026", "id: acme_2025", "id: expected the name of the file, 'acme_2026', got 'acme_2025'"),
    ("id: acme_2026", "id: Acme", "id: expected an id of lower-case letters, digits, '-' and '_', got 'Acme'"),
    ("id: acme_2026", "id: 2026", "id: expected text, got 2026"),
    ("name: Example raises", "name: [Example", "line 9: expected valid YAML (did not find expected ',' or ']')"),
    ("2026-01-15", "2026-02-30", "announced: expected a date such as 2021-03-01, got '2026-02-30'"),
    ("2026-01-15", "15.1.2026", "announced: expected a date such as 2021-03-01, got '15.1.2026'"),
    ("2026-01-15", "2026-01-15 12:00:00", "announced: expected a date such as 2021-03-01, got 2026-01-15T12:00:00"),
    ("2026-06-30", "2026-01-14", "deadline: expected no day before announced (2026-01-15), got 2026-01-14"),
    ("target: 0.5", "target: 0", f"{TARGET}, got 0"),
    ("target: 0.5", "target: 500e6", f"{TARGET}, got '500e6'"),
    ("target: 0.5", "target: .nan", f"{TARGET}, got '.nan'"),
    ("pre_money: null", "pre_money: 1:30", f"currency_usd_bn.pre_money: {BN}, got '1:30'"),
    ("pre_money: null", "pre_money: 010", f"currency_usd_bn.pre_money: {BN}, got '010'"),
    ("pre_money: null", "pre_money: 1e999", f"currency_usd_bn.pre_money: {BN}, got '1e999'"),
    ("pre_money: null", "pre_money: yes", f"currency_usd_bn.pre_money: {BN}, got True"),
    ("pre_money: null", "pre_money: -1", f"currency_usd_bn.pre_money: {BN}, got -1"),
    ("pre_money: null", "pre_money: {value: 1}", f"currency_usd_bn.pre_money: {BN}, got {{ value = 1 }}"),
    ("announcement: 0.0", "announcement: 0.6",
     "currency_usd_bn.already_committed_at_announcement: expected at most the target of 0.5, got 0.6"),
    ("runway_months: null", "runway_months: -3",
     "company_state.runway_months: expected a number from 0 to 1200 months, got -3"),
    ("stage: private, loss-making", "stage: null", "company_state.stage: expected text, got None"),
    ("type: strategic", "type: strategics",
     "investors.0.type: expected 'bank_lender', 'conglomerate', 'founder', 'government', 'growth_crossover', "
     "'private_equity', 'retail_public', 'sovereign', 'strategic' or 'venture' (did you mean 'strategic'?), "
     "got 'strategics'"),
    ("role: lead", "role: led",
     "investors.0.role: expected 'lead', 'anchor' or 'co' (did you mean 'lead'?), got 'led'"),
    ("role: lead", "role: anchor", "investors: expected one with the role lead, got none"),
    ("soft_or_firm: in_talks", "soft_or_firm: talks",
     "investors.1.soft_or_firm: expected 'firm', 'conditional_firm', 'loi', 'in_talks' or 'rumoured' "
     "(did you mean 'in_talks'?), got 'talks'"),
    ("amount_bn: 0.3 ", "amount_bn: 0.3bn", f"investors.0.amount_bn: {BN}, got '0.3bn'"),
    ("by: null", "by: soon", "investors.1.conditions.0.by: expected a date such as 2021-03-01, got 'soon'"),
    ("by: null", "until: null", "investors.1.conditions.0.until: unknown key"),
    ("by: null", "by: null\n    by: null", "line 57: expected every key once, got 'by' again"),
    ("sentiment: 0.0", "sentiment: 2", "market.sentiment: expected a number from -1 to 1, got 2"),
    ("closed: full", "closed: done", "outcome.closed: expected 'full', 'partial' or 'failed', got 'done'"),
    ("closed: full", "closed: failed",
     "outcome.closed: expected full or partial from 90% of the target on, got failed at 100%"),
    ("raised_bn: 0.5", "raised_bn: 0.4",
     "outcome.closed: expected partial or failed below 90% of the target, got full at 80%"),
    ("raised_bn: 0.5", "raised_bn: null", f"outcome.raised_bn: {BN}, got None"),
    ("2026-04-20", "2025-04-20", "outcome.closed_on: expected no day before announced (2026-01-15), got 2025-04-20"),
    ("[third_party_consent, co_investor]", "[milestone]",
     "outcome.which_conditions_met: expected kinds of this case's conditions, got 'milestone'"),
    ("[third_party_consent, co_investor]", "[co_investor, co_investor]",
     "outcome.which_conditions_met: expected every kind once, got 'co_investor' 2 times"),
    ("[third_party_consent, co_investor]", "all", "outcome.which_conditions_met: expected a list, got 'all'"),
    ("- https://example.com/press-release", "  https://example.com",
     "sources: expected a list, got 'https://example.com'"),
    ("confidence: medium", "confidence: middle", "confidence: expected 'high', 'medium' or 'low', got 'middle'"),
    ("# library: own", "# library: my own",
     "line 1: expected '# library: NAME, searched DATE', got '# library: my own'"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "sentence"), FAULTS, ids=range(len(FAULTS)))
def test_a_fault_is_one_sentence_with_key_expectation_and_what_came(command, tmp_path, old, new, sentence):
    assert old in ENDED
    (tmp_path / "acme_2026.yaml").write_text(ENDED.replace(old, new, 1), "utf-8")
    code, text, said = command("cases", "check", "acme_2026.yaml")
    assert (code, text) == (2, "")
    assert f"acme_2026.yaml: {sentence}" in said.splitlines()
    assert all(line.startswith("acme_2026.yaml: ") for line in said.splitlines())


DOUBTS = [
    ("role: co", "role: lead", "investors: 2 of them lead, and only Example Motors is taken for the lead"),
    ("by: 2026-03-31", "by: 2026-01-01",
     "a condition of kind third_party_consent was to be met by 2026-01-01, before the announcement"),
    ("- https://example.com", "- memory\n- https://example.com",
     "facts from memory stand both in a comment line and as the source 'memory', or in neither"),
    ("# coded", "# memory-only facts: the price\n# coded",
     "facts from memory stand both in a comment line and as the source 'memory', or in neither"),
    ("- https://example.com", "- the newspaper\n- https://example.com", "sources: 'the newspaper' is no address"),
    ("closed: full", "closed: partial", "outcome: partial at 100% of the target"),
    ("closed: full                   # full: 90", "closed: failed\n  raised_bn: 0.1\n# ",
     "outcome: failed at 20% of the target"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "sentence"), DOUBTS, ids=range(len(DOUBTS)))
def test_what_is_possible_and_odd_is_a_warning(command, tmp_path, old, new, sentence):
    assert old in ENDED
    text = ENDED.replace(old, new, 1)
    text = text.replace("  raised_bn: 0.5\n", "") if "raised_bn: 0.1" in text else text
    (tmp_path / "acme_2026.yaml").write_text(text, "utf-8")
    said = f"acme_2026.yaml: warning: {sentence}\nacme_2026.yaml: sound (cases: 1)\n"
    assert command("cases", "check", "acme_2026.yaml") == (0, said, "")


def test_all_faults_of_all_files_are_told_the_first_twenty_one_by_one(tmp_path):
    for k in range(8):
        (tmp_path / f"c{k}.yaml").write_text(
            START.replace("acme_2026", f"c{k}").replace("0.5", "x").replace("null", "y"), "utf-8"
        )
    with pytest.raises(CaseError) as caught:
        library(tmp_path)
    lines = str(caught.value).splitlines()
    assert len(caught.value.faults) == 8 * 7  # the target, and six nulls that became words
    assert len(lines) == 21
    assert lines[0].startswith(f"{tmp_path / 'c0.yaml'}: currency_usd_bn.target: expected")
    assert lines[-1] == f"{tmp_path}: and 36 more faults"
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


# --------------------------------------------------------------------------------------------------------------------
# Files that are no case

HOSTILE = [
    (b"", "file: expected keys and values, got nothing"),
    (b"# only a comment\n", "file: expected keys and values, got nothing"),
    (b"- a\n- b\n", "file: expected keys and values, got ['a', 'b']"),
    (b"just words", "file: expected keys and values, got 'just words'"),
    (b"a: &x 1\nb: *x\n", "line 1: expected no anchors and aliases (& and *); quote such a text"),
    (b"a: 1\nb: *x\n", "line 2: expected no anchors and aliases (& and *); quote such a text"),
    (b"a: !!python/object/apply:os.system ['true']\n", "line 1: expected no tags (!); quote such a text"),
    (b"a: !!binary aGk=\n", "line 1: expected no tags (!); quote such a text"),
    (b"a: 1\na: 2\n", "line 2: expected every key once, got 'a' again"),
    (b"? [a, b]\n: 1\n", "line 1: expected a word as key, got a list or a table"),
    (b"a: 1\n---\nb: 2\n", "line 2: expected one case in a file, got a second document (---)"),
    (b"a: " + b"[" * 40_000, "line 1: expected tables and lists at most 20 deep"),
    (b"a: " + b"{b: " * 10_000, "line 1: expected tables and lists at most 20 deep"),
    (b"a: [1\nb: 2\n", "line 2: expected valid YAML (did not find expected ',' or ']')"),
    (b"a:\n\tb: 1\n", "line 2: expected valid YAML (found character that cannot start any token)"),
    (b"a: \x00\n", "file: expected valid YAML (control characters are not allowed)"),
    (b"a: \xff\xfe\n", "file: expected text in UTF-8"),
    ("id: ä\n".encode("utf-16"), "file: expected text in UTF-8"),
    (b"#" * (MOST_BYTES + 1), "file: expected at most 50,000 bytes, got 50,001"),
    (b"a: " + b"x" * 30_000, "a: expected at most 20,000 letters, got 30,000"),
    (b"a: [" + b"1, " * 16_000 + b"]", None),  # large, flat, and no case
    (b"a: " + b"9" * 5_000, None),  # Python refuses to read so long a number
    (b"a: 1:59:59\n<<: 1\n=: 2\nnull: 3\n1: 4\n? \n", None),
]  # fmt: skip


@pytest.mark.parametrize(("content", "sentence"), HOSTILE, ids=range(len(HOSTILE)))
def test_what_is_no_case_is_refused_in_sentences(tmp_path, content, sentence):
    path = tmp_path / "x.yaml"
    path.write_bytes(content)
    faults = read_case(path)
    assert isinstance(faults, list)
    assert all(str(fault).isprintable() and len(str(fault)) < 400 for fault in faults)
    if sentence:
        assert list(map(str, faults)) == [sentence]


def test_a_mark_before_the_text_and_lines_of_another_system_do_no_harm(tmp_path):
    (tmp_path / "acme_2026.yml").write_bytes(b"\xef\xbb\xbf" + START.replace("\n", "\r\n").encode())
    assert library(tmp_path).ids == ["acme_2026"]
    (tmp_path / "start.template.yaml").write_text("nothing", "utf-8")
    (tmp_path / "notes.txt").write_text("nothing", "utf-8")
    assert library(tmp_path).ids == library(tmp_path / "acme_2026.yml").ids == ["acme_2026"]


@pytest.mark.parametrize(
    ("line", "library_", "searched"),
    [
        ("# library: C", "C", ""),
        ("# library: C, searched 2026-11-27", "C", "2026-11-27"),
        ("#library: c-2 (kept apart), searched 2026-11-27 by two", "c-2", "2026-11-27"),
        ("# of no library", "0", ""),
    ],
)
def test_the_library_stands_in_a_comment_line_above(tmp_path, line, library_, searched):
    (tmp_path / "acme_2026.yaml").write_text(START.replace("# library: own", line), "utf-8")
    (case,) = library(tmp_path)
    assert (case.library, case.searched) == (library_, searched)


def test_a_comment_below_the_first_key_says_nothing_of_the_library(tmp_path):
    (tmp_path / "acme_2026.yaml").write_text(f"{START}\n# library: elsewhere\n# library: !\n", "utf-8")
    (case,) = library(tmp_path)
    assert case.library == "own"


def test_folders_that_are_none_are_refused(command, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("", "utf-8")
    (tmp_path / "folder.yaml").mkdir()
    for given_, said in {
        "nowhere": "nowhere: folder: expected a folder of cases or a file ID.yaml, got no such file or directory",
        "notes.txt": "notes.txt: folder: expected a folder of cases or a file ID.yaml, got not a directory",
        "empty": "empty: folder: expected at least one case, a file ID.yaml, got none",
        "folder.yaml": "folder.yaml: folder: expected at least one case, a file ID.yaml, got none",
        "nowhere.yaml": "nowhere.yaml: file: expected a readable YAML file, got no such file or directory",
        ".": "folder.yaml: file: expected a readable YAML file, got something else",
    }.items():
        assert command("cases", "check", given_) == (2, "", f"{said}\n"), given_


def test_two_files_with_one_id_are_refused(tmp_path):
    for suffix in ("yaml", "yml"):
        (tmp_path / f"acme_2026.{suffix}").write_text(START, "utf-8")
    with pytest.raises(
        CaseError, match=r"acme_2026.yml: id: expected every id once, got 'acme_2026' as in .*2026.yaml$"
    ):
        library(tmp_path)


def test_without_the_reader_in_c_the_same_is_read(monkeypatch):
    monkeypatch.delattr(yaml, "CSafeLoader")
    for path in FILES[::20]:
        assert read_case(path) == PACKAGED[path.stem]


@settings(max_examples=200)
@given(st.data())
def test_no_damage_of_a_file_gives_a_traceback(tmp_path_factory, data):
    whole = data.draw(st.sampled_from(FILES)).read_bytes()
    at, end = sorted(data.draw(st.tuples(*[st.integers(0, len(whole))] * 2)))
    new = data.draw(
        st.one_of(st.binary(max_size=6), st.sampled_from([b"\n", b": ", b"- ", b"'", b"null", b"1e999", b"\t"]))
    )
    path = tmp_path_factory.getbasetemp() / "damaged.yaml"
    path.write_bytes(whole[:at] + new + whole[data.draw(st.sampled_from([at, at + 1, end])) :])
    read = read_case(path)
    assert isinstance(read, Case) or (read and all(str(fault).isprintable() for fault in read))


@settings(max_examples=120)
@given(st.data())
def test_no_value_at_any_key_gives_a_traceback(tmp_path_factory, data):
    raw = copy.deepcopy(RAW[data.draw(st.sampled_from(sorted(RAW)))])
    node = raw
    while True:
        key = data.draw(st.sampled_from(list(node) if isinstance(node, dict) else range(len(node))))
        if not isinstance(node[key], dict | list) or not node[key] or data.draw(st.booleans()):
            break
        node = node[key]
    plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.dates() | st.datetimes()
    node[key] = data.draw(st.recursive(plain, lambda part: st.lists(part, max_size=2), max_leaves=3))
    path = tmp_path_factory.getbasetemp() / "changed.yaml"
    path.write_text(yaml.dump(raw, Dumper=yaml.CSafeDumper), "utf-8")
    read = read_case(path)
    assert isinstance(read, list)  # at least the id is not the name of the file
    assert all(str(fault).isprintable() for fault in read)


# --------------------------------------------------------------------------------------------------------------------
# Lists and pages


def test_a_list_is_narrowed_by_what_was_known_and_its_rates_count_every_ending(command):
    code, text, said = command("cases", "ls", "--library", "A", "--standing", "loi", "--closed", "full")
    assert (code, said) == (0, "")
    head, *rows = text.split("\n\n")[0].splitlines()
    assert head.split() == ["id", "year", "company", "USD", "bn", "outcome", "cond.", "lead", "library", "confidence"]
    asked = [case for case in PACKAGED if (case.library, case.lead.soft_or_firm) == ("A", "loi")]
    assert [row.split()[0] for row in rows] == [case.id for case in asked if case.closed == "full"]
    assert f"library A: {sum(case.closed == 'full' for case in asked)} of {len(asked)} closed in full: " in text
    assert max(map(len, text.splitlines())) <= 110


def test_a_list_as_json_has_groups_and_intervals(command):
    answer = json.loads(command("cases", "ls", "--condition", "min_close", "--json")[1])
    there = {case.id for case in PACKAGED if "min_close" in {condition.kind for condition in case.conditions}}
    assert {case["id"] for case in answer["cases"]} == there
    assert set(answer["base_rates"][0]) == {"library", "full", "cases", "p", "low", "high"}
    assert all(rate["low"] <= rate["p"] <= rate["high"] for rate in answer["base_rates"])
    assert {case["group"] for case in answer["cases"]} <= set(PACKAGED.ids)


def test_a_list_of_nothing_says_so_and_words_that_no_option_knows_are_refused(command):
    assert command("cases", "ls", "--closed", "open") == (0, "no such case\n", "")
    said = "--library: expected one of 0, A, B, got 'C'\n"
    assert command("cases", "ls", "--library", "C") == (2, "", said)
    said = "--closed: expected one of full, partial, failed, open (did you mean 'full'?), got 'ful'\n"
    assert command("cases", "ls", "--closed", "ful") == (2, "", said)


def test_a_page_keeps_the_day_and_the_end_apart_and_warns_of_memory(command):
    code, text, said = command("cases", "show", "a123_wanxiang_2012")
    known, later, sources = text.split("\n\n")[1:]
    assert (code, said, known.splitlines()[0]) == (0, "", "Known on 2012-08-08")
    assert "needs regulatory_consent: CFIUS and Chinese government approval" in known
    assert "failed" not in known
    assert "auction" not in known
    assert "failed on 2012-10-16, 69 days after the announcement; USD 0.0125 bn, 2.69% of the target" in later
    assert "no source above confirms these, they are from memory: company_state, condition details" in sources
    answer = json.loads(command("cases", "show", "a123_wanxiang_2012", "--json")[1])
    assert answer["outcome"]["raised_bn"] == 0.0125


def test_a_page_of_a_file_of_ones_own_and_of_an_id_that_there_is_not(command):
    command("cases", "new", "acme_2026")
    assert "the round is open" in command("cases", "show", "acme_2026.yaml")[1]
    code, text, said = command("cases", "show", "metro_2023")
    assert (code, text) == (2, "")
    assert said.endswith("(did you mean 'metro_bank_2023'?)\n")
    with pytest.raises(KeyError):
        PACKAGED["metro_2023"]


def test_an_open_case_has_no_outcome_in_the_table_and_counts_in_no_rate(tmp_path):
    (tmp_path / "acme_2026.yaml").write_text(START, "utf-8")
    own = library(str(tmp_path))
    assert own.base_rates() == []
    assert own.frame().filter(like="outcome_").isna().all(axis=None)
    with pytest.raises(ValueError, match="folder: expected text or a path, got 3"):
        library(3)
