"""A simulated steady state, with contacts and agents counted straight from the log.

Each replication begins empty, so what comes before the warm-up is left out, and so is the last hour, whose contacts are
served after the arrivals have stopped. Models say minutes and rates per minute, as `sim.theory` is asked here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sim.engine import make_plan
from sim.engine.plan import Result
from sim.experiment.replicate import simulate_once
from tests.support.confidence import assert_ratio
from tests.support.simulated_days import SEED, days, scenario

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.engine import Log, Plan
    from sim.theory.models import Contacts

__all__ = [
    "HOUR",
    "MINUTE",
    "Steady",
    "Sums",
    "Truths",
    "agrees",
    "between",
    "comes",
    "contact",
    "exponential",
    "steady",
]

MINUTE, HOUR = 60.0, 3600.0
WARM_UP = 2 * HOUR
_RARE = 0.005  # nothing is learnt from what hardly ever happens

Sums = tuple["NDArray[np.float64]", "NDArray[np.float64]"]  # numerator and denominator of each replication
Truths = Mapping[str, tuple[float, Sums]]


class ContactArrays(NamedTuple):
    """Contacts of a queue in one replication; times in minutes."""

    waited: NDArray[np.float64]
    stayed: NDArray[np.float64]  # from coming to leaving
    served: NDArray[np.float64]  # time with an agent, 0 for nobody
    group: NDArray[np.int32]
    delayed: NDArray[np.bool_]  # joined the queue
    answered: NDArray[np.bool_]
    abandoned: NDArray[np.bool_]
    blocked: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Steady:
    """Logs of independent replications, between two instants."""

    plan: Plan
    logs: list[Log]
    begin: float
    until: float

    def sums(
        self, queue: str, top: Callable[[ContactArrays], Any], below: Callable[[ContactArrays], Any] | None = None
    ) -> Sums:
        """Return sums over the contacts of a queue; the denominator is their number unless `below` is given."""
        parts = [self._contacts(log, self.plan.queues.index(queue)) for log in self.logs]
        num = [float(np.sum(top(part))) for part in parts]
        den = [float(np.sum(below(part))) if below else len(part.waited) for part in parts]
        return np.array(num), np.array(den, dtype=np.float64)

    def per_minute(self, group: str, *, talking: bool = False) -> Sums:
        """Return the agent-minutes spent on contacts, with after-call work unless `talking`, and the minutes."""
        sums = [
            self._held(log, self.plan.groups.index(group), log.ended if talking else log.freed) for log in self.logs
        ]
        return np.array(sums), np.full(len(sums), self.until - self.begin)

    def same(self, queue: str, truth: Contacts) -> Truths:
        """Return a model's values for a queue's contacts beside the simulated sums."""
        measures = {
            "p_wait": (truth.p_wait, self.sums(queue, lambda rows: rows.delayed)),
            "p_abandon": (truth.p_abandon, self.sums(queue, lambda rows: rows.abandoned)),
            "p_block": (truth.p_block, self.sums(queue, lambda rows: rows.blocked)),
            "mean_wait": (
                truth.mean_wait,
                self.sums(queue, lambda contacts: contacts.waited, lambda contacts: ~contacts.blocked),
            ),
        }
        return {f"{queue} {name}": measure for name, measure in measures.items() if measure[0] > _RARE}

    def _contacts(self, log: Log, queue: int) -> ContactArrays:
        rows = (self.plan.step_queue[log.step] == queue) & (self.begin <= log.began) & (log.began < self.until)
        began, started, ended, result = log.began[rows], log.started[rows], log.ended[rows], log.result[rows]
        answered, blocked = ~np.isnan(started), result == Result.BLOCKED
        waited = np.where(answered, started, ended) - began
        return ContactArrays(
            waited=waited / MINUTE,
            stayed=(ended - began) / MINUTE,
            served=np.where(answered, ended - started, 0.0) / MINUTE,
            group=log.group[rows],
            delayed=~blocked & ~(answered & (waited == 0)),
            answered=answered,
            abandoned=result == Result.ABANDONED,
            blocked=blocked,
        )

    def _held(self, log: Log, group: int, ended: NDArray[np.float64]) -> float:
        mine = (log.group == group) & ~np.isnan(ended)
        begin, until = (np.clip(instants[mine], self.begin, self.until) for instants in (log.started, ended))
        return float((until - begin).sum())


def steady(*, agents: dict[str, Any], replications: int = 40, hours: int = 16, **sections: Any) -> Steady:
    """Simulate mornings from midnight on; agents stay until all are served, and the last hour is left out."""
    staff = {name: {"stay_until_empty": True, **group} for name, group in agents.items()}
    run = {"hours": f"00:00-{hours:02}:00", "interval": HOUR}
    return between(WARM_UP, (hours - 1) * HOUR, replications=replications, run=run, agents=staff, **sections)


def between(begin: float, until: float, *, replications: int, **sections: Any) -> Steady:
    """Simulate with the reference engine, for counts between two instants."""
    plan = make_plan(scenario(**sections))
    logs = [simulate_once(plan, SEED, replication)[1] for replication in range(days(replications))]
    return Steady(plan, logs, begin, until)


def agrees(truths: Truths, *, resolution: float, unlike: Iterable[Mapping[str, float]] = ()) -> None:
    """Fail unless each interval contains its exact value and is narrow enough.

    ``unlike`` are the values that mistakes would have: of each mistake, at least one must lie outside its interval.
    """
    options = {"seed": SEED, "measures": len(truths), "resolution": resolution}
    intervals = {name: assert_ratio(exact, *sums, name=name, **options) for name, (exact, sums) in truths.items()}
    for mistake in unlike:
        assert not all(intervals[name].contains(value) for name, value in mistake.items()), (
            f"{mistake} would fit as well"
        )


def exponential(minutes: float) -> dict[str, Any]:
    """Return an exponential law."""
    return {"law": "exponential", "mean": minutes * MINUTE}


def contact(queue: str, talk: float | dict[str, Any], patience: float | None = None, **more: Any) -> dict[str, Any]:
    """Return a step with a queue; numbers are means of exponential laws."""
    waits = {} if patience is None else {"patience": exponential(patience)}
    law = talk if isinstance(talk, dict) else exponential(talk)
    return {"channel": "voice", "queue": queue, "talk": law, "next": "resolved", **waits, **more}


def comes(rate: float, step: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return an intent of one step, whose contacts arrive at a rate."""
    return {"demand": rate * 60, "start": "call", "steps": {"call": step}, **more}
