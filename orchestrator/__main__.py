"""``python -m orchestrator``: the reference endpoint from the command line."""

import argparse
import sys

from orchestrator import CannotServe, serve
from orchestrator.admin.retention import days
from orchestrator.core.json_codec import write
from orchestrator.features import FEATURES
from orchestrator.http.openapi import document
from orchestrator.service.budget import RATE
from orchestrator.service.limits import Limits
from orchestrator.service.service import QUEUE_LIMIT


def main() -> int:
    """Run the endpoint, or print its description; return the exit code."""
    if sys.argv[1:] == ["openapi"]:
        sys.stdout.write(write(document(FEATURES)) + "\n")
        return 0
    parser = argparse.ArgumentParser(
        prog="python -m orchestrator", description="The reference endpoint.",
        epilog="The single word openapi prints the OpenAPI document instead.",
    )  # fmt: skip
    parser.add_argument(
        "--store", "--database", required=True, help="SQLite file, made when it is not there, or postgresql://..."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8080, help="0 for any that is free (default: %(default)s)")
    parser.add_argument("--queue-limit", type=int, default=QUEUE_LIMIT, help="requests that may wait (%(default)s)")
    parser.add_argument(
        "--rules-budget", type=float, default=RATE, help="cost of rules per second and tenant (%(default).0f)"
    )
    for name, noun in (
        ("requests", "requests per second"), ("queues", "queues"), ("webhooks", "webhooks"),
        ("journeys", "open journeys"), ("entries", "entries of all journeys"),
        ("answers", "answers for Idempotency-Keys"),
    ):  # fmt: skip
        parser.add_argument(
            f"--most-{name}", type=int, default=int(getattr(Limits(), name)), metavar="N",
            help=f"{noun} of a tenant; 0 for any number (%(default)s)",
        )  # fmt: skip
    parser.add_argument("--keep-days", type=float, help="days that completed journeys are kept (default: for ever)")
    parser.add_argument("--webhooks-to", action="append", default=[], help="a network that need not be public")
    arguments = parser.parse_args()
    try:
        serve(
            arguments.host,
            arguments.port,
            arguments.store,
            queue_limit=arguments.queue_limit,
            keep=days(arguments.keep_days),
            webhooks=arguments.webhooks_to,
            rules_budget=arguments.rules_budget,
            limits=Limits(
                arguments.most_requests,
                arguments.most_queues,
                arguments.most_webhooks,
                arguments.most_journeys,
                arguments.most_entries,
                arguments.most_answers,
            ),
        )
    except CannotServe as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
