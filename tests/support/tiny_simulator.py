"""A small simulator of queues and groups that shares nothing with the engines.

It steps from event to event, redraws what is exponential whenever something happens, and looks at everybody anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["simulate_tiny"]

WARM_UP, LENGTH = 60.0, 1000.0  # minutes


@dataclass
class _Tiny:
    """One replication of the simulator."""

    lines: Mapping[str, tuple[float, float, float, float]]  # rate, talk, patience, weight
    groups: Mapping[str, int]
    asks: Mapping[str, Mapping[str, float]]  # line: group: after how many minutes
    room: int
    random: np.random.Generator
    now: float = 0.0
    waiting: dict[str, list[float]] = field(default_factory=dict)  # since when
    busy: dict[tuple[str, str], int] = field(default_factory=dict)  # (line, group)
    sums: dict[str, list[float]] = field(default_factory=dict)  # waited, accepted, abandoned

    def run(self) -> None:
        """Run the replication to its end."""
        self.waiting = {name: [] for name in self.lines}
        self.busy = {(name, group): 0 for name, groups in self.asks.items() for group in groups}
        self.sums = {name: [0.0, 0.0, 0.0] for name in self.lines}
        while self.now < LENGTH:
            rates = self._rates()
            total = sum(rates.values())
            then = self.now + self.random.exponential(1 / total)
            due = self._overflow()
            if due < then:
                self.now = due
            else:
                self.now = then
                point = self.random.random() * total
                for event, rate in rates.items():
                    point -= rate
                    if point < 0:
                        self._happens(*event)
                        break
            while self._match():
                pass

    def _rates(self) -> dict[tuple[str, ...], float]:
        rates: dict[tuple[str, ...], float] = {}
        for name, (rate, talk, patience, _) in self.lines.items():
            rates["comes", name] = rate
            rates["gives up", name] = len(self.waiting[name]) / patience
            for group in self.asks[name]:
                rates["ends", name, group] = self.busy[name, group] / talk
        return rates

    def _happens(self, what: str, name: str, group: str = "") -> None:
        if what == "comes":
            free = any(self._idle(asked) for asked, after in self.asks[name].items() if not after)
            if free or len(self.waiting[name]) < self.room:
                self.waiting[name].append(self.now)
        elif what == "ends":
            self.busy[name, group] -= 1
        else:
            index = int(self.random.integers(len(self.waiting[name])))
            self._gone(name, self.waiting[name].pop(index), abandoned=True)

    def _overflow(self) -> float:
        """Return when the next contact may overflow to another group."""
        turns = [
            since + after
            for name, groups in self.asks.items()
            for group, after in groups.items()
            if after and self._idle(group)
            for since in self.waiting[name]
        ]
        return min((turn for turn in turns if turn > self.now), default=np.inf)

    def _match(self) -> bool:
        """Let one agent take one contact if possible: the one with the longest weighted wait."""
        matches = [
            (self.lines[name][3] * (self.now - self.waiting[name][0]), name, group)
            for name, groups in self.asks.items()
            for group, after in groups.items()
            if self.waiting[name] and self._idle(group) and self.now >= self.waiting[name][0] + after
        ]
        if not matches:
            return False
        _, name, group = max(matches, key=lambda match: match[0])
        self._gone(name, self.waiting[name].pop(0), abandoned=False)
        self.busy[name, group] += 1
        return True

    def _idle(self, group: str) -> bool:
        return sum(n for (_, served_by), n in self.busy.items() if served_by == group) < self.groups[group]

    def _gone(self, name: str, since: float, *, abandoned: bool) -> None:
        if since >= WARM_UP:
            for i, value in enumerate((self.now - since, 1.0, float(abandoned))):
                self.sums[name][i] += value


def simulate_tiny(
    *,
    lines: Mapping[str, tuple[float, float, float, float]],
    groups: Mapping[str, int],
    asks: Mapping[str, Mapping[str, float]],
    room: int,
    replications: int,
) -> dict[str, tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]]:
    """Simulate queues and groups whose agents take the longest weighted wait; times in minutes.

    Parameters
    ----------
    lines
        Rate, mean talk, mean patience and weight of each.
    groups
        Agents of each.
    asks
        Groups of each line in order, and after how many minutes.
    room
        How many may wait in each line.
    replications
        How often.

    Returns
    -------
    dict
        Of each line and replication, over those who were not blocked: time waited, number, and number of abandoned.
    """
    totals = []
    for seed in range(replications):
        tiny = _Tiny(lines, groups, asks, room, np.random.default_rng(seed))
        tiny.run()
        totals.append(tiny.sums)
    sums = {name: np.array([total[name] for total in totals]).T for name in lines}
    return {name: (columns[0], columns[1], columns[2]) for name, columns in sums.items()}
