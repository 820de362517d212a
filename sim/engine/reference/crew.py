"""Crews: a group of agents, how fast each works, and contacts whose speed changes while an agent has them."""

from __future__ import annotations

from functools import partial
from math import inf

from simpy import Event

from sim.core.draws import uniform
from sim.engine.agent_keys import AgentKeys
from sim.engine.order import EventOrder
from sim.engine.plan import Kind, Plan
from sim.engine.reference.agents import Group
from sim.engine.reference.clock import Clock
from sim.engine.reference.visit import Visit, Work
from sim.numerics.portable_math import exp, normal_quantile

__all__ = ["Crew"]


class Crew(Group):
    """A group of agents whose work takes its time.

    A contact's time, after-call work included, is multiplied by the queue's factor, the agent's own and the agent's
    fatigue when the agent begins it or goes on with it, and by how many contacts the agent holds while it lasts.
    """

    __slots__ = (
        *("_clock", "_fatigue", "_key_of", "_recent", "_seed", "_slower", "_speed_sd", "_speeds", "_working"),
        *("end_known", "constant_speed"),
    )

    def __init__(self, clock: Clock, plan: Plan, group: int, seed: int) -> None:
        crews = plan.crews
        rules = {"fill_up": bool(crews.fill_up[group]), "own": bool(crews.leave_own[group])}
        places, unlimited = int(plan.group_concurrency[group]), int(crews.unlimited[group])
        super().__init__(places, number=group, unlimited=unlimited, too_many=plan.too_many_agents(group), **rules)
        self._clock = clock
        self._slower: list[float] = crews.slower[crews.slower_ptr[group] : crews.slower_ptr[group + 1]].tolist()
        interrupted = bool(crews.interrupts.any())  # anywhere: another group may go on with the work
        # The end of work is known when it begins: nothing changes its speed.
        self.end_known = not interrupted and all(factor == 1.0 for factor in self._slower)
        self._working: dict[int, list[Visit]] = {}  # by agent, in order of taking
        self._speed_sd = float(crews.speed_sd[group])
        self._key_of = partial(AgentKeys(plan).key_of, group)
        self._seed = seed
        self._speeds: dict[int, float] = {}
        self._fatigue: tuple[float, float, float] = tuple(crews.fatigue[group].tolist())
        self._recent: dict[int, tuple[float, float]] = {}  # by agent: recent occupancy, at which instant
        self.constant_speed = not self._speed_sd and self._fatigue[0] == inf  # the same for all agents, all day

    def factor(self, agent: int) -> float:
        """Return the factor on the time of what an agent begins now."""
        above, slower, _ = self._fatigue
        tired = slower if above < inf and self._occupancy(agent, busy=False) > above else 1.0
        return self._speed(agent) * tired

    def begin(self, visit: Visit, work: float, start: float, order: EventOrder) -> Event:
        """Let an agent begin a service or after-call work; the event happens when it is done."""
        if self.end_known:
            return self._clock.at(start + work, order, visit.customer)
        done = Event(self._clock)
        visit.work = Work(work, done, start, order)
        self._set_speed(visit, start)
        return done

    def add_work(self, visit: Visit) -> None:
        """Add a visit that an agent has just taken, which slows down the others that they hold."""
        agent = visit.agent
        if self._fatigue[0] < inf and self.held(agent) == visit.places:
            self._recent[agent] = self._occupancy(agent, busy=False), self._clock.now
        if not self.end_known:
            self._working.setdefault(agent, []).append(visit)
            self._change_speed(agent)

    def finish_work(self, visit: Visit) -> None:
        """Let an agent finish a visit, which speeds up the others that they hold."""
        agent = visit.agent
        if self._fatigue[0] < inf and self.held(agent) == visit.places:
            self._recent[agent] = self._occupancy(agent, busy=True), self._clock.now
        if not self.end_known:
            self._working[agent].remove(visit)
        self.finish(agent, self._clock.now, visit.places)
        if not self.end_known:
            self._change_speed(agent)

    def resume(self, visit: Visit, factor: float) -> None:
        """Let an agent go on with interrupted work, whose rest takes so many times as long as the last one's would."""
        assert visit.work is not None
        if factor != 1.0:
            visit.work.left *= factor
            visit.work.rate = 0.0  # so that the end is scheduled anew
            visit.work.changed = True
        self._set_speed(visit, self._clock.now)

    def interruptible(self, rank: float, places: int, ranks: dict[int, float], kinds: list[int]) -> Visit | None:
        """Return the deferred work of the worst rank that is worse than `rank`, the latest begun among equals.

        Without it, its agent must be free to take a contact of so many places, and must not be about to leave.
        """
        candidate, worst = None, rank
        for agent, visits in self._working.items():
            if self.is_leaving(agent):
                continue
            for visit in visits:
                work = visit.work
                serving = work is not None and work.order == EventOrder.LEFT and work.rate > 0
                begun = serving and visit.started <= self._clock.now
                deferred = begun and kinds[visit.step] == Kind.DEFERRED
                fits = deferred and self.held(agent) - visit.places + places <= self.places
                latest = candidate.started if candidate else -inf
                if fits and (ranks[visit.queue], visit.started) > (worst, latest):
                    candidate, worst = visit, ranks[visit.queue]
        return candidate if candidate is not None and worst > rank else None

    def interrupt(self, visit: Visit) -> None:
        """Take deferred work away from its agent, keeping what was done."""
        assert visit.work is not None
        self._count_done(visit.work)
        visit.work.rate = 0.0
        visit.work.version += 1
        self.finish_work(visit)

    def _change_speed(self, agent: int) -> None:
        for visit in self._working[agent]:
            if visit.work is not None:
                self._set_speed(visit, max(visit.work.since, self._clock.now))

    def _set_speed(self, visit: Visit, now: float) -> None:
        """Schedule the end anew, at the speed that the agent has now."""
        work = visit.work
        assert work is not None
        rate = 1.0 / self._slower[len(self._working[visit.agent]) - 1]
        if work.version and rate == work.rate:
            return
        self._count_done(work)
        work.rate = rate
        work.since = now
        work.version += 1
        work.changed |= rate != 1.0
        due = now + work.left / rate
        if work.order == EventOrder.FREED:
            visit.freed = due
        self._clock.call(due, work.order, visit.customer, _Ending(self._clock, visit, work))

    def _count_done(self, work: Work) -> None:
        """Subtract what was done until now."""
        now = max(work.since, self._clock.now)
        if work.version:
            work.left -= (now - work.since) * work.rate
        work.since = now

    def _speed(self, agent: int) -> float:
        if not self._speed_sd:
            return 1.0
        if agent not in self._speeds:
            # The same person in each replication.
            z = normal_quantile(uniform(self._seed, 0, *self._key_of(agent), 0, 0))
            self._speeds[agent] = exp(self._speed_sd * (z - self._speed_sd / 2))
        return self._speeds[agent]

    def _occupancy(self, agent: int, *, busy: bool) -> float:
        """Return the recent occupancy: an average over the past whose weights fall exponentially."""
        recent, since = self._recent.get(agent, (0.0, self._clock.now))
        faded = exp((since - self._clock.now) / self._fatigue[2])
        return recent * faded + (1.0 - faded if busy else 0.0)


class _Ending:
    """The scheduled end of work, unless it is stale by then."""

    __slots__ = ("clock", "version", "visit", "work")

    def __init__(self, clock: Clock, visit: Visit, work: Work) -> None:
        self.clock, self.visit, self.work = clock, visit, work
        self.version = work.version

    def __call__(self, _event: Event) -> None:
        visit, work = self.visit, self.work
        if visit.work is work and work.version == self.version:
            visit.work = None
            if work.changed and work.order == EventOrder.LEFT:
                _stretch(visit, work, self.clock.now)
            work.done.succeed()


def _stretch(visit: Visit, work: Work, now: float) -> None:
    """Let the parts of a service last as much longer or shorter as the whole did."""
    factor = (now - visit.started - visit.interrupted) / work.planned if work.planned else 1.0
    visit.hold *= factor
    visit.repeat *= factor
