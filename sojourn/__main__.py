"""``sojourn`` and ``python -m sojourn``: the command line."""

from __future__ import annotations

import sys

from sim.core import interrupts
from sojourn.terminal.errors import print_error

__all__ = ["main"]


def main() -> None:
    """Run the command line; print expected errors as sentences on standard error, and exit with their codes."""
    interrupts.watch()
    try:
        from sojourn.app import app  # here, because a library that it needs may be missing

        app()
    except Exception as error:  # noqa: BLE001 - `print_error` raises unexpected ones again
        interrupts.hold()  # it may only say that the rest of an interrupted command has gone already
        sys.exit(print_error(error))
    finally:
        interrupts.end()


if __name__ == "__main__":
    main()
