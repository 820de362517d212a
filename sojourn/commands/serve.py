"""``sojourn serve``: the reference orchestration endpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def serve(
    database: Annotated[Path, typer.Option("--database", "-d", help="SQLite file; made when it is not there.")] = Path(
        "journeys.db"
    ),
    host: Annotated[str, typer.Option(help="A loopback address.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any that is free.")] = 8080,
) -> None:
    """Serve the reference orchestration endpoint."""
    from loadtests.orchestrator import serve as serve_endpoint

    serve_endpoint(host, port, database)
