"""``python -m loadtests.orchestrator``: the reference endpoint from the command line."""

import argparse
import sys

from loadtests.orchestrator import CannotServe, serve
from loadtests.orchestrator.retention import days
from loadtests.orchestrator.service import QUEUE_LIMIT


def main() -> int:
    """Run the endpoint; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m loadtests.orchestrator", description="The reference endpoint.")
    parser.add_argument(
        "--store", "--database", required=True, help="SQLite file, made when it is not there, or postgresql://..."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8080, help="0 for any that is free (default: %(default)s)")
    parser.add_argument("--queue-limit", type=int, default=QUEUE_LIMIT, help="requests that may wait (%(default)s)")
    parser.add_argument("--keep-days", type=float, help="days that completed journeys are kept (default: for ever)")
    given = parser.parse_args()
    try:
        serve(given.host, given.port, given.store, queue_limit=given.queue_limit, keep=days(given.keep_days))
    except CannotServe as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
