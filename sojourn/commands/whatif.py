"""``sojourn whatif``: compare a scenario with a changed one."""

from __future__ import annotations

import typer

from sojourn.terminal.options import (
    AllowCode,
    AtMost,
    ClusterAddress,
    Dimensions,
    Engine,
    Json,
    Kpis,
    Out,
    Overrides,
    Precision,
    Processes,
    Replications,
    Report,
    Resume,
    ScenarioFile,
    Seed,
    Yes,
)


def whatif(
    scenario: ScenarioFile,
    overrides: Overrides = [],  # noqa: B006 - typer reads it, nobody changes it
    kpis: Kpis = [],  # noqa: B006
    by: Dimensions = [],  # noqa: B006
    replications: Replications = None,
    precision: Precision = [],  # noqa: B006
    at_most: AtMost = None,
    seed: Seed = None,
    processes: Processes = None,
    cluster: ClusterAddress = None,
    engine: Engine = "auto",
    report: Report = True,
    out: Out = None,
    resume: Resume = False,
    yes: Yes = False,
    allow_code: AllowCode = False,
    as_json: Json = False,
) -> None:
    """Compare with --set changes on the same customers."""
    from sim.experiment.workers import on_cluster
    from sim.report.terminal_tables import difference_table
    from sim.report.titles import with_titles
    from sojourn.api.comparison import whatif as compare_scenarios
    from sojourn.terminal.output import exit_when_interrupted, print_engine, print_folder, print_json, print_table
    from sojourn.terminal.progress import progress

    with on_cluster(cluster), progress("simulating both") as show_progress:
        result = compare_scenarios(
            scenario,
            overrides,
            kpis=kpis,
            by=by,
            replications=replications,
            precision=precision,
            at_most=at_most,
            seed=seed,
            processes=processes,
            engine=engine,
            report=report,
            out=out,
            resume=resume,
            yes=yes,
            allow_code=allow_code,
            progress=show_progress,
        )
    print_engine(result.plan, engine)
    if as_json:
        print_json(result.as_dict())
    else:
        print_table(difference_table(with_titles(result.plan, result.differences)[1]))
        for note in result.notes:
            typer.echo(note)
        print_folder(result.folder)
    done, wanted = result.differences.replications, result.manifest["wanted"]
    exit_when_interrupted(done, wanted, " of each", resumable=result.interrupted)
