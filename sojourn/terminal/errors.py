"""Say an error to people."""

from __future__ import annotations

import errno
import os
import sys

__all__ = ["say"]

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def say(error: Exception) -> int:
    """Print an error that is meant for people, and return its exit code.

    Parameters
    ----------
    error
        Any; one that is not meant for people is raised again.

    Returns
    -------
    int
        The exit code.
    """
    from orchestrator.store import CannotServe
    from sim.core.errors import InvalidInput, SojournError

    if isinstance(error, InvalidInput):
        count = len(error.problems)
        sys.stderr.write(f"{error}\n{count} problem{'s' if count > 1 else ''}; nothing was run.\n")
        return error.exit_code
    if isinstance(error, SojournError):
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    if isinstance(error, CannotServe):
        sys.stderr.write(f"{error}\n")
        return 2
    if isinstance(error, OSError) and error.errno in _FULL:  # of results `CannotWrite` speaks; this is the output
        sys.stderr.write(f"cannot write what is printed: {error.strerror}\n")
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python would try once more when it ends
        return 1
    raise error
