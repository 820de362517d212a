"""Agents of a group: their numbers, the contacts that each holds, and the order in which they take the next."""

from __future__ import annotations

from collections import OrderedDict
from heapq import heapify, heappop, heappush

from sim.core.errors import SojournError
from sim.engine.log import NAN

__all__ = ["Group", "Stretch"]


class Stretch:
    """A row of the table of presence: an agent is there."""

    __slots__ = ("agent", "came", "group", "left")

    def __init__(self, group: int, agent: int, came: float) -> None:
        self.group, self.agent, self.came = group, agent, came
        self.left = NAN


class Group:
    """The agents of one group; each has a number, and so many places for contacts at once.

    A contact goes to the agent who holds least (or most, when the group fills up), and among equals to the one who has
    held so many the longest. When the headcount falls, agents who could take a contact leave first, those who hold
    least before the others. Then whoever next finishes a contact takes no more, and leaves when all of theirs are
    finished; or, if agents leave on their own, those with the lowest numbers take no more from then on. Agents on
    shifts come and leave by number. Where agents are unlimited, one more comes whenever nobody is free; they are never
    on duty, and do not leave.
    """

    __slots__ = (
        *("_absent", "_fill_up", "_free", "_held", "_latest", "_leaving", "_number", "_owed", "_own", "_since"),
        *("_most", "_too_many", "count", "places", "presence"),
    )

    def __init__(
        self,
        places: int,
        *,
        fill_up: bool = False,
        own: bool = False,
        number: int = 0,
        unlimited: int = 0,
        too_many: str = "",
    ) -> None:
        self.places = places
        self._own = own  # who leaves is chosen when the headcount falls
        self.presence: list[Stretch] = []
        self._number = number  # of the group
        self._latest: dict[int, Stretch] = {}  # by agent
        self.count = 0  # on duty
        self._fill_up = fill_up
        self._since: dict[int, float] = {}  # when an agent last came or finished a contact
        self._free: list[OrderedDict[int, None]] = [OrderedDict() for _ in range(places)]  # by places held
        self._held: list[int] = []
        self._absent: list[int] = []
        self._leaving: OrderedDict[int, None] = OrderedDict()  # finish their contacts, take no more
        self._owed = 0  # agents who have to leave when they finish a contact
        self._most = unlimited  # agents, where they come when they are needed; 0 = they come on duty
        self._too_many = too_many  # what to say then
        if unlimited:
            self._call_another()

    def is_free(self, places: int = 1) -> bool:
        """Return whether an agent could take a contact of so many places."""
        fitting = self._free if places == 1 else self._free[: self.places - places + 1]
        for agents in fitting:  # noqa: SIM110 - any() costs three times as much, and this is called most often
            if agents:
                return True
        return False

    def free(self, places: int = 1) -> int:
        """Return how many agents could take a contact of so many places."""
        return sum(map(len, self._free[: self.places - places + 1]))

    def idle(self) -> int:
        """Return how many agents hold nothing."""
        return len(self._free[0])

    def idle_since(self, places: int = 1) -> float:
        """Return the instant since which the agent who would take the next contact has been free."""
        return self._since[next(iter(self._candidates(places)))]

    def held(self, agent: int) -> int:
        """Return how many places of an agent are taken."""
        return self._held[agent]

    def is_leaving(self, agent: int) -> bool:
        """Return whether an agent leaves instead of taking another contact."""
        return self._owed > 0 or agent in self._leaving

    def busy_share(self) -> float:
        """Return the share of all places that are taken."""
        return sum(self._held) / (self.count * self.places) if self.count else 1.0

    def take(self, places: int = 1) -> int:
        """Let the next agent take a contact; there must be a free one."""
        agents = self._candidates(places)
        agent, _ = agents.popitem(last=False)
        held = self._held[agent] = self._held[agent] + places
        if held < self.places:
            self._free[held][agent] = None
        elif self._most and not self._free[0]:
            self._call_another()
        return agent

    def finish(self, agent: int, now: float, places: int = 1) -> None:
        """Let an agent finish one contact."""
        before = self._held[agent]
        held = self._held[agent] = before - places
        if agent in self._leaving:
            self._leave_when_done(agent, now)
            return
        if before < self.places:
            del self._free[before][agent]
        if self._owed:
            self._owed -= 1
            self._leaving[agent] = None
            self._leave_when_done(agent, now)
            return
        self._since[agent] = now
        self._free[held][agent] = None

    def staff(self, count: int, now: float) -> None:
        """Change the headcount."""
        change, self.count = count - self.count, count
        if change < 0:
            self._owed -= change
            self._send_free_ones_home(now)
            if self._own:
                self._choose_busy_ones()
            return
        kept = min(change, self._owed)
        self._owed -= kept
        for _ in range(change - kept):
            self._welcome(self._call_in(now), now)

    def come(self, agent: int, now: float) -> None:
        """Let an agent on shifts come on duty."""
        while len(self._held) <= agent:
            heappush(self._absent, len(self._held))
            self._held.append(0)
        self.count += 1
        if agent in self._leaving:
            del self._leaving[agent]
        else:
            self._absent.remove(agent)
            heapify(self._absent)
            self._enter(agent, now)
        self._welcome(agent, now)

    def go(self, agent: int, now: float) -> None:
        """Let an agent on shifts leave, after finishing the contacts that they hold."""
        self.count -= 1
        held = self._held[agent]
        if held < self.places:
            del self._free[held][agent]
        self._leaving[agent] = None
        self._leave_when_done(agent, now)

    def _candidates(self, places: int) -> OrderedDict[int, None]:
        fitting = self._free if places == 1 else self._free[: self.places - places + 1]
        for agents in reversed(fitting) if self._fill_up else fitting:
            if agents:
                return agents
        raise AssertionError("no agent is free")

    def _call_in(self, now: float) -> int:
        """Let the next agent come: one who was about to leave, the absent one with the lowest number, or a new one."""
        if self._leaving:
            agent, _ = self._leaving.popitem(last=False)
            return agent
        if self._absent:
            agent = heappop(self._absent)
        else:
            agent = len(self._held)
            self._held.append(0)
        self._enter(agent, now)
        return agent

    def _call_another(self) -> None:
        """Let one more agent be there, where they are unlimited, as if they always had been."""
        if self.count == self._most:
            raise SojournError(self._too_many)
        self.count += 1
        self._held.append(0)
        self._welcome(len(self._held) - 1, 0.0)

    def _enter(self, agent: int, now: float) -> None:
        """Note that an agent comes; who has left at the same instant stays on."""
        latest = self._latest.get(agent)
        if latest is not None and latest.left == now:
            latest.left = NAN
            return
        self._latest[agent] = stretch = Stretch(self._number, agent, now)
        self.presence.append(stretch)

    def _welcome(self, agent: int, now: float) -> None:
        self._since[agent] = now
        if self._held[agent] < self.places:
            self._free[self._held[agent]][agent] = None

    def _send_free_ones_home(self, now: float) -> None:
        for agents in self._free:
            while agents and self._owed:
                agent, _ = agents.popitem(last=False)
                self._owed -= 1
                self._leaving[agent] = None
                self._leave_when_done(agent, now)

    def _choose_busy_ones(self) -> None:
        for agent, held in enumerate(self._held):
            if self._owed and held and agent not in self._leaving:
                self._owed -= 1
                self._leaving[agent] = None

    def _leave_when_done(self, agent: int, now: float) -> None:
        if not self._held[agent]:
            del self._leaving[agent]
            heappush(self._absent, agent)
            self._latest[agent].left = now
