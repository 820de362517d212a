"""A floor of queues and agents over a unit of work, with a clock that tests move."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

from orchestrator.core.answer import Answer, Key
from orchestrator.core.problems import Refused
from orchestrator.journeys.rows import Journey
from orchestrator.queues import FEATURE
from orchestrator.queues.commands import (
    Abandon,
    ApplyTimeouts,
    Enter,
    PutAgent,
    PutQueue,
    Reserve,
    SetPresence,
    UseReservation,
)
from orchestrator.queues.models import AgentSettings, Extension, NewItem, Presence, QueueSettings, Reservation
from orchestrator.queues.rows import Item, Queue, the_agent
from orchestrator.queues.statistics import agent_statistics, queue_statistics
from orchestrator.service.command_context import CommandContext
from orchestrator.store.unit import Unit, savepoint

START = 1_767_225_600.0  # 2026-01-01T00:00Z, which begins every interval
SETTLING: dict[str, type[UseReservation]] = {command.verb: command for command in UseReservation.__subclasses__()}


class Floor:
    """One tenant's queues and agents; each command runs in a savepoint, as in the service."""

    def __init__(self, unit: Unit, tenant: str = "default") -> None:
        self.unit, self.tenant, self.now = unit, tenant, START
        self._names: Iterator[int] = count()

    def fresh(self) -> str:
        return f"id-{next(self._names):06d}"

    def do(self, command: Any) -> Answer:
        with savepoint(self.unit):
            return FEATURE.commands[type(command)](command, self.unit, CommandContext(self.now, self.fresh))

    def apply(self, command: Any) -> Any:
        answer = self.do(command)
        assert answer.status < 300, answer
        return json.loads(answer.body) if answer.body else None

    def queue(self, name: str, **settings: Any) -> None:
        self.apply(PutQueue(tenant=self.tenant, queue=name, body=QueueSettings(**settings)))

    def agent(self, name: str, *serves: str | tuple[str, float], available: bool = True, **settings: Any) -> None:
        ranks = dict((entry, float(rank)) if isinstance(entry, str) else entry for rank, entry in enumerate(serves))
        self.apply(PutAgent(tenant=self.tenant, agent=name, body=AgentSettings(serves=ranks, **settings)))
        self.presence(name, "available" if available else "offline")

    def presence(self, name: str, presence: str) -> None:
        self.apply(SetPresence(tenant=self.tenant, agent=name, body=Presence(presence=presence)))

    def enter(self, queue: str, **more: Any) -> str:
        name: str = self.apply(self.entering(queue, **more))["id"]
        return name

    def entering(self, queue: str, **more: Any) -> Enter:
        return Enter(tenant=self.tenant, key=Key(self.fresh(), b""), queue=queue, body=NewItem(**more))

    def reserve(self, agent: str, wait: float = 0.0) -> Any:
        return self.apply(Reserve.model_construct(tenant=self.tenant, agent=agent, wait=wait))

    def settle(self, verb: str, item: str, agent: str, token: int, seconds: float | None = None) -> Any:
        return self.apply(self.settling(verb, item, agent, token, seconds))

    def settling(self, verb: str, item: str, agent: str, token: int, seconds: float | None = None) -> UseReservation:
        held: dict[str, Any] = {"agent": agent, "token": token} | ({"seconds": seconds} if seconds else {})
        body = Extension(**held) if verb == "extend" else Reservation(**held)
        return SETTLING[verb](tenant=self.tenant, item=item, body=body)

    def refused(self, command: Any) -> str:
        try:
            self.do(command)
        except Refused as refusal:
            return refusal.problem
        raise AssertionError(f"{command} was not refused")

    def abandon(self, item: str) -> Any:
        return self.apply(Abandon(tenant=self.tenant, item=item))

    def tidy(self) -> None:
        self.do(ApplyTimeouts(self.tenant))

    def item(self, name: str) -> Item:
        item = self.unit.get(Item, self.tenant, name)
        assert item is not None
        return item

    def journey(self, name: str, customer: str = "anna") -> Journey:
        journey = Journey(
            self.tenant, name, customer, "card", "active", "web", 1, '{"seen":1}', None, self.now, self.now
        )  # fmt: skip
        self.unit.put(journey)
        return journey

    def statistics(self, queue: str, seconds: float = 86400.0) -> Any:
        row = self.unit.get(Queue, self.tenant, queue)
        assert row is not None
        return queue_statistics(self.unit, row, START, START + seconds, self.now)

    def times(self, agent: str, seconds: float = 86400.0) -> Any:
        agent_row = the_agent(self.unit, self.tenant, agent)
        return agent_statistics(self.unit, agent_row, START, START + seconds, self.now)
