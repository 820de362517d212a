"""Verification of plans: shares of days against their closed forms, and intervals without enough agents."""

from __future__ import annotations

from math import exp

import numpy as np
import pytest
from scipy.stats import binom

from sim.engine import make_plan
from sim.experiment.staffing import parse_targets
from sim.experiment.staffing.load import load_of
from sim.experiment.staffing.overload import find_overloads
from sim.experiment.staffing.verification import fresh_numbers, verify_plan
from sim.scenario import read_scenario
from tests.support.shipped_days import SCENARIOS
from tests.support.staffing_cases import centre

ALPHA = 1e-6  # false alarms of a test


def test_a_target_fails_on_the_days_on_which_somebody_calls_if_nobody_answers() -> None:
    """Everybody gives up, so a day holds if nobody calls: with probability exp(-calls) in each interval."""
    scenario, plan = centre({"desk": ["calls"]}, {"calls": [0.5, 1.0]})
    nobody = scenario.agents["desk"].model_copy(update={"staff": [0, 0]})
    plan = make_plan(scenario.model_copy(update={"agents": {"desk": nobody}}))
    targets = parse_targets(plan, ["calls.abandonment <= 50 %"], "interval")
    days = 2000
    verified = verify_plan(plan, targets, seed=3, numbers=fresh_numbers(days))
    probabilities = [exp(-0.5), exp(-1.0), exp(-1.5)]
    for share, probability in zip([*verified.days_held, verified.joint], probabilities, strict=True):
        held = round(share * days)
        assert binom.cdf(held, days, probability) > ALPHA / 6
        assert binom.sf(held - 1, days, probability) > ALPHA / 6
    assert verified.likely.tolist() == [0.0, 0.0]
    assert (verified.verdict(None), verified.verdict(0.5), verified.verdict(0.1)) == ("fails", "fails", "holds")


@pytest.mark.parametrize(("agents", "short"), [(8, True), (14, False)])
def test_eight_agents_for_ten_erlangs_are_too_few_in_every_hour(agents: int, short: bool) -> None:
    scenario = read_scenario(SCENARIOS / "flexible_agents", [f"agents.flexible.staff={agents}"])
    plan = make_plan(scenario)
    overloads = find_overloads(plan, load_of(scenario, plan, (0,), seed=1, engine="auto"))
    assert [each.interval for each in overloads] == (list(range(10)) if short else [])
    assert all((each.queues, each.agents) == ((0, 1), 8.0) for each in overloads)


def test_the_queues_that_lack_the_most_agents_are_found() -> None:
    """Two agents for six erlangs of b and c; those of a do not help, though all together are enough."""
    groups = {"one": ["a"], "two": ["b", "c"]}
    scenario, _ = centre(groups, {"a": [1.0, 1.0], "b": [30.0, 30.0], "c": [30.0, 30.0]})
    staffed = {name: agents.model_copy(update={"staff": [n, n]}) for (name, agents), n in
               zip(scenario.agents.items(), (20, 2), strict=True)}  # fmt: skip
    scenario = scenario.model_copy(update={"agents": staffed})
    plan = make_plan(scenario)
    overloads = find_overloads(plan, load_of(scenario, plan, (0, 1), seed=1, engine="auto"))
    assert [each.queues for each in overloads] == [(1, 2), (1, 2)]
    np.testing.assert_allclose([each.agents for each in overloads], 2.0)
