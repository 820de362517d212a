"""Random scenarios of two minutes."""

from __future__ import annotations

from hypothesis import strategies as st

from sim.scenario import Scenario
from sim.scenario.resources import Break

SHARE = st.sampled_from([0.0, 0.3, 1.0])
SECONDS = st.integers(0, 8)
ROUNDING = ["half_up", "spread"]
LEAVE = {"channel": "web", "time": "4 s", "next": "resolved"}
LEADS = st.sampled_from(
    ["resolved", "unresolved", {"call": 0.4, "gave_up": "rest"}, {"churn.leave": 0.5, "write": 0.5}]
)


@st.composite
def short_days(draw: st.DrawFn) -> Scenario:
    """Draw a scenario of two minutes in which a contact can have every result."""
    call = {
        "channel": "voice",
        "queue": "calls",
        "talk": {"law": "exponential", "mean": draw(st.integers(1, 9))},
        "wrap_up": draw(SECONDS),
        "patience": draw(st.none() | SECONDS),
        "disconnect": draw(SHARE),
        "next": {"resolved": 0.5, "chat": 0.3, "away": "rest"},
        "transfer": {"chat": draw(st.sampled_from(["warm", "conference"]))} if draw(st.booleans()) else {},
        **{
            name: draw(LEADS)
            for name in ("if_abandoned", "if_blocked", "if_balked", "if_failed", "if_closed", "if_timed_out")
        },
    }
    steps = {
        "call": call,
        "chat": call | {"channel": "chat", "queue": "chats", "next": "resolved", "transfer": {}},
        "write": {"channel": "email", "queue": "mails", "talk": draw(SECONDS), "next": "resolved"},
        "away": {
            "channel": "pause",
            "time": "15 s",
            "next": "call",
            "notify": {"after": draw(SECONDS), "reach": draw(SHARE), "to": "write"},
        },
    }
    callback = {"wait": draw(SECONDS), "accept": draw(SHARE), "reach": draw(SHARE)}
    calls = {
        "hours": [0, draw(st.integers(60, 200))],
        "closing": draw(st.sampled_from(["serve", "clear"])),
        "short_abandon": draw(st.integers(0, 3)),
        "capacity": draw(st.none() | st.integers(0, 4)),
        "longest_wait": draw(st.none() | st.integers(0, 9)),
        "ring": draw(st.integers(0, 2)),
        "balk": draw(SHARE),
        "callback": draw(st.none() | st.just(callback)),
        "service_level": {"within": 3, "target": 0.8},
    }
    desk = {"serves": ["calls", "chats", "mails"], "at_once": draw(st.integers(1, 2)), "cost": 36}
    off = [{"kind": draw(st.sampled_from(["break", "lunch"])), "hours": [40, 55]}] if draw(st.booleans()) else []
    shifts = [{"agents": 2, "hours": [0, 70], "off": off}, {"agents": 1, "hours": [30, 100]}]
    staff = {
        "staff": draw(st.lists(st.integers(0, 3), min_size=12, max_size=12)),
        "shrinkage": draw(st.sampled_from([0.0, 0.3])),
    }
    desk |= {"overtime_factor": draw(st.sampled_from([0, 1, 1.5])), "rounding": draw(st.sampled_from(ROUNDING))}
    desk["paid"] = {reason: draw(st.booleans()) for reason in ("shrinkage", "absence", "lateness")}
    desk |= {"shifts": shifts, "absence": draw(SHARE), "lateness": "5 s"} if draw(st.booleans()) else staff
    return Scenario.model_validate({
        "name": "anything",
        "run": {"hours": [0, 120], "interval": 10, "drain": draw(st.sampled_from([0, 60]))},
        "queues": {"calls": calls, "chats": calls | {"capacity": 2}},
        "lines": {"trunk": {"channels": ["voice"], "capacity": draw(st.integers(1, 4))}},
        "agents": {"desk": desk},
        "orchestration": {"context": draw(st.sampled_from(["kept", "lost"])), "repeat": "2 s"},
        "intents": {
            "it": {"demand": draw(st.integers(1, 5)), "start": {"call": 0.7, "write": 0.3}, "steps": steps},
            "churn": {"start": "leave", "demand": 0, "steps": {"leave": LEAVE}},
            "survey": {"start": "list", "demand": draw(st.integers(0, 1)), "steps": {"list": {
                "channel": "outbound", "time": draw(SECONDS), "reach": draw(SHARE), "dialer": {"group": "desk"},
                "next": "it.call"}}},
        },
    })  # fmt: skip


def resting(scenario: Scenario) -> Scenario:
    """Return a scenario whose agents take a break of seven seconds after three of five contacts."""
    breaks = Break.model_validate({"probability": "60 %", "time": "7 s"})
    agents = {name: group.model_copy(update={"breaks": breaks}) for name, group in scenario.agents.items()}
    return scenario.model_copy(update={"agents": agents})
