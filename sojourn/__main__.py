"""``sojourn`` and ``python -m sojourn``: the command line."""

from __future__ import annotations

import os
import sys

from sojourn.app import app
from sojourn.errors import say

__all__ = ["main"]


def main() -> None:
    """Run the command line; errors meant for people are sentences on standard error, with an exit code of their own."""
    try:
        app()
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:  # noqa: BLE001 - `say` raises again what is not meant for people
        sys.exit(say(error))


if __name__ == "__main__":
    main()
