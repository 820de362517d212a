"""A disk that loses what was not synced when the power goes.

A program's file operations are applied one by one. The disk keeps, for each file, what a sync has made durable and what
was written since; and for the folder which names are durable. `Disk.after_power_loss` then says what one finds.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Create:
    """Creation of an empty file."""

    name: str


@dataclass(frozen=True, slots=True)
class Write:
    name: str
    at: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Truncate:
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Sync:
    """Sync of a file's content; its name becomes durable with the folder's sync (POSIX promises no more)."""

    name: str


@dataclass(frozen=True, slots=True)
class SyncFolder:
    """Sync of the folder: created and removed names become durable."""


@dataclass(frozen=True, slots=True)
class Remove:
    name: str


@dataclass(frozen=True, slots=True)
class Note:
    """Event between operations, such as an answer that a client has seen."""

    what: Any


Operation = Create | Write | Truncate | Sync | SyncFolder | Remove | Note


@dataclass(frozen=True, slots=True)
class Fate:
    """Fate of the operations that were not synced.

    Each sector of a write, each truncation and each change of a name reaches the disk with the probability `keep`,
    independently of the others and so in any order. A torn sector holds the first bytes of what was written to it.
    """

    keep: float
    sector: int = 512
    torn: float = 0.0


@dataclass(slots=True)
class _File:
    durable: bytearray = field(default_factory=bytearray)
    pending: list[Write | Truncate] = field(default_factory=list)

    def sync(self) -> None:
        _write(self.durable, self.pending, Fate(keep=1), random.Random())
        self.pending = []

    def content(self, fate: Fate, rng: random.Random) -> bytes:
        """Return the file's content after a power loss."""
        data = self.durable.copy()
        _write(data, self.pending, fate, rng)
        return bytes(data)


def _write(data: bytearray, operations: list[Write | Truncate], fate: Fate, rng: random.Random) -> None:
    """Apply the part of some operations that reaches the disk."""
    for operation in operations:
        if isinstance(operation, Truncate):
            if rng.random() < fate.keep:
                _resize(data, operation.size)
            continue
        for at, piece in _sectors(operation, fate.sector):
            if rng.random() < fate.keep:
                _put(data, at, piece)
            elif rng.random() < fate.torn:
                _put(data, at, piece[: rng.randrange(len(piece))])


def _sectors(write: Write, size: int) -> Iterator[tuple[int, bytes]]:
    """Split a write at sector boundaries."""
    at = write.at
    end = write.at + len(write.data)
    while at < end:
        until = min(end, (at // size + 1) * size)
        yield at, write.data[at - write.at : until - write.at]
        at = until


def _put(data: bytearray, at: int, piece: bytes) -> None:
    if len(data) < at + len(piece):
        _resize(data, at + len(piece))
    data[at : at + len(piece)] = piece


def _resize(data: bytearray, size: int) -> None:
    if size < len(data):
        del data[size:]
    else:
        data.extend(bytes(size - len(data)))


class Disk:
    """Files of one folder, as programs see them and as the disk holds them."""

    def __init__(self, files: Mapping[str, bytes] | None = None) -> None:
        self._seen = {name: _File(bytearray(content)) for name, content in (files or {}).items()}
        self._durable = dict(self._seen)

    def apply(self, operation: Operation) -> None:
        """Apply an operation of a program."""
        match operation:
            case Create(name):
                self._seen[name] = _File()
            case Write(name) | Truncate(name):
                self._seen[name].pending.append(operation)
            case Sync(name):
                self._seen[name].sync()
            case SyncFolder():
                self._durable = dict(self._seen)
            case Remove(name):
                del self._seen[name]
            case Note():
                pass

    def seen(self) -> dict[str, bytes]:
        """Return the files as programs see them while the power is on."""
        return {name: file.content(Fate(keep=1), random.Random()) for name, file in self._seen.items()}

    def after_power_loss(self, fate: Fate, rng: random.Random) -> dict[str, bytes]:
        """Return the files on the disk if the power fails now; the disk itself stays as it is."""
        contents = {}
        for name in self._seen.keys() | self._durable.keys():
            files = self._seen if rng.random() < fate.keep else self._durable
            if name in files:
                contents[name] = files[name].content(fate, rng)
        return contents
