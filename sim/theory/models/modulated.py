"""Bursts: arrivals whose rate jumps between levels, a Markov-modulated Poisson process [1]_, at M/M/s+M.

The level stays for an exponential time and then jumps; the state is the level and the number present.

>>> switches = [[0, 1 / 50], [1 / 20, 0]]
>>> queue = modulated(arrival_rates=[2, 8], switches=switches, service_mean=2, servers=10, patience_mean=3)
>>> round(queue.mean_rate, 6), round(queue.contacts.p_abandon, 6)
(3.714286, 0.204263)

References
----------
.. [1] W. Fischer and K. Meier-Hellstern, "The Markov-modulated Poisson process (MMPP) cookbook", Performance Evaluation
   18(2), 149-171, 1993.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf, isfinite

from sim.theory.chain import Transition, explore
from sim.theory.measures import require_positive, require_servers
from sim.theory.models.contacts import ABANDON, AT_ONCE, BLOCK, WAIT, Contacts, contacts_of, room_for

__all__ = ["Modulated", "modulated"]

State = tuple[int, int]  # level, number present

_ALL = "all"


@dataclass(frozen=True, kw_only=True)
class Modulated:
    """The steady state of a queue with bursts."""

    contacts: Contacts
    levels: tuple[float, ...]  # fraction of time at each level
    occupancy: float

    @property
    def mean_rate(self) -> float:
        """Return the arrivals per unit of time in the long run."""
        return self.contacts.arrival_rate


def modulated(
    *,
    arrival_rates: Sequence[float],
    switches: Sequence[Sequence[float]],
    service_mean: float,
    servers: int,
    patience_mean: float = inf,
    room: int | None = None,
) -> Modulated:
    """Return the steady state of MMPP/M/s/r+M.

    Parameters
    ----------
    arrival_rates
        At each level, 0 or more.
    switches
        The rate of jumps from each level to each; what stands on the diagonal does not matter.
    service_mean
        Mean of the exponential service time.
    servers
        1 or more.
    patience_mean
        Mean of the exponential patience; unlimited unless given.
    room
        How many may wait; unlimited unless given.

    Returns
    -------
    Modulated
        Its measures.
    """
    require_positive(service_mean=service_mean)
    require_servers(servers)
    size = len(arrival_rates)
    if {size, *map(len, switches)} != {len(switches)}:
        raise ValueError(f"{size} arrival rates take {size} rows of as many rates of jumps")
    if not all(isfinite(rate) and rate >= 0.0 for rate in arrival_rates) or not any(arrival_rates):
        raise ValueError("arrival rates must be 0 or more, finite, and not all 0")
    places = room_for(room, arrival_rate=max(arrival_rates), patience_mean=patience_mean)

    def transitions(now: State) -> Iterator[Transition[State]]:
        level, present = now
        for other, rate in enumerate(switches[level]):
            if other != level:
                yield (other, present), rate
        busy = min(present, servers)
        if present < servers + places:
            yield (level, present + 1), arrival_rates[level], (AT_ONCE if present < servers else WAIT, _ALL)
        else:
            yield now, arrival_rates[level], (BLOCK, _ALL)
        yield (level, present - 1), busy / service_mean
        yield (level, present - 1), (present - busy) / patience_mean, (ABANDON, _ALL)

    steady = explore((0, 0), transitions).stationary()
    spent = [0.0] * size
    for (level, _), probability in steady.as_mapping().items():
        spent[level] += probability
    return Modulated(
        contacts=contacts_of(steady, _ALL, steady.mean(lambda s: max(0, s[1] - servers))),
        levels=tuple(spent),
        occupancy=steady.mean(lambda s: min(s[1], servers)) / servers,
    )
