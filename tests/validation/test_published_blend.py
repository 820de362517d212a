"""A published centre with calls in both directions, as its sentences say it, against the results published with it.

Parameters and results are those of the example Blend of ContactCenters, a simulation library of the Université de
Montréal (E. Buist and P. L'Ecuyer; github.com/umontreal-simul/contactcenters, folders doc/examples and doc/msk). Its
numbers are of A. Deslauriers, P. L'Ecuyer, J. Pichitlamken, A. Ingolfsson and A. N. Avramidis, "Markov chain models of
a telephone call center with call blending", Computers & Operations Research 34(6), 2007. Each published result is of
1,000 replications. All comparisons fail together for a right simulator once in a million seeds at most (Bonferroni).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sim.engine import Log, Plan, compiled, make_plan
from sim.engine.plan import Result
from sim.population import draw_population
from tests.support.published_results import Published, bound, distances
from tests.support.simulated_days import SEED, days, scenario

pytestmark = pytest.mark.statistical

F8 = NDArray[np.float64]
BEGIN, END = 8 * 3600.0, 14 * 3600.0
BUSYNESS = 29.7  # both parameters of the day's gamma factor
BLEND: Published = {
    "dialed": (1109.040, 258.167 * 1.96 / 1000**0.5),
    "inbound arrived": (848.592, 9.693), "outbound arrived": (321.896, 4.617),
    "inbound served": (843.477, 9.284), "outbound served": (298.876, 4.239),
    "inbound abandoned": (5.115, 0.620), "outbound abandoned": (23.020, 0.472),
    "inbound late": (39.427, 63.682 * 1.96 / 1000**0.5),
    "inbound waited": (70.241, 5.386), "outbound waited": (27.445, 0.561),
    "inbound occupancy": (0.81596, 0.00462), "blend occupancy": (0.55665, 0.00428),
}  # fmt: skip


def blend(**dialer: Any) -> list[dict[str, float]]:
    """Return what is published of each day: from 11:00 to 13:55, agents call while four are idle, once for each freed.

    Two are called for each idle agent of the blend group, in no time. Who answers, waits 5 s at most.
    """
    call = {"channel": "voice", "next": "resolved"}
    inbound = call | {
        "queue": "inbound",
        "talk": {"law": "gamma", "shape": 0.755, "scale": 753.8},
        "patience": {"law": "exponential", "mean": 500, "zero": 0.005},
    }
    outbound = call | {"queue": "outbound", "talk": {"law": "exponential", "mean": 440.2}, "patience": 5}
    rules = {"group": "blend", "idle_in": ["inbound", "blend"], "hours": "11:00-13:55", "per_idle": 2}
    listed = {
        "channel": "outbound",
        "time": 0,
        "reach": {"08:00-10:00": 0.28, "else": 0.29},
        "dialer": rules | {"dials": "when_freed", "min_idle": 4} | dialer,
        "next": "call",
    }
    plan = make_plan(
        scenario(
            run={"hours": "08:00-14:00", "interval": "2 h", "drain": "4 h", "start_with": {"campaign.list": 200}},
            demand={"busyness": {"cv": BUSYNESS**-0.5}},
            waiting_rooms={"all": {"queues": ["inbound", "outbound"], "capacity": 80}},
            agents={
                "inbound": {"serves": "inbound", "staff": [23, 23, 21], "stay_until_empty": True},
                "blend": {
                    "serves": {"outbound": 0, "inbound": 1},
                    "staff": [16, 18, 16],
                    "stay_until_empty": True,
                },
            },
            intents={
                "question": {
                    "demand": [4 * rate for rate in (68.45, 72.93, 71.92)],  # as given for half-hours
                    "start": "call",
                    "steps": {"call": inbound},
                },
                "campaign": {"endless": True, "start": "list", "steps": {"list": listed, "call": outbound}},
            },
        )
    )
    logs = [compiled.run(plan, draw_population(plan.demand(), SEED % 2**32, n)) for n in range(days(1000))]
    rows = [_counts(plan, log) for log in logs]
    for group, name in enumerate(plan.groups):
        busy, there = np.array([_busy(log, group) for log in logs]).T
        share = busy.mean() / there.mean()
        for row, b, t in zip(rows, busy, there, strict=True):  # a ratio of means, linear about it
            row[f"{name} occupancy"] = share + (b - share * t) / there.mean()
    return rows


def _counts(plan: Plan, log: Log) -> dict[str, float]:
    row = {"dialed": float(np.sum((log.step == plan.steps.index("campaign.list")) & ~np.isnan(log.started)))}
    waits = np.where(np.isnan(log.started), log.ended, log.started) - log.began
    for queue in ("inbound", "outbound"):
        calls = plan.step_queue[log.step] == plan.queues.index(queue)
        served = calls & (log.result == Result.HANDLED)
        row |= {
            f"{queue} arrived": float(calls.sum()),
            f"{queue} served": float(served.sum()),
            f"{queue} abandoned": float(calls.sum() - served.sum()),
            f"{queue} late": float((calls & (log.result != Result.BLOCKED) & (waits >= 20)).sum()),
            f"{queue} waited": float((calls & (~served | (waits > 0))).sum()),
        }
    return row


def _busy(log: Log, group: int) -> tuple[float, float]:
    """Return the time that agents of a group are busy, and that for which they are there, within the opening hours."""

    def within(begin: F8, end: F8) -> float:
        return float(np.maximum(np.minimum(end, END) - np.maximum(begin, BEGIN), 0.0).sum())

    calls, there = (log.group == group) & ~np.isnan(log.started), log.presence.group == group
    left = np.where(np.isnan(log.presence.left), END, log.presence.left)
    return within(log.started[calls], log.ended[calls]), within(log.presence.came[there], left[there])


def test_outbound_between_inbound_calls_as_in_blend() -> None:
    errors = distances(BLEND, blend())
    assert max(map(abs, errors.values())) <= bound(len(errors)), (SEED, errors)


@pytest.mark.parametrize(
    "dialer",
    [
        pytest.param({"dials": "while_idle"}, id="dialing goes on until an agent is taken"),
        pytest.param({"min_idle": 0, "keep_idle": 3}, id="three are kept idle"),
        pytest.param({"idle_in": ["blend"]}, id="the threshold is of one group"),
        pytest.param({"hours": "10:00-13:55"}, id="from another hour on"),
    ],
)
def test_another_rule_of_dialing_is_not_that_of_blend(dialer: dict[str, Any]) -> None:
    errors = distances(BLEND, blend(**dialer))
    assert max(map(abs, errors.values())) > bound(len(errors)), (SEED, errors)
