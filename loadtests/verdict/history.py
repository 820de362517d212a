"""History of results: a small file per branch, and where its measures changed: a report, never a gate.

Pettitt's test looks for one change of level in a series, by ranks, without an assumption about their distribution [1]_.

References
----------
.. [1] A. N. Pettitt, A non-parametric approach to the change-point problem, Appl. Statist. 28 (1979), 126-135.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from math import exp
from pathlib import Path
from statistics import median
from typing import Annotated, Any, Final, NotRequired

import numpy as np
from pydantic import Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from loadtests.verdict.evidence import MEASURES
from loadtests.verdict.model import Stage, Verdict
from loadtests.verdict.results import ALIKE, Result
from sim.core.errors import CannotWrite, InvalidInput, Problem, printable
from sim.core.files import is_there, refuse_special, write_bytes
from sim.core.units import counted

__all__ = ["Change", "Entry", "change_of", "history_notes", "note_in_history"]

LEVEL: Final = 0.01
"""Of all measures together, by Bonferroni's method."""
FEWEST: Final = 10
"""Runs; with fewer, the approximation of the p-value is poor."""
MOST: Final = 50
"""The latest runs, which are looked at."""
KEPT: Final = 200
"""Lines of a history; older ones are dropped."""
_LISTED: Final = 5
_DIGITS: Final = 16
_MAX_BYTES: Final = 10_000_000
_LARGEST: Final = 1e100
"""Of the values, so that differences and medians are finite."""


class Entry(TypedDict):
    """A result in a history."""

    at: str
    commit: str
    alike: str  # what must be the same for results to be compared
    values: dict[str, Annotated[float, Field(ge=-_LARGEST, le=_LARGEST, allow_inf_nan=False)]]
    result: NotRequired[str]  # its hash, by which a result that is checked again is known


_ENTRY: Final = TypeAdapter(Entry)


@dataclass(frozen=True, slots=True)
class Change:
    """The most likely change of level in a series.

    Parameters
    ----------
    index
        Of the first value of the new level.
    before, after
        Medians.
    p_value
        Of no change.
    """

    index: int
    before: float
    after: float
    p_value: float


def change_of(values: Sequence[float]) -> Change:
    """Return the most likely change of level in a series, by Pettitt's test.

    Parameters
    ----------
    values
        At least two.
    """
    series = np.asarray(values, dtype=np.float64)
    number = len(series)
    signs = np.sign(series[:, None] - series[None, :]).sum(axis=1)
    statistics = np.abs(np.cumsum(signs)[:-1])
    last = int(statistics.argmax())
    greatest = float(statistics[last])
    p_value = min(2.0 * exp(-6.0 * greatest**2 / (number**3 + number**2)), 1.0)
    return Change(last + 1, median(series[: last + 1].tolist()), median(series[last + 1 :].tolist()), p_value)


def note_in_history(file: Path, result: Result, verdict: Verdict, commit: str) -> list[str]:
    """Add a result to a history, and say in sentences where measures changed; it never fails.

    An invalid result is not added, and one that was added before takes the place of its entry. Lines that are no
    entries stay in the file. A file that has no other lines, or cannot be read, is left alone.

    Parameters
    ----------
    file
        JSON, one entry a line; it is made.
    result, verdict
        What was judged, and how.
    commit
        Of the build; may be empty.
    """
    entry = _entry(result, verdict, commit)
    try:
        lines = _read(file)
        notes = list(_told_of(lines, file))
        if any(check.stage == Stage.VALIDITY and not check.passed for check in verdict.checks):
            notes.append("History: this result is invalid, so it was not added.")
        else:
            lines = _with(lines, entry)
            write_bytes(file, b"".join(line + b"\n" for line, _ in lines))
    except (InvalidInput, CannotWrite) as error:
        return [f"History: {error}; this result was not added."]
    entries = [each for _, each in lines if each is not None and each["alike"] == entry["alike"]]
    return [*notes, *history_notes(entries[-MOST:])]


def history_notes(entries: Sequence[Entry]) -> Iterator[str]:
    """Say in sentences where measures changed.

    Parameters
    ----------
    entries
        Alike, in the order of time.
    """
    if len(entries) < FEWEST:
        yield f"History: {counted(len(entries), 'result')} alike; changes are looked for from {FEWEST} on."
        return
    series = {name: [each["values"].get(name) for each in entries] for name in entries[-1]["values"]}
    whole = {name: [value for value in values if value is not None] for name, values in series.items()}
    whole = {name: values for name, values in whole.items() if len(values) == len(entries)}
    changes = {name: change_of(values) for name, values in whole.items()}
    significant = {name: change for name, change in changes.items() if change.p_value * len(changes) <= LEVEL}
    for name, change in significant.items():
        since = entries[change.index]
        commit = f", commit {since['commit']}" if since["commit"] else ""
        yield (
            f"History: {name} changed {len(entries) - change.index} runs ago ({since['at']}{commit}): median "
            f"{change.before:.4g} before, {change.after:.4g} since (Pettitt's test, p = {change.p_value:.2g})."
        )
    if not significant:
        yield f"History: no change of level in the latest {len(entries)} results alike."


def _entry(result: Result, verdict: Verdict, commit: str) -> Entry:
    """Return a result's entry: its objectives, and the measures of a load test."""
    values = {
        check.name: float(check.actual)
        for check in verdict.checks
        if check.stage == Stage.OBJECTIVE and check.measured and isinstance(check.actual, int | float)
    }
    load: Mapping[str, Any] = result.load or {}
    values |= {name: value for name, value in (load.get("latency") or {}).items() if name in MEASURES and value}
    if load.get("error_rate") is not None:
        values["error rate"] = float(load["error_rate"])
    values = {name: value for name, value in values.items() if abs(value) <= _LARGEST}
    alike = json.dumps({name: result.manifest.get(name) or None for name in _ALIKE}, sort_keys=True)
    whole = json.dumps([result.manifest, result.load], sort_keys=True)
    at = str(result.manifest.get("created", ""))
    digest = sha256(whole.encode()).hexdigest()[:_DIGITS]
    return {"at": at, "commit": commit, "alike": alike, "values": values, "result": digest}


_CHANGES: Final = {"scenario_hash", "trace_hash"}  # a reason for a change of level, and no other series
_TAGS: Final = ("tags", "exclude_tags")  # of Locust: other customers
_ALIKE: Final = ("kind", *(name for name in ALIKE if name not in _CHANGES), "replications", *_TAGS)


_Line = tuple[bytes, Entry | None]  # None = it is no entry


def _with(lines: Sequence[_Line], entry: Entry) -> list[_Line]:
    """Return the lines with one more entry, or with one in the place of that of the same result."""
    line: _Line = json.dumps(entry).encode(), entry
    known = [each is not None and each.get("result") == entry["result"] for _, each in lines]
    if any(known):
        return [line if same else old for same, old in zip(known, lines, strict=True)]
    return [*lines, line][-KEPT:]


def _told_of(lines: Sequence[_Line], file: Path) -> Iterator[str]:
    """Say which lines are no entries; refuse a file that has no others, as it may be something else."""
    wrong = [number for number, (_, entry) in enumerate(lines, 1) if entry is None]
    if wrong and len(wrong) == len(lines):
        raise InvalidInput([Problem(str(file), "", "has no entry of a history; give another file")])
    if wrong:
        where = ", ".join(map(str, wrong[:_LISTED])) + (", ..." if len(wrong) > _LISTED else "")
        lines_are = "it is no entry: line" if len(wrong) == 1 else "they are no entries: lines"
        yield f"History: not used, as {lines_are} {where} of {printable(str(file))}."


def _read(file: Path) -> list[_Line]:
    """Return the lines of a history with their entries; none if there is no such file."""
    if not is_there(file):
        return []
    refuse_special(file)
    try:
        with file.open("rb") as opened:
            data = opened.read(_MAX_BYTES + 1)
        if len(data) > _MAX_BYTES:
            raise InvalidInput([Problem(str(file), "", "is too large for a history; give another file")])
    except OSError as error:
        raise InvalidInput([Problem(str(file), "", f"cannot be read: {error.strerror}")]) from None
    return [(line, _entry_of(line)) for line in data.splitlines() if line.strip()]


def _entry_of(line: bytes) -> Entry | None:
    """Return the entry of a line; None if it is something else."""
    try:
        return _ENTRY.validate_json(line)
    except ValidationError:
        return None
