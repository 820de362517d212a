"""Agents at work: who is free, who leaves, who holds how many contacts."""

from __future__ import annotations

from collections import OrderedDict
from heapq import heappop, heappush

__all__ = ["Group"]


class Group:
    """The agents of one group; each has a number, and holds up to `concurrency` contacts at once.

    A contact goes to the agent who holds least, and among those to the one who has been so the longest. When the
    headcount falls, agents who are free leave first; if none is, the next to finish a contact is to leave, and does
    as soon as all contacts are finished.
    """

    __slots__ = ("_absent", "_free", "_leaving", "_load", "_owed", "_since", "concurrency", "count")

    def __init__(self, concurrency: int) -> None:
        self.concurrency = concurrency
        self.count = 0  # on duty by the staffing table
        self._since: dict[int, float] = {}  # when an agent last became idle
        self._free: list[OrderedDict[int, None]] = [OrderedDict() for _ in range(concurrency)]  # by contacts held
        self._load: list[int] = []
        self._absent: list[int] = []
        self._leaving: OrderedDict[int, None] = OrderedDict()  # finish what they hold, take no more
        self._owed = 0  # departures that no free agent could make yet

    def is_free(self) -> bool:
        """Tell whether an agent could take a contact."""
        for agents in self._free:  # noqa: SIM110 - any() costs three times as much, and this is asked most often
            if agents:
                return True
        return False

    def idle_since(self) -> float:
        """Return since when the agent who would take the next contact has been free."""
        return self._since[next(iter(next(agents for agents in self._free if agents)))]

    def take(self) -> int:
        """Let the next agent take a contact; there must be a free one."""
        for held, agents in enumerate(self._free):
            if agents:
                agent, _ = agents.popitem(last=False)
                self._load[agent] = held + 1
                if held + 1 < self.concurrency:
                    self._free[held + 1][agent] = None
                return agent
        raise AssertionError("no agent is free")

    def finish(self, agent: int, now: float) -> None:
        """Let an agent finish one contact."""
        held = self._load[agent]
        self._load[agent] = held - 1
        if agent in self._leaving:
            self._leave_when_done(agent)
            return
        if held < self.concurrency:
            del self._free[held][agent]
        if self._owed:
            self._owed -= 1
            self._leaving[agent] = None
            self._leave_when_done(agent)
            return
        self._since[agent] = now
        self._free[held - 1][agent] = None

    def staff(self, count: int, now: float) -> None:
        """Change the headcount."""
        change, self.count = count - self.count, count
        if change < 0:
            self._owed -= change
            self._send_free_ones_home()
            return
        kept = min(change, self._owed)
        self._owed -= kept
        for _ in range(change - kept):
            self._come(now)

    def _come(self, now: float) -> None:
        if self._leaving:
            agent, _ = self._leaving.popitem(last=False)
        elif self._absent:
            agent = heappop(self._absent)
        else:
            agent = len(self._load)
            self._load.append(0)
        held = self._load[agent]
        self._since[agent] = now
        if held < self.concurrency:
            self._free[held][agent] = None

    def _send_free_ones_home(self) -> None:
        for agents in self._free:
            while agents and self._owed:
                agent, _ = agents.popitem(last=False)
                self._owed -= 1
                self._leaving[agent] = None
                self._leave_when_done(agent)

    def _leave_when_done(self, agent: int) -> None:
        if not self._load[agent]:
            del self._leaving[agent]
            heappush(self._absent, agent)
