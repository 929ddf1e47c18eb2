"""e20: what does a rival's round cost OpenAI, and who wins the investors whom several companies ask?

Question
    Anthropic and xAI raised in the same months as OpenAI, and asked some of the same investors. Do their rounds take
    money, time or closings from OpenAI's, or does OpenAI's take them from theirs? Where does the shared money go?

Design
    ``ai-race-2025`` over worlds, each arm under the same luck as the company alone (a rival more or less changes nobody
    else's draws): with one rival, with both, and with both under three stricter rules, each for all shared investors:
    a signature in one company shuts the others out; one company at a time is looked into; the purse is no larger than
    the largest ticket at central numbers (then alone, too). What is shared is compared company by company. At last both
    ends of the correlation of moods.

Expectation (written before the first run)
    OpenAI hardly notices: 22.5 of its 30 billion come from SoftBank, whom nobody shares, and the purses of the others
    hold several tickets. Exclusivity costs it most, a point or two, as whoever signs with a rival first is lost. xAI
    loses most: it needs everybody. Moods that go together make closings go together, and no single one rarer.

Finding
    Written by the script from its own numbers: ``results/e20_rivals/finding.md``.

Run it: ``python experiments/e20_rivals.py``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from common import HEADLINE, Experiment, points

import abm
from abm.plots.sweeps import tornado
from abm.runs.differences import Difference, paired_events, paired_means

#: Largest ticket that a shared investor has at central numbers, in any of the files [USD billion].
TIGHT = {"mgx": 1.0, "fidelity": 0.4, "pif": 3.0, "a16z": 0.5, "sequoia": 0.4, "nvidia": 1.0, "lightspeed": 0.5}


def arms(race: abm.FundingMarket) -> dict[str, tuple[abm.FundingMarket, abm.FundingMarket]]:
    """Markets to be compared, by what they are called: without whom, and with whom."""
    ids = [who.id for who in race.shared]
    exclusive = race.with_values({f"shared.{name}.exclusive": True for name in ids})
    slots = race.with_values({f"shared.{name}.slots": 1 for name in ids})
    tight = race.with_values({f"shared.{name}.dry_powder_bn": TIGHT[name] for name in ids})
    return {
        "Anthropic's round beside it": (race, race.only("openai", "anthropic")),
        "xAI's round beside it": (race, race.only("openai", "xai")),
        "both beside it": (race, race),
        "both, and a signature shuts the others out": (race, exclusive),
        "both, and one company looked into at a time": (race, slots),
        "both, and purses of one large ticket": (tight, tight),
    }


def stands_out(found: Difference) -> bool:
    """Whether a difference is larger than its error."""
    return bool(found.low > 0 or found.high < 0)


class Runs:
    """Simulations, each done once."""

    def __init__(self, runs: int) -> None:
        self.runs, self._known = runs, dict[str, Any]()

    def __call__(self, market: abm.FundingMarket) -> abm.MarketOutcomes:
        """Simulate a market, or find what was."""
        if market.digest not in self._known:
            self._known[market.digest] = abm.simulate_market(market, self.runs, seed=1, keep="rows")
        found: abm.MarketOutcomes = self._known[market.digest]
        return found


def compared(
    runs: Runs, company: str, words: str, before: abm.FundingMarket, after: abm.FundingMarket
) -> dict[str, Any]:
    """A company alone and in a market, run by run."""
    alone, beside = runs(before.only(company)), runs(after)
    drawn = alone.drawn_runs
    one, other = (found.to_frame() for found in (alone, beside))
    closed = paired_events(one[f"closed.{company}"].to_numpy(), other[f"closed.{company}"].to_numpy(), 1, drawn)
    funded = f"funded_bn.{company}"
    money = paired_means(one[funded].to_numpy(), other[funded].to_numpy(), 1, drawn)
    return {
        "company": company, "words": words, "alone": float(one[f"closed.{company}"].mean()),
        "change": closed.change, "low": closed.low, "high": closed.high, "gain": closed.gain,
        "stands_out": stands_out(closed), "money": money.change, "money_low": money.low, "money_high": money.high,
        "money_stands_out": stands_out(money),
    }  # fmt: skip


def shared_money(runs: Runs, race: abm.FundingMarket) -> pd.DataFrame:
    """What each shared investor gives to each company alone, and in the race."""
    together, rows = runs(race), []
    frame = together.to_frame()
    for one in together.given():
        column = f"paid_bn.{one.investor}.{one.company}"
        alone = runs(race.only(one.company)).to_frame()[column].to_numpy()
        change = paired_means(alone, frame[column].to_numpy(), 1, together.drawn_runs)
        rows.append({
            "investor": one.investor, "company": one.company, "alone_bn": float(alone.mean()),
            "race_bn": float(one.mean_bn[0]), "pays": one.pays.p, "change": change.change, "low": change.low,
            "high": change.high, "stands_out": stands_out(change),
        })  # fmt: skip
    return pd.DataFrame(rows)


def moods(runs: Runs, race: abm.FundingMarket) -> pd.DataFrame:
    """How often nobody closes, one, two, all, by the correlation of moods; and how closings go together."""
    rows = []
    for correlation in (0.0, 0.5, 1.0):
        found = runs(race.with_values({"market.mood_correlation": correlation}))
        frame = found.to_frame()
        closed = frame[["closed.openai", "closed.anthropic"]].to_numpy(dtype=float)
        varied = bool(closed.std(axis=0).all())  # few runs may all close, or none
        pair = found.probability("closed.openai and closed.anthropic")
        rows.append({
            "correlation": correlation,
            "none": found.probability("companies_closed == 0").p,
            "all": found.probability("companies_closed == 3").p,
            "openai_and_anthropic": pair.p, "low": pair.low, "high": pair.high,
            "phi": float(np.corrcoef(closed.T)[0, 1]) if varied else float("nan"),
        })  # fmt: skip
    return pd.DataFrame(rows)


def told(row: Any) -> str:
    """One arm as a line: closings and money, and whether they stand out of their error."""
    apart = {True: "", False: " (not out of its error)"}
    money = f"{row.money:+.2f} billion ({row.money_low:+.2f} to {row.money_high:+.2f})"
    closings = points(row.change, row.low, row.high)
    return f"- {row.words}: {closings}{apart[row.stands_out]}; {money}{apart[row.money_stands_out]}"


def gave(row: Any) -> str:
    """What a shared investor gives to a company, as a line."""
    words = "" if row.stands_out else " (not out of its error)"
    said = f"{row.change:+.3f} ({row.low:+.3f} to {row.high:+.3f})"
    return f"- {row.investor} to {row.company}: {row.alone_bn:.3f} alone, {row.race_bn:.3f} in the race, {said}{words}"


if __name__ == "__main__":
    experiment = Experiment(__file__, __doc__ or "", runs=HEADLINE)
    race, runs = abm.load_market("ai-race-2025"), Runs(experiment.runs)
    rows = [compared(runs, "openai", words, *pair) for words, pair in arms(race).items()]
    rows += [compared(runs, name, "in the race", race, race) for name in ("anthropic", "xai")]
    frame, money, together = pd.DataFrame(rows), shared_money(runs, race), moods(runs, race)
    flagship = race.scenarios["openai"]
    experiment.keep(money, flagship, "shared")
    experiment.keep(together, flagship, "moods")
    experiment.keep(frame, flagship, design="arms")
    openai = frame[frame["company"] == "openai"]
    experiment.figure(tornado, "rivals", "What rivals' rounds do to OpenAI's chance of closing", openai)
    sums = money.groupby("company")[["alone_bn", "race_bn"]].sum().loc[list(race.ids)]
    all_of_it = "; ".join(
        f"{name} {row.alone_bn:.2f} alone, {row.race_bn:.2f} in the race" for name, row in sums.iterrows()
    )
    experiment.tell(
        "# e20: what rivals cost",
        f"OpenAI alone closes with {runs(race.only('openai')).probability('closed.openai')}. With others beside it, by "
        "the same luck, and what it is paid on average:",
        "\n".join(map(told, openai.itertuples())),
        "The rivals, each alone and in the race:",
        "\n".join(
            told(row._replace(words=f"{row.company}, {row.alone:.1%} alone"))
            for row in frame[frame["company"] != "openai"].itertuples()
        ),
        f"What the seven shared investors give, USD billion on average over all runs: {all_of_it}. One by one:",
        "\n".join(map(gave, money.itertuples())),
        "Moods, by the correlation of what moves them:",
        "\n".join(
            f"- {row.correlation:g}: none closes {row.none:.1%}, all {row.all:.2%}, OpenAI and Anthropic both "
            f"{row.openai_and_anthropic:.1%} ({row.low:.1%} to {row.high:.1%}), correlation of both {row.phi:.3f}"
            for row in together.itertuples()
        ),
        "What the model leaves out: a rival's success tells nobody anything about this company's value, and no "
        "investor asks whom else his money would arm.",
    )
