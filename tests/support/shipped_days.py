"""Days of the shipped scenarios, with and without changes, read off the log."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.engine import Log, Plan, make_plan
from sim.engine.plan import Outcome, Result
from sim.experiment.replicate import simulate_once
from sim.scenario import read_scenario

__all__ = ["SCENARIOS", "Days", "days"]

SCENARIOS = Path(__file__).parents[2] / "scenarios"


@dataclass(frozen=True, eq=False)
class Days:
    """Replications of one scenario, starting at its own seed."""

    plan: Plan
    logs: tuple[Log, ...]

    def contacts(self, queue: str | None = None, result: Result | None = None) -> float:
        """Return the mean number of contacts with a result, of a queue or of all."""
        return self._mean([self._at(log, queue, result).sum() for log in self.logs])

    def visits(self, step: str) -> float:
        """Return the mean number of visits to a step."""
        at = self.plan.steps.index(step)
        return self._mean([(log.step == at).sum() for log in self.logs])

    def ended(self, outcome: Outcome) -> float:
        """Return the mean number of customers whose journey ended with an outcome."""
        return self._mean([(log.next == -1 - outcome).sum() for log in self.logs])

    def answered_within(self, queue: str, seconds: float) -> float:
        """Return the share of the answered contacts that waited at most so long."""
        return float(np.mean(self._waits(queue) <= seconds))

    def mean_wait(self, queue: str) -> float:
        """Return the mean wait of the answered contacts."""
        return float(np.mean(self._waits(queue)))

    def mean_talk(self, queue: str) -> float:
        """Return the mean time of service."""
        served = [(log.ended - log.started)[self._at(log, queue, Result.HANDLED)] for log in self.logs]
        return float(np.mean(np.concatenate(served)))

    def lying(self, queue: str, instant: float) -> float:
        """Return the mean number of contacts that wait at an instant."""
        return self._mean([
            (self._at(log, queue) & (log.began <= instant) & ~(log.started <= instant)).sum() for log in self.logs
        ])  # fmt: skip

    def _waits(self, queue: str) -> NDArray[np.float64]:
        waits = [(log.started - log.began)[self._at(log, queue, Result.HANDLED)] for log in self.logs]
        return np.concatenate(waits)

    def _at(self, log: Log, queue: str | None, result: Result | None = None) -> NDArray[np.bool_]:
        queues = self.plan.step_queue[log.step]
        there = queues >= 0 if queue is None else queues == self.plan.queues.index(queue)
        return there if result is None else there & (log.result == result)

    @staticmethod
    def _mean(values: list[np.int_]) -> float:
        return float(np.mean(values))


@cache
def days(name: str, *changes: str, replications: int = 1) -> Days:
    """Simulate a shipped scenario with changes, as `sojourn whatif --set` takes them."""
    scenario = read_scenario(SCENARIOS / name, changes)
    plan = make_plan(scenario)
    logs = [simulate_once(plan, scenario.run.seed, replication)[1] for replication in range(replications)]
    return Days(plan, tuple(logs))
