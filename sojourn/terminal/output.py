"""Show results: JSON for programs, tables for people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from loadtests.run.result import LoadResult
    from loadtests.verdict import Verdict
    from sim.engine import Plan

__all__ = ["load_table", "say_engine", "say_kept", "show_json", "verdict_lines"]


def show_json(value: Any) -> None:
    """Print a value as JSON.

    Parameters
    ----------
    value
        JSON-able, without NaN.
    """
    typer.echo(json.dumps(value, ensure_ascii=False, allow_nan=False))


def say_engine(plan: Plan, asked: str) -> None:
    """Say so where the fast engine was not taken.

    Parameters
    ----------
    plan
        What was simulated.
    asked
        The engine that was asked for.
    """
    from sim.experiment.replicate import choose_engine

    engine, why = choose_engine(plan, asked)
    if why:
        typer.echo(f"Simulated by the {engine} engine: {why}.", err=True)


def say_kept(engine: str) -> None:
    """Say so where an engine keeps the log that nobody asked for.

    Parameters
    ----------
    engine
        Its name.
    """
    from sim.experiment.replicate import forgets

    if not forgets(engine):
        typer.echo(f"The {engine} engine keeps the log in memory; only the file is left away.", err=True)


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

    from loadtests.run.page import summary_rows

    table = Table(title=f"{result.run.contract} at speed {result.run.speed:g}", title_justify="left", show_header=False)
    for name, value in summary_rows(result).items():
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
