"""``sojourn check``: judge a result."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer


def check(
    result: Annotated[Path, typer.Argument(metavar="RESULT", help="Folder of a run or a load test.")],
    baseline: Annotated[
        Optional[Path],  # noqa: UP045 - typer reads it at run time
        typer.Option("--baseline", "-b", help="Baseline: of simulated KPIs, compared exactly, or of load tests."),
    ] = None,
    objectives: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(metavar="FILE", help="YAML file of objectives, in place of those of the scenario."),
    ] = None,
    history: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(metavar="FILE", help="Add the result to a history, and say where measures changed; never fails."),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Fail with exit code 5 if a comparison of load tests is inconclusive.")
    ] = False,
) -> None:
    """Judge a result: pass, missed, regression or invalid."""
    from loadtests.verdict.refusal import has_verdict_files, refusal
    from sim.core.errors import InvalidInput
    from sojourn.api.verdicts import judge
    from sojourn.terminal.ci import report_to_ci
    from sojourn.terminal.errors import print_error
    from sojourn.terminal.output import verdict_lines

    try:
        verdict = judge(result, baseline, objectives=objectives, strict=strict, history=history)
    except InvalidInput as error:  # a result that cannot be read proves nothing: no other command's exit code 2
        print_error(InvalidInput(error.problems, "nothing was judged"))
        refused = refusal(result, error)
        typer.echo(next(verdict_lines(refused)))
        if has_verdict_files(result):
            _print_files(result)
        report_to_ci(refused)
        raise typer.Exit(refused.exit_code) from error
    for line in verdict_lines(verdict):
        typer.echo(line)
    _print_files(result)
    report_to_ci(verdict)
    raise typer.Exit(verdict.exit_code)


def _print_files(result: Path) -> None:
    """Say where the files of the verdict on a result are."""
    typer.echo(f"Page, Markdown and JUnit XML: {', '.join(str(result / name) for name in FILES)}")


FILES = ("verdict.html", "verdict.md", "junit.xml")
