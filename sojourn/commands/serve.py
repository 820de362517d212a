"""``sojourn serve``: the reference orchestration endpoint."""

from __future__ import annotations

from typing import Annotated

import typer


def serve(
    store: Annotated[
        str,
        typer.Option(
            "--store", "--database", "-d",
            help="SQLite file, made if it does not exist, or postgresql://user@host/database.",
        ),
    ] = "journeys.db",
    host: Annotated[
        str, typer.Option(help="Address to listen on; any but loopback needs tokens (sojourn tenant).")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 = any free one.")] = 8080,
    keep_days: Annotated[
        float | None, typer.Option(min=0, help="Days for which completed journeys are kept; else for ever.")
    ] = None,
    rules_budget: Annotated[
        float, typer.Option(min=1, help="Cost of rules per second and tenant, of about a microsecond each.")
    ] = 500_000,
    most_requests: Annotated[int, typer.Option(min=0, help="Requests per second of a tenant; 0 = any number.")] = 0,
    most_queues: Annotated[int, typer.Option(min=0, help="Queues of a tenant; 0 = any number.")] = 1000,
    most_overflows: Annotated[
        int, typer.Option(min=0, help="Overflows of all queues of a tenant; 0 = any number.")
    ] = 2000,
    most_webhooks: Annotated[int, typer.Option(min=0, help="Webhooks of a tenant; 0 = any number.")] = 16,
    most_journeys: Annotated[int, typer.Option(min=0, help="Open journeys of a tenant; 0 = any number.")] = 0,
    most_entries: Annotated[
        int, typer.Option(min=0, help="Entries of all journeys of a tenant; 0 = any number.")
    ] = 0,
    most_answers: Annotated[
        int, typer.Option(min=0, help="Answers for Idempotency-Keys that a tenant keeps; 0 = any number.")
    ] = 0,
    most_bytes: Annotated[
        int, typer.Option(min=0, help="Bytes of all that a tenant keeps; 0 = any number.")
    ] = 0,
    webhooks_to: Annotated[
        list[str] | None, typer.Option(help="Private network that webhooks may reach, e.g. 127.0.0.0/8.")
    ] = None,
) -> None:  # fmt: skip
    """Serve the reference orchestration endpoint."""
    from sim.core import interrupts
    from sim.core.libraries import require_extras

    interrupts.forget()  # the server ends what it has begun
    require_extras("sojourn serve", "serve")
    from orchestrator import serve as serve_endpoint
    from orchestrator.admin.retention import days
    from orchestrator.service.limits import Limits

    limits = Limits(
        requests=most_requests, queues=most_queues, overflows=most_overflows, webhooks=most_webhooks,
        journeys=most_journeys, entries=most_entries, answers=most_answers, bytes=most_bytes,
    )  # fmt: skip
    serve_endpoint(
        host, port, store, keep=days(keep_days), webhooks=webhooks_to or (), rules_budget=rules_budget, limits=limits
    )
