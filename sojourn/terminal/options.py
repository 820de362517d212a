"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

__all__ = [
    "AllowCode",
    "AtMost",
    "ClusterAddress",
    "Dimensions",
    "Engine",
    "Json",
    "Kpis",
    "Log",
    "Out",
    "Overrides",
    "Precision",
    "Processes",
    "Replications",
    "Report",
    "Resume",
    "ScenarioFile",
    "Seed",
    "Steady",
    "Yes",
]

ScenarioFile = Annotated[Path, typer.Argument(metavar="SCENARIO", help="A scenario.yaml, or the folder that holds it.")]
Overrides = Annotated[
    list[str],
    typer.Option("--set", metavar="PATH=VALUE", help='Change a value, e.g. "agents.cards.staff=+4"; repeatable.'),
]
AllowCode = Annotated[
    bool,
    typer.Option("--allow-code", help="Import the Python that the scenario names; it can do whatever you can."),
]
Kpis = Annotated[
    list[str],
    typer.Option(
        "--kpis", metavar="NAMES", help='Measure these KPIs only, e.g. "service_level,wait_*": faster; repeatable.'
    ),
]
Dimensions = Annotated[
    list[str],
    typer.Option("--by", metavar="NAMES", help='Measure by these dimensions only, e.g. "all,queue"; repeatable.'),
]
Replications = Annotated[
    Optional[int],  # noqa: UP045 - typer reads it at run time
    typer.Option("--replications", "-n", min=1, help="Independent repetitions; else the scenario's number."),
]
Precision = Annotated[
    list[str],
    typer.Option(
        "--precision",
        metavar="KPI: SIZE",
        help='Simulate until half of the interval is at most this, e.g. "voice.service_level: 1 %" (points) or '
        '"cost: 2 % of value"; repeatable.',
    ),
]
AtMost = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option("--at-most", min=2, help="With --precision: the most replications; else 1,000."),
]
Steady = Annotated[
    list[str],
    typer.Option(
        "--steady",
        metavar="KPI",
        help='Find where the warm-up of one long run ends, and the interval of a KPI after it, e.g. "calls.asa"; '
        "repeatable.",
    ),
]
Seed = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option("--seed", min=0, max=0xFFFF_FFFF, help="Same seed, same customers; else the scenario's."),
]
Processes = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option("--processes", "-p", min=1, help="Processes at the same time; else one per core."),
]
ClusterAddress = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--cluster", metavar="ADDRESS", help="Simulate on a Dask cluster, e.g. tcp://10.0.0.5:8786."),
]
Engine = Annotated[
    str,
    typer.Option("--engine", help="compiled or simpy, with the same log; auto = compiled where possible."),
]
Log = Annotated[
    str,
    typer.Option(
        "--log", help="first = write the first replication's log; none = keep no log, for long runs in little memory."
    ),
]
Report = Annotated[
    bool, typer.Option("--report/--no-report", help="Draw report.html, which takes as long as simulating a day.")
]
Out = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option("--out", "-o", help="Folder of the result; else one in results/, named after the scenario."),
]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on from what Ctrl-C left in the folder of the result; the same bytes.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Simulate even if it takes over half an hour, or 8 GB.")]
