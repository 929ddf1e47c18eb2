"""What drives the answer: Morris and Sobol' against published and closed-form values."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pytest

import abm
from abm.analysis.drivers import Drivers, leaning, leaning_words, morris, morris_effects, sobol, sobol_indices
from abm.plots import drawn
from abm.plots.drivers import indices, screening


def ishigami(shares):
    x = -math.pi + 2 * math.pi * shares
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def test_v35_indices_of_ishigami():
    table = sobol_indices(ishigami, ["a", "b", "c"], points=4_096, seed=1).set_index("path")
    for path, first, total in (("a", 0.313905, 0.557589), ("b", 0.442411, 0.442411), ("c", 0.0, 0.243684)):
        assert table.loc[path, "first_low"] - 0.005 <= first <= table.loc[path, "first_high"] + 0.005
        assert table.loc[path, "first"] == pytest.approx(first, abs=0.03)
        assert table.loc[path, "total"] == pytest.approx(total, abs=0.03)


def test_screening_of_a_linear_function_finds_its_coefficients():
    table = morris_effects(lambda x: 4 * x[:, 0] - 2 * x[:, 1] + 0 * x[:, 2], ["a", "b", "c"], trajectories=6, seed=2)
    assert table["path"].tolist() == ["a", "b", "c"]
    assert table["mu_star"].tolist() == pytest.approx([4, 2, 0], abs=1e-9)
    assert table["mu"].tolist() == pytest.approx([4, -2, 0], abs=1e-9)
    assert table["sigma"].tolist() == pytest.approx([0, 0, 0], abs=1e-9)


def test_an_interaction_shows_in_sigma():
    table = morris_effects(lambda x: x[:, 0] * x[:, 1], ["a", "b"], trajectories=40, seed=3)
    assert (table["sigma"] > 0.2).all()
    assert table["mu_star"].tolist() == pytest.approx([0.5, 0.5], abs=0.15)


@pytest.mark.parametrize("method", [morris_effects, sobol_indices])
def test_a_number_that_is_none_stops_instead_of_becoming_an_index_of_nothing(method):
    def broken(shares):
        values = shares.sum(axis=1)
        values[5] = math.nan
        return values

    with pytest.raises(ValueError, match="expected a number at every point, got nan at point 5"):
        method(broken, ["a", "b"], 8, 1)


def test_a_function_that_never_changes_has_nothing_to_share_out():
    table = sobol_indices(lambda x: np.ones(len(x)), ["a", "b"], points=8, seed=1)
    assert (table[["first", "total"]] == 0).all().all()


def test_only_powers_of_two_are_taken():
    with pytest.raises(ValueError, match="expected a power of two of points, got 100"):
        sobol_indices(ishigami, ["a", "b", "c"], points=100, seed=1)


def voters(**chances):
    """A round that closes when all have signed."""
    return abm.scenario_from(
        {
            "format": 1,
            "id": "all",
            "title": "All must sign",
            "as_of": dt.date(2025, 7, 28),
            "round": {
                "target_bn": float(len(chances)), "deadline": dt.date(2025, 12, 29), "pre_money_bn": 50.0,
                "close_when": "deadline", "cap_bn": len(chances) + 5.0,
            },
            "investors": [
                {"id": name, "kind": "venture", "role": "follower", "ticket_bn": 1.0, "signing_probability": p}
                for name, p in chances.items()
            ],
        }
    )  # fmt: skip


def test_indices_of_a_round_that_needs_two_independent_investors():
    # P = a b with a uniform on (0.2, 0.8) and b on (0.4, 0.6): means 0.5, variances 0.03 and 0.01 / 3
    mean, one, other = 0.5, 0.6**2 / 12, 0.2**2 / 12
    variance = one * mean**2 + other * mean**2 + one * other
    axes = {f"investors.{name}.signing_probability": ends for name, ends in (("a", (0.2, 0.8)), ("b", (0.4, 0.6)))}
    found = sobol(voters(a=0.5, b=0.5), axes, points=128, runs=2_000)
    table = found.table.set_index("path")
    for path, own in zip(axes, (one, other), strict=True):
        rest = one + other - own
        assert table.loc[path, "first"] == pytest.approx(own * mean**2 / variance, abs=0.06)
        assert table.loc[path, "total"] == pytest.approx(own * (mean**2 + rest) / variance, abs=0.06)
    assert found.points == 128 * 4
    assert found.noise < 0.02, "what the runs leave open is small beside what the numbers do"


def test_screening_a_round_finds_the_range_times_the_other_chance():
    # from 0.2 to 0.8 in a alone P = a b changes by 0.6 b; b is at 0.4, 0.4667, 0.5333 or 0.6, on average 0.5
    axes = {f"investors.{name}.signing_probability": ends for name, ends in (("a", (0.2, 0.8)), ("b", (0.4, 0.6)))}
    axes["round.cap_bn"] = (7.0, 9.0)
    table = morris(voters(a=0.5, b=0.5), axes, trajectories=12, runs=3_000).table.set_index("path")
    assert table.loc["investors.a.signing_probability", "mu_star"] == pytest.approx(0.30, abs=0.05)
    assert table.loc["investors.b.signing_probability", "mu_star"] == pytest.approx(0.10, abs=0.03)
    assert table.loc["round.cap_bn", "mu_star"] == 0.0, "under the same luck what does nothing does exactly nothing"


def test_a_point_without_an_answer_is_named():
    axes = {"round.target_bn": (1.0, 9.0), "round.cap_bn": (2.0, 9.0)}
    with pytest.raises(
        ValueError, match=r"got none at point \d+ \(round.target_bn = .*round.cap_bn: expected at least"
    ):
        morris(
            voters(a=0.5, b=0.5).with_values({"round.target_bn": 1.0, "round.cap_bn": 9.0}),
            axes,
            trajectories=6,
            runs=100,
        )


def test_leaning_says_what_share_is_judgement():
    import pandas as pd

    table = pd.DataFrame({"path": list("abc"), "total": [0.6, 0.3, -0.1], "grade": ["judgement", "fact", "calc"]})
    drivers = Drivers(table, 8, 100, 1, 0.0)
    assert leaning(drivers) == {"judgement": pytest.approx(2 / 3), "fact": pytest.approx(1 / 3), "calc": 0.0}
    assert leaning_words(drivers).startswith("Of what moves the answer, 67% is judgement, 33% is fact")


def test_pictures_show_the_largest_first():
    axes = {f"investors.{name}.signing_probability": (0.2, 0.8) for name in "ab"}
    found = morris(voters(a=0.5, b=0.5), axes, trajectories=4, runs=200)
    figure = drawn(screening, found.table, names={})
    assert [bar.get_width() for bar in figure.axes[0].patches] == pytest.approx((100 * found.table["mu_star"]).tolist())
    shared = sobol(voters(a=0.5, b=0.5), axes, points=16, runs=200)
    figure = drawn(indices, shared.table, names={})
    assert len(figure.axes[0].patches) == 4


def test_a_study_at_shares_of_its_axes_can_be_opened_again(tmp_path):
    axes = {"investors.a.signing_probability": (0.2, 0.8), "round.target_bn": [1.0, 2.0]}
    design = abm.Design.shares(axes, [[0.0, 0.1], [0.5, 0.6], [1.0, 0.9]])
    assert [list(point.values()) for point in design] == [[0.2, 1.0], [0.5, 2.0], [0.8, 2.0]]
    study = abm.sweep(
        voters(a=0.5, b=0.5).with_values({"round.cap_bn": 9.0}), design, runs=50, folder=tmp_path / "study"
    )
    again = abm.Study.open(tmp_path / "study")
    assert list(again.design) == list(design)
    assert again.points().equals(study.points())
    with pytest.raises(ValueError, match="expected shares from 0 to 1 in a column for each of 2 axes"):
        abm.Design.shares(axes, [[0.0, 1.1]])
