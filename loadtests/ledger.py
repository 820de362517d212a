"""The ledger: every attempt that was made, written down before it is sent and again when it is answered.

While a run goes on, each generator appends fixed-size records to a file of its own. That a request is about to be sent
is on its way to the disk before the request is on its way to the endpoint, so a generator that is killed never leaves
an endpoint with something that nobody knows of; it loses at most the answers of the unflushed moment, which then count
as unknown.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from loadtests.contract.vocabulary import ACKNOWLEDGED, Class, Verb
from sim.core.errors import CannotWrite

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["APPLIED", "Entry", "Ledger", "LedgerWriter", "read_ledger", "save_ledger"]

APPLIED: Final = frozenset({Class.OK, Class.DUPLICATE})
"""The answers after which the endpoint must have what was sent."""

_SHIFT: Final = 10
"""Bits of a request's name that tell its attempts apart; a contract allows 1,001."""
_RECORD: Final = struct.Struct("<4d2ihbbh")
_DTYPE: Final = np.dtype(
    [
        ("due", "<f8"),  # all instants: seconds since the run's start; an agent's, not before what they did last
        ("ready", "<f8"),  # the later of due and the predecessor's end; for a retry, when it was to be made
        ("began", "<f8"),  # when it was sent; NaN while it was not
        ("ended", "<f8"),  # when the answer was read, or given up; NaN while it was not
        ("journey", "<i4"),  # or agent, of the trace; with seq it names the request
        ("seq", "<i4"),
        ("attempt", "<i2"),  # 1, 2 ...
        ("verb", "i1"),
        ("kind", "i1"),  # contract.Class
        ("status", "<i2"),  # of HTTP; 0 without an answer
    ]
)


@dataclass(slots=True)
class Entry:
    """One attempt, as it is being made."""

    due: float
    ready: float
    journey: int
    seq: int
    verb: int
    attempt: int = 1
    began: float = float("nan")
    ended: float = float("nan")
    kind: Class = Class.UNKNOWN
    status: int = 0


@dataclass(frozen=True, eq=False)
class Ledger:
    """All attempts of a run: one record each, the last that is known of it.

    ``records`` has the columns of the file format above; ``given`` has what the answer to each request gave, by the
    number of its journey or agent and its place there, in the order in which the answers came.
    """

    records: NDArray[np.void]
    given: Mapping[tuple[int, int], Mapping[str, Any]]

    @cached_property
    def outputs(self) -> Mapping[int, Mapping[str, Any]]:
        """Return what answers gave last, by journey or agent."""
        outputs: dict[int, dict[str, Any]] = {}
        for (journey, _), kept in self.given.items():
            outputs.setdefault(journey, {}).update(kept)
        return outputs

    def __len__(self) -> int:
        """Return the number of attempts."""
        return len(self.records)

    def __getitem__(self, column: str) -> NDArray[Any]:
        """Return a column."""
        found: NDArray[Any] = self.records[column]
        return found

    @cached_property
    def answers(self) -> Mapping[tuple[int, int], Class]:
        """Return how each request that was sent ended, by journey or agent and seq: the best of its attempts."""
        best: dict[tuple[int, int], Class] = {}
        for journey, seq, kind in zip(*(self[c].tolist() for c in ("journey", "seq", "kind")), strict=True):
            if kind != Class.NOT_SENT and best.get((journey, seq)) not in ACKNOWLEDGED:
                best[journey, seq] = Class(kind)
        return best

    @property
    def acknowledged(self) -> NDArray[np.bool_]:
        """Tell of each attempt whether the endpoint acknowledged it."""
        return np.isin(self["kind"], [int(kind) for kind in ACKNOWLEDGED])


class LedgerWriter:
    """Appends to the files of one generator.

    Parameters
    ----------
    folder
        Where the files are; it is made.
    index
        The number of the generator within the run.

    Raises
    ------
    CannotWrite
        When the folder is read-only.
    """

    def __init__(self, folder: Path, index: int) -> None:
        try:
            self._open(folder, index)
        except OSError as error:
            raise CannotWrite(f"{folder}: the ledger cannot be written: {error.strerror}") from None
        self._pending = bytearray()
        self._pending_outputs: list[str] = []

    def _open(self, folder: Path, index: int) -> None:
        """Open the files."""
        folder.mkdir(parents=True, exist_ok=True)
        # Unbuffered files: what is written has left the process, so a kill cannot take it back.
        self._attempts = (folder / f"attempts-{index}.bin").open("ab", buffering=0)
        self._outputs = (folder / f"outputs-{index}.jsonl").open("ab", buffering=0)

    def note(self, entry: Entry) -> None:
        """Write an attempt down as it stands."""
        self._pending += _RECORD.pack(
            entry.due,
            entry.ready,
            entry.began,
            entry.ended,
            entry.journey,
            entry.seq,
            entry.attempt,
            entry.verb,
            entry.kind,
            entry.status,
        )

    def keep(self, journey: int, seq: int, outputs: Mapping[str, Any]) -> None:
        """Write down what the answer to a request gave."""
        self._pending_outputs.append(json.dumps([journey, seq, dict(outputs)]) + "\n")

    def flush(self) -> None:
        """Hand everything that was noted to the operating system."""
        if self._pending_outputs:
            self._outputs.write("".join(self._pending_outputs).encode())
            self._pending_outputs.clear()
        if self._pending:
            self._attempts.write(self._pending)
            self._pending.clear()

    def close(self) -> None:
        """Flush and close."""
        self.flush()
        self._attempts.close()
        self._outputs.close()


def read_ledger(folder: Path) -> Ledger:
    """Read what the generators of a run wrote, also when they were killed.

    Parameters
    ----------
    folder
        Where their files are.

    Returns
    -------
    Ledger
        In the order in which the attempts were due; what has no answer is unknown.
    """
    parts = [_read_records(path) for path in sorted(folder.glob("attempts-*.bin"))]
    written = np.concatenate([np.zeros(0, _DTYPE), *parts])
    newest = written[::-1]  # the later record of an attempt stands for it
    names = (newest["journey"].astype(np.int64) << 32) | (newest["seq"].astype(np.int64) << _SHIFT) | newest["attempt"]
    _, where = np.unique(names, return_index=True)
    records = newest[where]
    order = np.lexsort((records["attempt"], records["seq"], records["journey"], records["due"]))
    given = {
        (journey, seq): kept
        for path in sorted(folder.glob("outputs-*.jsonl"))
        for journey, seq, kept in _read_outputs(path)
    }
    return Ledger(records[order], given)


def _read_records(path: Path) -> NDArray[np.void]:
    """Read whole records; the last one may have been cut by a kill."""
    data = path.read_bytes()
    return np.frombuffer(data[: len(data) // _RECORD.size * _RECORD.size], dtype=_DTYPE)


def _read_outputs(path: Path) -> Iterable[tuple[int, int, dict[str, Any]]]:
    """Read whole lines."""
    for line in path.read_bytes().split(b"\n")[:-1]:
        journey, seq, kept = json.loads(line)
        yield journey, seq, kept


def save_ledger(ledger: Ledger, path: Path) -> None:
    """Write a ledger as one Parquet file.

    Parameters
    ----------
    ledger
        The ledger.
    path
        The file.

    Raises
    ------
    CannotWrite
        When the disk is full or the folder read-only.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = {"verb": [verb.name.lower() for verb in Verb], "kind": [kind.name.lower() for kind in Class]}
    columns: dict[str, Any] = {}
    for name in _DTYPE.names or ():
        column = pa.array(np.ascontiguousarray(ledger[name]))
        columns[name] = pa.DictionaryArray.from_arrays(column, names[name]) if name in names else column
    text = np.full(len(ledger), None, dtype=object)
    for row in np.flatnonzero(ledger.acknowledged).tolist():
        kept = ledger.given.get((int(ledger["journey"][row]), int(ledger["seq"][row])))
        text[row] = json.dumps(kept) if kept else None
    columns["outputs"] = pa.array(text, type=pa.string())
    try:
        pq.write_table(pa.table(columns), path)
    except OSError as error:
        raise CannotWrite(f"{path}: the ledger cannot be written: {error.strerror or error}") from None
