"""The models as Sojourn scenarios: the two of `models.py`, and three that only Sojourn runs."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.models import CENTRE, SINGLE_QUEUE
from sim.engine import Plan, make_plan
from sim.scenario import Scenario, read_scenario

__all__ = ["SCENARIOS", "centre", "chat", "redial", "retail_bank", "single_queue", "single_queue_data"]

SCENARIOS = Path(__file__).parent.parent / "scenarios"
HOUR = 3600


def single_queue_data(customers: int) -> dict[str, Any]:
    """Return M/M/52+M as scenario data, over enough whole days for about that many customers.

    Parameters
    ----------
    customers
        Expected.
    """
    model = SINGLE_QUEUE
    step = {
        "channel": "voice",
        "queue": "desk",
        "talk": {"law": "exponential", "mean": model.service_mean},
        "patience": {"law": "exponential", "mean": model.patience_mean},
        "next": "resolved",
    }
    return {
        "name": "M/M/52+M",
        "run": {"days": max(1, round(customers / (model.arrivals_per_second * 24 * HOUR))), "interval": 24 * HOUR},
        "agents": {"desk": {"serves": ["desk"], "staff": model.agents}},
        "intents": {
            "call": {"demand": model.arrivals_per_second * 24 * HOUR, "start": "desk", "steps": {"desk": step}},
        },
    }


@cache
def single_queue(customers: int) -> Plan:
    """Return the plan of `single_queue_data`."""
    return _plan(single_queue_data(customers))


@cache
def centre() -> Plan:
    """Return a day of 3 types x 4 groups."""
    intents = {
        customer_type.name: {
            "demand": list(customer_type.volume),
            "start": "desk",
            "steps": {
                "desk": {
                    "channel": "voice",
                    "queue": customer_type.name,
                    "talk": {"law": "lognormal", "mean": customer_type.service_mean, "cv": customer_type.service_cv},
                    "patience": {"law": "exponential", "mean": customer_type.patience_mean},
                    "next": "resolved",
                }
            },
        }
        for customer_type in CENTRE.types
    }
    agents = {
        group.name: {"serves": list(group.types), "staff": list(group.staff), "stay_until_empty": True}
        for group in CENTRE.groups
    }
    data = {
        "name": "3 types x 4 groups",
        "run": {"hours": "08:00-20:00", "interval": CENTRE.interval},
        "queues": {customer_type.name: {"agents": list(customer_type.groups)} for customer_type in CENTRE.types},
        "agents": agents,
        "intents": intents,
    }
    return _plan(data)


@cache
def retail_bank() -> Plan:
    """Return the shipped bank's weekday, with all its channels."""
    return make_plan(read_scenario(SCENARIOS / "retail_bank"))


@cache
def chat(days: int) -> Plan:
    """Return days of 10 chats a minute for 38 agents, who handle up to three at once, with slowdown."""
    step = {
        "channel": "chat",
        "queue": "chats",
        "talk": {"law": "lognormal", "mean": "8 min", "cv": 0.8},
        "patience": {"law": "exponential", "mean": "4 min"},
        "next": "resolved",
    }
    agents = {"serves": ["chats"], "staff": 38, "at_once": 3, "slower": [1, 1.15, 1.35]}
    return _plan(_steady("chat", days, agents, {"chat": step}, start="chat"))


@cache
def redial(days: int) -> Plan:
    """Return days of 10 calls a minute for 46 agents: too few, so many give up, and most of them redial."""
    step = {
        "channel": "voice",
        "queue": "calls",
        "talk": {"law": "exponential", "mean": "5 min"},
        "patience": {"law": "exponential", "mean": "3 min"},
        "next": "resolved",
        "if_abandoned": {"again": "70 %", "gave_up": "rest"},
    }
    again = {"channel": "pause", "time": {"law": "exponential", "mean": "10 min"}, "next": "call"}
    agents = {"serves": ["calls"], "staff": 46}
    return _plan(_steady("redial", days, agents, {"call": step, "again": again}, start="call"))


def _steady(name: str, days: int, agents: dict[str, Any], steps: dict[str, Any], *, start: str) -> dict[str, Any]:
    return {
        "name": name,
        "run": {"days": days, "interval": HOUR},
        "agents": {"desk": agents},
        "intents": {"ask": {"demand": 600, "start": start, "steps": steps}},
    }


def _plan(data: dict[str, Any]) -> Plan:
    return make_plan(Scenario.model_validate(data))
