"""Kernel: the week, strung together from its phases, and the runs, one after the other, in the same memory."""

from __future__ import annotations

import math
from typing import Any

from abm import draws, schedule
from abm.ensemble import phases
from abm.ensemble.closings import post_offer
from abm.ensemble.world import AHEAD, BURN, NEWS, REVENUE, SENTIMENT, TALENT, VALUE, World
from abm.jit import chain, rule
from abm.luck import draw_investors
from abm.rules import gatekeepers as consents
from abm.rules.belief import prior_mean
from abm.rules.environment import jump_size
from abm.rules.settlement import SHARES_BEFORE, dilution, shares_for
from abm.rules.totals import moved
from abm.state import LOOKING, OPEN, SIGNED

#: The phases, in the order of the week.
PHASES = tuple(getattr(phases, name) for name in schedule.PHASES)

_week_passes = chain(PHASES)


@rule
def begin(world: World, seed: int, run: int, frailty: float) -> None:
    """Set a run to how things stand on as_of."""
    world.key[0].seed, world.key[0].run = seed, run
    _begin_round(world, frailty)
    _begin_market(world)
    _begin_company(world)
    for g in range(world.gates.shape[0]):
        gate = world.gates[g]
        gate.status = OPEN
        gate.consent_threshold = draws.exponential(seed, run, g, 0, draws.CONSENT, 0)
        gate.block_threshold = draws.exponential(seed, run, g, 0, draws.BLOCK, 0)
        gate.consent_clock = gate.block_clock = 0.0
        gate.satisfied_day = gate.in_force_day = math.inf
    _begin_investors(world)
    phases.publish(world)
    post_offer(world)


@rule
def _begin_round(world: World, frailty: float) -> None:
    now = world.now[0]
    now.week = now.rung = now.last_cut_week = now.paid_musd = now.new_shares = now.gap_musd = now.new_musd = 0
    now.booked_musd = now.published_paid_musd = now.cause = 0
    now.week_start = now.week_end = now.start_day = now.until_day = now.expected_musd = now.opinion = 0.0
    now.deadline_day, now.frailty, now.closed_day = world.scenario.terms[0].deadline_day, frailty, math.nan
    now.running = now.open = True
    now.extended = now.closed = False
    world.heard[0] = world.heard[1] = 0
    world.stirred[0] = world.stirred[1] = True


@rule
def _begin_market(world: World) -> None:
    sky, market = world.sky[0], world.scenario.market[0]
    sky.sentiment = market.sentiment_start
    sky.cold = False
    sky.shock = sky.news = sky.talent_loss = 0.0
    sky.burst_weeks_left = sky.jumps = 0
    z = draws.normal(world.key[0].seed, world.key[0].run, 0, 0, draws.TRUE_VALUE, 0)
    sky.log_value = jump_size(prior_mean(market.mean_bn, market.sd_log, 0.0), market.sd_log, z)
    sky.next_jump_day = phases.next_jump(world, 0.0)


@rule
def _begin_company(world: World) -> None:
    company, firm = world.company[0], world.scenario.firm[0]
    company.cash_musd = company.least_cash_musd = firm.cash_musd
    company.vendor_musd = company.bridge_musd = company.bridge_limit_musd = 0
    if draws.uniform(world.key[0].seed, world.key[0].run, 0, 0, draws.BRIDGE, 0) < firm.bridge_probability:
        company.bridge_limit_musd = firm.bridge_limit_musd
    company.revenue_gap = company.cut = company.outflow_musd = company.filing_clock = 0.0
    company.firm_carried = company.deferrable_carried = 0.0
    company.firm_due_musd = company.deferrable_due_musd = 0
    company.alive, company.default_day, company.filed_week = firm.exists, math.nan, -1
    company.listed = company.listing_over = False


@rule
def _begin_investors(world: World) -> None:
    scenario, traits, who = world.scenario, world.traits, world.investors
    for a in range(scenario.atoms.shape[0]):
        world.contracts.atoms[a] = scenario.atoms[a]
    draw_investors(
        traits,
        world.contracts,
        scenario.traits,
        scenario.lottery,
        scenario.terms[0],
        world.key[0].seed,
        world.key[0].run,
    )
    for i in range(traits.shape[0]):
        signed = traits[i].signed_at_start
        who.mean[i], who.precision[i] = traits[i].prior_mean, traits[i].prior_precision
        who.sign_clock[i] = who.withdrawal_clock[i] = 0.0
        who.sign_day[i] = 0.0 if signed else math.nan
        who.diligence_done[i] = False
        who.stage[i] = SIGNED if signed else LOOKING
        who.ticket_musd[i] = traits[i].stated_musd if signed else 0
        who.paid_musd[i] = who.shares[i] = 0


@rule
def begin_week(world: World) -> None:
    """Turn the calendar, and draw the public luck of the weeks ahead where it has run out."""
    now = world.now[0]
    now.week = moved(now.week, 1)
    now.week_start, now.week_end = now.week_end, schedule.day_after(now.week)
    now.start_day, now.until_day = now.until_day, schedule.week_end(now.week, now.deadline_day)
    world.key[0].ahead = schedule.weeks_into(now.week, AHEAD)
    if world.key[0].ahead == 0:
        _draw_ahead(world)


@rule
def _draw_ahead(world: World) -> None:
    market, firm, luck, now = world.scenario.market[0], world.scenario.firm[0], world.luck, world.now[0]
    watched = world.company[0].alive
    for k in range(AHEAD):
        world.weeks[k] = moved(now.week, k)
    _draw(world, SENTIMENT, draws.SENTIMENT, market.sentiment_spread > 0.0)
    _draw(world, VALUE, draws.VALUE, now.open)
    _draw(world, NEWS, draws.NEWS, now.open and market.news_precision > 0.0)
    _draw(world, REVENUE, draws.REVENUE, watched and firm.revenue_volatility > 0.0)
    _draw(world, BURN, draws.BURN, watched and firm.burn_volatility_bn > 0.0)
    if market.burst_chance > 0.0:
        draws.uniforms(luck[TALENT], world.key[0].seed, world.key[0].run, world.nobody, world.weeks, draws.TALENT)


@rule
def _draw(world: World, row: int, purpose: int, wanted: bool) -> None:
    if wanted:
        draws.normals(world.luck[row], world.key[0].seed, world.key[0].run, world.nobody, world.weeks, purpose)


@rule
def pass_week(world: World) -> None:
    """Let a week pass."""
    begin_week(world)
    _week_passes(world)


@rule
def simulate(world: World, seed: int, first_run: int, frailties: Any, rows: Any, fates: Any, gate_days: Any, paths: Any) -> None:
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
        ``state.RESULT[R]``, ``state.FATE[R, N]``, float64[R, G] [days after as_of] and int64[R or 0, 3, weeks]
        [USD million], overwritten.
    """
    for r in range(frailties.shape[0]):
        begin(world, seed, moved(first_run, r), frailties[r])
        while world.now[0].running:
            pass_week(world)
        _sum_up(world, rows[r])
        who = world.investors
        for i in range(who.stage.shape[0]):
            fate = fates[r, i]
            fate.stage, fate.sign_day = who.stage[i], who.sign_day[i]
            fate.paid_musd, fate.shares = who.paid_musd[i], who.shares[i]
        for g in range(world.gates.shape[0]):
            gate_days[r, g] = world.gates[g].in_force_day
        if r < paths.shape[0]:
            _write_paths(world, paths[r])


@rule
def _sum_up(world: World, row: Any) -> None:
    now, company, scenario = world.now[0], world.company[0], world.scenario
    row.run = world.key[0].run
    row.paid_musd, row.closed, row.closed_day = now.paid_musd, now.closed, now.closed_day
    row.survived, row.default_day = company.alive, company.default_day
    row.cause, row.rung, row.pre_money_musd = now.cause, now.rung, scenario.ladder_musd[now.rung]
    earlier = shares_for(scenario.terms[0].already_closed_musd, scenario.ladder_musd[0])
    row.new_shares, row.dilution = now.new_shares, dilution(now.new_shares, moved(SHARES_BEFORE, earlier))
    row.gap_musd, row.extended, row.listed = now.gap_musd, now.extended, company.listed
    row.end_cash_musd, row.least_cash_musd = company.cash_musd, company.least_cash_musd


@rule
def _write_paths(world: World, paths: Any) -> None:
    """Copy the weekly paths; one that has ended keeps its last value."""
    for kind in range(3):
        last = 0
        for week in range(paths.shape[1]):
            if week < world.now[0].week:
                last = world.paths[kind, week]
            paths[kind, week] = last
