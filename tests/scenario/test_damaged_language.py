"""Damaged scenarios that use the whole language are planned or refused with sentences.

``SOJOURN_FUZZ=10000`` tries more than a default run does. Values, keys and lists are changed in what is read from a
file, so that most of the damage gets past the parser, which has a test of its own.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.core.errors import InvalidInput
from sim.engine import make_plan
from sim.scenario import read_scenario

pytestmark = pytest.mark.slow

TRIES = int(os.environ.get("SOJOURN_FUZZ", "100"))
fuzz = settings(deadline=None, max_examples=max(1, TRIES), suppress_health_check=[HealthCheck.too_slow])
ROUTES = [{"when": {"segment": "new", "attempt": ">= 2"}, "to": {"s0": "20 %", "resolved": "rest"}}, {"to": "gave_up"}]
WHOLE: dict[str, Any] = {
    "name": "everything",
    "run": {"hours": [0, 60], "interval": 10, "drain": 60, "days": 1, "warm_up": 10, "start_with": {"ask.s0": 2}},
    "demand": {
        "volume": 1.5, "days": ["x2", 1], "busyness": {"cv": "20 %"}, "intervals": {"cv": 0.1, "correlation": "50 %"},
        "events": [{"hours": [0, 30], "days": [1], "intents": ["ask"], "times": "x2", "add": 1}],
    },
    "routing": "weighted_wait",
    "segments": {"old": {"share": "50 %", "patience": 2}, "new": {"share": "50 %"}},
    "queues": {
        "calls": {
            "hours": [0, 60], "closing": "clear", "capacity": 5, "weight": 2, "ring": 1,
            "balk": [{"waiting": 2, "wait": 5, "probability": "20 %"}], "announce": [{"wait": 5, "times": 0.5}],
            "callback": {"wait": 3, "accept": "50 %", "reach": "90 %"},
            "agents": [{"group": "desk"}, {"group": "back", "after": 5, "idle": 1, "waiting": 2}],
        },
    },
    "lines": {"trunk": {"channels": ["voice", "ivr"], "capacity": 3}},
    "agents": {
        "desk": {
            "serves": {"calls": {"rank": 0, "aht": 1.1, "takes": 2, "interrupts": True}, "mails": 1},
            "shifts": [{"agents": 2, "hours": [0, 60], "off": [{"kind": "lunch", "hours": [20, 30]}], "days": [1]}],
            "absence": "10 %", "lateness": {"law": "exponential", "mean": 2}, "at_once": 2, "slower": [1, 1.5],
            "assign": "fill_up", "speed_cv": "10 %", "breaks": {"probability": "10 %", "time": 5},
            "fatigue": {"above": "80 %", "times": 1.2, "over": 30},
        },
        "back": {"serves": ["calls", "mails"], "staff": [1, 1, 2, 2, 1, 0], "shrinkage": "20 %"},
    },
    "intents": {
        "ask": {
            "demand": 5, "growth": "x1.5", "arrivals": {"bursts": {"states": [{"rate": 0, "mean": 5}] * 2}},
            "start": {"menu": "50 %", "s0": "rest"},
            "steps": {
                "menu": {"channel": "ivr", "time": {"law": "gamma", "mean": 5, "cv": 0.5}, "next": ROUTES},
                "s0": {
                    "channel": "voice", "queue": "calls", "talk": {"law": "lognormal", "mean": 9, "sd": 5},
                    "patience": {"law": "weibull", "shape": 1.5, "mean": 20, "zero": "5 %", "never": "5 %"},
                    "impatience": [{"when": {"waited": "> 5 s", "effort": ["> 1", "<= 5"]}, "times": 0.5}],
                    "disconnect": "5 %", "transfer": {"expert": "warm", "buy.s1": "conference"}, "handover": 2,
                    "hold": 1, "wrap_up": 2, "next": {"expert": "30 %", "buy.s1": "30 %", "away": "rest"},
                    "if_abandoned": ROUTES, "if_balked": "away", "if_blocked": ROUTES, "if_failed": "s0",
                },
                "expert": {"channel": "email", "queue": "mails", "talk": 9, "next": [
                    {"when": {"came_from": ["voice", "ivr"], "context": "lost"}, "to": "s0"}, {"to": "resolved"}]},
                "away": {"channel": "pause", "time": 20, "resume_at": "00:01", "next": "s0",
                         "notify": {"after": 5, "reach": "50 %", "to": {"s0": "50 %", "resolved": "rest"}}},
            },
        },
        "buy": {
            "arrivals": {"replay": {"times": [1, 2, 3], "segments": ["old", "new", "old"]}},
            "start": "list",
            "steps": {
                "list": {"channel": "outbound", "time": 5, "reach": "50 %", "next": "s1", "if_failed": "unresolved",
                         "dialer": {"group": "desk", "keep_idle": 1, "per_idle": 1.5}},
                "s1": {"channel": "chat", "queue": "calls", "talk": 5, "next": "resolved"},
            },
        },
    },
    "orchestration": {"context": "lost", "repeat": 3, "latency": {"law": "fixed", "value": 1}, "error_rate": "1 %"},
    "feelings": {"start": 0.5}, "effort": {"per_minute_waited": 0.2},
}  # fmt: skip


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Go through all places in nested dicts and lists: what holds them, and the key or number."""
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from places(value[key])


def leaves(value: Any) -> list[Any]:
    """Return every value of the scenario, and every key."""
    pairs = [(holder[key], key) for holder, key in places(value)]
    return [part for pair in pairs for part in pair]


PARTS = [
    *leaves(WHOLE),
    *[None, True, False, 0, -1, 1.5, 1e308, 10**40, "", " ", "nonsense", "-3 s", "150 %", "1e999", "x-1", "rest"],
    *["> ", [], {}, [[]], [None], {"": 0}, {"law": "fixed"}, {"law": []}, {"when": {}}, [{}], "ask.s0", "a.b.c"],
]  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn) -> Any:
    """Return the whole scenario with parts dropped, moved, renamed, or put in the place of others."""
    data = json.loads(json.dumps(WHOLE))
    for _ in range(draw(st.integers(1, 3))):
        spots = list(places(data))
        if not spots:
            break
        holder, key = spots[draw(st.integers(0, len(spots) - 1))]
        part = json.loads(json.dumps(PARTS[draw(st.integers(0, len(PARTS) - 1))]))
        how = draw(st.sampled_from(["replace", "replace", "drop", "rename", "double"]))
        if how == "replace":
            holder[key] = part
        elif how == "drop":
            del holder[key]
        elif isinstance(holder, list):
            holder.insert(key, holder[key] if how == "double" else part)
        else:
            holder[str(part) if how == "rename" else f"{key}_"] = holder.pop(key) if how == "rename" else holder[key]
    return data


@pytest.fixture(scope="module")
def file() -> Iterator[Path]:
    """Return a file that is damaged over and over."""
    with TemporaryDirectory() as folder:
        yield Path(folder) / "whole.yaml"


def refusal(file: Path, data: Any) -> list[str]:
    """Load and plan; return the sentences with which that is refused."""
    file.write_text(json.dumps(data), encoding="utf-8")
    try:
        make_plan(read_scenario(file))
    except InvalidInput as error:
        return [str(problem) for problem in error.problems] or [""]
    return []


def test_the_whole_is_valid_before_it_is_damaged(file: Path) -> None:
    assert refusal(file, WHOLE) == []


@pytest.mark.timeout(7200)  # 10,000 files and more, where SOJOURN_FUZZ asks for them
def test_damage_gives_sentences(file: Path) -> None:
    @fuzz
    @given(damaged())
    def never_a_traceback(data: Any) -> None:
        assert all(0 < len(sentence) < 2000 for sentence in refusal(file, data))

    never_a_traceback()
