"""Errors as sentences on standard error, and their exit codes."""

from __future__ import annotations

import errno
import os
import sys

__all__ = ["print_error"]

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def print_error(error: Exception) -> int:
    """Print an expected error, and return its exit code.

    Parameters
    ----------
    error
        Any exception; an unexpected one is raised again.

    Returns
    -------
    int
        The exit code.
    """
    from sim.core.errors import InvalidInput, SojournError
    from sim.core.libraries import explain_failure

    if isinstance(error, InvalidInput):
        count = len(error.problems)
        sys.stderr.write(f"{error}\n{count} problem{'s' if count > 1 else ''}; {error.outcome}.\n")
        return error.exit_code
    if isinstance(error, SojournError):
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    if (exit_code := _exit_code_of_endpoint(error)) is not None:
        sys.stderr.write(f"{error}\n")
        return exit_code
    if isinstance(error, OSError) and error.errno in _FULL:  # here standard output; for results it is `CannotWrite`
        sys.stderr.write(f"standard output cannot be written: {error.strerror}\n")
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python would try again when it ends
        return 1
    if sentence := explain_failure(error):
        sys.stderr.write(f"{sentence}\n")
        return 2
    raise error


def _exit_code_of_endpoint(error: Exception) -> int | None:
    """Return the exit code of an error of the endpoint, which is not imported for it: it may lack its libraries."""
    endpoint = sys.modules.get("orchestrator.store")
    if endpoint is None or not isinstance(error, endpoint.CannotServe):
        return None
    return int(error.exit_code)
