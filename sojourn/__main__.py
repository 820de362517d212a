"""``sojourn`` and ``python -m sojourn``: the command line."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper
from pathlib import Path

from sim.core import interrupts
from sojourn.terminal.errors import print_error

__all__ = ["main"]


def main() -> None:
    """Run the command line; print expected errors as sentences on standard error, and exit with their codes."""
    interrupts.watch()
    _prepare()
    try:
        from sojourn.app import app, only  # here, because a library that it needs may be missing

        only(app, sys.argv[1:])()
    except SystemExit as ended:
        if ended.code == interrupts.EXIT_CODE and interrupts.none_came():
            raise RuntimeError("KeyboardInterrupt was raised, but no interrupt has come") from ended
        raise
    except Exception as error:  # noqa: BLE001 - `print_error` raises unexpected ones again
        interrupts.hold()  # it may only say that the rest of an interrupted command has gone already
        sys.exit(print_error(error))
    finally:
        interrupts.end()


def _prepare() -> None:
    """Do without what may be wrong with the streams and the environment."""
    for name in ("MPLBACKEND", "NUMBA_NUM_THREADS"):  # of windows and threads that no command has; wrong ones fail
        os.environ.pop(name, None)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # it was closed
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115
        elif isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # for terminals that lack a character


if __name__ == "__main__":
    main()
