"""The floor: queues of contacts on one side, crews of agents on the other, at work with each other."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from functools import partial
from itertools import pairwise

from simpy import Event

from sim.engine.attendance import COMES, LEAVES_LAST
from sim.engine.log import Interruptions, Presence, table_of
from sim.engine.order import EventOrder
from sim.engine.plan import Plan, Result
from sim.engine.reference.clock import Clock
from sim.engine.reference.crew import Crew
from sim.engine.reference.dialer import Dialer
from sim.engine.reference.lines import Lines
from sim.engine.reference.matching import Matching, Stage
from sim.engine.reference.visit import Customer, Interruption, Visit

__all__ = ["Floor"]


class Floor:
    """Matches contacts and agents, at once whenever it can."""

    def __init__(self, clock: Clock, plan: Plan, seed: int, replication: int) -> None:
        self._clock = clock
        self._plan = plan
        self._crews = [Crew(clock, plan, group, seed) for group in range(len(plan.groups))]
        self._queues: list[deque[Visit]] = [deque() for _ in plan.queues]
        self._stays = plan.crews.stays.tolist()
        self._staying: dict[int, list[int]] = {}  # groups whose last agents stay until empty; those on shifts by number
        self._waiting = [0] * len(plan.queues)
        self._last_wait = [0.0] * len(plan.queues)  # of the last who was answered: what is announced
        self._interruptions: list[Interruption] = []
        self._lines = Lines(plan)
        spans = [slice(*ends) for ends in pairwise(plan.open_ptr.tolist())]
        self._opens = [plan.open_from[row].tolist() for row in spans]
        self._closes = [plan.open_until[row].tolist() for row in spans]
        self._room: list[int] = plan.queueing.room.tolist()
        self._room_capacity: list[int] = plan.queueing.room_capacity.tolist()
        self._ring = plan.queueing.ring.tolist()
        dialers = [Dialer(clock, plan, row, self._crews, self._lines) for row in range(len(plan.dialers.step))]
        in_order = [dialers[row] for row in plan.dialers.in_order().tolist()]
        self.dialers = {dialer.step: dialer for dialer in in_order}
        self._dialers_on = [[dialer for dialer in in_order if dialer.line == line] for line in range(len(plan.lines))]
        self._dialers_of = [
            [dialer for row, dialer in enumerate(dialers) if group in plan.dialers.watched_groups(row)]
            for group in range(len(plan.groups))
        ]
        self._kinds = plan.step_kind.tolist()
        self._matching = Matching(clock, plan, seed, replication, self._crews, self._queues, self._waiting, self._lines)

    def take_line(self, customer: Customer, line: int) -> bool:
        """Let a customer hold the lines of their step and no others; one given back is first for calls to customers."""
        given_back = customer.line
        taken = self._lines.take_line(customer, line)
        if given_back >= 0:
            for group in self._lines.called_back_by[given_back]:
                self.serve(group)
            for dialer in self._dialers_on[given_back]:
                dialer.dial()
        return taken

    def presence(self) -> Presence:
        """Return when agents were there."""
        return table_of(Presence, [stretch for crew in self._crews for stretch in crew.presence])

    def interruptions(self) -> Interruptions:
        """Return when contacts were interrupted."""
        return table_of(Interruptions, self._interruptions)

    def is_open(self, queue: int) -> bool:
        """Return whether a queue takes contacts now."""
        now = self._clock.now
        span = bisect_right(self._opens[queue], now) - 1
        return span >= 0 and bool(now < self._closes[queue][span])

    def waiting(self, queue: int) -> int:
        """Return how many wait in a queue."""
        return self._waiting[queue]

    def is_room_full(self, queue: int) -> bool:
        """Return whether a queue shares a waiting room, and that is full."""
        room = self._room[queue]
        waiting = zip(self._waiting, self._room, strict=True)
        return room >= 0 and sum(count for count, other in waiting if other == room) >= int(self._room_capacity[queue])

    def announced(self, queue: int) -> float:
        """Return the wait that is announced: that of the last contact that was answered."""
        return self._last_wait[queue]

    def connect(self, contact: Visit) -> bool:
        """Connect a contact that has just come with a free agent; return whether there was one."""
        queue = contact.queue
        if not self._matching.simple[queue] and self._matching.first_waiting(queue):
            return False  # an agent who is kept idle, or could be interrupted by now, is not for the last in the queue
        stage = self._matching.best_stage(contact)
        if stage is None and not self._matching.simple[queue]:
            stage = self._interrupt_for(queue)
        if stage is None:
            return False
        self._give(contact, stage)
        return True

    def assign(self, contact: Visit, group: int, *, whole: bool = False) -> bool:
        """Assign a contact, or all that its agent does, with an agent of a group; return whether one was free."""
        stage = next(stage for stage in self._matching.stages[contact.queue] if stage.group == group)
        places = self._crews[group].places if whole else stage.places
        if not self._crews[group].is_free(places):
            return False
        self._take(contact, stage, places)
        return True

    def wait(self, contact: Visit) -> Event:
        """Put a contact at the end of a queue; the event happens at its turn, or when it gives up."""
        queue = contact.queue
        contact.turn = turn = Event(self._clock)
        self._queues[queue].append(contact)
        self._waiting[queue] += 1
        if not self._matching.simple[queue]:
            for stage in self._matching.stages[queue]:
                if stage.after:
                    due = max(contact.began + stage.after, self._clock.now)
                    self._clock.call(due, EventOrder.OVERFLOWED, contact.customer, partial(self.turn_to, stage, queue))
                if stage.waiting or stage.interrupts:
                    self.turn_to(stage, queue)
        return turn

    def give_up(self, contact: Visit, result: Result) -> None:
        """Let a contact leave its queue; without effect once it is being served."""
        if contact.turn is not None:
            contact.result = result
            self._waiting[contact.queue] -= 1
            contact.turn.succeed()
            contact.turn = None
            if self._staying:
                self._end_stays()

    def clear(self, queue: int) -> None:
        """Turn away all who wait."""
        for contact in list(self._queues[queue]):
            self.give_up(contact, Result.CLOSED)

    def begin(self, visit: Visit, work: float) -> Event:
        """Let the agent begin; the event happens when the work is done."""
        return self._crews[visit.group].begin(visit, work, visit.started, EventOrder.LEFT)

    def wrap_up(self, visit: Visit) -> Event:
        """Let the agent begin the after-call work; the event happens when it is done."""
        return self._crews[visit.group].begin(visit, visit.wrap, self._clock.now, EventOrder.FREED)

    def go_on(self, visit: Visit, work: float) -> Event:
        """Let the agent do more for a visit; the event happens when that is done."""
        done = self._crews[visit.group].begin(visit, work, self._clock.now, EventOrder.LEFT)
        if visit.work is not None:
            visit.work.planned = 0.0  # hold was within what came before
        return done

    def idle(self, group: int) -> int:
        """Return how many agents of a group have no contact."""
        return self._crews[group].idle()

    def on_duty(self, group: int) -> int:
        """Return how many agents of a group are on duty."""
        return self._crews[group].count

    def factor(self, visit: Visit) -> float:
        """Return the factor on the time of a visit that begins now."""
        crew = self._crews[visit.group]
        return visit.aht if crew.constant_speed else visit.aht * crew.factor(visit.agent)

    def finish(self, visit: Visit) -> None:
        """Let an agent finish one contact, and take the next if somebody waits."""
        crew = self._crews[visit.group]
        if crew.end_known and crew.constant_speed:
            crew.finish(visit.agent, self._clock.now, visit.places)
        else:
            crew.finish_work(visit)
        self.serve(visit.group, freed=True)

    def staff(self, group: int, count: int) -> None:
        """Change the headcount of a group; who comes on duty takes those who wait."""
        if not count and self._stays[group] and self._has_queue(group):
            self._staying[group] = []
            return
        self._staying.pop(group, None)
        crew = self._crews[group]
        more = count > crew.count
        crew.staff(count, self._clock.now)
        self.serve(group, freed=more)

    def attend(self, group: int, agent: int, action: int) -> None:
        """Let an agent on shifts come or leave."""
        crew = self._crews[group]
        if action == COMES:
            stayers = self._staying.pop(group, [])
            for other in stayers:
                if other != agent:
                    crew.go(other, self._clock.now)
            if agent not in stayers:
                crew.come(agent, self._clock.now)
            self.serve(group, freed=True)
        elif action == LEAVES_LAST and self._stays[group] and self._has_queue(group):
            self._staying.setdefault(group, []).append(agent)
        else:
            crew.go(agent, self._clock.now)

    def is_leaving(self, visit: Visit) -> bool:
        """Return whether the agent of a visit has no duty any more, but perhaps contacts to finish."""
        return visit.group in self._staying or self._crews[visit.group].is_leaving(visit.agent)

    def turn_to(self, stage: Stage, queue: int, _event: Event | None = None) -> None:
        """Let a group take contacts of a queue that may turn to it now, and interrupt other work for them."""
        self.serve(stage.group)
        contact = self._matching.first_waiting(queue)
        if contact is None or not (stage.interrupts and self._matching.is_due(stage, queue, contact)):
            return
        if not stage.idle and self._interrupt(stage):
            self._queues[queue].remove(contact)
            self._call(contact, stage)
        if self._staying:
            self._end_stays()

    def serve(self, group: int, *, freed: bool = False) -> None:
        """Let the free agents of a group take whom they may; one of them may have got free just now."""
        while self._crews[group].is_free() and (match := self._matching.pick_contact(group)):
            contact, stage = match
            self._queues[contact.queue].remove(contact)  # the first one, mostly
            if contact.turn is not None:
                self._call(contact, stage)
            else:
                self._take(contact, stage, stage.places)
                self._resume(contact)
        for dialer in self._dialers_of[group]:
            dialer.dial(anew=freed)
        if self._staying:
            self._end_stays()

    def _has_queue(self, group: int) -> bool:
        """Return whether contacts wait for a group, interrupted work included."""
        waiting = (contact for queue, _ in self._matching.queues_of[group] for contact in self._queues[queue])
        return any(contact.turn is not None or contact.work is not None for contact in waiting)

    def _end_stays(self) -> None:
        """Send agents home who stayed until their queues were empty."""
        for group in [group for group in self._staying if not self._has_queue(group)]:
            crew = self._crews[group]
            for agent in self._staying.pop(group):
                crew.go(agent, self._clock.now)
            if crew.count:
                crew.staff(0, self._clock.now)

    def _call(self, contact: Visit, stage: Stage) -> None:
        """Give a contact that has left the queue to an agent."""
        turn, contact.turn = contact.turn, None
        assert turn is not None
        self._waiting[contact.queue] -= 1
        self._lines.take_for_call_back(contact)
        self._give(contact, stage)
        turn.succeed()

    def _give(self, contact: Visit, stage: Stage) -> None:
        self._take(contact, stage, stage.places)
        self._last_wait[contact.queue] = self._clock.now - contact.began
        contact.started = self._clock.now + self._ring[contact.queue]

    def _take(self, contact: Visit, stage: Stage, places: int) -> None:
        crew = self._crews[stage.group]
        contact.group = stage.group
        contact.places = places
        contact.aht = stage.aht
        contact.agent = crew.take(places)
        if not (crew.end_known and crew.constant_speed):
            crew.add_work(contact)

    def _interrupt_for(self, queue: int) -> Stage | None:
        """Interrupt work for a contact that has just come; return the stage, None if there is no such work."""
        for stage in self._matching.stages[queue]:
            if stage.interrupts_at_once and self._interrupt(stage):
                return stage
        return None

    def _interrupt(self, stage: Stage) -> bool:
        """Put deferred work of a worse rank back at the head of its queue; return whether there was any."""
        crew = self._crews[stage.group]
        ranks = {queue: other.rank for queue, other in self._matching.queues_of[stage.group]}
        visit = crew.interruptible(stage.rank, stage.places, ranks, self._kinds)
        if visit is None:
            return False
        crew.interrupt(visit)
        visit.interruption = Interruption(visit, self._clock.now)
        self._interruptions.append(visit.interruption)
        self._queues[visit.queue].appendleft(visit)
        return True

    def _resume(self, visit: Visit) -> None:
        """Let the agent who has taken interrupted work go on with it."""
        interruption = visit.interruption
        assert interruption is not None
        interruption.ended = self._clock.now
        visit.interrupted += interruption.ended - interruption.began
        before, visit.factor = visit.factor, self.factor(visit)
        self._crews[visit.group].resume(visit, visit.factor / before)
