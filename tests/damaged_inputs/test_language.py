"""Damaged scenarios of the whole language: values, keys and lists are changed, so that most get past the parser."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from sim.scenario import reader
from sim.scenario.document import Document
from tests.support.command_line import Finished
from tests.support.damage import damaged_json, leaves
from tests.support.damaged_inputs import command_here, is_refusal, simulates, try_inputs

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200, method="thread")]

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
            "hours": [0, 60], "closing": "clear", "capacity": 5, "longest_wait": 9, "weight": 2, "ring": 1,
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
                    "if_timed_out": ROUTES,
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

NEWEST: dict[str, Any] = {
    "name": "newest",
    "run": {
        "hours": ["08:00", "09:00"], "interval": "30 min", "drain": 1800, "days": 2, "start": "2025-03-29",
        "time_zone": "Europe/Berlin", "start_with": {"works.works": 3, "sell.list": 2},
    },
    "holidays": {"2025-03-30": "Sunday"},
    "full_time_hours": {"week": 35},
    "now": {
        "waiting": {
            "calls": [
                {"since": "07:52", "intent": "ask"},
                {"waited": 120, "intent": "ask", "segment": "new", "customers": 2},
            ],
            "shop": ["07:50", "07:55"],
        },
        "busy": {
            "desk": [
                {"since": "07:55"}, {"until": "08:04", "doing": "wrap_up", "queue": "calls"},
                {"busy_for": {"law": "uniform", "low": 1, "high": 60}, "intent": "ask", "agents": 1},
            ],
            "crew": [{"doing": "break", "until": "08:20"}],
        },
    },
    "demand": {
        "per": "1 h", "forecast_error": {"mape": {"ask": "20 %", "sell": 0.1}, "bias": "+3 %", "per": "run"},
        "intervals": {"cv": {"ask": 0.2}}, "days": {"sat": "60 %", "holiday": "x0.3"},
    },
    "segments": {"old": {"share": "50 %", "title": "Old"}, "new": {"share": "50 %"}},
    "queues": {
        "calls": {"hours": {"sat": ["08:00", "09:00"], "else": "closed"}, "closing": "serve"},
        "shop": {"hours": "24/7", "agents": [{"group": "crew"}, {"group": "desk", "after": 5}]},
    },
    "agents": {
        "desk": {"serves": {"calls": 0, "shop": 1}, "staff": {"sat": [4, 3], "holiday": 2, "else": 1}, "cost": 20},
        "crew": {"serves": "shop", "shifts": [{"agents": 2, "hours": ["08:00", "09:00"], "days": ["sat", "holiday"]}]},
    },
    "intents": {
        "ask": {
            "rate": {"08:00": 5, "08:20": 20, "09:00": 0}, "hours": ["08:05", "08:55"],
            "start": [{"when": {"segment": "new", "time": ["08:10", "08:40"]}, "to": "s0"}, {"to": {"s0": "rest"}}],
            "steps": {
                "s0": {
                    "channel": "voice", "queue": "calls",
                    "talk": {"law": "minimum", "of": [{"law": "exponential", "mean": 90}, "2 min"], "shift": 1},
                    "patience": {"law": "minimum", "of": [{"law": "gamma", "mean": 90, "cv": 2, "never": "5 %"}, 600]},
                    "wrap_up": {"08:00-08:30": {"law": "fixed", "value": 5}, "else": 9}, "hold": 3,
                    "next": {"resolved": {"08:00-08:30": "70 %", "else": "80 %"}, "s0": "5 %", "unresolved": "rest"},
                    "if_abandoned": [
                        {"when": {"time": "08:00-08:30", "waited": ["> 30 s", "<= 5 min"]}, "to": "later"},
                        {"to": "gave_up"},
                    ],
                },
                "later": {"channel": "pause", "time": 60, "next": "s0"},
            },
        },
        "works": {
            "endless": True, "start": "works",
            "steps": {
                "works": {"channel": "pause", "time": {"law": "exponential", "mean": 600}, "next": "fix"},
                "fix": {"channel": "back_office", "queue": "shop", "talk": 60, "next": "resolved"},
            },
        },
        "sell": {
            "demand": {"sat": [3], "else": 2}, "growth": "120 %",
            "arrivals": {"renewal": {"law": "gamma", "mean": 60, "cv": 0.5}},
            "start": "list",
            "steps": {
                "list": {
                    "channel": "outbound", "time": 20, "reach": {"08:00-08:30": "40 %", "else": "50 %"}, "next": "s1",
                    "dialer": {
                        "group": "desk", "hours": {"sat": ["08:10", "08:50"], "else": "closed"}, "dials": "when_freed",
                        "min_idle": 1, "idle_in": ["desk", "crew"], "per_idle": 1.5, "extra": 1,
                    },
                },
                "s1": {
                    "channel": "voice", "queue": "calls", "talk": 30, "patience": 5, "patience_kept": True,
                    "next": "resolved",
                },
            },
        },
    },
    "kpi_families": ["waiting", "dialing", "losses"],
    "objectives": {"simulation": [{"kpi": "service_level", "at_least": 0.1}]},
}  # fmt: skip

PARTS = [
    *leaves(WHOLE),
    *leaves(NEWEST),
    *[None, True, False, 0, -1, 1.5, 1e308, 10**40, "", " ", "nonsense", "-3 s", "150 %", "1e999", "x-1", "rest"],
    *["> ", [], {}, [[]], [None], {"": 0}, {"law": "fixed"}, {"law": []}, {"when": {}}, [{}], "ask.s0", "a.b.c"],
]  # fmt: skip


def _validated(command: Callable[..., Finished], folder: Path, data: Any) -> Finished:
    (folder / "whole.yaml").write_text(json.dumps(data), encoding="utf-8")
    return command("validate", "whole.yaml", cwd=folder)


def _read_json(file: Path) -> Document:
    """Read a scenario without the YAML parser, which takes most of the time and is tried elsewhere."""
    return Document(file, json.loads(file.read_text(encoding="utf-8")), {})


@pytest.mark.parametrize(("name", "scenario"), [("language", WHOLE), ("newest", NEWEST)])
def test_damage_gives_sentences(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, scenario: dict[str, Any]
) -> None:
    monkeypatch.setattr(reader, "read_yaml", _read_json)
    with command_here(monkeypatch) as command:
        done = _validated(command, tmp_path, scenario)
        assert (done.code, done.err) == (0, "")
        assert simulates(command, tmp_path / "whole.yaml", done)

        def attempt(random: Random) -> int:
            done = _validated(command, tmp_path, damaged_json(random, scenario, PARTS))
            assert simulates(command, tmp_path / "whole.yaml", done) if done.code == 0 else is_refusal(done), done
            return done.code

        try_inputs(name, attempt)
