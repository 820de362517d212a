"""Two published multi-skill centres, as their sentences say them, against the results published with them.

Parameters and results are those of the examples SimpleMSK and Bilingual of ContactCenters, a simulation library of the
Université de Montréal (E. Buist and P. L'Ecuyer; github.com/umontreal-simul/contactcenters, folder doc/examples). Each
published result is the mean of 1,000 replications with the half-width of its 95 % interval. All comparisons of a test
fail together for a right simulator once in a million seeds at most (Bonferroni).
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
MINUTE, HOUR = 60.0, 3600.0


def logs(plan: Plan, count: int) -> list[Log]:
    """Simulate replications."""
    return [compiled.run(plan, draw_population(plan.demand(), SEED % 2**32, number)) for number in range(count)]


# ---------------------------------------------------------------------------------------------------------- SimpleMSK

PERIODS = ("08:00-10:00", "10:00-12:00", "else")
LAMBDA = {"first": (4.2, 5.3, 3.2), "second": (5.1, 4.3, 4.8), "third": (6.3, 5.2, 4.8)}  # per minute
SERVICE, ABANDONMENT = (0.5, 0.6, 0.4), (0.3, 0.4, 0.2)  # rates per minute and period
BUSYNESS = 28.7  # both parameters of the day's gamma factor
SIMPLE_MSK: Published = {
    "served": (4297.305, 27.155),
    "abandoned": (910.335, 34.202),
    "first 0": (170.154, 5.816), "first 1": (599.334, 5.175), "first 2": (15.490, 1.708),
    "second 0": (262.936, 8.339), "second 1": (511.648, 5.372), "second 2": (34.697, 3.427),
    "third 0": (259.806, 9.628), "third 1": (613.732, 6.146), "third 2": (24.888, 2.751),
}  # fmt: skip


def exponential(rates: tuple[float, ...]) -> dict[str, Any]:
    """Return exponential laws by the period of the day."""
    return {hours: {"law": "exponential", "mean": MINUTE / rate} for hours, rate in zip(PERIODS, rates, strict=True)}


def simple_msk(service: dict[str, Any], patience: dict[str, Any]) -> list[dict[str, float]]:
    """Return what is published of each replication: counts, and by type and period those answered within 20 s."""
    desk = {"stay_until_empty": True}
    call = {"channel": "voice", "talk": service, "patience": patience, "next": "resolved"}
    plan = make_plan(
        scenario(
            run={"hours": "08:00-14:00", "interval": "2 h", "drain": "4 h"},
            demand={"busyness": {"cv": BUSYNESS**-0.5}},
            queues={"second": {"agents": ["one", "two"]}},
            agents={
                "one": desk | {"serves": {"first": 0, "second": 0}, "staff": [12, 18, 9]},
                "two": desk | {"serves": {"third": 0, "second": 0}, "staff": [15, 20, 11]},
            },
            intents={
                name: {
                    "demand": [120 * rate for rate in rates],
                    "start": "call",
                    "steps": {"call": call | {"queue": name}},
                }
                for name, rates in LAMBDA.items()
            },
        )
    )
    rows = []
    for log in logs(plan, days(1000)):
        served = log.result == Result.HANDLED
        good = served & (log.started - log.began < 20)
        period = np.minimum((log.began - 8 * HOUR) // (2 * HOUR), 2)
        row = {"served": float(served.sum()), "abandoned": float((log.result == Result.ABANDONED).sum())}
        row |= {
            f"{name} {number}": float((good & (log.step == step) & (period == number)).sum())
            for step, name in enumerate(LAMBDA)
            for number in range(3)
        }
        rows.append(row)
    return rows


def test_talk_and_patience_by_period_as_in_simple_msk() -> None:
    errors = distances(SIMPLE_MSK, simple_msk(exponential(SERVICE), exponential(ABANDONMENT)))
    assert max(map(abs, errors.values())) <= bound(len(errors)), (SEED, errors)


def test_the_same_talk_all_day_is_not_simple_msk() -> None:
    errors = distances(SIMPLE_MSK, simple_msk(exponential((0.5, 0.5, 0.5)), exponential(ABANDONMENT)))
    assert abs(errors["served"]) > bound(len(errors))


# ---------------------------------------------------------------------------------------------------------- Bilingual

BILINGUAL: Published = {
    "english arrived": (2555.811, 3.526), "spanish arrived": (2554.350, 3.537),
    "english retried": (54.073, 0.837), "spanish retried": (53.095, 0.822), "retried": (107.168, 1.327),
    "english served": (2483.933, 3.017), "spanish served": (2483.302, 3.069),
    "english abandoned": (71.848, 1.033), "spanish abandoned": (71.020, 1.021),
    "english in target": (2448.662, 2.884), "spanish in target": (2448.223, 2.972),
}  # fmt: skip
TALK = {"english": (3, 7), "spanish": (4, 6)}  # minutes


def bilingual(*, kept: bool) -> list[dict[str, float]]:
    """Return what is published of each week; in target are those served who waited less than a minute in all tries.

    At night nobody answers, and nobody is turned away either: who calls again after five waits in vain.
    """

    def intent(language: str) -> dict[str, Any]:
        low, high = TALK[language]
        call = {
            "channel": "voice",
            "queue": language,
            "talk": {"law": "uniform", "low": f"{low} min", "high": f"{high} min"},
            "patience": {"law": "exponential", "mean": "2 min"},
            "patience_kept": kept,
            "next": "resolved",
            "if_abandoned": {"again": "75 %", "gave_up": "rest"},
        }
        again = {"channel": "pause", "time": "20 min", "next": "call"}
        return {"demand": [100] + [50] * 8, "start": "call", "steps": {"call": call, "again": again}}

    plan = make_plan(
        scenario(
            run={"hours": "08:00-17:00", "interval": "1 h", "days": 5, "drain": "14 h"},
            routing="random_agent",
            lines={"trunks": {"channels": ["voice"], "capacity": 40}},
            agents={
                "english_only": {"serves": "english", "staff": 7},
                "spanish_only": {"serves": "spanish", "staff": 7},
                "both": {"serves": {"english": 0, "spanish": 0}, "staff": 4},
            },
            intents={language: intent(language) for language in TALK},
        )
    )
    return [_week(plan, log) for log in logs(plan, days(1000))]


def _week(plan: Plan, log: Log) -> dict[str, float]:
    row: dict[str, float] = {}
    waits = np.where(np.isnan(log.started), log.ended, log.started) - log.began
    for language in TALK:
        calls = log.step == plan.steps.index(f"{language}.call")
        served = calls & (log.result == Result.HANDLED)
        waited = np.bincount(log.customer[calls], waits[calls], minlength=int(log.customer.max()) + 1)
        row |= {
            f"{language} arrived": float(calls.sum()),
            f"{language} retried": float((calls & (log.visit > 0)).sum()),
            f"{language} served": float(served.sum()),
            f"{language} abandoned": float((calls & (log.result == Result.ABANDONED)).sum()),
            f"{language} in target": float((waited[log.customer[served]] < MINUTE).sum()),
        }
    return row | {"retried": row["english retried"] + row["spanish retried"]}


def test_patience_that_is_kept_as_in_bilingual() -> None:
    errors = distances(BILINGUAL, bilingual(kept=True))
    assert max(map(abs, errors.values())) <= bound(len(errors)), (SEED, errors)


def test_patience_that_is_drawn_anew_is_not_bilingual() -> None:
    errors = distances(BILINGUAL, bilingual(kept=False))
    assert errors["retried"] < -3, errors  # the mean is 6 below
