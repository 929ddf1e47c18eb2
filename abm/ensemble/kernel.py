"""Kernel: the week, strung together from its phases, and the runs, one after the other, in the same memory."""

from __future__ import annotations

import math
from typing import Any

from abm.core import draws, schedule
from abm.core.jit import chain, entry, lean
from abm.core.records import LOOKING, OPEN, SIGNED
from abm.ensemble import phases
from abm.ensemble import world as its
from abm.ensemble.closings import contracts_of, post_offer
from abm.ensemble.parts import next_jump, publish
from abm.ensemble.world import AHEAD
from abm.population.sampling import draw_investors
from abm.rules.belief import prior_mean
from abm.rules.environment import jump_size
from abm.rules.settlement import SHARES_BEFORE, dilution, shares_for
from abm.rules.sums import moved

#: The phases, in the order of the week.
PHASES = tuple(getattr(phases, name) for name in schedule.PHASES)

week_passes = chain(PHASES)


@lean
def begin(world: Any, seed: int, run: int, frailty: float) -> None:
    """Set a run to how things stand on as_of."""
    world.seed, world.run, world.root = seed, run, run
    _begin_round(world, frailty)
    _begin_market(world)
    _begin_company(world)
    gates = its.gates(world)
    for g in range(gates.shape[0]):
        gate = gates[g]
        gate.status = OPEN
        gate.consent_threshold = draws.exponential(seed, run, g, 0, draws.CONSENT, 0)
        gate.block_threshold = draws.exponential(seed, run, g, 0, draws.BLOCK, 0)
        gate.consent_clock = gate.block_clock = 0.0
        gate.satisfied_day = gate.in_force_day = math.inf
    _begin_investors(world)
    publish(world)
    post_offer(world)


@lean
def _begin_round(world: Any, frailty: float) -> None:
    now = world.now
    now.week = now.rung = now.last_cut_week = now.paid_musd = now.new_shares = now.gap_musd = now.new_musd = 0
    now.booked_musd = now.published_paid_musd = now.cause = 0
    now.week_start = now.week_end = now.start_day = now.until_day = now.expected_musd = now.opinion = 0.0
    now.deadline_day, now.frailty, now.closed_day = world.terms.deadline_day, frailty, math.nan
    now.running = now.open = True
    now.extended = now.closed = False
    world.heard = world.waiting = 0
    world.stirred, world.last_closing_day, world.last_closing_sentiment = True, -1.0, 0.0


@lean
def _begin_market(world: Any) -> None:
    sky, market = world.sky, world.market
    sky.sentiment = market.sentiment_start
    sky.cold = False
    sky.shock = sky.news = sky.talent_loss = 0.0
    sky.burst_weeks_left = sky.jumps = 0
    z = draws.normal(world.seed, world.run, 0, 0, draws.TRUE_VALUE, 0)
    sky.log_value = jump_size(prior_mean(market.mean_bn, market.sd_log, 0.0), market.sd_log, z)
    sky.next_jump_day = next_jump(world, 0.0)


@lean
def _begin_company(world: Any) -> None:
    company, firm = world.company, world.firm
    company.cash_musd = company.least_cash_musd = firm.cash_musd
    company.vendor_musd = company.bridge_musd = 0
    grant_bridge(world)
    company.revenue_gap = company.cut = company.outflow_musd = company.filing_clock = 0.0
    company.firm_carried = company.deferrable_carried = 0.0
    company.firm_due_musd = company.deferrable_due_musd = 0
    company.alive, company.default_day, company.filed_week = firm.exists, math.nan, -1
    company.listed = company.listing_over = False


@lean
def grant_bridge(world: Any) -> None:
    """Let luck say whether the bridge will be there when it is asked for."""
    firm, u = world.firm, draws.uniform(world.seed, world.run, 0, 0, draws.BRIDGE, 0)
    world.company.bridge_limit_musd = firm.bridge_limit_musd if u < firm.bridge_probability else 0


@lean
def _begin_investors(world: Any) -> None:
    traits, atoms, base_atoms = its.traits(world), its.atoms(world), its.base_atoms(world)
    mean, precision, stage, sign_day = its.mean(world), its.precision(world), its.stage(world), its.sign_day(world)
    clocks = its.sign_clock(world), its.withdrawal_clock(world)
    amounts = its.ticket_musd(world), its.paid_musd(world), its.shares(world)
    for a in range(atoms.shape[0]):
        atoms[a] = base_atoms[a]
    draw_investors(
        traits, contracts_of(world), its.base(world), its.pool_distributions(world), world.terms, world.seed, world.run
    )
    for i in range(traits.shape[0]):
        signed = traits[i].signed_at_start
        mean[i], precision[i] = traits[i].prior_mean, traits[i].prior_precision
        clocks[0][i] = clocks[1][i] = 0.0
        sign_day[i] = 0.0 if signed else math.nan
        its.diligence_done(world)[i] = its.tested(world)[i] = False
        stage[i] = SIGNED if signed else LOOKING
        amounts[0][i] = traits[i].stated_musd if signed else 0
        amounts[1][i] = amounts[2][i] = 0


@lean
def begin_week(world: Any) -> None:
    """Turn the calendar, and draw the public luck of the weeks ahead where it has run out."""
    now = world.now
    now.week = moved(now.week, 1)
    now.week_start, now.week_end = now.week_end, schedule.day_after(now.week)
    now.start_day, now.until_day = now.until_day, schedule.week_end(now.week, now.deadline_day)
    world.ahead = schedule.weeks_into(now.week, AHEAD)
    if world.ahead == 0:
        for k in range(AHEAD):
            its.weeks_ahead(world)[k] = moved(now.week, k)
        draw_ahead(world)


@lean
def draw_ahead(world: Any) -> None:
    """Draw the public luck of the weeks ahead, as far as anybody will look at it; again where the run has changed."""
    market, firm, weeks = world.market, world.firm, its.weeks_ahead(world)
    if market.sentiment_spread > 0.0:
        _draw(world, its.sentiment_luck(world), draws.SENTIMENT)
    if world.now.open:
        _draw(world, its.value_luck(world), draws.VALUE)
    if world.now.open and market.news_precision > 0.0:
        _draw(world, its.news_luck(world), draws.NEWS)
    if world.company.alive and firm.revenue_volatility > 0.0:
        _draw(world, its.revenue_luck(world), draws.REVENUE)
    if world.company.alive and firm.burn_volatility_bn > 0.0:
        _draw(world, its.burn_luck(world), draws.BURN)
    if market.burst_chance > 0.0:
        draws.uniforms(its.talent_luck(world), world.seed, world.run, its.nobody(world), weeks, draws.TALENT)


@lean
def _draw(world: Any, luck: Any, purpose: int) -> None:
    draws.normals(luck, world.seed, world.run, its.nobody(world), its.weeks_ahead(world), purpose)


@lean
def pass_week(world: Any) -> None:
    """Let a week pass."""
    begin_week(world)
    week_passes(world)


@entry
def simulate(
    world: Any, seed: int, first_run: int, frailties: Any, rows: Any, fates: Any, gate_days: Any, paths: Any
) -> None:
    """Simulate a run for each of ``frailties``, and write down what each leaves behind.

    Parameters
    ----------
    world
        The memory to use; what a run leaves in it is overwritten by the next.
    seed, first_run
        Key of the first run; the others follow [-].
    frailties
        float64[R], luck that all gatekeepers of a run share [-].
    rows, fates, gate_days, paths
        ``records.RESULT[R]``, ``records.FATE[R, N]``, float64[R, G] [days after as_of] and int64[R or 0, 3, weeks]
        [USD million], overwritten.
    """
    for r in range(frailties.shape[0]):
        begin(world, seed, moved(first_run, r), frailties[r])
        while world.now.running:
            pass_week(world)
        sum_up(world, rows[r])
        for i in range(fates.shape[1]):
            fate = fates[r, i]
            fate.stage, fate.sign_day = its.stage(world)[i], its.sign_day(world)[i]
            fate.paid_musd, fate.shares = its.paid_musd(world)[i], its.shares(world)[i]
        for g in range(gate_days.shape[1]):
            gate_days[r, g] = its.gates(world)[g].in_force_day
        if r < paths.shape[0]:
            _write_paths(world, paths[r])


@lean
def sum_up(world: Any, row: Any) -> None:
    """Write down what a run leaves behind."""
    now, company, ladder = world.now, world.company, its.ladder_musd(world)
    row.run = world.root
    row.paid_musd, row.closed, row.closed_day = now.paid_musd, now.closed, now.closed_day
    row.survived, row.default_day = company.alive, company.default_day
    row.cause, row.rung, row.pre_money_musd = now.cause, now.rung, ladder[now.rung]
    earlier = shares_for(world.terms.already_closed_musd, ladder[0])
    row.new_shares, row.dilution = now.new_shares, dilution(now.new_shares, moved(SHARES_BEFORE, earlier))
    row.gap_musd, row.extended, row.listed = now.gap_musd, now.extended, company.listed
    row.end_cash_musd, row.least_cash_musd = company.cash_musd, company.least_cash_musd


@lean
def _write_paths(world: Any, paths: Any) -> None:
    """Copy the weekly paths; one that has ended keeps its last value."""
    kept = its.committed_path(world), its.paid_path(world), its.cash_path(world)
    for kind in range(3):
        last = 0
        for week in range(paths.shape[1]):
            if week < world.now.week:
                last = kept[kind][week]
            paths[kind, week] = last
