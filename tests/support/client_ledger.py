"""The clients' record of their requests, and the faults that it shows in a service that is read back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

STATES = {"started": "active", "resumed": "active", "paused": "paused", "completed": "completed"}


@dataclass(frozen=True, slots=True)
class Change:
    """Request that changes a journey; its name is the event's id, the Idempotency-Key or, in a patch, a member."""

    journey: str
    name: str
    patch: Mapping[str, Any]


@dataclass(slots=True)
class Known:
    """Knowledge of a journey: everything that was read, up to a version."""

    version: int = 0
    state: str = ""
    context: dict[str, Any] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Ledger:
    """Requests of one tenant's clients.

    A request is sent, and then acknowledged with a version, or refused, or unknown: the answer never came.
    """

    tenant: str
    starts: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    sent: dict[tuple[str, str], Change] = field(default_factory=dict)
    acknowledged: dict[str, dict[str, int]] = field(default_factory=dict)
    unknown: set[tuple[str, str]] = field(default_factory=set)
    known: dict[str, Known] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)

    def start(self, name: str, patch: Mapping[str, Any]) -> None:
        """Record the start of a journey, whose identifier the answer will give."""
        self.starts[name] = patch

    def send(self, change: Change) -> None:
        """Record a request that has no answer yet."""
        self.sent[change.journey, change.name] = change
        self.unknown.add((change.journey, change.name))
        self.touched.add(change.journey)

    def acknowledge(self, change: Change, version: int) -> None:
        """Record a 2xx answer."""
        if self.starts.pop(change.name, None) is not None:
            self.send(change)
        self.unknown.discard((change.journey, change.name))
        self.acknowledged.setdefault(change.journey, {})[change.name] = version

    def refuse(self, change: Change | str) -> None:
        """Record an answer that says that nothing was done: to a change, or to the start of this name."""
        if isinstance(change, str):
            del self.starts[change]
            return
        self.unknown.discard((change.journey, change.name))
        del self.sent[change.journey, change.name]

    def read(self, shown: Mapping[str, Any], later: Iterable[Mapping[str, Any]]) -> list[str]:
        """Compare a journey with what is known of it; return its faults, and learn the rest.

        Parameters
        ----------
        shown
            The journey as the service shows it.
        later
            Its history after the version that is known.

        Returns
        -------
        list[str]
            A sentence for each thing that must not be.
        """
        journey = shown["id"]
        known = self.known.setdefault(journey, Known())
        wrong: list[str] = []
        for entry in later:
            wrong += self._entry(journey, known, entry)
        if shown["version"] != known.version:
            wrong.append(f"gap: {journey} is at version {shown['version']}, its history ends at {known.version}")
        if shown["context"] != known.context:
            wrong.append(f"context: {journey} has {shown['context']}, its history makes {known.context}")
        if shown["state"] != known.state:
            wrong.append(f"state: {journey} is {shown['state']}, its history makes it {known.state}")
        return wrong + self._lost(journey, known)

    def _entry(self, journey: str, known: Known, entry: Mapping[str, Any]) -> list[str]:
        """Learn one entry of a history; return its faults."""
        wrong = []
        patch = entry["data"].get("context", {})
        name = patch.get("by", entry["id"]) if entry["type"] == "sojourn.context.merged" else entry["id"]
        if entry["version"] != known.version + 1:
            wrong.append(f"gap: {journey} has version {entry['version']} after {known.version}")
        if name in known.names:
            wrong.append(f"duplicate: {name} is version {known.names[name]} and {entry['version']} of {journey}")
        sent = self.sent.get((journey, name))
        if sent is None and entry["version"] == 1 and name in self.starts:
            sent = self.sent[journey, name] = Change(journey, name, self.starts[name])
        if sent is None:
            wrong.append(f"phantom: nobody of {self.tenant} sent {name}, version {entry['version']} of {journey}")
        elif sent.patch != patch:
            wrong.append(f"leak: {name} of {journey} merged {patch}, but {sent.patch} was sent")
        known.version, known.names[name] = entry["version"], entry["version"]
        known.context |= patch
        known.context = {key: value for key, value in known.context.items() if value is not None}
        known.state = STATES.get(entry["type"].rpartition(".")[2], known.state)
        return wrong

    def _lost(self, journey: str, known: Known) -> list[str]:
        """Return the acknowledged changes of a journey that are missing or stand elsewhere."""
        wrong = []
        for name, version in self.acknowledged.get(journey, {}).items():
            if known.names.get(name) != version:
                state = known.names.get(name, "not there")
                wrong.append(f"lost: {name} was acknowledged as version {version} of {journey}, and is {state}")
        return wrong

    def settle(self) -> None:
        """Forget the requests that have been compared: a change that was not found was never made."""
        for journey, name in self.unknown:
            version = self.known.get(journey, Known()).names.get(name)
            if version is None:
                del self.sent[journey, name]
        self.unknown.clear()
        self.acknowledged.clear()
        self.touched.clear()

    def afresh(self) -> Ledger:
        """Return a ledger to which everything that this one has read is acknowledged."""
        made = Ledger(self.tenant, sent=self.sent)
        made.acknowledged = {journey: dict(known.names) for journey, known in self.known.items()}
        return made
