"""What e18 is made of: worlds of the syndicate, what is read from them, and how a verdict is reached."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from common import points
from numpy.typing import NDArray

import abm
from abm.runs.differences import Difference
from abm.runs.estimates import Interval, normal_interval, wilson

SYNDICATE = abm.load_scenario(Path(__file__).parent / "syndicate.toml")
FLAGSHIP = abm.load_scenario("openai-2025")
FUNDS, WINDOW = 22, SYNDICATE.window_days
COVERAGES = (0.5, 0.8, 1.0, 1.25, 1.6, 2.0)  # money expected without conditions, which is a billion, over the target
CHANCE, TICKET_BN = 0.54, 0.063  # of a fund by lot: what the rules come to where nothing is conditional
UNCONDITIONAL = {"investors.lead.conditions": "off", "investor_pools.fund.conditional_share": 0}
UNSOCIAL = {"investor_pools.fund.social_precision": 0}
RULES, LOT = "by the rules", "tickets by lot"
SEED = 1


class Part(NamedTuple):
    """One statement of a pattern, and whether the model shows it."""

    pattern: str
    compared: str
    result: str
    rival: str
    verdict: str


class Found(NamedTuple):
    """A pattern: its statements, and the lines of its picture."""

    name: str
    parts: list[Part]
    x_label: str
    y_label: str
    lines: list[dict[str, Any]]
    band: tuple[float, float] = (np.nan, np.nan)

    def panel(self) -> pd.DataFrame:
        """Rows of its picture, with the verdict in the title."""
        said = {part.verdict for part in self.parts}
        title = f"{self.parts[0].pattern[:2]} {self.name}: {said.pop() if len(said) == 1 else 'in part'}"
        low, high = self.band
        return pd.DataFrame(self.lines).assign(
            panel=title, x_label=self.x_label, y_label=self.y_label, band_low=low, band_high=high
        )


# --- worlds, and what is read from them


def sized(coverage: float = 1.0, size: int = 1) -> dict[str, Any]:
    """What a coverage, or a size at equal funds, means for the numbers of the syndicate."""
    target = size / coverage
    return {
        "round.target_bn": target,
        "round.cap_bn": 1.3 * target,
        "investors.lead.conditions": [[{"total_bn": 0.7 * target}]],
    }


def grown(size: int, funds: int) -> dict[str, Any]:
    """A syndicate some times as large at coverage 1.25, with so many funds of the same size."""
    more = {"round.pre_money_bn": 6.0, "valuation.mean_bn": 7.0, "investors.lead.ticket_bn": 0.3}
    scaled = {path: size * number for path, number in more.items()}
    return sized(1.25, size) | scaled | {"investor_pools.fund.count": funds}


def alike() -> abm.Scenario:
    """The syndicate whose funds differ in nothing and know nothing of their own: the book moves them, and time."""
    raw = SYNDICATE.raw
    (pool,) = raw["investor_pools"]
    pool |= {"prior_spread_log": 0.0, "signal_precision": 0.0, "diligence_days": 0.0}
    pool["wealth_bn"] = {"lognormal_median": 0.8, "sd_log": 0.0}
    pool["max_ticket_bn"] = {"uniform_low": 0.0799, "uniform_high": 0.08}
    return abm.scenario_from(raw, SYNDICATE.file)  # whose inclination is that of such funds


def by_lot(chance: float = CHANCE) -> abm.Scenario:
    """The syndicate whose funds sign by chance, and all with the same ticket."""
    raw = SYNDICATE.raw
    (pool,) = raw["investor_pools"]
    kept = {key: pool[key] for key in ("id", "kind", "count", "conditional_share")}
    raw["investor_pools"] = [kept | {"ticket_bn": TICKET_BN, "signing_probability": chance}]
    return abm.scenario_from(raw, SYNDICATE.file)


def simulate(scenario: abm.Scenario, changes: dict[str, Any], runs: int) -> pd.DataFrame:
    """All runs of a changed scenario, one a row."""
    return abm.simulate(scenario.with_values(changes), runs, SEED, keep="rows").to_frame()


def sign_days(frame: pd.DataFrame) -> NDArray[np.float64]:
    """Days on which the funds signed, a run a row; infinite where one did not."""
    return np.nan_to_num(frame.filter(regex=r"^sign_day\.fund").to_numpy(np.float64), nan=np.inf)


def signatures(frame: pd.DataFrame) -> NDArray[np.float64]:
    """How many funds signed, in each run."""
    return np.isfinite(sign_days(frame)).sum(axis=1).astype(np.float64)


def share(truth: Any, x: float, line: str = "", tick: str = "") -> dict[str, Any]:
    """A probability with its interval, in percent, as a point of a picture."""
    happened = np.asarray(truth, dtype=bool)
    low, high = wilson(int(happened.sum()), len(happened))
    p = 100 * float(happened.mean()) if len(happened) else np.nan
    return {"line": line, "x": x, "tick": tick, "y": p, "low": 100 * low, "high": 100 * high}


def mean(values: Any, x: float, line: str = "", tick: str = "") -> dict[str, Any]:
    """A mean with its interval, as a point of a picture."""
    y, low, high = (float(number) for number in normal_interval(np.asarray(values, np.float64)))
    return {"line": line, "x": x, "tick": tick, "y": y, "low": low, "high": high}


# --- how a verdict is reached: by whole intervals alone


def above(*found: Difference | Interval, least: float = 0.0) -> str:
    """Shown if every interval lies above a bound, not shown if one lies below it."""
    bounds = [(one.low, one.high) if isinstance(one, Difference) else one[1:] for one in found]
    if all(low > least for low, _ in bounds):
        return "shown"
    return "not shown" if any(high <= least for _, high in bounds) else "cannot be said"


def within(shown: list[dict[str, Any]], band: tuple[float, float]) -> str:
    """Shown if every interval lies inside a band, not shown if every one lies outside."""
    if all(band[0] <= point["low"] and point["high"] <= band[1] for point in shown):
        return "shown"
    out = all(point["high"] < band[0] or point["low"] > band[1] for point in shown)
    return "not shown" if out else "cannot be said"


def said(found: Difference) -> str:
    """A difference of probabilities in points."""
    return points(found.change, found.low, found.high)


def quoted(point: dict[str, Any], unit: str = " %") -> str:
    """A point of a picture with its interval."""
    return f"{point['y']:.1f}{unit} ({point['low']:.1f} to {point['high']:.1f})"


def in_unit(found: Difference, unit: str) -> str:
    """A difference of means in a unit."""
    return f"{found.change:+.2f} ({found.low:+.2f} to {found.high:+.2f}) {unit}"


def ratio(found: Interval) -> str:
    """A ratio with its interval."""
    return "{:.2f} ({:.2f} to {:.2f}) times".format(*found)
