"""Events that fall on one instant but for the noise of binary fractions: they are compared to the microsecond (ADR 2).

A day in seconds is full of exact ties. The same day with every time a tenth has the same ties on paper, but sums such
as three times 6.7 s miss 20.1 s by some 1e-12 s. Both must have the same results, in both engines.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.engine import Log, Plan, compiled, reference
from sim.engine.log import COLUMNS
from sim.engine.plan import Result
from sim.engine.planning.arrays import f8
from sim.kpis import measure
from sim.numerics.time_grid import bounds_of_waits
from sim.population import Population
from tests.support.stories import call, people, plan_of

Run = Callable[[Plan, Population], Log]
ENGINES = pytest.mark.parametrize("run", [reference.run, compiled.run], ids=["reference", "compiled"])


@ENGINES
def test_patience_ends_as_an_agent_gets_free(run: Run) -> None:
    plan = plan_of({"call": call(talk="6.7 s", patience="20.1 s")}, run={"interval": "1 h"})
    population = people(plan, *[28_800] * 5)
    log = run(plan, population)
    assert float(log.started[3] - 28_800) > 20.1  # by the noise of binary fractions
    assert log.result.tolist() == [Result.HANDLED] * 4 + [Result.ABANDONED]
    assert float(log.ended[4]) == float(log.started[3])  # gives up at the instant that comes later by the noise
    assert measure(plan, population, log).value_of("abandoned") == 1.0


@ENGINES
def test_who_gives_up_without_a_tie_does_so_at_that_instant(run: Run) -> None:
    plan = plan_of({"call": call(talk="6.7 s", patience="20.0999 s")})
    log = run(plan, people(plan, *[28_800] * 4))
    assert log.result[3] == Result.ABANDONED
    assert float(log.ended[3]) == 28_800 + 20.0999


@ENGINES
def test_who_gives_up_half_a_microsecond_before_the_end_stays_inside(run: Run) -> None:
    end = 86_400
    plan = plan_of({"call": call(talk="2 days", patience="20.1 s")})
    log = run(plan, people(plan, end - 30, end - 20.1))
    assert log.result.tolist() == [Result.INSIDE, Result.INSIDE]


@ENGINES
def test_overflow_is_due_to_the_microsecond(run: Run) -> None:
    """The second group gets free as the third caller has waited for 20.1 s; a later caller must not come first."""
    queues = {"calls": {"agents": ["desk", {"group": "more", "after": "20.1 s"}]}}
    agents = {"desk": {"serves": ["calls"], "staff": 1}, "more": {"serves": ["mails", "calls"], "staff": 1}}
    steps = {
        "call": call(talk="90 s"),
        "mail": {"channel": "email", "queue": "mails", "talk": "6.7 s", "next": "resolved"},
    }
    plan = plan_of(steps | {"call": call(talk="90 s", next={"resolved": 1, "mail": 0})}, agents, queues=queues)
    mails = [(28_800.0, "mail")] * 3
    log = run(plan, people(plan, *mails, (28_800, "call"), (28_800, "call")))
    waiting = 4
    assert float(log.ended[2]) > 28_820.1
    assert (log.group[waiting], float(log.started[waiting])) == (1, float(log.ended[2]))


@ENGINES
@pytest.mark.parametrize(("window", "resolved"), [("20.1 s", 0), ("20.09 s", 1)])
def test_a_contact_at_the_end_of_the_repeat_window_is_one(run: Run, window: str, resolved: int) -> None:
    steps = {
        "call": call(talk="6.7 s", next="pause"),
        "pause": {"channel": "pause", "time": "13.4 s", "next": "more"},
        "more": {"channel": "pause", "time": "6.7 s", "next": "again"},
        "again": call(talk="6.7 s"),
    }
    plan = plan_of(steps, repeat_window=window, run={"interval": "1 h"})
    population = people(plan, 28_800)
    log = run(plan, population)
    assert float(log.began[3] - log.ended[0]) != 20.1  # by the noise of binary fractions
    assert measure(plan, population, log).value_of("fcr") == resolved


@ENGINES
@pytest.mark.parametrize(("bound", "follows"), [(">= 20.1 s", 1), ("> 20.1 s", 0), ("<= 20.1 s", 1), ("< 20.1 s", 0)])
def test_a_condition_on_the_wait(run: Run, bound: str, follows: int) -> None:
    cases = [{"when": {"waited": bound}, "to": "gave_up"}, {"to": "resolved"}]
    plan = plan_of({"call": call(talk="6.7 s", next=cases)})
    log = run(plan, people(plan, *[28_800] * 4))
    assert float(log.started[3] - 28_800) > 20.1
    assert log.next[3] == (-3 if follows else -1)


def test_bounds_of_waits() -> None:
    above = float(np.nextafter(20.1, np.inf))
    bounds = bounds_of_waits(f8([20.1, above, -np.inf, np.inf]))
    np.testing.assert_array_equal(bounds, [20.1 - 0.5e-6, above + 0.5e-6, -np.inf, np.inf])


@st.composite
def days(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a small day in whole numbers of a unit of time."""
    number = st.integers(0, 40)
    return {
        "arrivals": sorted(draw(st.lists(number, min_size=2, max_size=12))),
        "talk": draw(st.integers(1, 9)),
        "patience": draw(st.sampled_from([0, 1, 2, 3, 5, 7, 14, 21, 27])),
        "staff": draw(st.integers(1, 3)),
        "after": draw(st.sampled_from([0, 2, 3, 9])),
        "ring": draw(st.sampled_from([0, 0, 1, 3])),
    }


def logs_of(day: dict[str, Any], unit: int) -> list[Log]:
    """Simulate a day with both engines; the unit of time is so many tenths of a second."""

    def tenths(number: int) -> str:
        return f"{number * unit // 10}.{number * unit % 10} s"

    step = call(talk=tenths(day["talk"]), patience=tenths(day["patience"]), next="resolved", if_abandoned="resolved")
    agents = {name: {"serves": ["calls"], "staff": day["staff"]} for name in ("desk", "more")}
    stages = ["desk", {"group": "more", "after": tenths(day["after"])}]
    plan = plan_of({"call": step}, agents, queues={"calls": {"agents": stages, "ring": tenths(day["ring"])}})
    population = people(plan, *[28_800 + number * unit / 10 for number in day["arrivals"]])
    return [run(plan, population) for run in (reference.run, compiled.run)]


@settings(max_examples=60, deadline=None)
@given(days())
def test_a_day_in_tenths_is_the_day_in_seconds(day: dict[str, Any]) -> None:
    seconds, same = logs_of(day, 10)
    for unit in (1, 67):
        tenths, compiled_ = logs_of(day, unit)
        for name in COLUMNS:
            np.testing.assert_array_equal(getattr(tenths, name), getattr(compiled_, name), err_msg=name)
        np.testing.assert_array_equal(tenths.result, seconds.result)
        for name in ("began", "started", "ended", "rang"):
            origin = 0 if name == "rang" else 28_800
            scaled = (getattr(seconds, name) - origin) * unit / 10
            np.testing.assert_allclose(getattr(tenths, name) - origin, scaled, atol=2e-6, err_msg=name)
    np.testing.assert_array_equal(seconds.result, same.result)
