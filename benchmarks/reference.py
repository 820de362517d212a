"""The models as Sojourn scenarios, run by its SimPy engine, with the full log and the work asserted."""

from __future__ import annotations

from time import perf_counter

import numpy as np

from benchmarks.models import CENTRE, SINGLE_QUEUE
from benchmarks.naive import NaiveRun
from sim.engine import Plan, make_plan
from sim.engine.reference import run
from sim.population import draw_population
from sim.scenario import Scenario
from sim.theory import erlang_a

__all__ = ["centre_plan", "run_centre", "run_single_queue", "single_queue_plan"]

HOUR = 3600


def single_queue_plan(customers: int) -> Plan:
    """Return M/M/52+M over as many whole days as bring about so many customers.

    Parameters
    ----------
    customers
        Expected.
    """
    model = SINGLE_QUEUE
    days = round(customers / (model.arrivals_per_second * 24 * HOUR))
    step = {
        "channel": "voice",
        "queue": "desk",
        "talk": {"law": "exponential", "mean": model.service_mean},
        "patience": {"law": "exponential", "mean": model.patience_mean},
        "next": "resolved",
    }
    data = {
        "name": "M/M/52+M",
        "run": {"days": days, "interval": HOUR},
        "agents": {"desk": {"serves": ["desk"], "staff": model.agents}},
        "intents": {
            "call": {"demand": model.arrivals_per_second * HOUR, "start": "desk", "steps": {"desk": step}},
        },
    }
    return make_plan(Scenario.model_validate(data))


def centre_plan() -> Plan:
    """Return a day of 3 types x 4 groups."""
    intents = {
        kind.name: {
            "demand": list(kind.volume),
            "start": "desk",
            "steps": {
                "desk": {
                    "channel": "voice",
                    "queue": kind.name,
                    "talk": {"law": "lognormal", "mean": kind.service_mean, "cv": kind.service_cv},
                    "patience": {"law": "exponential", "mean": kind.patience_mean},
                    "next": "resolved",
                }
            },
        }
        for kind in CENTRE.types
    }
    data = {
        "name": "3 types x 4 groups",
        "run": {"hours": "08:00-20:00", "interval": CENTRE.interval},
        "queues": {kind.name: {"agents": list(kind.groups)} for kind in CENTRE.types},
        "agents": {
            group.name: {"serves": list(group.types), "staff": list(group.staff), "stay_until_empty": True}
            for group in CENTRE.groups
        },
        "intents": intents,
    }
    return make_plan(Scenario.model_validate(data))


def run_single_queue(customers: int = 200_000, seed: int = 1) -> NaiveRun:
    """Simulate M/M/52+M, and compare it with Erlang A.

    Parameters
    ----------
    customers
        Expected.
    seed
        Of the customers.

    Returns
    -------
    NaiveRun
        What was done; the customers' draws and the log are within the time.
    """
    plan = single_queue_plan(customers)
    began = perf_counter()
    population = draw_population(plan.demand(), seed, 0)
    log = run(plan, population)
    seconds = perf_counter() - began
    waited = (log.agent < 0) | (log.started > log.began)
    abandoned = log.agent < 0
    truth = erlang_a(
        arrival_rate=SINGLE_QUEUE.arrivals_per_second,
        service_mean=SINGLE_QUEUE.service_mean,
        patience_mean=SINGLE_QUEUE.patience_mean,
        servers=SINGLE_QUEUE.agents,
    )
    for name, flags, exact in (("P(wait)", waited, truth.p_wait), ("P(abandon)", abandoned, truth.p_abandon)):
        batches = np.array([part.mean() for part in np.array_split(flags[2000:], 30)])
        error = batches.std(ddof=1) / np.sqrt(len(batches))
        assert abs(batches.mean() - exact) <= 4 * error, f"{name} is {batches.mean():.5f}; Erlang A says {exact:.5f}"
    assert len(log) == len(population)
    return NaiveRun(len(log), seconds, {"p_wait": float(waited.mean()), "p_abandon": float(abandoned.mean())})


def run_centre(days: int = 2, seed: int = 1) -> NaiveRun:
    """Simulate days of 3 types x 4 groups, each from empty.

    Parameters
    ----------
    days
        How many; one replication each.
    seed
        Of the customers.

    Returns
    -------
    NaiveRun
        What was done; the customers' draws and the log are within the time.
    """
    plan = centre_plan()
    began = perf_counter()
    populations = [draw_population(plan.demand(), seed, day) for day in range(days)]
    logs = [run(plan, population) for population in populations]
    seconds = perf_counter() - began
    customers = sum(map(len, populations))
    abandoned = np.concatenate([log.agent < 0 for log in logs])
    waited = np.concatenate([(log.agent < 0) | (log.started > log.began) for log in logs])
    assert sum(map(len, logs)) == customers
    assert all(np.isfinite(log.ended).all() for log in logs)
    assert abs(customers - days * CENTRE.volume) <= 6 * np.sqrt(days * CENTRE.volume)
    return NaiveRun(customers, seconds, {"p_wait": float(waited.mean()), "p_abandon": float(abandoned.mean())})
