"""``sojourn serve``: the reference orchestration endpoint."""

from __future__ import annotations

from typing import Annotated

import typer


def serve(
    store: Annotated[
        str,
        typer.Option(
            "--store", "--database", "-d",
            help="SQLite file, made when it is not there, or postgresql://user@host/database.",
        ),
    ] = "journeys.db",
    host: Annotated[
        str, typer.Option(help="An address; any but loopback only with tokens (sojourn tenant).")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any that is free.")] = 8080,
    keep_days: Annotated[
        float | None, typer.Option(min=0, help="Days that completed journeys are kept; for ever if not given.")
    ] = None,
    webhooks_to: Annotated[
        list[str] | None, typer.Option(help="A network to which webhooks may go though it is not public: 127.0.0.0/8.")
    ] = None,
) -> None:  # fmt: skip
    """Serve the reference orchestration endpoint."""
    from orchestrator import serve as serve_endpoint
    from orchestrator.admin.retention import days

    serve_endpoint(host, port, store, keep=days(keep_days), webhooks=webhooks_to or ())
