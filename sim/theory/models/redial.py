"""Redialling: those who gave up, or found the lines engaged, may call again.

Each does so with a stated probability, every time, after an exponential delay; those who mean to are said to be in
orbit [1]_. The queue is M/M/s with room and exponential patience; the state is the number of callers in it and in
orbit.

>>> queue = redial(arrival_rate=1, service_mean=1, servers=2, capacity=2, delay_mean=5, p_blocked=0.8)
>>> round(queue.attempts.arrival_rate, 6), round(queue.p_served, 6)  # attempts per unit of time; of callers
(1.287105, 0.928224)

References
----------
.. [1] J. R. Artalejo and G. Falin, "Standard and retrial queueing systems: a comparative analysis", Revista Matemática
   Complutense 15(1), 101-129, 2002.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from math import inf
from operator import itemgetter

from sim.theory.chain import Chain, Transition, explore
from sim.theory.measures import require_positive, require_servers
from sim.theory.models.contacts import ABANDON, AT_ONCE, BLOCK, WAIT, Contacts, contacts_of, grown, require_patience

__all__ = ["Redialled", "redial"]

State = tuple[int, int]  # present, in orbit

_ALL = "all"


@dataclass(frozen=True, kw_only=True)
class Redialled:
    """The steady state of a queue whose callers call again."""

    attempts: Contacts  # every call, the first and the later ones
    first_rate: float  # first calls per unit of time
    orbit: float  # time average of callers who mean to call again
    occupancy: float

    @property
    def p_served(self) -> float:
        """Return the fraction of callers who are answered in the end."""
        return self.attempts.answered_rate / self.first_rate

    @property
    def attempts_per_caller(self) -> float:
        """Return the mean number of calls of a caller."""
        return self.attempts.arrival_rate / self.first_rate


def redial(
    *,
    arrival_rate: float,
    service_mean: float,
    servers: int,
    delay_mean: float,
    patience_mean: float = inf,
    capacity: int | None = None,
    p_abandoned: float = 0.0,
    p_blocked: float = 0.0,
) -> Redialled:
    """Return the steady state of a queue whose callers call again.

    Parameters
    ----------
    arrival_rate
        First calls, Poisson, per unit of time.
    service_mean
        Mean of the exponential service time.
    servers
        1 or more.
    delay_mean
        Mean of the exponential time until the next call.
    patience_mean
        Mean of the exponential patience; unlimited unless given.
    capacity
        Callers in service and waiting, beyond whom calls are blocked; unlimited unless given.
    p_abandoned
        The probability of calling again after giving up.
    p_blocked
        The probability of calling again after being blocked.

    Returns
    -------
    Redialled
        Its measures.
    """
    require_positive(arrival_rate=arrival_rate, service_mean=service_mean, delay_mean=delay_mean)
    require_servers(servers)
    require_patience(patience_mean)
    for name, p in (("p_abandoned", p_abandoned), ("p_blocked", p_blocked)):
        if not 0.0 <= p <= 1.0:
            raise ValueError(f"{name} is {p}; it must be 0 to 1")
    if capacity is not None and capacity < servers:
        raise ValueError(f"capacity is {capacity}; it must be {servers} (the servers) or more")
    if max(p_blocked if capacity is not None else 0.0, p_abandoned) == 1.0 and arrival_rate * service_mean >= servers:
        raise ValueError(f"{servers} servers cannot keep up with callers who never give up for good")
    rules = _Rules(
        arrival_rate=arrival_rate,
        service_mean=service_mean,
        servers=servers,
        capacity=capacity,
        delay_mean=delay_mean,
        patience_mean=patience_mean,
        p_abandoned=p_abandoned,
        p_blocked=p_blocked,
    )
    steady, _ = grown(rules.chain, rules.filled)
    return Redialled(
        attempts=contacts_of(steady, _ALL, steady.mean(lambda s: max(0, s[0] - servers))),
        first_rate=arrival_rate,
        orbit=steady.mean(itemgetter(1)),
        occupancy=steady.mean(lambda s: min(s[0], servers)) / servers,
    )


@dataclass(frozen=True, kw_only=True)
class _Rules:
    """The rules of the model: its transitions."""

    arrival_rate: float
    service_mean: float
    servers: int
    capacity: int | None
    delay_mean: float
    patience_mean: float
    p_abandoned: float
    p_blocked: float

    def chain(self, room: int) -> Chain[State]:
        """Return the chain with so much room in orbit, and in the queue unless that has its own."""
        return explore((0, 0), partial(self.transitions, room=room))

    def filled(self, now: State) -> int:
        """Return how much of that room a state takes."""
        return max(now[1], now[0] - self.servers if self.capacity is None else 0)

    def transitions(self, now: State, room: int) -> Iterator[Transition[State]]:
        """Yield what may happen next."""
        present, orbit = now
        aside = min(room, orbit + 1)
        most = self.servers + room if self.capacity is None else self.capacity
        for rate, left in ((self.arrival_rate, orbit), (orbit / self.delay_mean, orbit - 1)):
            if present < most:
                yield (present + 1, left), rate, (AT_ONCE if present < self.servers else WAIT, _ALL)
            else:
                yield (present, min(room, left + 1)), rate * self.p_blocked, (BLOCK, _ALL)
                yield (present, left), rate * (1.0 - self.p_blocked), (BLOCK, _ALL)
        busy = min(present, self.servers)
        leaving = (present - busy) / self.patience_mean
        yield (present - 1, orbit), busy / self.service_mean
        yield (present - 1, aside), leaving * self.p_abandoned, (ABANDON, _ALL)
        yield (present - 1, orbit), leaving * (1.0 - self.p_abandoned), (ABANDON, _ALL)
