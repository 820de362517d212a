"""``sojourn duel``: compare two endpoints by pairs of load runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from sojourn.terminal.load_options import ContractFile, Duration, Grace, MaxRequests, Speed, Workers
from sojourn.terminal.options import AllowCode, Json, Out, Overrides, ScenarioFile, Seed, Yes

if TYPE_CHECKING:
    from loadtests.run.duel_result import Duel


def duel(
    scenario: ScenarioFile,
    a: Annotated[str, typer.Option("--a", metavar="URL", help="The endpoint that is known, such as the last build.")],
    b: Annotated[
        Optional[str],  # noqa: UP045 - typer reads it at run time
        typer.Option("--b", metavar="URL", help="The endpoint to judge."),
    ] = None,
    contract: ContractFile = None,
    pairs: Annotated[int, typer.Option(min=2, max=100, help="Pairs of runs from one look to the next.")] = 5,
    looks: Annotated[int, typer.Option(min=1, max=10, help="Looks at most; ends at the first that settles it.")] = 3,
    warm_up: Annotated[int, typer.Option(min=0, max=10, help="Runs of each before, which do not count.")] = 1,
    calibrate: Annotated[
        bool, typer.Option("--calibrate", help="Compare A with itself in all pairs, and keep the noise floor.")
    ] = False,
    duet: Annotated[
        bool, typer.Option("--duet", help="Run A and B of a pair at the same time, instead of in turns.")
    ] = False,
    noise: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Result of a calibration: an effect must exceed twice its noise floor."),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Fail with exit code 5 if it is inconclusive.")] = False,
    a_process: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=1, metavar="PID", help="Process of A on this machine, to compare CPU time per journey."),
    ] = None,
    b_process: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=1, metavar="PID", help="Process of B on this machine."),
    ] = None,
    speed: Speed = 60.0,
    overrides: Overrides = [],  # noqa: B006 - typer reads it, nobody changes it
    seed: Seed = None,
    workers: Workers = 1,
    duration: Duration = None,
    max_requests: MaxRequests = None,
    grace: Grace = 30.0,
    out: Out = None,
    yes: Yes = False,
    allow_code: AllowCode = False,
    as_json: Json = False,
) -> None:
    """Compare two endpoints by pairs of load runs, to learn whether B is slower."""
    from loadtests.run.duel_verdict import duel_sentences
    from sim.core import interrupts
    from sim.core.errors import printable
    from sojourn.api.duel import duel as run_duel
    from sojourn.terminal.ci import report_to_ci
    from sojourn.terminal.output import duel_table, print_json, print_table
    from sojourn.terminal.progress import progress

    with progress("runs in pairs") as show_progress:
        result = run_duel(
            scenario,
            a=a,
            b=b,
            contract=contract,
            pairs=pairs,
            looks=looks,
            warm_up=warm_up,
            calibrate=calibrate,
            duet=duet,
            noise=noise,
            strict=strict,
            processes=(a_process, b_process),
            speed=speed,
            overrides=overrides,
            seed=seed,
            workers=workers,
            duration=duration,
            max_requests=max_requests,
            grace=grace,
            out=out,
            yes=yes,
            allow_code=allow_code,
            progress=lambda share: show_progress(round(1000 * share), 1000),
            pair_ended=_print_pairs,
        )
    if as_json:
        print_json(result.as_dict())
    else:
        first, *others = duel_sentences(result.duel)
        typer.echo(printable(first))
        if result.duel.looks:
            print_table(duel_table(result.duel))
        for sentence in others:
            typer.echo(printable(sentence))
        typer.echo(f"JSON, page, Markdown and JUnit XML: {', '.join(str(result.folder / name) for name in FILES)}")
    report_to_ci(result.verdict)
    if result.duel.interrupted or interrupts.presses():
        typer.echo(f"Interrupted; {_left_by_interrupt(result.duel)}.", err=True)
        raise typer.Exit(interrupts.EXIT_CODE)
    raise typer.Exit(result.verdict.exit_code)


def _print_pairs(duel: Duel) -> None:
    """Say on standard error how many pairs count until now, where that is no terminal with a bar.

    Parameters
    ----------
    duel
        After both runs of a pair.
    """
    if sys.stderr.isatty():
        return
    count = len(duel.pairs)
    others = len(duel.runs) // 2 - duel.plan.warm_up - count
    not_valid = f", {others} not valid" if others else ""
    typer.echo(f"{count} of at most {duel.plan.most} pairs done{not_valid}.", err=True)


def _left_by_interrupt(duel: Duel) -> str:
    """Say what an interrupt has left of a duel."""
    if not duel.interrupted:
        return "the duel is complete"
    if not duel.looks:
        return "there are too few pairs to compare, and no verdict"
    return "the pairs until then are shown, without a verdict"


FILES = ("duel.json", "verdict.html", "verdict.md", "junit.xml")
