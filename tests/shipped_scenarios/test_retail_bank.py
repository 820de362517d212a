"""The bank's weekday behaves as its README says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from time import process_time

import numpy as np
import pytest

from sim.core.units import DAY, HOUR
from sim.engine import make_plan
from sim.engine.plan import Outcome, Result
from sim.experiment.replicate import replicate, simulate_once
from sim.kpis import Row
from sim.scenario import read_scenario

FOLDER = Path(__file__).parents[2] / "scenarios" / "retail_bank"
SCENARIO = read_scenario(FOLDER)
PLAN = make_plan(SCENARIO)
# Calls per weekday hour of the Anonymous Bank, February 1999; see the scenario's README.
CALLS = {8: 95, 10: 125, 13: 120, 16: 116, 23: 41}
Journey = list[str]  # channels, in order


@dataclass(frozen=True)
class Days:
    """Some days of the bank: contacts with the phone desk per hour of the first day, and everybody's way."""

    calls: np.ndarray  # [days, 24]
    journeys: list[Journey]
    outcomes: set[int]
    results: set[int]


@pytest.fixture(scope="module")
def bank() -> Days:
    voice = PLAN.queues.index("voice")
    calls, journeys, outcomes, results = [], [], set(), set()
    for replication in range(20):
        _, log = simulate_once(PLAN, SCENARIO.run.seed, replication)
        began = log.began[(PLAN.step_queue[log.step] == voice) & (log.began < DAY)]
        calls.append(np.bincount((began // HOUR).astype(int), minlength=24))
        results |= set(log.result.tolist())
        outcomes |= set((-1 - log.next[log.next < 0]).tolist())
        ways: dict[int, Journey] = {}
        for customer, step in zip(log.customer.tolist(), log.step.tolist(), strict=True):
            ways.setdefault(customer, []).append(PLAN.channels[PLAN.step_channel[step]])
        journeys += ways.values()
    return Days(np.array(calls), journeys, outcomes, results)


def _share(bank: Days, *channels: str) -> float:
    """Return the share of journeys that go through these channels, one directly after the other."""
    size = len(channels)
    has = [any(tuple(way[i : i + size]) == channels for i in range(len(way) - size + 1)) for way in bank.journeys]
    return float(np.mean(has))


def test_the_phone_is_called_as_often_as_the_real_bank(bank: Days) -> None:
    calls = bank.calls.mean(axis=0)
    assert {hour: calls[hour] for hour in CALLS} == pytest.approx(CALLS, rel=0.1)


def test_a_day_has_between_three_and_six_thousand_journeys(bank: Days) -> None:
    assert 3_000 * 20 < len(bank.journeys) < 6_000 * 20


def test_all_channels_intents_and_endings_occur(bank: Days) -> None:
    assert set(PLAN.channels) == {"app", "web", "ivr", "voice", "chat", "email", "pause"}
    assert set(PLAN.intents) == {"balance", "lost_card", "internet_trouble", "loan"}
    assert set(PLAN.channels) == {channel for way in bank.journeys for channel in way}
    assert bank.outcomes == {Outcome.RESOLVED, Outcome.UNRESOLVED, Outcome.GAVE_UP}  # nobody is left inside
    assert bank.results == {Result.PASSED, Result.HANDLED, Result.ABANDONED, Result.CLOSED, Result.BALKED}


def test_journeys_escalate_redial_and_come_back(bank: Days) -> None:
    assert _share(bank, "web", "chat", "voice") > 0.003
    assert _share(bank, "voice", "pause", "ivr", "voice") > 0.01


def test_the_desk_stays_on_the_line_until_an_adviser_is_there() -> None:
    _, log = simulate_once(PLAN, SCENARIO.run.seed, 0)
    desk, adviser = PLAN.steps.index("loan.voice"), PLAN.steps.index("loan.adviser")
    handed = np.flatnonzero((log.step == desk) & (log.next == adviser))
    at = {
        (who, visit): row
        for row, (who, visit) in enumerate(zip(log.customer.tolist(), log.visit.tolist(), strict=True))
    }
    after = np.array([at[who, visit + 1] for who, visit in zip(log.customer[handed], log.visit[handed], strict=True)])
    answered = ~np.isnan(log.started[after])
    assert answered.sum() > 30
    explained = log.freed[handed] - log.started[after]  # 20 s, and what the desk writes down afterwards
    assert explained[answered] == pytest.approx(35.0)


def test_late_mails_cause_calls_and_patience_to_redial_ends(bank: Days) -> None:
    _, log = simulate_once(PLAN, SCENARIO.run.seed, 0)
    mail = (log.step == PLAN.steps.index("internet_trouble.email")) & (log.result == Result.HANDLED)
    late = log.started - log.began > 4 * HOUR
    calls = log.next == PLAN.steps.index("internet_trouble.ivr")
    assert (mail & late & calls).any()
    assert not (mail & ~late & calls).any()
    assert max(way.count("pause") for way in bank.journeys) < 12


def test_an_agent_chats_with_three_customers_at_once() -> None:
    assert PLAN.group_concurrency[PLAN.groups.index("digital")] == 3


def test_loans_pause_overnight_and_go_on_on_another_channel() -> None:
    population, log = simulate_once(PLAN, SCENARIO.run.seed, 0)
    overnight = PLAN.steps.index("loan.sleep_on_it")
    slept = log.step == overnight
    assert slept.sum() > 200
    resumed = log.ended[slept]
    assert (np.floor(resumed / DAY) > np.floor(population.arrival[log.customer[slept]] / DAY)).all()
    assert (resumed % DAY >= 8.5 * HOUR).mean() > 0.99
    goes_on = log.next[slept]
    after = {PLAN.channels[PLAN.step_channel[step]] for step in goes_on[goes_on >= 0]}
    assert after == {"ivr", "chat", "email"}


def test_lunch_sags_and_the_rest_of_the_day_is_near_its_target() -> None:
    ours = replicate(PLAN, seed=SCENARIO.run.seed, replications=SCENARIO.run.replications, processes=1)
    positions = {row: i for i, row in enumerate(ours.index)}
    rows = [positions[Row("service_level", "queue_interval", "voice", i)] for i in range(PLAN.intervals)]
    level = ours.num[:, rows].sum(axis=0) / ours.den[:, rows].sum(axis=0)
    lunch = round((12.5 * HOUR - PLAN.origin) / PLAN.interval)
    assert level[lunch] < 0.5
    assert np.argmin(level) == lunch
    assert (level > 0.72).sum() >= PLAN.intervals - 3
    for wanted in SCENARIO.objectives.simulation:
        row = positions[Row(wanted.kpi, wanted.by, wanted.key, None)]
        value = ours.num[:, row].sum() / ours.den[:, row].sum()
        assert wanted.at_least is None or value >= wanted.at_least, wanted
        assert wanted.at_most is None or value <= wanted.at_most, wanted


def test_a_day_is_simulated_in_well_under_a_second() -> None:
    def seconds(replication: int) -> float:
        begin = process_time()
        simulate_once(PLAN, 1, replication)
        return process_time() - begin

    assert min(seconds(replication) for replication in range(3)) < 1.0
