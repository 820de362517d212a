"""Output of commands: JSON for programs, tables for people."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import typer

from sim.core.errors import printable

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import RenderableType
    from rich.table import Table

    from loadtests.run.duel_result import Duel
    from loadtests.run.result import LoadResult
    from loadtests.verdict import Verdict
    from sim.engine import Plan

__all__ = [
    "VERDICT_CODES",
    "duel_table",
    "exit_when_interrupted",
    "load_table",
    "print_engine",
    "print_folder",
    "print_json",
    "print_log_kept",
    "print_table",
    "print_warnings_pointer",
    "scenario_line",
    "text_table",
    "verb_table",
    "verdict_lines",
]

VERDICT_CODES = {"holds": 0, "fails": 2, "in doubt": 3}
"""Exit code for what fresh days say about a staffing plan."""

_WIDEST = 10_000  # columns: more than any table has


def print_json(value: Any) -> None:
    """Print a JSON-able value."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    typer.echo(re.sub("[\x7f-\x9f]", lambda match: f"\\u{ord(match[0]):04x}", text))  # they command some terminals


def print_table(table: RenderableType) -> None:
    """Print a table for people; brackets in names are brackets, and no markup. Its columns move together to fit."""
    from rich.console import Console
    from rich.table import Table

    console = Console(markup=False, emoji=False)
    if (
        isinstance(table, Table)
        and console.measure(table, options=console.options.update(width=_WIDEST)).maximum > console.width
    ):
        table.collapse_padding, table.box, table.pad_edge = True, None, False
    console.print(table)


def print_engine(plan: Plan, chosen: str) -> None:
    """Say why the fast engine was not used, if it was not; ``chosen`` is the value of ``--engine``."""
    from sim.experiment.replicate import choose_engine

    engine, why = choose_engine(plan, chosen)
    if why:
        typer.echo(f"Simulated by the {engine} engine: {why}.", err=True)


def exit_when_interrupted(done: int, wanted: int, of_each: str = "", *, resumable: bool) -> None:
    """Say how far a command came that Ctrl-C has ended, and how to go on; then exit.

    ``resumable`` = fewer replications were done than wanted, and those that were are kept.
    """
    from sim.core import interrupts

    if resumable or interrupts.presses():
        goes_on = "; --resume goes on" if resumable else ""
        typer.echo(f"Interrupted after {done} of {wanted} replications{of_each}{goes_on}.", err=True)
        raise typer.Exit(interrupts.EXIT_CODE)


def print_folder(folder: Path) -> None:
    """Say where the report of a result is; without a report, where its files are."""
    drawn = folder / "report.html"
    typer.echo(f"Report: {drawn}" if drawn.exists() else f"Result: {folder}")


def print_log_kept(engine: str) -> None:
    """Say that an engine keeps the log in memory in spite of ``--log none``, if it does."""
    from sim.experiment.replicate import forgets

    if not forgets(engine):
        typer.echo(f"The {engine} engine keeps the log in memory; only the file is skipped.", err=True)


def scenario_line(file: str, plan: Plan, warnings: int) -> str:
    """Return the sentence about a valid scenario: its parts, and how many warnings there are."""
    from sim.core.units import counted

    parts = {"intent": plan.intents, "step": plan.steps, "channel": plan.channels, "queue": plan.queues}
    counts = ", ".join(counted(len(names), part) for part, names in parts.items())
    expected = f"{counted(len(plan.groups), 'group')} of agents, {plan.volume.sum():,.0f} journeys expected"
    ending = f"; {counted(warnings, 'warning')}" if warnings else ""
    return f"{printable(file)} is valid: {counts}, {expected}{ending}."


def print_warnings_pointer(file: str, warnings: int) -> None:
    """Say how many assumptions carry weight in a scenario, and which command lists them, if there are any."""
    from sim.core.units import counted

    if warnings:
        verb = "carries" if warnings == 1 else "carry"
        counts = counted(warnings, "assumption")
        shown = printable(file)
        typer.echo(f"{counts} {verb} weight in {shown}; `sojourn validate {shown}` lists what to write.")


def load_table(result: LoadResult) -> Table:
    """Return the table of a load test: counts, latencies, and the findings of the read-back."""
    from rich.table import Table

    from loadtests.run.page import summary_rows

    title = f"{printable(result.run.contract)} at speed {result.run.speed:g}"
    table = Table(title=title, title_justify="left", show_header=False)
    for name, value in summary_rows(result).items():
        table.add_row(name, printable(value))
    return table


def verb_table(result: LoadResult) -> Table:
    """Return the table of a load test by verb."""
    from loadtests.run.page import VERB_COLUMNS, verb_rows

    return text_table("By request, in ms", VERB_COLUMNS, verb_rows(result))


def text_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """Return a table of text whose first column stands left, and the others right."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    # A load test's table by verb has nine columns, which fit into 80 characters so.
    table = Table(
        title=title, title_justify="left", box=SIMPLE_HEAD, show_edge=False, pad_edge=False, collapse_padding=True
    )
    for number, column in enumerate(columns):
        table.add_column(printable(column), justify="right" if number else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(printable, row))
    return table


def duel_table(duel: Duel) -> Table:
    """Return the table of a duel: each measure of A and B, and the outcome."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from loadtests.run.duel_verdict import COLUMNS, duel_rows

    title = f"A {duel.a.host}, B {duel.b.host}"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, show_edge=False)  # all columns in 80 characters
    for column in COLUMNS:
        table.add_column(column, justify="left" if column in {COLUMNS[0], COLUMNS[-1]} else "right")
    for row in duel_rows(duel):
        table.add_row(*row)
    return table


_MARKS = {"ok": "ok    ", "failed": "FAILED", "not measured": "-     "}


def verdict_lines(verdict: Verdict) -> Iterator[str]:
    """Yield the lines of a verdict: its status and title, then each check."""
    yield printable(f"{verdict.status.value.replace('_', ' ').upper()}: {verdict.title}")
    for check in verdict.checks:
        mark = _MARKS.get(check.mark, f"{check.mark}:")
        lines = f"  {mark} {check.name}: {check.message}".split("\n")
        yield "\n".join(map(printable, lines))
    yield from map(printable, verdict.notes)
