"""``sojourn sweep``: many points of a scenario."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Optional

import typer

from sojourn.terminal.options import (
    AllowCode,
    ClusterAddress,
    Engine,
    Json,
    Out,
    Overrides,
    Processes,
    Replications,
    Seed,
    Yes,
)

Scenario = Annotated[
    Optional[Path],  # noqa: UP045 - typer reads it at run time
    typer.Argument(metavar="SCENARIO", help="A scenario.yaml, or the folder that holds it."),
]
Vary = Annotated[
    list[str],
    typer.Option(
        "--vary",
        metavar="PATH=VALUES",
        help='e.g. "agents.desk.staff=4..10" or "demand.volume=*0.8,*1,*1.2"; repeatable.',
    ),
]
Points = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--points",
        metavar="NUMBER|FILE",
        help="Draw so many points from the ranges (Latin hypercube), or read them, a column per path; else all "
        "combinations.",
    ),
]
Kpis = Annotated[
    list[str],
    typer.Option("--kpi", help='What is measured, e.g. cost or "calls.service_level >= 80 %"; repeatable.'),
]
File = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option("--file", metavar="FILE", help="A YAML file with all of this, for what is repeated."),
]
Cache = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option("--cache", metavar="FOLDER", help="Keeps what was simulated; else results/sweep-cache."),
]
Resume = Annotated[
    bool, typer.Option("--resume/--anew", help="Simulate only what the cache does not have, or all anew.")
]


def sweep(
    scenario: Scenario = None,
    vary: Vary = [],  # noqa: B006 - typer reads it, nobody changes it
    points: Points = None,
    kpi: Kpis = [],  # noqa: B006
    file: File = None,
    overrides: Overrides = [],  # noqa: B006
    replications: Replications = None,
    seed: Seed = None,
    processes: Processes = None,
    cluster: ClusterAddress = None,
    engine: Engine = "auto",
    out: Out = None,
    cache: Cache = None,
    resume: Resume = True,
    yes: Yes = False,
    allow_code: AllowCode = False,
    as_json: Json = False,
) -> None:
    """Simulate many points of a scenario on the same customers: a table, curves, heat maps."""
    from sim.core import interrupts
    from sim.experiment.workers import on_cluster
    from sim.report.sweep_table import sweep_table
    from sim.report.sweep_verdict import sweep_verdict
    from sim.report.titles import titled_rows
    from sojourn.api.sweeps import CACHE
    from sojourn.api.sweeps import sweep as sweep_scenario
    from sojourn.terminal.output import print_engine, print_json, print_table
    from sojourn.terminal.paths import varied_paths, wanted_points
    from sojourn.terminal.progress import progress

    with on_cluster(cluster), progress("simulating all points") as show_progress:
        result = sweep_scenario(
            scenario,
            varied_paths(vary),
            points=wanted_points(points),
            kpis=kpi,
            file=file,
            overrides=overrides,
            replications=replications,
            seed=seed,
            processes=processes,
            engine=engine,
            out=out,
            cache=cache or CACHE,
            resume=resume,
            yes=yes,
            allow_code=allow_code,
            announce=lambda sentence: typer.echo(sentence, err=True),
            progress=show_progress,
        )
    print_engine(result.plan, engine)
    if as_json:
        print_json(result.as_dict())
    else:
        values = replace(result.values, rows=titled_rows(result.plan, result.values.rows)[1])
        print_table(sweep_table(result.points, values))
        for sentence in sweep_verdict(result.points, values):
            typer.echo(sentence)
        for note in result.notes:
            typer.echo(note)
        typer.echo(f"Report: {result.folder / 'report.html'}")
    if result.interrupted or interrupts.presses():
        done = int(result.values.done.sum())
        typer.echo(f"Interrupted after {done} of {len(result.points)} points; the same command goes on.", err=True)
        raise typer.Exit(interrupts.EXIT_CODE)
