"""State of a process beside the rows of a service: the metrics, and the feed of each tenant."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from weakref import WeakKeyDictionary

from orchestrator.core.answer import Answer
from orchestrator.journeys.commands import Record, Records
from orchestrator.journeys.rows import Entry, Journey
from orchestrator.monitoring.feed import Feed, FeedEntry
from orchestrator.monitoring.metrics import Metrics
from orchestrator.service.executor import Executor
from orchestrator.service.feature import Route
from orchestrator.service.group_commit import Committed

__all__ = ["FEEDS", "ProcessState", "count_batch", "count_request", "state_of"]

FEEDS: Final = 10_000
"""Tenants whose feeds are kept; the oldest is dropped, and its watchers start over."""


@dataclass(slots=True)
class ProcessState:
    """The state of one service.

    Attributes
    ----------
    metrics
        For Prometheus.
    feeds
        By tenant.
    watchers
        Clients that watch each tenant's feed now.
    tried
        Instant (monotonic) of the last trial whether a store that has failed can be written to.
    """

    metrics: Metrics = field(default_factory=Metrics)
    feeds: dict[str, Feed] = field(default_factory=dict)
    watchers: dict[str, int] = field(default_factory=dict)
    tried: float = float("-inf")

    def feed(self, tenant: str) -> Feed:
        """Return a tenant's feed."""
        feed = self.feeds.get(tenant)
        if feed is None:
            if len(self.feeds) >= FEEDS:
                del self.feeds[next(iter(self.feeds))]
            feed = self.feeds[tenant] = Feed(secrets.token_hex(4))
        return feed


_STATES: WeakKeyDictionary[Any, ProcessState] = WeakKeyDictionary()


def state_of(executor: Executor) -> ProcessState:
    """Return the state of a service."""
    state = _STATES.get(executor)
    if state is None:
        state = _STATES[executor] = ProcessState()
    return state


def count_request(executor: Executor, route: Route | None, status: int, seconds: float) -> None:
    """Count a request."""
    state = state_of(executor)
    # An unknown path is no label, because clients choose it.
    state.metrics.request(f"{route.method} {route.path}" if route is not None else "none", status, seconds)


def count_batch(executor: Executor, committed: Committed) -> None:
    """Count a batch, and add its entries to the feeds."""
    state = state_of(executor)
    metrics = state.metrics
    metrics.batch.add(committed.seconds[0])
    metrics.commit.add(committed.seconds[1])
    metrics.size.add(len(committed.answers))
    metrics.waited.add(committed.waited)
    entries = committed.rows.get(Entry, ())
    for command, answer in committed.answers:
        if type(command) is Record:
            _count(metrics.events, answer)
        elif type(command) is Records:
            _count_several(metrics.events, answer)
        if answer.status >= 400:
            problem = _problem(answer)
            metrics.refused[problem] = metrics.refused.get(problem, 0) + 1
    if entries:
        _feed(state, entries, committed.rows.get(Journey, ()))


def _count(events: dict[str, int], answer: Answer) -> None:
    """Count an event by its answer."""
    events["applied" if answer.status == 201 else "duplicate" if answer.status == 200 else "refused"] += 1


def _count_several(events: dict[str, int], answer: Answer) -> None:
    """Count the events of a batch by the statuses in its answer."""
    applied, duplicate = (answer.body.count(b'{"status":%d,' % status) for status in (201, 200))
    events["applied"] += applied
    events["duplicate"] += duplicate
    events["refused"] += answer.body.count(b'{"status":') - applied - duplicate


def _problem(answer: Answer) -> str:
    """Return the problem of a refusal."""
    _, _, rest = answer.body.partition(b'"/problems/')
    return rest.partition(b'"')[0].decode() if rest else str(answer.status)


def _feed(state: ProcessState, entries: Any, journeys: Any) -> None:
    """Add entries to the feeds of their tenants."""
    known: Mapping[tuple[str, str], Journey] = {(journey.tenant, journey.id): journey for journey in journeys}
    feeds = set()
    for entry in entries:
        feed = state.feed(entry.tenant)
        feed.add(FeedEntry(entry, known.get((entry.tenant, entry.journey))))
        feeds.add(feed)
    for feed in feeds:
        feed.wake()
