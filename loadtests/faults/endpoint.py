"""Endpoint that a load test starts, kills, and starts again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from sim.core import interrupts
from sim.core.errors import InvalidInput, Problem, Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["EndpointProcess", "address_of", "started"]

_START: Final = 60.0
"""Seconds for the endpoint to listen after its start."""
_STOP: Final = 10.0
"""Seconds for it to end after SIGTERM."""
_QUICK: Final = 0.2
"""Seconds for the same after an interrupt."""
_POLL: Final = 0.02


class EndpointProcess:
    """The endpoint, started by a command in a session of its own, so that its children die with it.

    Parameters
    ----------
    command
        The words of the command.
    address
        Host and port where it will listen.
    log
        Gets its output.
    """

    def __init__(self, command: Sequence[str], address: tuple[str, int], log: Path) -> None:
        self._command, self._address, self._log = list(command), address, log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The number of its process; None while it is down."""
        return self._process.pid if self._process is not None else None

    def start(self) -> None:
        """Start it, and wait until it listens.

        Raises
        ------
        InvalidInput
            The command cannot be run, or something listens there already.
        Unreachable
            It ended, or did not listen in time.
        """
        if self._listens():
            host, port = self._address
            message = f"something listens on {host}:{port} already; end it, or leave command out"
            raise InvalidInput([Problem("--faults", "command", message)])
        self.restart()

    def restart(self) -> None:
        """Start it after a kill, and wait until it listens."""
        try:
            with self._log.open("ab") as log:
                self._process = subprocess.Popen(  # noqa: S603 - the user's own command
                    self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
                )
        except OSError as error:
            message = f"{self._command[0]} cannot be run: {error.strerror}"
            raise InvalidInput([Problem("--faults", "command", message)]) from None
        until = time.monotonic() + _START
        while not self._listens():
            interrupted = bool(interrupts.presses())
            if self._process.poll() is not None or time.monotonic() > until or interrupted:
                ended = self._process.poll()
                limit = "before the interrupt" if interrupted else f"within {_START:g} s"
                why = f"did not listen {limit}" if ended is None else f"ended with exit code {ended}"
                self.kill()
                raise Unreachable(f"the command of --faults {why}: {self._last_line()}")
            time.sleep(_POLL)

    def kill(self) -> None:
        """Kill it and its children at once."""
        self._signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()
        self._process = None

    def stop(self) -> None:
        """End it in good order, after an interrupt without waiting for long."""
        self._signal(signal.SIGTERM)
        if self._process is not None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_QUICK if interrupts.presses() else _STOP)
        self.kill()

    def _signal(self, number: int) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):  # all of them have ended
                os.killpg(self._process.pid, number)

    def _listens(self) -> bool:
        with suppress(OSError), socket.create_connection(self._address, timeout=1.0):
            return True
        return False

    def _last_line(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else "no output"


@contextmanager
def started(command: Sequence[str], host: str, log: Path) -> Iterator[EndpointProcess | None]:
    """Start the endpoint by a command, and end it with the context; None = there is no command.

    Parameters
    ----------
    command
        Its words.
    host
        The URL at which it will listen.
    log
        Gets its output.
    """
    if not command:
        yield None
        return
    make = partial(EndpointProcess, command, address_of(host), log)
    with interrupts.undone(make, EndpointProcess.kill) as endpoint:
        try:
            endpoint.start()
            yield endpoint
        finally:
            endpoint.stop()


def address_of(host: str) -> tuple[str, int]:
    """Return the host and the port of a URL."""
    url = urlsplit(host)
    return url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
