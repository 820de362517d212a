"""Show results: JSON for programs, tables for people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from loadtests.result import LoadResult, Quantiles
    from loadtests.verdict import Verdict

__all__ = ["load_table", "show_json", "verdict_lines"]


def show_json(value: Any) -> None:
    """Print a value as JSON.

    Parameters
    ----------
    value
        JSON-able, without NaN.
    """
    typer.echo(json.dumps(value, ensure_ascii=False, allow_nan=False))


def load_table(result: LoadResult) -> Table:
    """Return a load test for people.

    Parameters
    ----------
    result
        What was measured.

    Returns
    -------
    Table
        Counts, latencies, and what the read-back found.
    """
    from rich.table import Table

    rows = {
        "journeys": f"{result.journeys:,}",
        "requests": f"{result.requests:,} of {result.planned:,}, {result.throughput:,.0f} acknowledged per second",
        "not acknowledged": f"{result.error_rate:.3%}",
        "latency from due": _quantiles(result.latency),
        "service time": _quantiles(result.service_time),
        "generator's own lag": _quantiles(result.lag),
        "by class": ", ".join(f"{name} {count:,}" for name, count in result.by_class.items()),
        "not offered": ", ".join(f"{name} {count:,}" for name, count in result.not_offered.items()) or "-",
        "read back": _found(result),
    }
    table = Table(title=f"{result.run.contract} at speed {result.run.speed:g}", title_justify="left", show_header=False)
    for name, value in rows.items():
        table.add_row(name, value)
    return table


def verdict_lines(verdict: Verdict) -> Iterator[str]:
    """Return a verdict, one line per check.

    Parameters
    ----------
    verdict
        What was judged.

    Yields
    ------
    str
        The status first.
    """
    yield f"{verdict.status.value.replace('_', ' ').upper()}: {verdict.title}"
    for check in verdict.checks:
        yield f"  {'ok    ' if check.passed else 'FAILED'} {check.name}: {check.message}"


def _quantiles(of: Quantiles) -> str:
    shown = {"p50": of.p50, "p95": of.p95, "p99": of.p99, "max": of.max}
    return ", ".join(f"{name} {1000 * value:.1f} ms" for name, value in shown.items() if value is not None) or "-"


def _found(result: LoadResult) -> str:
    found = result.verification
    if found is None:
        return "not verified"
    if found.not_verifiable:
        return f"not verifiable: {'; '.join(found.not_verifiable)}"
    counts = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in found.counts.items())
    return f"{found.checked:,} journeys: {counts}" + (f"; {found.unread} unread" if found.unread else "")
