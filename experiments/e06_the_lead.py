"""e06: what if the lead stays away, shrinks, or is bound?

Question
    SoftBank brings 22.5 of 30 billion. How much of the round is SoftBank, and how much follows from it?

Design
    ``openai-2025``: SoftBank as it is, bound without a condition, with 15 and with 10 billion, and out; paired
    differences of the money that the others pay, and of closing, under common random numbers.

Expectation (written before the first run)
    Without SoftBank nothing near 30 billion closes. The others' money falls, too: some wait for the lead by condition,
    and whoever decides by the rules fears a round that fails. I expect a third of their money to go with it.

Finding
    Written by the script from its own numbers: ``results/e06_the_lead/finding.md``.

Run it: ``python experiments/e06_the_lead.py``.
"""

from __future__ import annotations

from common import HEADLINE, Design, Experiment, differences, quote

from abm.plots.sweeps import tornado

SOFTBANK = "investors.softbank"
PATHS = (SOFTBANK, f"{SOFTBANK}.ticket_bn", f"{SOFTBANK}.conditions")
WORLDS = {
    "as it is: 22.5 on condition": ("as_is", 22.5, "as_is"),
    "bound, no condition": ("bound", 22.5, "off"),
    "15 on condition": ("as_is", 15.0, "as_is"),
    "10, no condition": ("as_is", 10.0, "off"),
    "out": ("out", 22.5, "as_is"),
}
OTHERS = "funded_bn - paid_bn.softbank"

if __name__ == "__main__":
    experiment = Experiment(__file__, __doc__ or "", runs=HEADLINE)
    design = Design.table([dict(zip(PATHS, world, strict=True)) for world in WORLDS.values()])
    study = experiment.sweep("openai-2025", design, columns=("closed", "funded_bn", "paid_bn.softbank"))
    frame = study.points()
    often = frame.rename(columns={"p": "change"}).assign(words=list(WORLDS))
    title = "How often the round closes, by what SoftBank does"
    experiment.figure(tornado, "closed", title, often, "probability of closing [%]")
    frame["others"] = frame["mean.funded_bn"] - frame["mean.paid_bn.softbank"]
    apart = differences(study, list(WORLDS)[1:], OTHERS)
    label = "change of the others' money [USD billion]"
    experiment.figure(tornado, "others", "What the others do when the lead does", apart, label, scale=1.0)
    lines = ["| SoftBank | closes | paid on average (bn) | of that by the others (bn) |", "|---|---|---|---|"]
    for words, (_, row) in zip(WORLDS, frame.iterrows(), strict=True):
        lines.append(f"| {words} | {quote(row)} | {row['mean.funded_bn']:.1f} | {row['others']:.2f} |")
    gone = apart.iloc[-1]
    experiment.tell(
        "# e06: what the lead brings beside its money",
        "\n".join(lines),
        f"Without SoftBank the others pay {gone['change']:+.2f} billion ({gone['low']:+.2f} to {gone['high']:+.2f}) "
        f"under the same luck, of {frame['others'][0]:.2f}: the round takes 30 at most, so SoftBank's 22.5 leave 7.5 "
        "for all others, and when they do not come there is room.",
    )
