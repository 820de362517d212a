"""``python -m orchestrator``: the reference endpoint from the command line."""

import argparse
import math
import re
import sys
from collections.abc import Callable

from orchestrator import CannotServe, serve
from orchestrator.admin.retention import days
from orchestrator.core.json_codec import write
from orchestrator.features import FEATURES
from orchestrator.http.openapi import document
from orchestrator.service.budget import RATE
from orchestrator.service.limits import Limits
from orchestrator.service.service import QUEUE_LIMIT

_WHOLE = re.compile(r"[0-9]{1,18}")
_NUMBER = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_LIMITED = {
    "requests": "requests per second",
    "queues": "queues",
    "overflows": "overflows of all queues",
    "webhooks": "webhooks",
    "journeys": "open journeys",
    "entries": "entries of all journeys",
    "answers": "answers for Idempotency-Keys",
    "bytes": "bytes of all that is kept",
}
"""Limits of a tenant that have an option, and what they limit."""


def _whole(least: int, most: int = 10**18 - 1) -> Callable[[str], int]:
    """Return the reader of a whole number; Python takes ``1_0`` for 10, and digits of other scripts."""

    def read(text: str) -> int:
        if _WHOLE.fullmatch(text) and least <= int(text) <= most:
            return int(text)
        raise argparse.ArgumentTypeError(f'"{text[:60]}" is not a whole number from {least} to {most}')

    return read


def _number(least: float) -> Callable[[str], float]:
    """Return the reader of a number that is finite."""

    def read(text: str) -> float:
        if _NUMBER.fullmatch(text) and math.isfinite(number := float(text)) and number >= least:
            return number
        raise argparse.ArgumentTypeError(f'"{text[:60]}" is not a number of at least {least:g}')

    return read


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
    parser.add_argument(
        "--port", type=_whole(0, 65535), default=8080, help="0 for any that is free (default: %(default)s)"
    )
    parser.add_argument(
        "--queue-limit", type=_whole(1), default=QUEUE_LIMIT, help="requests that may wait (%(default)s)"
    )
    parser.add_argument(
        "--rules-budget", type=_number(1.0), default=RATE, help="cost of rules per second and tenant (%(default).0f)"
    )
    for name, noun in _LIMITED.items():
        parser.add_argument(
            f"--most-{name}", type=_whole(0), default=int(getattr(Limits(), name)), metavar="N",
            help=f"{noun} of a tenant; 0 for any number (%(default)s)",
        )  # fmt: skip
    parser.add_argument(
        "--keep-days", type=_number(0.0), help="days that completed journeys are kept (default: for ever)"
    )
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
            limits=Limits(**{name: getattr(arguments, f"most_{name}") for name in _LIMITED}),
        )
    except CannotServe as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
