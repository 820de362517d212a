"""Trace: the requests of the customers and agents of one simulated replication, and their instants, as columns.

One row is one request. Its ``due`` is simulated seconds after the first request of the trace; divided by the speed it
is the instant at which the conductor must send it.

Agents have the numbers after the last journey's, so code that sends, records and divides rows by journey treats agents
alike. An agent of the trace has one contact at a time: an agent who serves three chats at once in the scenario is three
agents here, because each must know which reservation is theirs.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field, fields, replace
from enum import IntEnum
from math import prod
from typing import TYPE_CHECKING, Any, Final
from zipfile import ZIP_STORED, BadZipFile, ZipFile

import numpy as np
from numpy.lib.format import read_array, read_array_header_1_0, read_array_header_2_0, read_magic
from numpy.typing import NDArray

from sim.core.errors import CannotWrite, InvalidInput, Problem, near
from sim.core.files import refuse_special

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from loadtests.contract.vocabulary import Verb

__all__ = [
    "OUTCOME_NAMES",
    "ROWS",
    "TYPES",
    "EventType",
    "Trace",
    "first",
    "load_trace",
    "of_intents",
    "offered",
    "save_trace",
    "shard",
    "take",
    "until",
]

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
I1 = NDArray[np.int8]
Names = tuple[str, ...]

TYPES: Final = ("step.entered", "contact.queued", "contact.answered", "contact.abandoned", "step.left")
OUTCOME_NAMES: Final = ("resolved", "unresolved", "gave_up")


class EventType(IntEnum):
    """The type of an event, as an index into TYPES."""

    ENTERED = 0
    QUEUED = 1
    ANSWERED = 2
    ABANDONED = 3
    LEFT = 4


@dataclass(frozen=True, eq=False)
class Trace:
    """Requests, one per row, in order of (due, journey, seq); within a journey ``due`` never decreases with ``seq``."""

    # rows
    due: F8  # simulated seconds since ``offset``
    journey: I4  # index into ``customer`` and ``intent``; from ``journeys`` on an agent
    seq: I4  # 1, 2 ... within the journey
    verb: I1  # contract.Verb
    step: I4  # index into ``steps``, -1 = none
    channel: I4  # index into ``channels``, -1 = none
    type: I1  # of an event: index into TYPES; -1 = not an event
    contacts: I4  # contacts of the journey so far
    outcome: I1  # of a completion: index into OUTCOME_NAMES; -1 = not a completion
    queue: I4  # of enqueue and abandon: index into ``queues``; -1 = none

    # journeys
    customer: I4  # row of the population
    intent: I4  # index into ``intents``

    # agents
    agent_group: I4  # index into ``groups``
    agent_number: I4  # within the group
    agent_place: I4  # tells the contacts apart that the agent can have at once

    # queues and groups
    queue_channel: I4  # of each queue: index into ``channels``
    serves: F8  # [groups, queues] rank, 0 is served first; NaN = not served

    # names
    intents: Names
    steps: Names
    channels: Names
    queues: Names
    groups: Names
    routing: Names  # policy of each queue
    offset: float  # simulated seconds since midnight of the first day at which ``due`` is 0
    epoch: float = 0.0  # seconds from 1970 to that midnight; without a date, the first day is in 1970
    service_within: F8 = field(default_factory=lambda: np.zeros(0))  # of each queue: acceptable wait, simulated seconds
    service_target: F8 = field(default_factory=lambda: np.zeros(0))  # wanted service level; both empty = not known

    def __len__(self) -> int:
        """Return the number of requests."""
        return len(self.due)

    @property
    def journeys(self) -> int:
        """Return the number of journeys, including those of other shards."""
        return len(self.customer)


ROWS: Final = ("due", "journey", "seq", "verb", "step", "channel", "type", "contacts", "outcome", "queue")
_NAMES: Final = ("intents", "steps", "channels", "queues", "groups")
_LATER: Final = ("service_within", "service_target")
"""Columns that older traces lack."""
_UNREADABLE: Final = (
    *(OSError, ValueError, TypeError, LookupError, AttributeError, EOFError, MemoryError, SyntaxError, RuntimeError),
    *(BadZipFile, zlib.error, struct.error),
)
"""All that numpy raises for a damaged file, whose parts have checksums."""
_SHOWN: Final = 200
"""Characters of an error, which may show half the file."""


def take(trace: Trace, rows: NDArray[Any]) -> Trace:
    """Return some rows, in the order of ``rows``; journeys keep their numbers."""
    return replace(trace, **{name: getattr(trace, name)[rows] for name in ROWS})


def _where(trace: Trace, chosen: NDArray[np.bool_]) -> Trace:
    """Return the chosen rows; a million customers' trace is not copied when all are."""
    return trace if chosen.all() else take(trace, np.flatnonzero(chosen))


def shard(trace: Trace, index: int, count: int) -> Trace:
    """Return one of ``count`` parts of a trace; no journey and no agent is divided.

    Parameters
    ----------
    trace
        The whole trace.
    index
        The number of the part, from 0.
    count
        The number of parts.

    Returns
    -------
    Trace
        The rows of every ``count``-th journey or agent; they keep their numbers.
    """
    return _where(trace, trace.journey % count == index)


def offered(trace: Trace, verbs: Collection[Verb]) -> Trace:
    """Return the requests with an offered verb; `run_load` counts the others."""
    return _where(trace, np.isin(trace.verb, [int(verb) for verb in verbs]))


def of_intents(trace: Trace, only: Collection[str], without: Collection[str]) -> Trace:
    """Return the requests of some intents' customers, and those of all agents.

    Parameters
    ----------
    trace
        The whole trace.
    only
        Names of intents; empty = all.
    without
        Names of intents that are left out.

    Raises
    ------
    InvalidInput
        A name is none of the scenario's intents.
    """
    unknown = [
        Problem(option, "", f'"{name}" is no intent of the scenario; {near(name, trace.intents)}')
        for option, names in (("--tags", only), ("--exclude-tags", without))
        for name in names
        if name not in trace.intents
    ]
    if unknown:
        raise InvalidInput(unknown)
    kept = [(not only or name in only) and name not in without for name in trace.intents]
    sent = np.ones(len(trace), bool)
    customers = trace.journey < trace.journeys
    sent[customers] = np.array(kept, bool)[trace.intent[trace.journey[customers]]]
    return _where(trace, sent)


def first(trace: Trace, requests: int) -> Trace:
    """Return the ``requests`` requests that are due first."""
    return take(trace, np.arange(min(requests, len(trace))))


def until(trace: Trace, seconds: float) -> Trace:
    """Return the requests that are due within ``seconds`` simulated seconds."""
    return _where(trace, trace.due <= seconds)


def save_trace(trace: Trace, path: Path) -> None:
    """Write a trace to a ``.npz`` file.

    Parameters
    ----------
    trace
        The trace.
    path
        The file.

    Raises
    ------
    CannotWrite
        The disk is full or the folder read-only.
    """
    try:
        with path.open("wb") as file:
            columns = {f.name: np.asarray(getattr(trace, f.name)) for f in fields(trace)}
            np.savez(file, allow_pickle=False, **columns)
    except OSError as error:
        raise CannotWrite(f"{path}: the trace cannot be written: {error.strerror}") from None


def _column(stored: ZipFile, name: str) -> NDArray[Any]:
    """Read a column that is as long as its file says: a few bytes could claim gigabytes."""
    info = stored.getinfo(name)
    if info.compress_type != ZIP_STORED:
        raise ValueError(f"{name} is compressed")
    with stored.open(info) as member:
        version = read_magic(member)
        shape, _, dtype = (read_array_header_1_0 if version == (1, 0) else read_array_header_2_0)(member)
        if dtype.itemsize == 0 or prod(shape) * dtype.itemsize != info.file_size - member.tell():
            raise ValueError(f"the length of {name} is not that of its values")
    with stored.open(info) as member:
        column: NDArray[Any] = read_array(member, allow_pickle=False)
        return column


def load_trace(path: Path) -> Trace:
    """Read a trace written by `save_trace`.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    Trace
        The same, bit for bit.

    Raises
    ------
    InvalidInput
        The file is missing, or not a trace.
    """
    try:
        refuse_special(path)
        with ZipFile(path) as stored:
            there = stored.namelist()
            known = [f.name for f in fields(Trace) if f"{f.name}.npy" in there or f.name not in _LATER]
            columns: dict[str, Any] = {name: _column(stored, f"{name}.npy") for name in known}
        names = {name: tuple(columns[name].tolist()) for name in _NAMES}
        # Older traces have one policy for all queues.
        names["routing"] = tuple(np.broadcast_to(columns["routing"], len(names["queues"])).tolist())
        single = {name: float(columns[name]) for name in ("offset", "epoch")}
    except _UNREADABLE as error:
        reason = str(error)[:_SHOWN] or type(error).__name__
        raise InvalidInput([Problem(str(path), "", f"is not a trace: {reason}")]) from None
    return Trace(**{**columns, **names, **single})
