"""e04: how much can be asked before the round becomes fragile?

Question
    260 billion before the money are asked. What if it were less or more, and what if investors thought the company
    worth less or more?

Design
    ``openai-2025``; pre-money valuation asked by the market's mean of the value, a grid under common random numbers.

Expectation (written before the first run)
    The lead is bound at any price in this file, so the cliff is in the syndicate: 7.5 of 30 billion. Flat below a price
    of about 0.8 of the value, falling over some 100 billion, and close to nothing above 1.3 times the value.

Finding
    Written by the script from its own numbers: ``results/e04_price_cliff/finding.md``.

Run it: ``python experiments/e04_price_cliff.py``.
"""

from __future__ import annotations

from common import HEADLINE, Experiment, quote

from abm.plots.sweeps import heat, response

PRICE, VALUE = "round.pre_money_bn", "valuation.mean_bn"
WORDS = {PRICE: "price asked, pre-money [USD billion]", VALUE: "value seen by the market [USD billion]"}

if __name__ == "__main__":
    experiment = Experiment(__file__, __doc__ or "", runs=HEADLINE)
    study = experiment.sweep(
        "openai-2025", {VALUE: [200, 260, 330, 400, 450], PRICE: [160, 200, 240, 260, 280, 320, 360, 400, 460]}
    )
    frame = study.points()
    shown, (price, value) = frame.rename(columns=WORDS), WORDS.values()
    experiment.figure(heat, "price", "Price asked against value seen", shown, price, value, level=0.3)
    central = frame[frame[VALUE] == 330]
    title = "A slope, not a cliff: the price asked at a value of 330 billion"
    experiment.figure(response, "cliff", title, shown[shown[value] == 330], price)
    best = central.loc[central["p"].idxmax()]
    half = central[central["p"] < best["p"] / 2]
    edge = f"below half of that from {half[PRICE].min():g} billion on" if len(half) else "never below half of that here"
    asked = central.set_index(PRICE)
    seen = frame[frame[PRICE] == 260].set_index(VALUE)
    experiment.tell(
        "# e04: the price asked",
        f"At a value of 330 billion the round closes with {quote(asked.loc[260])} at the price that was asked, 260. "
        f"The highest among the prices tried is {quote(best)} at {best[PRICE]:g}, and it is {edge}.",
        f"At the price of 260 it closes with {quote(seen.loc[200])} if the market sees 200 billion, and with "
        f"{quote(seen.loc[450])} if it sees 450.",
    )
