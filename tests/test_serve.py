"""Serve: what the page is told is what the commands print; overtaken questions stop; strangers are refused."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

import abm
from abm.cli.commands import main
from abm.core.errors import Refusal
from abm.serve.controls import controls_of
from abm.serve.desk import Desk
from abm.serve.position import Position
from abm.serve.server import PageServer
from tests.guard import HANGS_S

ROOT = Path(__file__).parent.parent
LOWER = ("round.target_bn=6",)


@pytest.fixture(scope="module")
def server():
    with PageServer(Desk(abm.load_scenario("three-investors"))) as running:
        yield running


def told(desk, *asked, **named):
    """The last message of each name."""
    return dict(desk.answer("test", *asked, **named))


def printed(capsys, *words):
    with pytest.raises(SystemExit) as ended:
        main([*words, "--json"])
    assert not ended.value.code
    return json.loads(capsys.readouterr().out)


# --------------------------------------------------------------------------------------------------------------------
# The same numbers as the commands


@pytest.mark.parametrize(
    ("source", "position"),
    [
        ("three-investors", Position(LOWER, runs=3_000, seed=7)),
        ("openai-2025", Position(("investors.softbank.conditions=off",), runs=1_000)),
        ("openai-2025", Position(("round.deadline=2025-11-30",), "funded_bn >= 20", 2, 600, central=True)),
    ],
)
def test_the_number_on_top_is_the_one_that_the_command_prints(capsys, source, position):
    found = told(Desk(abm.load_scenario(source)), position)["number"]
    words = position.command(source).split(" ") if "event" not in position.command(source) else []
    words = words or [
        "abm", "run", source, "--runs", "600", "--seed", "2", "--event", position.event, "--central",
        "--set", position.settings[0],
    ]  # fmt: skip
    ran = printed(capsys, *words[1:])
    chance = ran["probability"][position.event]
    assert (found["p"], found["low"], found["high"]) == (chance["p"], chance["low"], chance["high"])
    assert (found["runs"], found["worlds"]) == (ran["runs"], ran["worlds"])
    if ran["over_worlds"]:
        assert found["worlds_range"] == {"low": ran["over_worlds"]["p05"], "high": ran["over_worlds"]["p95"]}
        assert set(found["worlds_shown"]) == {"low", "high"}
        assert {key: found["central"][key] for key in ran["central"]} == ran["central"]
    else:
        assert found["worlds_range"] is found["central"] is None


def test_every_number_on_the_way_is_that_of_so_many_runs():
    desk, scenario = Desk(abm.load_scenario("openai-2025")), abm.load_scenario("openai-2025")
    numbers = [found for name, found in desk.answer("test", Position(runs=2_500)) if name == "number"]
    assert [found["runs"] for found in numbers] == [400, 2_000, 2_500]
    for found in numbers:
        assert found["said"] == str(abm.simulate(scenario, found["runs"]).probability("closed"))


def test_the_lines_of_python_give_the_number_on_top(tmp_path):
    position = Position((*LOWER, "round.deadline=2025-11-30"), runs=1_000, seed=3)
    found = told(Desk(abm.load_scenario("three-investors")), position)["number"]
    lines = position.python("three-investors")
    assert len(lines.splitlines()) == 3
    ran = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, check=True, timeout=HANGS_S)
    assert ran.stdout.strip() == found["said"]


@pytest.mark.parametrize("answered_before", [False, True])
def test_a_against_b_is_what_compare_prints(capsys, answered_before):
    desk = Desk(abm.load_scenario("openai-2025"))
    a, b = Position(runs=1_000), Position(("round.target_bn=25", "round.cap_bn=25"), runs=1_000)
    if answered_before:
        told(desk, a)
    found = told(desk, b, a)["compared"]
    rows = printed(capsys, "compare", "openai-2025", "--set", "; ".join(b.settings), "--runs", "1000")["rounds"]
    assert [found["change"][key] for key in ("change", "low", "high")] == [
        rows[1][key] for key in ("change", "change_low", "change_high")
    ]
    assert [found["money"][key] for key in ("change", "low", "high")] == [
        rows[1][key] for key in ("funded_change", "funded_low", "funded_high")
    ]
    assert (found["stands_out"], found["other_runs"]) == (rows[1]["stands_out"], rows[1]["other_runs"])


def test_the_pictures_are_of_the_same_runs():
    desk, runs = Desk(abm.load_scenario("three-investors")), 800
    shown = told(desk, Position(runs=runs))["pictures"]
    outcomes = abm.simulate("three-investors", runs)
    frame = outcomes.to_frame()
    assert sum(shown["money"]["reached"]) == pytest.approx(100 * frame["closed"].mean())
    assert sum(shown["money"]["missed"]) == pytest.approx(100 * (1 - frame["closed"].mean()))
    assert {row["name"]: row["mean_bn"] for row in shown["payers"]}["Lead Capital"] == pytest.approx(
        frame["paid_bn.lead"].mean()
    )
    assert shown["causes"][0]["p"] == outcomes.probability("closed").p
    assert shown["book"]["paid"][2][-1] == frame["funded_bn"].median()
    assert [dot["bn"] for dot in shown["money"]["dots"]] == frame["funded_bn"].head(200).tolist()


# --------------------------------------------------------------------------------------------------------------------
# What can be moved, and what is refused


@pytest.mark.parametrize("source", [*abm.packaged(), str(ROOT / "experiments" / "metro-2023.toml")])
def test_every_control_can_be_set_to_what_the_file_has(source):
    """And that changes nothing, so a control shows what it says it does."""
    scenario = abm.load_scenario(source)
    controls = [control for control in controls_of(scenario) if not control.left_out]
    assert len({control.path for control in controls}) == len(controls) > 20
    before = abm.simulate(scenario, 60, central=True).to_frame()
    settings = [f"{one.path}={str(one.value).lower() if one.kind == 'flag' else one.value}" for one in controls]
    changed = Position(tuple(settings)).of(scenario)
    assert abm.simulate(changed, 60, central=True).to_frame().equals(before)


def test_sliders_hold_their_value_and_stay_within_what_is_allowed():
    for control in controls_of(abm.load_scenario("openai-2025")):
        if control.kind == "number":
            assert control.least <= control.low <= control.value <= control.high <= control.most, control
            assert control.step > 0
            assert (control.high - control.low) / control.step <= 600


def test_every_number_that_nobody_knows_has_a_slider_over_its_range():
    from abm.scenario.sources import unknowns

    scenario = abm.load_scenario("openai-2025")
    controls = {control.path: control for control in controls_of(scenario)}
    for unknown in unknowns(scenario):
        control = controls[unknown.path]
        assert control.low <= unknown.low
        assert control.high >= unknown.high
        assert control.said


def test_a_target_above_the_cap_is_refused_with_ways_out_that_work():
    desk = Desk(abm.load_scenario("openai-2025"))
    refused = told(desk, Position(("round.target_bn=35",), runs=400))["refused"]
    assert refused["faults"] == [{"key": "round.cap_bn", "said": "expected at least the target of 35, got 30"}]
    mends = [mend["settings"] for mend in refused["mends"]]
    assert ["round.target_bn=35", "round.cap_bn=35"] in mends
    assert [] in mends
    for settings in mends:
        assert "number" in told(desk, Position(tuple(settings), runs=400))


@pytest.mark.parametrize(
    "raw",
    [
        None, [], {"settings": "round.target_bn=6"}, {"settings": [6]}, {"seed": -1}, {"seed": 1.5}, {"runs": 0},
        {"runs": 10**9}, {"runs": True}, {"event": ""}, {"event": 3}, {"more": 1}, {"settings": ["a=1"] * 1_000},
    ],
)  # fmt: skip
def test_what_is_no_position_is_refused_in_a_sentence(raw):
    with pytest.raises(Refusal, match="expected"):
        Position.read(raw)


@pytest.mark.parametrize("event", ["closedd", "funded_bn >", "__import__('os')", "funded_bn > funded_bn.mean()"])
def test_an_event_that_cannot_be_told_is_refused(event):
    refused = told(Desk(abm.load_scenario("three-investors")), Position(event=event))["refused"]
    assert refused["faults"][0]["key"] == "event"


# --------------------------------------------------------------------------------------------------------------------
# Who asks


def test_a_question_that_is_overtaken_stops_and_another_visitor_is_not_disturbed():
    desk = Desk(abm.load_scenario("three-investors"))
    mine = desk.answer("me", Position(runs=100_000))
    other = desk.answer("you", Position(LOWER, runs=5_000))
    assert next(mine)[1]["runs"] == next(other)[1]["runs"] == 400
    assert [name for name, _ in desk.answer("me", Position(LOWER, runs=400))] == ["number", "pictures", "words"]
    assert [name for name, _ in mine] == ["pictures"]  # of the runs that had come, and no run more
    assert desk.stopped == 1
    assert [found["runs"] for name, found in other if name == "number"] == [2_000, 5_000]
    assert desk.answered == 2


def test_who_hangs_up_stops_his_question(server):
    before = server.desk.stopped
    body = {"visitor": "a", "position": {"runs": 100_000}}
    with httpx.stream("POST", f"{server.link}answer", json=body, timeout=HANGS_S) as answer:
        next(answer.iter_lines())
    until = time.monotonic() + HANGS_S
    while server.desk.stopped == before and time.monotonic() < until:
        time.sleep(0.02)
    assert server.desk.stopped == before + 1


def test_the_page_is_told_in_messages(server):
    with httpx.stream("POST", f"{server.link}answer", json={"position": {"runs": 500}}, timeout=HANGS_S) as answer:
        lines = list(answer.iter_lines())
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert [line.removeprefix("event: ") for line in lines if line.startswith("event")] == [
        "number", "pictures", "number", "pictures", "words",
    ]  # fmt: skip


# --------------------------------------------------------------------------------------------------------------------
# Strangers


def test_the_page_is_for_this_machine_alone(server):
    assert server.link.startswith("http://127.0.0.1:")
    assert len(server.link.split("/")[3]) >= 32
    with PageServer(Desk(server.desk.scenario)) as other:
        assert other.link.split("/")[3] != server.link.split("/")[3]


def test_an_endless_question_is_not_read(server):
    assert httpx.post(f"{server.link}answer", content=b" " * 1_000_001).status_code == 413


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 421),
        ({"host": "127.0.0.1"}, 421),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
    ],
)
def test_requests_of_another_page_or_under_another_name_are_refused(server, headers, status):
    refused = httpx.post(f"{server.link}answer", content=b"{}", headers=headers)
    assert refused.status_code == status


def test_without_the_token_there_is_nothing(server):
    root = server.link[: server.link.index("/", 8)]
    for path in ("/", "/opened", "/files/page.js", "/x/", f"/{'A' * 32}/", "/..%2f"):
        assert httpx.get(f"{root}{path}").status_code == 404
    assert httpx.get(server.link).status_code == 200
    assert httpx.get(f"{server.link}files/../page.py").status_code == 404


def test_every_answer_says_what_the_page_may_do(server):
    root = server.link[: server.link.index("/", 8)]
    for address in (server.link, f"{server.link}files/page.js", f"{server.link}opened", root):
        headers = httpx.get(address).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'"x"', b"[" * 100_000, b'{"position": 3}', b"\xff"])
def test_what_is_no_question_is_refused_in_a_sentence(server, body):
    refused = httpx.post(f"{server.link}answer", content=body)
    assert refused.status_code == 400 if body != b"" else refused.status_code in (200, 400)
    assert "expected" in refused.json()["refused"]


def test_the_colours_are_those_of_the_figures(server):
    from abm.plots import theme

    css = httpx.get(f"{server.link}files/page.css").text
    for name in ("blue", "orange", "green", "red", "grey", "ink"):
        assert f"--{name}: {getattr(theme, name.upper())};" in css


def test_the_vendored_library_came_with_its_licence(server):
    assert "MIT" in httpx.get(f"{server.link}files/uplot/LICENSE").text
    assert httpx.get(f"{server.link}files/uplot/uplot.js").status_code == 200


# --------------------------------------------------------------------------------------------------------------------
# The command


def test_the_command_prints_a_link_and_the_interrupt_key_ends_it():
    import signal

    asked = [sys.executable, "-m", "abm", "serve", "three-investors", "--no-browser", "--set", LOWER[0]]
    running = subprocess.Popen(asked, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    guard = threading.Timer(HANGS_S, running.kill)
    guard.start()
    try:
        assert running.stdout is not None
        assert running.stdout.readline() == "A lead with a condition and two followers\n"
        link = running.stdout.readline().strip()
        address, _, kept = link.partition("#")
        assert kept == "set=round.target_bn%3D6"
        assert httpx.get(address).status_code == 200
        with httpx.stream("POST", f"{address}answer", json={"position": {"runs": 100_000}}, timeout=HANGS_S) as answer:
            next(answer.iter_lines())
            running.send_signal(signal.SIGINT)
            out, err = running.communicate(timeout=HANGS_S)
    finally:
        guard.cancel()
        running.kill()
    assert (running.returncode, err) == (0, "")
    assert out.endswith("abm: ended\n")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nowhere"], "expected a packaged id"),
        (["three-investors", "--set", "round.target_bn=20"], "expected at least the target of 20"),
        (["three-investors", "--port", "99999"], "--port"),
    ],
)
def test_bad_input_ends_in_a_sentence(capsys, words, sentence):
    with pytest.raises(SystemExit) as ended:
        main(["serve", "--no-browser", *words])
    assert ended.value.code == 2
    assert sentence in capsys.readouterr().err


def test_a_port_that_is_taken_is_said(server, capsys):
    port = server.link.split(":")[2].split("/")[0]
    with pytest.raises(SystemExit) as ended:
        main(["serve", "--no-browser", "three-investors", "--port", port])
    assert ended.value.code == 2
    assert "expected one that is free" in capsys.readouterr().err
