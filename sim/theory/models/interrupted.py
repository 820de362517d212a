"""Calls that interrupt letters: M/M/s with two classes, where the second goes on later where it stopped.

A call takes a free agent; where none is free, it interrupts a letter, and waits only if all agents have calls. An agent
who gets free takes the first call that waits, then a letter that lies aside, then the letter that has waited longest.
Which of the letters is interrupted, and which one of those aside is first, changes no mean here, as services are
exponential. So the state is the number of calls, of letters, and of letters aside. Calls alone are M/M/s. The numbers
of both classes are analysed in [1]_; with one service law for both, mean times are in closed form [2]_
(`priority_mms`). Waiting before the first service and waiting in interruptions are told apart in [3]_.

>>> exact = interrupted(arrival_rates=(1.2, 0.8), service_means=(0.8, 1.5), servers=3)
>>> round(exact.calls_wait, 4), round(exact.letters_wait, 4), round(exact.letters_aside, 4)
(0.0322, 1.0292, 0.3089)
>>> round(exact.occupancy, 6)  # the offered load, as no work is lost
0.72

References
----------
.. [1] J. Selen and B. Fralix, "Time-dependent analysis of an M/M/c preemptive priority system with two priority
   classes", Queueing Systems 87, 2017.
.. [2] J. P. Buzen and A. B. Bondi, "The response times of priority classes under preemptive resume in M/M/m queues",
   Operations Research 31(3), 1983.
.. [3] H. Takagi, "Detailed analysis of the response time and waiting time in the M/M/m FCFS preemptive-resume priority
   queue", Advances in Intelligent Systems and Computing 383, 2015.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from sim.theory.chain import Transition, explore
from sim.theory.measures import require_positive, require_servers

__all__ = ["Interrupted", "interrupted"]

_INTERRUPTS = "interrupts"


@dataclass(frozen=True, kw_only=True)
class Interrupted:
    """The steady state of calls that interrupt letters."""

    calls_wait: float  # mean, of all calls
    calls_p_wait: float
    letters_wait: float  # mean until the first service begins, of all letters
    letters_aside: float  # mean time in interruptions
    interruptions: float  # mean number of a letter's interruptions
    occupancy: float


class _State(NamedTuple):
    """A state of the chain: how many are there."""

    calls: int
    letters: int
    aside: int  # letters that were interrupted, and that nobody goes on with yet


def interrupted(
    *, arrival_rates: tuple[float, float], service_means: tuple[float, float], servers: int, room: int = 160
) -> Interrupted:
    """Return the steady state of calls that interrupt letters.

    Parameters
    ----------
    arrival_rates
        Poisson arrivals of calls and of letters per unit of time.
    service_means
        Means of their exponential service times.
    servers
        Agents, each for both; more than the offered load, or no steady state exists.
    room
        How many of each may be there; whoever comes beyond is lost, so let it be never reached.

    Returns
    -------
    Interrupted
        Its measures.
    """
    require_servers(servers)
    for name, values in (("arrival_rates", arrival_rates), ("service_means", service_means)):
        require_positive(**{f"{name}[{i}]": value for i, value in enumerate(values)})
    load = sum(rate * mean for rate, mean in zip(arrival_rates, service_means, strict=True))
    if load >= servers:
        raise ValueError(f"{servers} servers cannot keep up with {load:g} erlangs")
    rules = _Rules(arrival_rates, service_means, servers, room)
    steady = explore(_State(0, 0, 0), rules.transitions).stationary()
    rate_of_letters = arrival_rates[1]
    return Interrupted(
        calls_wait=steady.mean(lambda now: max(now.calls - servers, 0)) / arrival_rates[0],
        calls_p_wait=steady.mean(lambda now: now.calls >= servers),
        letters_wait=steady.mean(rules.waiting) / rate_of_letters,
        letters_aside=steady.mean(lambda now: now.aside) / rate_of_letters,
        interruptions=steady.rate(_INTERRUPTS) / rate_of_letters,
        occupancy=steady.mean(lambda now: min(now.calls + now.letters, servers)) / servers,
    )


@dataclass(frozen=True)
class _Rules:
    """The rules of the model: its transitions."""

    arrival_rates: tuple[float, float]
    service_means: tuple[float, float]
    servers: int
    room: int

    def served(self, now: _State) -> int:
        """Return how many letters agents work on."""
        return min(now.letters, max(self.servers - now.calls, 0))

    def waiting(self, now: _State) -> int:
        """Return how many letters nobody has begun."""
        return now.letters - self.served(now) - now.aside

    def transitions(self, now: _State) -> Iterator[Transition[_State]]:
        """Yield what may happen next."""
        calls, letters, aside = now
        served = self.served(now)
        if calls < self.room:
            interrupts = served > 0 and calls + served == self.servers
            name = _INTERRUPTS if interrupts else "call"
            yield _State(calls + 1, letters, aside + interrupts), self.arrival_rates[0], name
        if letters < self.room:
            yield _State(calls, letters + 1, aside), self.arrival_rates[1], "letter"
        goes_on = aside > 0
        if calls > self.servers:
            yield _State(calls - 1, letters, aside), self.servers / self.service_means[0], "done"
        elif calls:
            yield _State(calls - 1, letters, aside - goes_on), calls / self.service_means[0], "done"
        if served:
            yield _State(calls, letters - 1, aside - goes_on), served / self.service_means[1], "done"
