"""``sojourn compare``: compare any number of variants with a baseline."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

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
    Seed,
    Yes,
)

Scenarios = Annotated[
    Optional[list[Path]],  # noqa: UP045 - typer reads it at run time
    typer.Argument(metavar="SCENARIO...", help="Files or folders, the baseline first; or results of load tests."),
]
VariantsFile = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option("--variants", metavar="FILE", help="A YAML file of variants: names, and changes by path."),
]
Changed = Annotated[
    list[str],
    typer.Option(
        "--variant", metavar="CHANGES", help='A variant, e.g. "one more: agents.desk.staff=+1; run.days=5"; repeatable.'
    ),
]
Kpi = Annotated[
    str, typer.Option("--kpi", help="By which the variants are judged, e.g. calls.service_level, abandonment or cost.")
]


def compare(
    scenarios: Scenarios = None,
    variants: VariantsFile = None,
    changed: Changed = [],  # noqa: B006 - typer reads it, nobody changes it
    overrides: Overrides = [],  # noqa: B006
    kpi: Kpi = "service_level",
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
    """Compare variants with a baseline on the same customers: which is best, how sure, at what cost."""
    from sojourn.terminal.loads import are_loads, print_loads

    if are_loads(scenarios or []):
        settings = {
            "variants": variants, "variant": changed, "set": overrides, "kpis": kpis, "by": by, "seed": seed,
            "replications": replications, "precision": precision, "at-most": at_most, "out": out, "resume": resume,
        }  # fmt: skip
        print_loads(scenarios or [], settings, as_json=as_json)
        return

    from sim.experiment.workers import on_cluster
    from sim.report.titles import with_titles
    from sim.report.variants_page import verdict
    from sim.report.variants_table import days_table, variants_table
    from sojourn.api.comparison import compare_scenarios
    from sojourn.terminal.output import exit_when_interrupted, print_engine, print_folder, print_json, print_table
    from sojourn.terminal.progress import progress

    with on_cluster(cluster), progress("simulating all variants") as show_progress:
        result = compare_scenarios(
            scenarios or [],
            variants=variants,
            changed=changed,
            overrides=overrides,
            kpi=kpi,
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
        plan, comparison, row = with_titles(result.plan, result.comparison, result.judged)
        judged = row or result.judged
        print_table(variants_table(comparison, judged))
        if (days := days_table(comparison, judged)) is not None:
            print_table(days)
        for sentence in verdict(comparison, judged, plan):
            typer.echo(sentence)
        for note in result.notes:
            typer.echo(note)
        print_folder(result.folder)
    done, wanted = result.comparison.replications, result.manifest["wanted"]
    exit_when_interrupted(done, wanted, " of each", resumable=result.interrupted)
