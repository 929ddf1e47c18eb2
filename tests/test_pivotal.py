"""Who is pivotal: Shapley values against closed forms, through the whole pipeline."""

from __future__ import annotations

import datetime as dt
import itertools
import math

import numpy as np
import pytest

import abm
from abm.analysis.pivotal import Game, pairs, players_of, shapley_values
from abm.analysis.shapley import exact_shares, members, sampled_shares, shapley_shubik
from abm.plots import drawn
from abm.plots.pivotal import shares, together

TICKETS = (22.5, 2.8, 3.0, 2.0, 1.2, 1.5)
CHANCES = (0.60, 0.85, 0.5, 0.5, 0.7, 0.6)
QUOTA = 28.0
V29B = (0.160195, 0.105145, 0.066610, 0.032985, 0.045045, 0.040020)
ALONE = (0.45, 0.255, 0.1185, 0.069, 0.105, 0.09)


def round_of(tickets, chances, target, gates=()):
    names = [f"i{place}" for place in range(len(tickets))]
    return abm.scenario_from(
        {
            "format": 1,
            "id": "vote",
            "title": "Independent investors",
            "as_of": dt.date(2025, 7, 28),
            "round": {
                "target_bn": target, "cap_bn": sum(tickets), "deadline": dt.date(2025, 12, 29), "pre_money_bn": 260.0,
                "close_when": "deadline",
            },
            "gatekeepers": [{"id": f"g{k}", "probability_by_deadline": p} for k, p in enumerate(gates)],
            "investors": [
                {"id": name, "kind": "venture", "role": "follower", "ticket_bn": ticket, "signing_probability": p}
                for name, ticket, p in zip(names, tickets, chances, strict=True)
            ],
        }
    )  # fmt: skip


def success(inside):
    """P(tickets of the signers among a coalition reach the quota), by enumeration."""
    total = 0.0
    for signed in itertools.product((0, 1), repeat=6):
        if any(s and i not in inside for i, s in enumerate(signed)):
            continue
        p = math.prod(CHANCES[i] if signed[i] else 1 - CHANCES[i] for i in inside)
        total += p * (sum(t for t, s in zip(TICKETS, signed, strict=True) if s) >= QUOTA - 1e-9)
    return total


def test_v29_power_of_tickets_alone():
    power = shapley_shubik([225, 28, 30, 20, 12, 15], 280)
    assert power == pytest.approx([0.5, 0.15, 0.15, 1 / 15, 1 / 15, 1 / 15], abs=1e-12)
    assert shapley_shubik([3, 2], 6) == [0.0, 0.0], "together they do not reach it"


def test_power_by_counting_is_power_by_all_orders():
    luck = np.random.default_rng(4)
    for _ in range(20):
        weights = luck.integers(0, 9, 5).tolist()
        quota = int(luck.integers(1, max(2, sum(weights))))
        if sum(weights) < quota:
            continue
        turns = np.zeros(5)
        for order in itertools.permutations(range(5)):
            filled = np.cumsum([weights[i] for i in order])
            turns[order[int(np.argmax(filled >= quota))]] += 1
        assert shapley_shubik(weights, quota) == pytest.approx(turns / 120, abs=1e-12)


def test_v29b_by_enumeration():
    found = exact_shares(6, lambda inside: np.array([success(inside)]))
    assert found[0] == pytest.approx(V29B, abs=5e-7)
    assert success(frozenset(range(6))) == pytest.approx(0.45, abs=5e-4)


def test_v29b_through_the_whole_pipeline():
    runs = 6_000
    found = shapley_values(round_of(TICKETS, CHANCES, QUOTA), runs=runs, seed=3)
    table = found.table.set_index("id")
    for place, (value, lost) in enumerate(zip(V29B, ALONE, strict=True)):
        row = table.loc[f"i{place}"]
        error = (row["high"] - row["low"]) / (2 * 1.96)
        assert abs(row["shapley"] - value) < 4 * error
        assert error < 0.005
        assert abs(row["leave_out"] - lost) < 4 * math.sqrt(lost * (1 - lost) / runs)
    assert table["shapley"].sum() == pytest.approx(found.total.p - found.empty_coalition.p, abs=1e-12)
    assert found.empty_coalition.p == 0.0
    assert table["leave_out"].sum() > 2 * found.total.p, "leaving one out does not add up"
    shubik = [table.loc[f"i{place}", "shubik"] for place in range(6)]
    assert shubik == pytest.approx([0.5, 0.15, 0.15, 1 / 15, 1 / 15, 1 / 15], abs=1e-12)


def test_orders_agree_with_all_coalitions():
    found = shapley_values(round_of(TICKETS, CHANCES, QUOTA), runs=200, samples=60, block=100, seed=5, exact=False)
    table = found.table.set_index("id")
    for place, value in enumerate(V29B):
        row = table.loc[f"i{place}"]
        assert abs(row["shapley"] - value) < 4 * (row["high"] - row["low"]) / (2 * 2.0)
    assert found.shared == pytest.approx(table["shapley"].sum(), abs=1e-12)
    assert "60 random orders" in found.method


def test_two_links_of_a_chain_share_equally_and_a_dummy_gets_nothing():
    scenario = round_of((5.0, 0.001), (0.8, 0.9), 5.0, gates=(0.5,)).with_values(
        {"investors.i0.conditions": [[{"gate": "g0", "by": dt.date(2025, 12, 29)}]]}
    )
    found = shapley_values(scenario, runs=4_000)
    table = found.table.set_index("id")
    assert table.loc["i0", "shapley"] == pytest.approx(found.total.p / 2, abs=1e-12), "v(N)/2 each: unanimity"
    assert table.loc["g0", "shapley"] == pytest.approx(found.total.p / 2, abs=1e-12)
    assert table.loc["i1", "shapley"] == 0.0
    assert abs(found.total.p - 0.4) < 4 * math.sqrt(0.24 / 4_000)
    bind = table["bind"]
    assert abs(bind["i0"] - 0.6) < 4 * math.sqrt(0.24 / 4_000), "bound, he is there whatever the consent"
    assert abs(bind["g0"] - 0.4) < 4 * math.sqrt(0.24 / 4_000), "given, only his signature is left open: 0.8 - 0.4"


def test_who_needs_whom_and_who_stands_in_for_whom():
    # any one of two substitutes will do beside a first who must be there: P = a (1 - (1 - b)(1 - c))
    a, b, c, runs = 0.8, 0.5, 0.6, 6_000
    frame = pairs(
        round_of((5.0, 3.0, 3.0), (a, b, c), 8.0), [f"investors.i{k}" for k in range(3)], runs=runs
    ).set_index(["first", "second"])
    chance = a * (1 - (1 - b) * (1 - c))
    need = frame.loc[("investors.i0", "investors.i1"), "together"]
    instead = frame.loc[("investors.i1", "investors.i2"), "together"]
    assert abs(need - (chance - a * c)) < 4 * math.sqrt(1 / runs), "nothing without the first, a c without the second"
    assert abs(instead - (chance - a * c - a * b)) < 4 * math.sqrt(1 / runs)
    assert need > 0 > instead


def test_a_hopeless_coalition_never_closes_when_it_is_simulated():
    scenario = abm.load_scenario("three-investors").with_values({"round.target_bn": 8})
    players = players_of(scenario)
    game = Game(scenario, players, "closed", 1)
    skipped = 0
    for mask in range(1 << len(players)):
        inside = members(mask, len(players))
        away = {
            one.path: "never" if one.kind == "gatekeeper" else "out" for k, one in enumerate(players) if k not in inside
        }
        if game.hopeless(inside):
            skipped += 1
            assert not game.happened(away, range(200)).any()
    assert 0 < skipped < 1 << len(players)


def test_orders_hold_the_truth_about_as_often_as_they_say():
    weights, n = np.array([4.0, 2.0, 1.0, 1.0]), 4

    def worth(inside):
        return np.array([float(sum(weights[i] for i in inside) >= 5)])

    truth, held = exact_shares(n, worth)[0], 0
    for study in range(200):
        orders = [np.random.default_rng((study, k)).permutation(n) for k in range(30)]
        found = np.array([sampled_shares(n, worth, order.tolist()) for order in orders])
        half = 2.045 * found.std(axis=0, ddof=1) / math.sqrt(30)  # t, 29 degrees of freedom
        held += (np.abs(found.mean(axis=0) - truth) <= half + 1e-12).mean()
    assert held / 200 >= 0.9


def test_unknown_players_are_refused_with_those_there_are():
    with pytest.raises(ValueError, match=r"expected players among investors.lead.*, got 'investors.leed'"):
        shapley_values("three-investors", runs=10, players=["investors.leed"])
    with pytest.raises(ValueError, match="expected at most 12 players for all coalitions, got 21"):
        shapley_values("openai-2025", runs=10, exact=True)


def test_pictures_show_the_numbers_of_their_tables():
    found = shapley_values("three-investors", runs=300)
    figure = drawn(shares, found.table)
    widths = [bar.get_width() for bar in figure.axes[0].patches]
    assert widths == pytest.approx((100 * found.table["shapley"]).tolist())
    paths = found.table["player"].tolist()[:3]
    frame = pairs("three-investors", paths, runs=300)
    figure = drawn(together, frame, names={})
    assert {text.get_text() for text in figure.axes[0].texts} == {f"{100 * one:+.1f}" for one in frame["together"]}
