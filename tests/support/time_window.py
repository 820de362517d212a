"""A simulated steady state, with events counted within a time window.

Each replication is a few hours from empty. What begins in the first hour is left out, more than ten times as long as
anything lasts that the state of these models hangs on, and so is what begins after the arrivals have stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.engine import make_plan
from sim.engine.plan import Result
from sim.experiment.replicate import simulate_once
from tests.support.confidence import assert_ratio
from tests.support.simulated_days import SEED, days, scenario

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.engine import Log, Plan
    from sim.scenario.schema import Scenario

__all__ = [
    "HOUR",
    "MINUTE",
    "Window",
    "agree",
    "answered",
    "came",
    "contact",
    "ended_as",
    "exponential",
    "queued",
    "steady",
    "waited",
    "watch",
    "within",
]

MINUTE, HOUR = 60.0, 3600.0
HOURS, WARM_UP = 6, 1

if TYPE_CHECKING:
    F8 = NDArray[np.float64]
    Of = Callable[[Log], NDArray[Any]]  # a number for each touchpoint
    Truths = dict[str, tuple[float, tuple[F8, F8]]]


def exponential(mean: float) -> dict[str, Any]:
    """Return an exponential law as a scenario has it."""
    return {"law": "exponential", "mean": mean}


def contact(talk: float, **fields: Any) -> dict[str, Any]:
    """Return a call of exponential length, by default one that resolves everything."""
    return {"channel": "voice", "queue": "calls", "talk": exponential(talk), "next": "resolved"} | fields


@dataclass(frozen=True, eq=False)
class Window:
    """Logs of many replications, between two instants."""

    plan: Plan
    logs: list[Log]
    since: float
    until: float

    def sums(self, step: str, measure: Of) -> F8:
        """Return, per replication, the sum of a measure over the touchpoints at a step that began in the window."""
        return np.array([measure(log)[self._began(log, step)].sum() for log in self.logs], dtype=np.float64)

    def share(self, step: str, measure: Of, among: Of | None = None) -> tuple[F8, F8]:
        """Return numerators and denominators: a measure at a step, among all or among some touchpoints."""
        return self.sums(step, measure), self.sums(step, among or came)

    def rate(self, step: str, measure: Of | None = None) -> tuple[F8, F8]:
        """Return the number of touchpoints at a step in the window, and its length."""
        return self.sums(step, measure or came), np.full(len(self.logs), self.until - self.since)

    def level(self, step: str, begin: Of, end: Of) -> tuple[F8, F8]:
        """Return the time that touchpoints spend between two instants, and the window's length."""
        number = self.plan.steps.index(f"it.{step}")
        area = [
            (np.clip(end(log), self.since, self.until) - np.clip(begin(log), self.since, self.until))[
                (log.step == number) & ~np.isnan(begin(log))
            ].sum()
            for log in self.logs
        ]
        return np.array(area), np.full(len(self.logs), self.until - self.since)

    def queue(self, step: str) -> tuple[F8, F8]:
        """Return the time that customers wait in the window, and its length; their ratio is the queue length."""
        return self.level(step, lambda log: log.began, lambda log: log.began + waited(log))

    def busy(self, step: str) -> tuple[F8, F8]:
        """Return the time that agents are busy in the window, and its length."""
        return self.level(step, lambda log: log.started, lambda log: np.fmax(log.freed, log.ended))

    def _began(self, log: Log, step: str) -> NDArray[np.bool_]:
        number = self.plan.steps.index(f"it.{step}")
        return (log.step == number) & (log.began >= self.since) & (log.began < self.until)


def came(log: Log) -> NDArray[Any]:
    """Return 1 for every touchpoint."""
    return np.ones(len(log))


def answered(log: Log) -> NDArray[Any]:
    """Return which touchpoints were answered."""
    return (log.group >= 0) & ~np.isnan(log.started)


def waited(log: Log) -> NDArray[Any]:
    """Return the wait of each touchpoint, answered or not."""
    return np.where(np.isnan(log.started), log.ended, log.started) - log.began


def queued(log: Log) -> NDArray[Any]:
    """Return which touchpoints had to wait."""
    turned_away = np.isin(log.result, [Result.BLOCKED, Result.BALKED])
    return ~(answered(log) & (waited(log) == 0.0)) & ~turned_away


def ended_as(result: Result) -> Of:
    """Return which touchpoints had a result."""
    return lambda log: log.result == result


def within(time: float) -> Of:
    """Return which touchpoints were answered within a time."""
    return lambda log: answered(log) & (waited(log) <= time)


def steady(
    steps: dict[str, Any], agents: dict[str, Any], *, per_hour: float, replications: int = 40, **sections: Any
) -> Window:
    """Simulate hours of a model; customers begin at its first step unless ``start`` names others."""
    start = sections.pop("start", next(iter(steps)))
    what = scenario(
        run={"hours": f"00:00-{HOURS:02}:00", "interval": HOUR, **sections.pop("run", {})},
        agents={name: {"stay_until_empty": True, **group} for name, group in agents.items()},
        intents={"it": {"demand": per_hour, "start": start, "steps": steps}},
        **sections,
    )
    return watch(what, replications, WARM_UP * HOUR, HOURS * HOUR)


def watch(what: Scenario, replications: int, since: float, until: float) -> Window:
    """Simulate a scenario, for counts between two instants."""
    plan = make_plan(what)
    logs = [simulate_once(plan, SEED, replication)[1] for replication in range(days(replications))]
    return Window(plan, logs, since, until)


def agree(truths: Truths, *, resolution: float = 0.25) -> None:
    """Fail unless each ratio agrees with its truth and has a narrow interval."""
    for name, (truth, sums) in truths.items():
        assert_ratio(truth, *sums, name=name, seed=SEED, measures=len(truths), resolution=resolution)
