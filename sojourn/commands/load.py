"""``sojourn load``: send a scenario's customers to an endpoint."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from sojourn.terminal.load_options import ContractFile, Duration, Grace, MaxRequests, Speed, Workers
from sojourn.terminal.options import AllowCode, Json, Out, Overrides, ScenarioFile, Seed, Yes

if TYPE_CHECKING:
    from sojourn.api.load_test import LoadRun


def load(
    scenario: ScenarioFile,
    host: Annotated[str, typer.Option(help="URL of the endpoint.")] = "http://127.0.0.1:8080",
    contract: ContractFile = None,
    speed: Speed = 60.0,
    overrides: Overrides = [],  # noqa: B006 - typer reads it, nobody changes it
    seed: Seed = None,
    workers: Workers = 1,
    connections: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=1, help="Open connections per process, at most; else as many as the system allows."),
    ] = None,
    duration: Duration = None,
    max_requests: MaxRequests = None,
    grace: Grace = 30.0,
    give_up: Annotated[
        float, typer.Option(min=0.001, help="End when the endpoint has given no answer for so many seconds.")
    ] = 30.0,
    read_limit: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(
            min=0.001,
            help="Seconds for reading back, at most; else twice --grace and .05 for each journey, contact and queue.",
        ),
    ] = None,
    process: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=1, metavar="PID", help="The endpoint's process on this machine, for its CPU and memory."),
    ] = None,
    faults: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(metavar="FILE", help="YAML file of faults: stalls, slow links, resets, kills of the endpoint."),
    ] = None,
    beside: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(metavar="RESULT", help="Folder of another load test, to show its figures beside."),
    ] = None,
    out: Out = None,
    yes: Yes = False,
    allow_code: AllowCode = False,
    as_json: Json = False,
) -> None:
    """Send a scenario's customers to an endpoint; verify."""
    from loadtests.run.page import figures_here
    from loadtests.run.side_by_side import text_rows
    from sim.core import interrupts
    from sojourn.api.load_test import load_test
    from sojourn.terminal.output import load_table, print_json, print_table, text_table, verb_table
    from sojourn.terminal.progress import load_progress

    with load_progress() as (show_progress, show_figures):
        load_run = load_test(
            scenario,
            host=host,
            contract=contract,
            speed=speed,
            overrides=overrides,
            seed=seed,
            workers=workers,
            connections=connections,
            duration=duration,
            max_requests=max_requests,
            grace=grace,
            give_up=give_up,
            read_limit=read_limit,
            process=process,
            faults=faults,
            beside=beside,
            out=out,
            yes=yes,
            allow_code=allow_code,
            progress=show_progress,
            show=show_figures,
        )
    page = load_run.folder / "report.html"
    if as_json:
        print_json(load_run.as_dict())
    else:
        print_table(load_table(load_run.result))
        print_table(verb_table(load_run.result))
        if load_run.beside is not None:
            here = figures_here(load_run.manifest, load_run.result)
            print_table(text_table("Side by side", *text_rows([load_run.beside, here])))
        typer.echo(f"Report: {page}" if page.is_file() else f"Result: {load_run.folder}, without a report")
    _say_what_is_wrong(load_run)
    if load_run.result.run.interrupted or interrupts.presses():
        if load_run.result.valid:
            typer.echo("Interrupted after everything was sent and read back; the result is complete.", err=True)
        raise typer.Exit(interrupts.EXIT_CODE)
    if not load_run.result.valid:
        raise typer.Exit(4)
    if load_run.result.ended_early:
        typer.echo(f"Ended early: {load_run.result.ended_early}.", err=True)
        raise typer.Exit(2)


def _say_what_is_wrong(load_run: LoadRun) -> None:
    """Say what is wrong with a load test: its page, its validity, the endpoint."""
    from loadtests.run.page import unwell_sentences
    from sim.core import interrupts
    from sim.core.errors import printable

    result = load_run.result
    if load_run.without_page and not interrupts.presses():
        typer.echo(printable(f"No page: {load_run.without_page}"), err=True)
    if not result.valid:
        typer.echo(printable(f"Not valid: {result.why}"), err=True)
    for sentence in unwell_sentences(result):
        typer.echo(printable(f"Not well: {sentence}"), err=True)
    if result.left_behind:
        typer.echo(printable(f"Left on the endpoint: {result.left_behind}"), err=True)
