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
from math import exp
from pathlib import Path
from statistics import median
from typing import Annotated, Any, Final

import numpy as np
from pydantic import Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from loadtests.verdict.evidence import MEASURES
from loadtests.verdict.model import Stage, Verdict
from loadtests.verdict.results import ALIKE, Result
from sim.core.errors import InvalidInput, Problem
from sim.core.files import is_there, refuse_special, write_text
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
_MAX_BYTES: Final = 10_000_000
_LARGEST: Final = 1e100
"""Of the values, so that differences and medians are finite."""


class Entry(TypedDict):
    """A result in a history."""

    at: str
    commit: str
    alike: str  # what must be the same for results to be compared
    values: dict[str, Annotated[float, Field(ge=-_LARGEST, le=_LARGEST, allow_inf_nan=False)]]


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


def note_in_history(file: Path, result: Result, verdict: Verdict, commit: str) -> list[Entry]:
    """Add a result to a history, unless it is invalid; return the entries of the same load and machine.

    Parameters
    ----------
    file
        JSON, one entry a line; it is made.
    result, verdict
        What was judged, and how.
    commit
        Of the build; may be empty.

    Raises
    ------
    InvalidInput
        The file holds something else.
    CannotWrite
        It cannot be written.
    """
    entries = _read(file)
    entry = _entry(result, verdict, commit)
    if not any(check.stage == Stage.VALIDITY for check in verdict.failures):
        entries.append(entry)
        write_text(file, "".join(json.dumps(each) + "\n" for each in entries[-KEPT:]))
    return [each for each in entries if each["alike"] == entry["alike"]][-MOST:]


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
    alike = json.dumps({name: result.manifest.get(name) for name in _ALIKE}, sort_keys=True)
    return {"at": str(result.manifest.get("created", "")), "commit": commit, "alike": alike, "values": values}


_ALIKE: Final = ("kind", *(name for name in ALIKE if name not in {"scenario_hash", "trace_hash"}), "replications")
"""A model that changed is a reason for a change of level, and no other series."""


def _read(file: Path) -> list[Entry]:
    """Return the entries of a history; none if there is no such file."""
    if not is_there(file):
        return []
    refuse_special(file)
    try:
        with file.open("rb") as opened:
            data = opened.read(_MAX_BYTES + 1)
        if len(data) > _MAX_BYTES:
            raise InvalidInput([Problem(str(file), "", "is too large for a history; give another file")])
        lines = data.decode().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput([Problem(str(file), "", f"cannot be read: {error}")]) from None
    entries: list[Entry] = []
    for number, line in enumerate(lines, 1):
        try:
            entries.append(_ENTRY.validate_json(line))
        except ValidationError:
            message = (
                f"is no entry of a history with values from -{_LARGEST:g} to {_LARGEST:g}; "
                "give another file, or remove this line"
            )
            raise InvalidInput([Problem(str(file), "", message, line=number)]) from None
    return entries
