"""Ledger of a load: one record for each attempt, written before it is sent and again when it is answered.

During a run, each generator appends fixed-size records to its own file. A record reaches the operating system before
its request is sent, so the endpoint never has a request that the ledger lacks, even if the generator is killed. A kill
loses at most the latest answers; their attempts then count as unknown.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from pydantic_core import to_json

from loadtests.contract.vocabulary import ACKNOWLEDGED, UNSENT, AnswerClass, Verb
from sim.core.errors import CannotWrite, SojournError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from io import RawIOBase
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["APPLIED", "Attempt", "Ledger", "LedgerWriter", "read_ledger", "save_ledger", "written_attempts"]

APPLIED: Final = frozenset({AnswerClass.OK, AnswerClass.DUPLICATE})
"""The classes of answers after which the endpoint must have stored the request."""

_SHIFT: Final = 10
"""Bits of a record's key for the number of the attempt; a contract allows 1,001."""
_LONGEST: Final = 1e9
"""Seconds of a run; no run takes thirty years."""
_RECORD: Final = struct.Struct("<4d2ihbbh")
RECORDS: Final = np.dtype(
    [
        (
            "due",
            "<f8",
        ),  # instants are seconds since the run's start; an agent's due follows their last request
        ("ready", "<f8"),  # the later of due and the end of the journey's last request; of a retry, its planned instant
        ("began", "<f8"),  # the instant of sending; NaN = not sent
        ("ended", "<f8"),  # the instant at which the answer was read, or given up; NaN = not yet, or not sent
        ("journey", "<i4"),  # or agent; with seq, the key of the request
        ("seq", "<i4"),
        ("attempt", "<i2"),  # 1, 2 ...
        ("verb", "i1"),
        ("kind", "i1"),  # AnswerClass
        ("status", "<i2"),  # of HTTP; 0 without an answer
    ]
)


@dataclass(slots=True)
class Attempt:
    """One attempt, complete when it is answered."""

    due: float
    ready: float
    journey: int
    seq: int
    verb: int
    attempt: int = 1
    began: float = float("nan")
    ended: float = float("nan")
    answer_class: AnswerClass = AnswerClass.UNKNOWN
    status: int = 0


@dataclass(frozen=True, eq=False)
class Ledger:
    """All attempts of a run, with the latest record of each.

    ``records`` has the columns of the file format above. ``answer_outputs`` has the outputs of each request's answer,
    by (journey or agent, seq), in the order of the answers.
    """

    records: NDArray[np.void]
    answer_outputs: Mapping[tuple[int, int], Mapping[str, Any]]

    @cached_property
    def outputs(self) -> Mapping[int, Mapping[str, Any]]:
        """Return the latest outputs of each journey or agent."""
        outputs: dict[int, dict[str, Any]] = {}
        for (journey, _), latest in self.answer_outputs.items():
            outputs.setdefault(journey, {}).update(latest)
        return outputs

    def __len__(self) -> int:
        """Return the number of attempts."""
        return len(self.records)

    def __getitem__(self, column: str) -> NDArray[Any]:
        """Return a column."""
        values: NDArray[Any] = self.records[column]
        return values

    @cached_property
    def answers(self) -> Mapping[tuple[int, int], AnswerClass]:
        """Return the best answer to each request that was sent, by (journey or agent, seq)."""
        best: dict[tuple[int, int], AnswerClass] = {}
        for journey, seq, code in zip(*(self[c].tolist() for c in ("journey", "seq", "kind")), strict=True):
            if code not in UNSENT and best.get((journey, seq)) not in ACKNOWLEDGED:
                best[journey, seq] = AnswerClass(code)
        return best

    @property
    def acknowledged(self) -> NDArray[np.bool_]:
        """Tell of each attempt whether the endpoint acknowledged it."""
        return np.isin(self["kind"], list(ACKNOWLEDGED))


class LedgerWriter:
    """Appends to the ledger files of one generator.

    Parameters
    ----------
    folder
        The folder of the files; it is made.
    index
        The number of the generator within the run.

    Raises
    ------
    CannotWrite
        The folder is read-only.
    """

    def __init__(self, folder: Path, index: int) -> None:
        try:
            self._open(folder, index)
        except OSError as error:
            raise CannotWrite(f"{folder}: the ledger cannot be written: {error.strerror}") from None
        self._pending = bytearray()
        self._pending_outputs: list[bytes] = []

    def _open(self, folder: Path, index: int) -> None:
        """Open the files."""
        folder.mkdir(parents=True, exist_ok=True)
        # The files are unbuffered, so a kill cannot lose what was written.
        self._attempts = (folder / f"attempts-{index}.bin").open("ab", buffering=0)
        self._outputs = (folder / f"outputs-{index}.jsonl").open("ab", buffering=0)

    def note(self, attempt: Attempt) -> None:
        """Record the present state of an attempt."""
        self._pending += _RECORD.pack(
            attempt.due,
            attempt.ready,
            attempt.began,
            attempt.ended,
            attempt.journey,
            attempt.seq,
            attempt.attempt,
            attempt.verb,
            attempt.answer_class,
            attempt.status,
        )

    def keep(self, journey: int, seq: int, outputs: Mapping[str, Any]) -> None:
        """Record the outputs of an answer."""
        self._pending_outputs.append(to_json([journey, seq, outputs]))

    def flush(self) -> None:
        """Hand all records to the operating system."""
        if self._pending_outputs:
            _write_all(self._outputs, b"\n".join([*self._pending_outputs, b""]))
            self._pending_outputs.clear()
        if self._pending:
            _write_all(self._attempts, bytes(self._pending))
            self._pending.clear()

    def close(self) -> None:
        """Flush and close."""
        self.flush()
        self._attempts.close()
        self._outputs.close()


def _write_all(file: RawIOBase, content: bytes) -> None:
    """Write all bytes: an unbuffered file may take a part of them, and the next record would follow half of one."""
    while content:
        content = content[file.write(content) :]


def read_ledger(folder: Path) -> Ledger:
    """Read the ledger files of a run, also of generators that were killed.

    Parameters
    ----------
    folder
        The folder of the files.

    Returns
    -------
    Ledger
        In the order in which the attempts were due; attempts without an answer are unknown.

    Raises
    ------
    SojournError
        A file holds what no generator writes.
    """
    parts = [_read_records(path) for path in sorted(folder.glob("attempts-*.bin"))]
    written = np.concatenate([np.zeros(0, RECORDS), *parts])
    newest = written[::-1]  # the latest record of an attempt counts
    keys = (newest["journey"].astype(np.int64) << 32) | (newest["seq"].astype(np.int64) << _SHIFT) | newest["attempt"]
    _, latest = np.unique(keys, return_index=True)
    records = newest[latest]
    order = np.lexsort((records["attempt"], records["seq"], records["journey"], records["due"]))
    answer_outputs = {
        (journey, seq): outputs
        for path in sorted(folder.glob("outputs-*.jsonl"))
        for journey, seq, outputs in _read_outputs(path)
    }
    return Ledger(records[order], answer_outputs)


def written_attempts(path: Path, start: int) -> tuple[NDArray[np.void], int]:
    """Read the whole records of a ledger file from a byte on, also while it grows.

    Parameters
    ----------
    path
        The file of one generator.
    start
        The byte, at the beginning of a record.

    Returns
    -------
    tuple
        The records, and the byte after them. An attempt has a record when it is sent, and another one when it is
        answered.
    """
    with path.open("rb") as file:
        file.seek(start)
        data = file.read()
    size = len(data) // _RECORD.size * _RECORD.size
    return np.frombuffer(data[:size], dtype=RECORDS), start + size


def _read_records(path: Path) -> NDArray[np.void]:
    """Read the whole records; a kill may have cut the last one."""
    records, _ = written_attempts(path, 0)
    right = (np.abs(records["due"]) < _LONGEST) & (np.abs(records["ready"]) < _LONGEST)
    right &= ~(np.abs(records["began"]) >= _LONGEST) & ~(np.abs(records["ended"]) >= _LONGEST)  # or they are NaN
    right &= (records["journey"] >= 0) & (records["seq"] >= 0) & (records["seq"] < 1 << (32 - _SHIFT))
    right &= (records["attempt"] > 0) & (records["attempt"] < 1 << _SHIFT)
    right &= np.isin(records["verb"], list(Verb)) & np.isin(records["kind"], list(AnswerClass))
    answered = ~np.isin(records["kind"], [AnswerClass.UNKNOWN, *UNSENT])
    right &= ~answered | (np.isfinite(records["began"]) & np.isfinite(records["ended"]))
    if not right.all():
        raise _damaged(path, f"record {1 + int(right.argmin())}")
    return records


def _damaged(path: Path, part: str) -> SojournError:
    return SojournError(f"{path}: {part} is not what a generator writes; check the disk, and repeat the load")


def _read_outputs(path: Path) -> Iterable[tuple[int, int, dict[str, Any]]]:
    """Read the whole lines."""
    for number, line in enumerate(path.read_bytes().split(b"\n")[:-1], 1):
        try:
            journey, seq, outputs = json.loads(line.decode())
        except (ValueError, TypeError, RecursionError):
            raise _damaged(path, f"line {number}") from None
        if not (type(journey) is type(seq) is int and isinstance(outputs, dict)):
            raise _damaged(path, f"line {number}")
        yield journey, seq, outputs


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
        The disk is full or the folder read-only.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = {"verb": [verb.name.lower() for verb in Verb], "kind": [answer.name.lower() for answer in AnswerClass]}
    columns: dict[str, Any] = {}
    for name in RECORDS.names or ():
        column = pa.array(np.ascontiguousarray(ledger[name]))
        columns[name] = pa.DictionaryArray.from_arrays(column, names[name]) if name in names else column
    text = np.full(len(ledger), None, dtype=object)
    for row in np.flatnonzero(ledger.acknowledged).tolist():
        outputs = ledger.answer_outputs.get((int(ledger["journey"][row]), int(ledger["seq"][row])))
        text[row] = json.dumps(outputs) if outputs else None
    columns["outputs"] = pa.array(text, type=pa.string())
    try:
        pq.write_table(pa.table(columns), path)
    except OSError as error:
        raise CannotWrite(f"{path}: the ledger cannot be written: {error.strerror or error}") from None
