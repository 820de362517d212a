"""Load tests side by side: the figures of each, and how far the second of two is from the first."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from loadtests.verdict.results import ALIKE, read_result
from sim.core.errors import InvalidInput, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

__all__ = ["Figure", "LoadFigures", "figures_of", "read_load", "text_rows"]

_QUANTILES: Final = {"p50": "p50", "p95": "p95", "p99": "p99", "p99.9": "p999", "p99.99": "p9999", "max": "max"}


@dataclass(frozen=True, slots=True)
class LoadFigures:
    """The manifest and the figures of one load test, as its files hold them."""

    name: str
    manifest: Mapping[str, Any]
    load: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of all load tests; ``None`` = not measured."""

    name: str
    unit: str  # "", "/s", "ms", "us", "MB" or "%"
    values: tuple[float | None, ...]

    @property
    def change(self) -> float | None:
        """From the first to the second of two, relative; None = there is none."""
        if len(self.values) != 2 or self.values[0] is None or self.values[1] is None or self.values[0] == 0.0:
            return None
        return self.values[1] / self.values[0] - 1.0


def read_load(folder: Path) -> LoadFigures:
    """Read the result of a load test.

    Raises
    ------
    InvalidInput
        It is none, or damaged; all problems at once.
    """
    result = read_result(folder)
    if result.load is None:
        raise InvalidInput([Problem(str(folder), "", "is no result of a load test; give that of sojourn load")])
    return LoadFigures(str(folder), result.manifest, result.load)


def figures_of(results: Sequence[LoadFigures]) -> list[Figure]:
    """Return the figures of load tests; those that were measured nowhere are left out."""
    each = [dict(_figures(result.load)) for result in results]
    names = list(dict.fromkeys(name for figures in each for name in figures))
    rows = [Figure(*name, tuple(figures.get(name) for figures in each)) for name in names]
    return [row for row in rows if any(value is not None for value in row.values)]


def text_rows(results: Sequence[LoadFigures]) -> tuple[list[str], list[tuple[str, ...]]]:
    """Return the columns and rows of a table: first the settings that differ, which make a comparison less fair."""
    two = len(results) == 2
    columns = ["", *(result.name for result in results), *(["change"] if two else [])]
    rows = [("valid", *("yes" if result.load["valid"] else "no" for result in results))]
    for name in ALIKE:
        values = [json.dumps(result.manifest.get(name)) for result in results]
        if len(set(values)) > 1:
            rows.append((f"{name.replace('_', ' ')} (differs)", *(value.strip('"') for value in values)))
    rows = [(*row, *([""] if two else [])) for row in rows]
    for figure in figures_of(results):
        change = "-" if figure.change is None else f"{figure.change:+.1%}"
        name = f"{figure.name}, {figure.unit}" if figure.unit else figure.name
        rows.append((name, *map(_text, figure.values), *([change] if two else [])))
    return columns, rows


def _figures(load: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], float | None]]:
    """Yield the figures of a load test by name and unit."""
    yield ("requests", ""), load["requests"]
    yield ("due", "/s"), load.get("due_rate")
    yield ("answered meanwhile", "/s"), load.get("answered_rate")
    yield ("not acknowledged", "%"), _times(100.0, load.get("error_rate"))
    yield ("retries", ""), load.get("retries")
    outages = load.get("outages")
    yield ("outages", ""), None if outages is None else len(outages)
    yield ("findings", ""), _findings(load.get("verification"))
    for name, key in (("latency", "latency"), ("service time", "service_time"), ("lag", "lag"), ("own lag", "own_lag")):
        for label, quantile in _QUANTILES.items():
            yield (f"{name} {label}", "ms"), _times(1000.0, (load.get(key) or {}).get(quantile))
    for verb, figures in ((load.get("breakdowns") or {}).get("verb") or {}).items():
        yield (f"{verb}: latency p95", "ms"), _times(1000.0, figures["latency"]["p95"])
    generators = load.get("generators") or ()
    attempts = sum(each["attempts"] for each in generators)
    cpu = sum(each["cpu_seconds"] for each in generators)
    yield ("generator's CPU per attempt", "us"), 1e6 * cpu / attempts if attempts else None
    yield ("generator's memory", "MB"), sum(each["peak_memory"] for each in generators) / 1e6 or None
    endpoint = load.get("endpoint") or {}
    per_attempt = 1e6 / load["attempts"] if load.get("attempts") else 0.0
    yield ("endpoint's CPU per attempt", "us"), _times(per_attempt, endpoint.get("cpu_seconds"))
    yield ("endpoint's memory", "MB"), _times(1e-6, endpoint.get("peak_memory"))


def _times(factor: float, value: float | None) -> float | None:
    return None if value is None else factor * value


def _findings(verification: Mapping[str, Any] | None) -> float | None:
    """Return the number of findings; None if nothing was read back."""
    if verification is None:
        return None
    checks = ("lost", "phantom", "duplicate", "out_of_order", "context_wrong", "leak", "unbalanced", "unread")
    counts = [verification.get(check) for check in checks]
    return None if None in counts else sum(count for count in counts if count is not None)


def _text(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"
