"""Enumeration: the time of a refusal does not tell whether another tenant has what was asked for."""

from __future__ import annotations

import random
import statistics
import sys
import time
from contextlib import closing

import pytest

from orchestrator import open_database
from orchestrator.service.tenants import add_token
from tests.support.attacks import ATTACKS
from tests.support.confidence import ALPHA, mean_interval
from tests.support.service_process import Start

pytestmark = [pytest.mark.load, pytest.mark.attack]

BLOCKS, PAIRS = 20, 15


def test_refusals_take_as_long_for_what_others_have_as_for_what_nobody_has(start: Start, served_store: str) -> None:
    """False alarms: `ALPHA`, by the t interval of the differences of medians over blocks."""
    with closing(open_database(served_store)) as database:
        owner, spy = (f"Bearer {add_token(database, name, time.time())}" for name in ("owner", "spy"))
    client = start("--store", served_store).client()
    body = {"intent": "loan", "channel": "web"}
    theirs = [
        client.send(
            "POST", "/v1/journeys", {"customer": f"c{number}", **body}, authorization=owner, idempotency_key=str(number)
        ).json["id"]
        for number in range(100)
    ]
    rng = random.Random(1)
    nobodys = [journey[:-6] + f"{rng.randrange(16**6):06x}" for journey in theirs]
    answers = set()

    def seconds(journey: str) -> float:
        began = time.perf_counter()
        reply = client.send("GET", f"/v1/journeys/{journey}", authorization=spy)
        taken = time.perf_counter() - began
        answers.add((reply.status, reply.body.replace(journey.encode(), b"ID")))
        return taken

    differences = []
    for _ in range(BLOCKS * ATTACKS):
        times: dict[bool, list[float]] = {True: [], False: []}
        for _ in range(PAIRS):
            for real in rng.sample((True, False), 2):
                times[real].append(seconds(rng.choice(theirs if real else nobodys)))
        differences.append(statistics.median(times[True]) - statistics.median(times[False]))
    interval = mean_interval(differences, ALPHA)
    sys.stdout.write(
        f"{interval.value * 1e6:.1f} us more for what others have, {interval.half_width * 1e6:.1f} us to each side\n"
    )
    assert len(answers) == 1, "the answers are the same too"
    assert interval.low <= 0 <= interval.high
