"""e08: how long does the cash last under what has been promised to suppliers?

Question
    Oracle's contract starts some day, at some size, and part of it may be deferred. How does that, together with how
    much the round brings, decide whether the company lives for three years?

Design
    ``openai-2025``: (a) start of Oracle's contract by its size by SoftBank being out, as it is, or bound, which moves
    the money; (b) the share that can be deferred. Grids under common random numbers.

Expectation (written before the first run)
    Survival hangs on the money first: bound against out should make 30 points. The start decides more than the size,
    because the horizon ends a year after the planned start; a start in early 2026 leaves almost nobody alive unless the
    contract is half as large. Deferral buys a few points.

Finding
    Written by the script from its own numbers: ``results/e08_obligations/finding.md``.

Run it: ``python experiments/e08_obligations.py``.
"""

from __future__ import annotations

import datetime as dt

import pandas as pd
from common import HEADLINE, Experiment

from abm.plots.sweeps import heat, response

SOFTBANK, ORACLE = "investors.softbank", "company.obligations.oracle"
START, SIZE, SHARE = f"{ORACLE}.from", f"{ORACLE}.bn_per_year", f"{ORACLE}.deferrable_share"
WORDS = ["out", "as_is", "bound"]
NAMES = {
    SOFTBANK: "SoftBank", START: "start of the contract", SIZE: "size of the contract [USD billion a year]",
    SHARE: "share of the bills that can be deferred [-]",
}  # fmt: skip
STARTS = [dt.date(2026, 1, 1), dt.date(2027, 1, 1), dt.date(2027, 6, 1), dt.date(2028, 6, 1)]


def named(frame: pd.DataFrame) -> pd.DataFrame:
    """A table in the words of a picture."""
    words = {SOFTBANK: frame[SOFTBANK].replace({"as_is": "as it is"})}
    return frame.assign(**words | ({START: frame["start"]} if "start" in frame else {})).rename(columns=NAMES)


if __name__ == "__main__":
    experiment = Experiment(__file__, __doc__ or "", runs=HEADLINE)
    axes = {SOFTBANK: WORDS, START: STARTS, SIZE: [15.0, 30.0, 45.0]}
    frame = experiment.sweep("openai-2025", axes, event="survived").points()
    frame["start"] = [start.isoformat() for start in frame[START]]
    as_is, planned = named(frame[frame[SOFTBANK] == "as_is"]), named(frame[frame[SIZE] == 30.0])
    begin, lead = NAMES[START], NAMES[SOFTBANK]
    experiment.figure(heat, "contract", "Survival: start and size of Oracle's contract", as_is, begin, NAMES[SIZE])
    experiment.figure(response, "money", "Survival: start of the contract, and SoftBank", planned, begin, lead)
    shares = {SHARE: [0.0, 0.2, 0.5, 0.8], SOFTBANK: WORDS}
    deferred = experiment.sweep("openai-2025", shares, name="deferral", event="survived").points()
    experiment.figure(response, "deferral", "Survival: what can be deferred", named(deferred), NAMES[SHARE], lead)
    at = frame.set_index([SOFTBANK, "start", SIZE])["p"].map("{:.1%}".format)
    let = deferred.set_index([SOFTBANK, SHARE])["p"].map("{:.1%}".format)
    known = {who: at[(who, "2027-06-01", 30.0)] for who in WORDS}
    experiment.tell(
        "# e08: obligations and runway",
        f"With the contract as it is known (from June 2027, 30 a year) the company lives for three years with "
        f"{known['out']} without SoftBank, {known['as_is']} with SoftBank as it is and {known['bound']} with SoftBank "
        "bound.",
        f"Starting in January 2026 leaves {at[('as_is', '2026-01-01', 30.0)]}, in June 2028 "
        f"{at[('as_is', '2028-06-01', 30.0)]}; half the size from June 2027 {at[('as_is', '2027-06-01', 15.0)]}, half "
        f"as much again {at[('as_is', '2027-06-01', 45.0)]}.",
        f"If nothing can be deferred, {let[('as_is', 0.0)]}; if four fifths can, {let[('as_is', 0.8)]}.",
        f"Each from {experiment.runs:,} runs, seed 1, so within {98 / experiment.runs**0.5:.1f} points; data.parquet "
        "has the intervals.",
    )
