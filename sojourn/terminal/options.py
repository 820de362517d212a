"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

__all__ = ["Engine", "Json", "Log", "Out", "Overrides", "Processes", "Replications", "Report", "ScenarioFile", "Seed"]

ScenarioFile = Annotated[Path, typer.Argument(metavar="SCENARIO", help="A scenario.yaml, or the folder that holds it.")]
Overrides = Annotated[
    list[str],
    typer.Option("--set", metavar="PATH=VALUE", help='Change a value, e.g. "agents.cards.staff=+4"; repeatable.'),
]
Replications = Annotated[
    Optional[int],  # noqa: UP045 - typer reads it at run time
    typer.Option("--replications", "-n", min=1, help="Independent repetitions; else as the scenario says."),
]
Seed = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option("--seed", min=0, max=0xFFFF_FFFF, help="Same seed, same customers; else as the scenario says."),
]
Processes = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option("--processes", "-p", min=1, help="Processes at once; one per core if not given."),
]
Engine = Annotated[
    str, typer.Option("--engine", help="compiled or simpy, with the same log; auto takes the fast one where it can.")
]
Log = Annotated[
    str,
    typer.Option(
        "--log", help="first writes the first replication's log; none keeps none, for long runs in little memory."
    ),
]
Report = Annotated[
    bool, typer.Option("--report/--no-report", help="Draw report.html, which takes as long as a day's simulation.")
]
Out = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option("--out", "-o", help="Folder of the result; else one in results/, named after what was run."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
