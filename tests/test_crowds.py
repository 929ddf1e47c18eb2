"""Crowds: signatures heard in sum, totals asked in order, and pools of more members than there were addresses."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import abm
from abm.core.records import NEWS, OFFER, TRAITS
from abm.population import prepare
from abm.population.contracts import POOLS, new_record, new_records
from abm.rules.appetite import return_variance
from abm.rules.decision import hear
from abm.rules.news import CROWD, empty_pools, is_news, join_pool, leave_pool, pool_of
from abm.rules.ordering import merge_candidates
from tests.worlds import crowd_world

OBSERVER = new_record(TRAITS, {"social_precision": 0.8, "risk_to_exit": 0.4, "sentiment_loading": 0.5, "carry": 0.02})
WEEK = new_record(OFFER, {"sentiment": 0.3})


def peer(share, gamma, reputation, capped=False, log_price=5.6):
    told = {"share": share, "risk_aversion": gamma, "reputation": reputation, "capped": capped, "log_price": log_price}
    return new_record(NEWS, {"author": 7} | told)


PEERS = [peer(0.05, 3.0, 1.0), peer(0.10, 4.0, 0.5), peer(0.02, 6.0, 2.0), peer(0.20, 2.0, 0.7)]


def pooled(peers):
    pools = new_records(NEWS, [{}] * POOLS)
    empty_pools(pools)
    for one in peers:
        join_pool(pools[0], one)
    return pools[0]


def test_a_single_signature_is_heard_as_ever():
    """Where a pool holds one signature, both rules are the same formula."""
    for one in PEERS:
        assert hear(OBSERVER, 5.5, 0.25, pooled([one]), WEEK) == pytest.approx(
            hear(OBSERVER, 5.5, 0.25, one, WEEK), rel=1e-14
        )


def test_signatures_in_sum_are_one_signal_with_the_sum_of_their_precisions():
    """By hand, as for normal signals: precisions add up, and the mean is weighted by them (DeGroot 1970)."""
    mean, variance, s2 = 5.5, 0.25, return_variance(0.25, 0.4)
    implied = [5.6 + float(p.risk_aversion * p.share) * s2 - 0.5 * s2 - 0.02 - 0.5 * 0.3 for p in PEERS]
    precisions = [0.8 * float(p.reputation) for p in PEERS]
    total = 1 / variance + sum(precisions)
    expected = (mean / variance + np.dot(precisions, implied)) / total
    assert hear(OBSERVER, mean, variance, pooled(PEERS), WEEK) == pytest.approx((expected, 1 / total), rel=1e-13)


def test_one_after_the_other_and_in_sum_agree_the_better_the_weaker_they_are():
    """They differ only in that each of several signatures narrows the doubt in which the next is read: O(precision)."""

    def apart(precision):
        observer, one = OBSERVER.copy(), (5.5, 0.25)
        observer.social_precision = precision
        for told in PEERS:
            one = hear(observer, *one, told, WEEK)
        moved = hear(observer, 5.5, 0.25, pooled(PEERS), WEEK)
        return abs(one[0] - moved[0]) / abs(moved[0] - 5.5)

    assert apart(0.001) < 0.1 * apart(0.01) * 1.1
    assert apart(0.001) < 0.001


def test_the_order_of_signatures_does_not_matter_and_who_leaves_was_never_there():
    for order in itertools.permutations(PEERS):
        found, whole = pooled(order), pooled(PEERS)
        assert [found.share, found.log_price, found.reputation] == pytest.approx(
            [whole.share, whole.log_price, whole.reputation], rel=1e-14
        )
    others = new_record(NEWS, {})
    leave_pool(others, pooled(PEERS), PEERS[2])
    rest = pooled([PEERS[0], PEERS[1], PEERS[3]])
    assert [others.share, others.log_price, others.reputation] == pytest.approx(
        [rest.share, rest.log_price, rest.reputation], rel=1e-12
    )
    leave_pool(others, pooled(PEERS[:1]), PEERS[0])
    assert hear(OBSERVER, 5.5, 0.25, others, WEEK) == (5.5, 0.25)


def test_who_takes_all_he_may_is_pooled_with_his_kind():
    assert [pool_of(False, kind) for kind in range(3)] == [0, 0, 0]
    assert [pool_of(True, kind) for kind in range(3)] == [1, 2, 3]
    pools = new_records(NEWS, [{}] * POOLS)
    empty_pools(pools)
    assert pools.capped.tolist() == [False] + [True] * (POOLS - 1)
    low, high = peer(0.01, 1.0, 1.0, True), peer(0.9, 9.0, 1.0, True)
    join_pool(pools[1], low)
    assert hear(OBSERVER, 9.0, 0.25, pools[1], WEEK) == (9.0, 0.25)  # a lower bound below what one knows
    join_pool(pools[1], high)
    assert hear(OBSERVER, 5.5, 0.25, pools[1], WEEK)[0] > 5.5


def test_a_signature_is_news_in_the_week_after_it():
    assert [week for week in range(1, 9) if is_news(10.0, week) and not is_news(10.0, week + 1)] == [3]


def test_each_is_heard_by_himself_up_to_three_hundred():
    for members, summed in ((CROWD, False), (CROWD + 1, True)):
        assert bool(prepare(abm.scenario_from(crowd_world(members))).round.summed) is summed
    assert bool(prepare(abm.scenario_from(crowd_world(20, hearing="sum"))).round.summed)
    assert not bool(prepare(abm.scenario_from(crowd_world(CROWD + 1, hearing="each"))).round.summed)


def test_who_hears_of_nobody_does_not_care_how():
    tables = [crowd_world(40, hearing=how) for how in ("each", "sum")]
    for one in tables:
        one["investor_pools"][0]["social_precision"] = 0.0
    each, summed = (abm.simulate(abm.scenario_from(one), 50, 2).batch for one in tables)
    assert each.fates.tobytes() == summed.fates.tobytes()


@pytest.mark.parametrize("seed", range(20))
def test_candidates_of_a_week_are_merged_into_those_before(seed):
    rng = np.random.default_rng(seed)
    everybody = rng.permutation(40)
    before, new = np.sort(everybody[: seed * 2]), np.sort(everybody[seed * 2 : 40 - seed])
    who = np.zeros(40, np.int64)
    who[: len(before)], who[len(before) : len(before) + len(new)] = before, new
    merge_candidates(who, len(before), len(before) + len(new), np.zeros(40, np.int64))
    assert who[: len(before) + len(new)].tolist() == sorted([*before, *new])


@pytest.mark.parametrize("close_select", ["greatest", "least", "elimination"])
def test_a_chain_of_thirty_thousand_totals_closes_link_by_link_or_not_at_all(close_select):
    """Each asks for the total that those before him make up with him; or for a bit more, and then nobody closes.

    Asked one round after the other, that would be a billion answers.
    """
    links = 30_000
    for more, closers in ((1.0, links), (1.5, 0)):
        chain = [
            {"id": f"link{k}", "ticket_bn": 0.001, "conditions": [[{"total_bn": 0.001 * (k + more)}]]}
            for k in reversed(range(links))
        ]
        assert len(abm.close_book(chain, select=close_select, cap_bn=10_000.0).closers) == closers


def test_pools_of_any_size_have_addresses_of_their_own():
    tables = crowd_world(70_000, cap_bn=5_000.0)
    small = {"id": "small", "count": 3, "kind": "venture", "ticket_bn": 0.01, "signing_probability": 0.5}
    tables["investor_pools"] = [tables["investor_pools"][0], small]
    traits = prepare(abm.scenario_from(tables)).traits
    assert len(set(traits.address.tolist())) == 70_003
    tables["investor_pools"][0] = tables["investor_pools"][0] | {"count": 3}
    assert prepare(abm.scenario_from(tables)).traits.address.tolist() == [
        *(65_536 + k for k in range(3)), *(131_072 + k for k in range(3))
    ]  # fmt: skip
