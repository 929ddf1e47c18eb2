"""Kernel: the week, strung together from its phases, and the runs, one after the other, in the same memory."""

from __future__ import annotations

import math

from abm.core import draws, schedule
from abm.core.jit import entry, lean
from abm.core.records import LOOKING, OPEN, SIGNED, Floats, Integers, Record, Records
from abm.ensemble import arrays
from abm.ensemble.closings import contracts_of, post_offer
from abm.ensemble.parts import next_jump, publish
from abm.ensemble.phases import week_passes
from abm.ensemble.world import AHEAD
from abm.population.sampling import draw_investors, minimum_musd
from abm.rules.belief import prior_mean
from abm.rules.environment import jump_size
from abm.rules.settlement import SHARES_BEFORE, dilution, shares_for
from abm.rules.sums import add


@lean
def begin(world: Record, seed: int, run: int, frailty: float, kept: float = 1.0) -> None:
    """Set a run to how things stand on as_of."""
    world.seed, world.run, world.root = seed, run, run
    _begin_round(world, frailty)
    _begin_market(world)
    _begin_company(world)
    gates = arrays.gate_states(world)
    for g in range(gates.shape[0]):
        gate = gates[g]
        gate.status = OPEN
        gate.consent_threshold = draws.exponential(seed, run, g, 0, draws.CONSENT, 0)
        gate.block_threshold = draws.exponential(seed, run, g, 0, draws.BLOCK, 0)
        gate.consent_clock = gate.block_clock = 0.0
        gate.satisfied_day = gate.in_force_day = math.inf
    _begin_investors(world, kept)
    publish(world)
    post_offer(world)


@lean
def _begin_round(world: Record, frailty: float) -> None:
    state = world.round_state
    state.week = state.rung = state.last_cut_week = state.paid_musd = state.new_shares = state.gap_musd = (
        state.new_musd
    ) = 0
    state.booked_musd = state.published_paid_musd = state.cause = 0
    state.week_start = state.week_end = state.start_day = state.until_day = state.expected_musd = state.opinion = 0.0
    world.terms.minimum_close_musd = minimum_musd(world.terms, world.seed, world.run)
    state.deadline_day, state.frailty, state.closed_day = world.terms.deadline_day, frailty, math.nan
    state.running = state.open = True
    state.extended = state.closed = False
    world.n_news = world.n_announced = 0
    world.book_changed, world.last_closing_day, world.last_closing_sentiment = True, -1.0, 0.0


@lean
def _begin_market(world: Record) -> None:
    market_state, market = world.market_state, world.market
    market_state.sentiment = market.sentiment_start
    market_state.cold = False
    market_state.shock = market_state.news = market_state.talent_loss = 0.0
    market_state.burst_weeks_left = market_state.jumps = 0
    z = draws.normal(world.seed, world.run, 0, 0, draws.TRUE_VALUE, 0)
    market_state.log_value = jump_size(prior_mean(market.mean_bn, market.sd_log, 0.0), market.sd_log, z)
    market_state.next_jump_day = next_jump(world, 0.0)


@lean
def _begin_company(world: Record) -> None:
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
def grant_bridge(world: Record) -> None:
    """Let luck say whether the bridge will be there when it is asked for."""
    firm, u = world.firm, draws.uniform(world.seed, world.run, 0, 0, draws.BRIDGE, 0)
    world.company.bridge_limit_musd = firm.bridge_limit_musd if u < firm.bridge_probability else 0


@lean
def _begin_investors(world: Record, kept: float) -> None:
    traits, atoms, base_atoms = arrays.traits(world), arrays.atoms(world), arrays.base_atoms(world)
    mean, precision, stage, sign_day = (
        arrays.mean(world),
        arrays.precision(world),
        arrays.stage(world),
        arrays.sign_day(world),
    )
    clocks = arrays.sign_clock(world), arrays.withdrawal_clock(world)
    amounts = arrays.ticket_musd(world), arrays.paid_musd(world), arrays.shares(world)
    for a in range(atoms.shape[0]):
        atoms[a] = base_atoms[a]
    draw_investors(
        traits,
        contracts_of(world),
        arrays.base(world),
        arrays.pool_distributions(world),
        world.terms,
        world.seed,
        world.run,
        world.round_state.frailty,
        world.market.frailty_variance,
        kept,
    )
    for i in range(traits.shape[0]):
        signed = traits[i].signed_at_start
        mean[i], precision[i] = traits[i].prior_mean, traits[i].prior_precision
        clocks[0][i] = clocks[1][i] = 0.0
        sign_day[i] = 0.0 if signed else math.nan
        arrays.diligence_done(world)[i] = arrays.tested(world)[i] = False
        stage[i] = SIGNED if signed else LOOKING
        amounts[0][i] = traits[i].stated_musd if signed else 0
        amounts[1][i] = amounts[2][i] = 0


@lean
def begin_week(world: Record) -> None:
    """Turn the calendar, and draw the public luck of the weeks ahead where it has run out."""
    state = world.round_state
    state.week = state.week + 1
    state.week_start, state.week_end = state.week_end, schedule.day_after(state.week)
    state.start_day, state.until_day = (
        state.until_day,
        schedule.week_end(state.week, state.deadline_day),
    )
    world.ahead = schedule.weeks_into(state.week, AHEAD)
    if world.ahead == 0:
        for k in range(AHEAD):
            arrays.weeks_ahead(world)[k] = add(state.week, k)
        draw_ahead(world)


@lean
def draw_ahead(world: Record) -> None:
    """Draw the public luck of the weeks ahead, as far as anybody will look at it; again where the run has changed."""
    market, firm, weeks = world.market, world.firm, arrays.weeks_ahead(world)
    if market.sentiment_spread > 0.0:
        _draw(world, arrays.sentiment_z(world), draws.SENTIMENT)
    if world.round_state.open:
        _draw(world, arrays.value_z(world), draws.VALUE)
    if world.round_state.open and market.news_precision > 0.0:
        _draw(world, arrays.news_z(world), draws.NEWS)
    if world.company.alive and firm.revenue_volatility > 0.0:
        _draw(world, arrays.revenue_z(world), draws.REVENUE)
    if world.company.alive and firm.burn_volatility_bn > 0.0:
        _draw(world, arrays.burn_z(world), draws.BURN)
    if market.burst_chance > 0.0:
        draws.uniforms(arrays.talent_u(world), world.seed, world.run, arrays.zeros(world), weeks, draws.TALENT)


@lean
def _draw(world: Record, z: Floats, purpose: int) -> None:
    draws.normals(z, world.seed, world.run, arrays.zeros(world), arrays.weeks_ahead(world), purpose)


@lean
def pass_week(world: Record) -> None:
    """Let a week pass."""
    begin_week(world)
    week_passes(world)


@entry
def simulate(
    world: Record,
    seed: int,
    first_run: int,
    luck: Records,
    rows: Records,
    fates: Records,
    gate_days: Floats,
    paths: Integers,
) -> None:
    """Simulate a run for each of ``luck``, and write down what each leaves behind.

    Parameters
    ----------
    world
        The memory to use; what a run leaves in it is overwritten by the next.
    seed, first_run
        Key of the first run; the others follow [-].
    luck
        ``records.LUCK[R]``, what many share in a run.
    rows, fates, gate_days, paths
        ``records.RESULT[R]``, ``records.FATE[R, N]``, float64[R, G] [days after as_of] and int64[R or 0, 3, weeks]
        [USD million], overwritten.
    """
    for r in range(luck.shape[0]):
        begin(world, seed, add(first_run, r), luck[r].frailty, luck[r].kept)
        while world.round_state.running:
            pass_week(world)
        sum_up(world, rows[r])
        for i in range(fates.shape[1]):
            fate = fates[r, i]
            fate.stage, fate.sign_day = arrays.stage(world)[i], arrays.sign_day(world)[i]
            fate.paid_musd, fate.shares = arrays.paid_musd(world)[i], arrays.shares(world)[i]
        for g in range(gate_days.shape[1]):
            gate_days[r, g] = arrays.gate_states(world)[g].in_force_day
        if r < paths.shape[0]:
            _write_paths(world, paths[r])


@lean
def sum_up(world: Record, row: Record) -> None:
    """Write down what a run leaves behind."""
    state, company, ladder = world.round_state, world.company, arrays.ladder_musd(world)
    row.run = world.root
    row.paid_musd, row.closed, row.closed_day = state.paid_musd, state.closed, state.closed_day
    row.survived, row.default_day = company.alive, company.default_day
    row.cause, row.rung, row.pre_money_musd = state.cause, state.rung, ladder[state.rung]
    earlier = shares_for(world.terms.already_closed_musd, ladder[0])
    row.new_shares, row.dilution = state.new_shares, dilution(state.new_shares, add(SHARES_BEFORE, earlier))
    row.gap_musd, row.extended, row.listed = state.gap_musd, state.extended, company.listed
    row.end_cash_musd, row.least_cash_musd = company.cash_musd, company.least_cash_musd


@lean
def _write_paths(world: Record, paths: Integers) -> None:
    """Copy the weekly paths; one that has ended keeps its last value."""
    kept = arrays.committed_path(world), arrays.paid_path(world), arrays.cash_path(world)
    for kind in range(3):
        last = 0
        for week in range(paths.shape[1]):
            if week < world.round_state.week:
                last = kept[kind][week]
            paths[kind, week] = last
