"""Starting and stopping the endpoint."""

import signal
import socket
import sys
from ipaddress import ip_address
from pathlib import Path
from types import FrameType

import uvicorn

from loadtests.orchestrator.app import App
from loadtests.orchestrator.sqlite import QUEUE_LIMIT, SqliteStore
from loadtests.orchestrator.store import CannotServe, Store

__all__ = ["bound", "listen", "serve"]

GRACE = 10
"""Seconds that a stop waits for requests that were accepted."""


def serve(host: str, port: int, database: Path, *, queue_limit: int = QUEUE_LIMIT) -> None:
    """Run the reference endpoint until SIGINT or SIGTERM, then answer what was accepted.

    Prints one line, ``listening on http://127.0.0.1:PORT``, when it is ready.

    Parameters
    ----------
    host
        A loopback address or ``localhost``; without tokens the endpoint listens nowhere else.
    port
        The port; 0 for any that is free.
    database
        The SQLite file; made when it is not there.
    queue_limit
        Requests that may wait for the disk; more are answered 503 before anything of them is accepted.

    Raises
    ------
    CannotServe
        When the host is not loopback, the port is taken, or the file cannot be used.
    """
    with bound(host, port) as sock:
        store = SqliteStore.open(database, queue_limit)
        try:
            listen(store, sock)
        finally:
            store.close()


def listen(store: Store, sock: socket.socket) -> None:
    """Serve a store on a socket until SIGINT or SIGTERM.

    Parameters
    ----------
    store
        Where journeys are kept.
    sock
        Bound to its address.
    """
    config = uvicorn.Config(
        App(store), http="httptools", ws="none", lifespan="off", access_log=False, log_level="error",
        server_header=False, proxy_headers=False, timeout_graceful_shutdown=GRACE,
    )  # fmt: skip
    server = _Server(config)

    def stop(number: int, frame: FrameType | None) -> None:
        # Uvicorn raises the signal once more after a graceful stop, which then must end nothing.
        del number, frame
        server.should_exit = True

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        server.run(sockets=[sock])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Server(uvicorn.Server):
    """A server that says where it listens, once it does."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for sock in sockets or ():
            host, port = sock.getsockname()[:2]
            address = f"[{host}]" if sock.family is socket.AF_INET6 else host
            sys.stdout.write(f"listening on http://{address}:{port}\n")
        sys.stdout.flush()


def bound(host: str, port: int) -> socket.socket:
    """Bind a socket to a loopback address.

    Parameters
    ----------
    host, port
        As `serve` takes them.

    Returns
    -------
    socket.socket
        For `listen`; the caller closes it.

    Raises
    ------
    CannotServe
        When the host is not loopback, or the port is taken.
    """
    address = _loopback(host)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((address, port))
    except (OSError, OverflowError) as error:
        sock.close()
        raise CannotServe(f"cannot listen on {host}:{port}: {error}; give another port, or 0 for any") from error
    return sock


def _loopback(host: str) -> str:
    """Return a host's address, if nobody outside of this machine can reach it."""
    try:
        address = ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        address = None
    if address is None or not address.is_loopback:
        raise CannotServe(
            f"refusing to listen on {host}: requests carry no tokens, so give 127.0.0.1, ::1 or localhost"
        )
    return str(address)
