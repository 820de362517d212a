"""``sojourn`` and ``python -m sojourn``: the command line."""

from __future__ import annotations

import os
import signal
import sys

from sojourn.app import app
from sojourn.terminal.errors import say

__all__ = ["main"]


def main() -> None:
    """Run the command line; errors meant for people are sentences on standard error, with an exit code of their own."""
    _end_in_good_order_on_sigterm()
    try:
        app()
    except Exception as error:  # noqa: BLE001 - `say` raises again what is not meant for people
        sys.exit(say(error))


def _end_in_good_order_on_sigterm() -> None:
    """Take SIGTERM, as `timeout` and CI send it, for Ctrl-C: processes that were started end, and results are kept."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # Processes of a pool end at once instead: nothing that they hold is worth a word.
    os.register_at_fork(after_in_child=lambda: signal.signal(signal.SIGTERM, signal.SIG_DFL))


if __name__ == "__main__":
    main()
