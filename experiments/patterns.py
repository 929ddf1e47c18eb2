"""The eight patterns of e18: each simulates its worlds, and says what came, beside a simpler model."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from syndicate import (
    CHANCE,
    COVERAGES,
    FLAGSHIP,
    FUNDS,
    LOT,
    RULES,
    SEED,
    SYNDICATE,
    UNCONDITIONAL,
    UNSOCIAL,
    WINDOW,
    Found,
    Part,
    above,
    alike,
    by_lot,
    grown,
    in_unit,
    mean,
    quoted,
    ratio,
    said,
    share,
    sign_days,
    signatures,
    simulate,
    sized,
    within,
)

import abm
from abm.runs.differences import Difference, paired_events, paired_means
from abm.runs.estimates import Interval, bootstrap_interval


def two_peaks(runs: int) -> Found:
    """P1: rounds end near nothing or near the target."""
    models = {
        "as it is": (SYNDICATE, {}),
        "no conditions": (SYNDICATE, UNCONDITIONAL),
        "no learning": (SYNDICATE, UNSOCIAL),
        LOT: (by_lot(), {}),
    }
    parts_of_target = {
        name: np.concatenate([
            simulate(base, sized(each) | changes, runs)["funded_bn"].to_numpy() * each for each in COVERAGES
        ])
        for name, (base, changes) in models.items()
    }  # fmt: skip
    parts_of_target["flagship"] = simulate(FLAGSHIP, {}, runs)["funded_bn"].to_numpy() / 30
    ends = {"below 12 %": (-1, 0.12), "12 to 90 %": (0.12, 0.9), "90 % or more": (0.9, np.inf)}
    fall = {
        name: [(least <= paid) & (paid < most) for least, most in ends.values()]
        for name, paid in parts_of_target.items()
    }
    lines = [
        share(fallen, place, name, end)
        for name, shares in fall.items()
        for place, (end, fallen) in enumerate(zip(ends, shares, strict=True))
    ]
    low, middle, high = fall["as it is"]
    apart = [paired_events(middle, end, SEED) for end in (low, high)]
    rivals = [f"{name} {said(paired_events(middle, fall[name][1], SEED))}" for name in list(models)[1:]]
    at = {(line["line"], line["x"]): line for line in lines}
    part = Part(
        "P1",
        "share of rounds of six coverages that end at 12 to 90 % of the target, against below and above",
        f"{quoted(at['as it is', 1])} between; below {said(apart[0])}, above {said(apart[1])}; flagship "
        f"{quoted(at['flagship', 1])} between",
        "between: " + "; ".join(rivals),
        above(*apart),
    )
    return Found("two peaks", [part], "money paid, share of the target", "share of rounds [%]", lines)


def more_consents_and_size(runs: int) -> Found:
    """P2: failures rise with the number of consents, and with size."""
    gates = [f"gatekeepers.{gate.id}" for gate in FLAGSHIP.gatekeepers]  # each requires the one before
    lines, failed = [], {}
    for name, changes in (("SoftBank waits", {}), ("SoftBank does not", {"investors.softbank.conditions": "off"})):
        for left in range(len(gates) + 1):
            given = dict.fromkeys(gates[: len(gates) - left], "given")
            failed[name, left] = ~simulate(FLAGSHIP, given | changes, runs)["closed"].to_numpy()
            lines.append(share(failed[name, left], left, name))
    consents = [paired_events(failed["SoftBank waits", k], failed["SoftBank waits", k + 1], SEED) for k in range(3)]
    rival = paired_events(failed["SoftBank does not", 0], failed["SoftBank does not", 3], SEED)
    whole = paired_events(failed["SoftBank waits", 0], failed["SoftBank waits", 3], SEED)
    sizes = {size: ~simulate(SYNDICATE, grown(size, FUNDS * size), runs)["closed"].to_numpy() for size in (1, 2, 4)}
    same = {size: ~simulate(SYNDICATE, grown(size, FUNDS), runs)["closed"].to_numpy() for size in (1, 2)}
    larger = [paired_events(sizes[size], sizes[2 * size], SEED) for size in (1, 2)]
    parts = [
        Part(
            "P2 consents",
            "failures of the flagship with 0, 1, 2 and 3 consents still to come",
            "a consent more: " + ", ".join(said(step) for step in consents),
            f"SoftBank without conditions: all three together {said(rival)}, instead of {said(whole)}",
            above(*consents),
        ),
        Part(
            "P2 size",
            "failures of the syndicate at coverage 1.25, all doubled (funds, too), and doubled again",
            "twice as large: " + ", ".join(said(step) for step in larger),
            f"funds that do not grow with the round: {said(paired_events(same[1], same[2], SEED))}",
            above(*larger),
        ),
    ]
    return Found("more consents, more failures", parts, "consents still to come, flagship", "fails [%]", lines)


def price_cliff(runs: int) -> Found:
    """P3: at some price a little more loses the round."""
    steps = range(-4, 6)
    models = {
        RULES: (SYNDICATE, sized(1.25), 6.0),
        "flagship": (FLAGSHIP, {}, 260.0),
        LOT: (by_lot(), sized(1.25), 6.0),
    }
    lines, worst = [], {}
    for name, (base, changes, asked) in models.items():
        prices = {step: {"round.pre_money_bn": float(f"{asked * 1.1**step:.3g}")} for step in steps}
        closed = [simulate(base, changes | price, runs)["closed"].to_numpy() for price in prices.values()]
        lines += [share(truth, 1.1**step, name) for step, truth in zip(steps, closed, strict=True)]
        lost = [paired_events(dear, cheap, SEED) for cheap, dear in pairwise(closed)]
        worst[name] = max(lost, key=lambda each: each.change)
    parts = [
        Part(
            f"P3 {words}",
            f"most that one step of a tenth in the price loses, {words}, ten prices",
            said(worst[name]),
            f"{LOT}: {said(worst[LOT])}" if name == RULES else "",
            above(worst[name], least=1 / 3),
        )
        for name, words in ((RULES, "syndicate"), ("flagship", "flagship"))
    ]
    return Found("a cliff in the price", parts, "price asked, over the price of the file", "closes [%]", lines)


def lead_keeps_more(runs: int) -> Found:
    """P4: the lead has more of the round where demand is weak."""
    chances = {"weak": 0.35, "as it is": 0.5, "strong": 0.65}
    models = {
        RULES: {
            name: simulate(SYNDICATE, sized() | {"investor_pools.fund.inclination": chance}, runs)
            for name, chance in chances.items()
        },
        LOT: {name: simulate(by_lot(chance + CHANCE - 0.5), sized(), runs) for name, chance in chances.items()},
    }
    lines, found = [], {}
    for name, frames in models.items():
        paid = np.all([frame["paid_bn.lead"] > 0 for frame in frames.values()], axis=0)
        kept = {word: frame[paid] for word, frame in frames.items()}
        part = {word: (100 * frame["paid_bn.lead"] / frame["funded_bn"]).to_numpy() for word, frame in kept.items()}
        lines += [mean(values, place, name, word) for place, (word, values) in enumerate(part.items())]
        money = [1000 * kept[word]["paid_bn.lead"].to_numpy() for word in ("strong", "weak")]
        found[name] = paired_means(part["strong"], part["weak"], SEED), paired_means(*money, SEED)
    words = ("points of the money paid", "USD million")
    parts = [
        Part(f"P4 {what}", f"the lead's {what} where demand is weak, against strong, runs in which he pays in each",
             in_unit(found[RULES][k], words[k]), f"{LOT}: {in_unit(found[LOT][k], words[k])}", above(found[RULES][k]))
        for k, what in enumerate(("share", "money"))
    ]  # fmt: skip
    return Found("the lead has more if demand is weak", parts, "demand of the funds", "lead's share [%]", lines)


def book_build(runs: int) -> Found:
    """P5: an S, large early tickets that draw others, and a pull that falls with time."""
    frames = {RULES: simulate(SYNDICATE, sized(), runs), LOT: simulate(by_lot(), sized(), runs)}
    weeks, lines, apart = np.arange(0, WINDOW // 7 + 1), [], {}
    for name, frame in frames.items():
        days = sign_days(frame)
        lines += [mean((days <= 7 * week).sum(axis=1), week, name) for week in weeks]
        thirds = [((WINDOW * k / 3 < days) & (days <= WINDOW * (k + 1) / 3)).sum(axis=1) for k in range(3)]
        apart[name] = [paired_means(thirds[k], thirds[1], SEED) for k in (0, 2)]
    models: dict[str, tuple[abm.Scenario, dict[str, Any]]] = {
        RULES: (SYNDICATE, {}),
        "no learning": (SYNDICATE, UNSOCIAL),
        LOT: (by_lot(), {}),
        "rules, the market expecting a third of the demand": (SYNDICATE, {"round.expected_coverage": 1 / 3}),
    }
    early = {name: early_ticket(base, changes, runs) for name, (base, changes) in models.items()}
    late = {RULES: late_over_early(alike(), runs), LOT: late_over_early(by_lot(), runs)}
    signed = "signatures"
    parts = [
        Part("P5 S", "signatures in the middle third of the window, against the first and the last",
             ", ".join(in_unit(each, signed) for each in apart[RULES]),
             f"{LOT}: " + ", ".join(in_unit(each, signed) for each in apart[LOT]), above(*apart[RULES])),
        Part("P5 large ticket", "signatures of funds if the lead is bound from the first day with 0.3, against 0.05",
             in_unit(early[RULES], signed),
             "; ".join(f"{name}: {in_unit(each, signed)}" for name, each in list(early.items())[1:]),
             above(early[RULES], least=0.5)),
        Part("P5 time", "rate of signing in the second half over the first, at 2 to 5 signatures, funds alike",
             ratio(late[RULES]), f"{LOT}: {ratio(late[LOT])}",
             above((0.0, 1 - late[RULES][2], 1 - late[RULES][1]))),
    ]  # fmt: skip
    return Found("the book builds in an S", parts, "week", "funds that have signed", lines)


def early_ticket(base: abm.Scenario, changes: dict[str, Any], runs: int) -> Difference:
    """How many funds more sign if the lead is bound with a large ticket, not a small one."""
    small, large = (
        signatures(simulate(base, changes | {"investors.lead.ticket_bn": ticket, "investors.lead": "bound"}, runs))
        for ticket in (0.05, 0.3)
    )
    return paired_means(small, large, SEED)


def late_over_early(base: abm.Scenario, runs: int) -> Interval:
    """Rate of signing late over early, at equal numbers of signatures, with an interval from resampled runs."""
    days = sign_days(simulate(base, sized(), runs))
    counts = np.zeros((4, len(days)))  # signatures and weeks at risk, early and late
    for week in range(WINDOW // 7):
        before = (days <= 7 * week).sum(axis=1)
        like = (before >= 2) & (before <= 5)  # up to a quarter of the funds
        place = 0 if week < WINDOW // 14 else 2
        counts[place] += like * ((days > 7 * week) & (days <= 7 * week + 7)).sum(axis=1)
        counts[place + 1] += like * (FUNDS - before)
    drawn = np.random.default_rng(SEED).multinomial(len(days), np.full(len(days), 1 / len(days)), 500) @ counts.T
    with np.errstate(divide="ignore", invalid="ignore"):
        resampled = drawn[:, 2] * drawn[:, 1] / (drawn[:, 3] * drawn[:, 0])
        signed, weeks, signed_late, weeks_late = counts.sum(axis=1)
        return signed_late * weeks / (weeks_late * signed), *bootstrap_interval(np.nan_to_num(resampled, posinf=np.inf))


def term_sheet(runs: int) -> Found:
    """P6: what has been signed unconditionally closes, mostly."""
    raw = FLAGSHIP.raw
    raw = {key: raw[key] for key in ("format", "id", "title", "as_of", "valuation", "environment")}
    raw["round"] = {"target_bn": 30, "pre_money_bn": 260, "deadline": FLAGSHIP.date(57), "close_when": "deadline"}
    calm = {key: raw[key] for key in raw if key != "environment"}
    sheet = {"id": "fund", "kind": "venture", "binding": 0.6, "withdrawal_per_year": 0.0329252 * 52}
    willing = {
        "sign_bias": -50,
        "sign_rate_per_week": 10,
        "diligence_days": 0,
        "wealth_bn": 10_000,
        "max_ticket_bn": 30,
    }
    stated = {"ticket_bn": 30, "signed_at_start": True}
    markets = {
        "flagship's market": raw | {"investors": [sheet | willing]},
        "calm market": calm | {"investors": [sheet | willing]},
        "stated: feels no market": raw | {"investors": [sheet | stated]},
        "file's default": raw | {"investors": [sheet | stated | {"withdrawal_per_year": 0.0}]},
    }
    lines = []
    for place, (name, tables) in enumerate(markets.items()):
        frame = simulate(abm.scenario_from(tables), {}, runs)
        signed = frame[frame["sign_day.fund"] <= 7]  # eight weeks are left
        lines.append(share(signed["paid_bn.fund"] > 0, place, "", name))
    part = Part(
        "P6",
        "share of unconditional term sheets of eight weeks that close: a fund by the rules in the flagship's market",
        quoted(lines[0]),
        f"calm market: {quoted(lines[1])}; stated, for whom the rate was set: {quoted(lines[2])}; no withdrawals, the "
        f"file's default: {quoted(lines[3])}",
        within(lines[:1], (85, 95)),
    )
    return Found("signed term sheets close", [part], "", "closes [%]", lines, (85, 95))


def down_rounds(runs: int) -> Found:
    """P7: with a ladder some rounds close below the price asked."""
    ladder = {"round.pre_money_bn": [6.0, 5.1, 4.2]}
    lines = []
    for name, base in ((RULES, SYNDICATE), (LOT, by_lot())):
        for coverage in COVERAGES[1:]:
            frame = simulate(base, sized(coverage) | ladder, runs)
            lines.append(share(frame[frame["closed"]]["rung"] > 0, coverage, name))
    ruled, drawn = (lines[: len(COVERAGES) - 1], lines[len(COVERAGES) - 1 :])
    part = Part(
        "P7",
        "share of closed rounds below the price asked first, ladder in steps of 15 %, coverage 0.8 to 2",
        f"from {quoted(ruled[0])} to {quoted(ruled[-1])}",
        f"{LOT}: from {quoted(drawn[0])} to {quoted(drawn[-1])}",
        within(ruled, (15, 25)),
    )
    return Found("down rounds", [part], "coverage", "down rounds among those closed [%]", lines, (15, 25))


def up_cascades(runs: int) -> Found:
    """P8: all or nothing, and learning from others only adds."""
    third, lines = FUNDS / 3, []
    for name, minimum in (("all or nothing", 1.0), ("what comes is kept", 0.0)):
        rule = sized() | {"round.minimum_close_bn": minimum}
        learning, alone = (signatures(simulate(SYNDICATE, rule | each, runs)) for each in ({}, UNSOCIAL))
        more = learning - alone
        for place, (way, happened) in enumerate(
            {
                "a third more": more >= third,
                "more": more > 0,
                "fewer": more < 0,
                "a third fewer": more <= -third,
            }.items()
        ):
            lines.append(share(happened, place, name, way))
    up, more, fewer, down = ([one, other] for one, other in zip(lines[:4], lines[4:], strict=True))
    part = Part(
        "P8",
        "runs in which learning from others adds a third of all funds (above 1 %) or takes it away (below 1 %), all or "
        "nothing",
        f"adds {quoted(up[0])}, takes {quoted(down[0])}; any more {quoted(more[0])}, any fewer {quoted(fewer[0])}",
        f"what comes is kept: adds {quoted(up[1])}, takes {quoted(down[1])}; any more {quoted(more[1])}, any fewer "
        f"{quoted(fewer[1])}",
        above((0, up[0]["low"] - 1, up[0]["high"] - 1), (0, 1 - down[0]["high"], 1 - down[0]["low"])),
    )
    return Found("cascades go up only", [part], "funds that sign, against no learning", "share of runs [%]", lines)


PATTERNS = (
    two_peaks,
    more_consents_and_size,
    price_cliff,
    lead_keeps_more,
    book_build,
    term_sheet,
    down_rounds,
    up_cascades,
)
