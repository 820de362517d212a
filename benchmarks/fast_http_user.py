"""Locustfile of `benchmarks.conductor`: users who start journeys in a closed loop, and the CPU time that this takes."""

from __future__ import annotations

import json
import os
import resource
from itertools import count
from pathlib import Path
from typing import Any

from locust import FastHttpUser, events, task

_NUMBERS = count()
_CPU: list[float] = []


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


@events.test_start.add_listener
def _begin(**_: Any) -> None:
    _CPU.append(_cpu_seconds())


@events.test_stop.add_listener
def _report(environment: Any, **_: Any) -> None:
    total = environment.stats.total
    assert total.num_failures == 0
    figures = {"requests": total.num_requests, "cpu": _cpu_seconds() - _CPU[-1]}
    Path(os.environ["REPORT"]).write_text(json.dumps(figures), encoding="utf-8")


class Customer(FastHttpUser):
    """Starts one journey after the other."""

    @task
    def begin_journey(self) -> None:
        """Start a journey."""
        number = next(_NUMBERS)
        body = {"customer": f"c{number}", "intent": "card", "channel": "web", "at": "2026-03-02T09:30:00Z"}
        self.client.post("/v1/journeys", json=body, headers={"Idempotency-Key": str(number)})
