"""``sojourn`` and ``python -m sojourn``: the command line."""

from __future__ import annotations

import os
import signal
import sys

from sojourn.terminal.errors import print_error

__all__ = ["main"]


def main() -> None:
    """Run the command line; print expected errors as sentences on standard error, and exit with their codes."""
    _treat_sigterm_as_interrupt()
    try:
        from sojourn.app import app  # here, because a library that it needs may be missing

        app()
    except Exception as error:  # noqa: BLE001 - `print_error` raises unexpected ones again
        sys.exit(print_error(error))


def _treat_sigterm_as_interrupt() -> None:
    """Treat SIGTERM, which `timeout` and CI send, as Ctrl-C: started processes end, and results are kept."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # Processes of a pool end at once instead: they hold no results.
    os.register_at_fork(after_in_child=lambda: signal.signal(signal.SIGTERM, signal.SIG_DFL))


if __name__ == "__main__":
    main()
