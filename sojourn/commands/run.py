"""``sojourn run``: simulate a scenario."""

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
    Log,
    Out,
    Overrides,
    Precision,
    Processes,
    Replications,
    Report,
    Resume,
    ScenarioFile,
    Seed,
    Steady,
    Yes,
)


def run(
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
    log: Log = "first",
    report: Report = True,
    out: Out = None,
    resume: Resume = False,
    steady: Steady = [],  # noqa: B006
    yes: Yes = False,
    allow_code: AllowCode = False,
    as_json: Json = False,
) -> None:
    """Simulate a scenario: KPIs, log, report."""
    from sim.advice import warnings_of
    from sim.experiment.workers import on_cluster
    from sim.report.terminal_tables import summary_table
    from sim.report.titles import with_titles
    from sojourn.api.simulation import run as run_scenario
    from sojourn.terminal.output import (
        exit_when_interrupted,
        print_engine,
        print_folder,
        print_json,
        print_log_kept,
        print_table,
        print_warnings_pointer,
    )
    from sojourn.terminal.progress import progress

    with on_cluster(cluster), progress("simulating") as show_progress:
        result = run_scenario(
            scenario,
            overrides=overrides,
            kpis=kpis,
            by=by,
            replications=replications,
            precision=precision,
            at_most=at_most,
            seed=seed,
            processes=processes,
            engine=engine,
            log=log,
            report=report,
            out=out,
            resume=resume,
            steady=steady,
            yes=yes,
            allow_code=allow_code,
            progress=show_progress,
        )
    print_engine(result.plan, engine)
    if log == "none":
        print_log_kept(result.manifest["engine"])
    if as_json:
        print_json(result.as_dict())
    else:
        print_table(summary_table(with_titles(result.plan, result.estimates)[1], result.plan.calendar))
        if "precision" in result.manifest:
            typer.echo(result.manifest["precision"]["sentence"])
        for each in result.manifest.get("steady", []):
            typer.echo(each["sentence"])
        print_warnings_pointer(str(scenario), len(warnings_of(result.scenario, result.plan)))
        print_folder(result.folder)
    exit_when_interrupted(len(result.replications), result.replications.wanted, resumable=result.interrupted)
