"""Options of the commands that send requests to an endpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

__all__ = ["ContractFile", "Duration", "Grace", "MaxRequests", "Speed", "Workers"]

ContractFile = Annotated[
    Optional[Path],  # noqa: UP045 - typer reads it at run time
    typer.Option("--contract", help="YAML file with the endpoint's requests; else that of the reference endpoint."),
]
Speed = Annotated[float, typer.Option("--speed", min=0.001, help="Simulated seconds per second.")]
Workers = Annotated[int, typer.Option("--workers", min=1, max=64, help="Processes that send.")]
Duration = Annotated[
    Optional[float],  # noqa: UP045
    typer.Option("--duration", min=0.001, help="Send only requests that are due within this many seconds of a run."),
]
MaxRequests = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option("--max-requests", min=1, help="Send only this many requests in a run."),
]
Grace = Annotated[
    float,
    typer.Option("--grace", min=0.001, help="Seconds from when the last request is due to the end, answered or not."),
]
