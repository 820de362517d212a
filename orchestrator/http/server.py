"""Starting and stopping the endpoint."""

import gc
import signal
import socket
import sys
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path
from types import FrameType

import uvicorn

from orchestrator.features import parts_with
from orchestrator.http.app import App
from orchestrator.http.connection import PATIENCE, GuardedProtocol
from orchestrator.notifications import Targets
from orchestrator.service.feature import Part
from orchestrator.service.service import QUEUE_LIMIT, Service
from orchestrator.service.tenants import has_tokens
from orchestrator.store.errors import CannotServe
from orchestrator.store.open import open_database

__all__ = ["bound", "listen", "serve", "server_of"]

GRACE = 10
"""Seconds that a stop waits for requests that were accepted."""


def serve(
    host: str, port: int, store: str | Path, *,
    queue_limit: int = QUEUE_LIMIT, keep: float | None = None, webhooks: Sequence[str] = (),
) -> None:  # fmt: skip
    """Run the reference endpoint until SIGINT or SIGTERM, then answer what was accepted.

    Prints one line, ``listening on http://127.0.0.1:PORT``, when it is ready.

    Parameters
    ----------
    host
        An address or ``localhost``; any but a loopback address only where requests need tokens.
    port
        The port; 0 for any that is free.
    store
        A SQLite file, made when it is not there, or a ``postgresql://`` address.
    queue_limit
        Requests that may wait for the disk; more are answered 503 before anything of them is accepted.
    keep
        Seconds that completed journeys are kept; for ever if ``None``.
    webhooks
        Networks to which webhooks may go although they are not public, such as ``127.0.0.0/8``.

    Raises
    ------
    CannotServe
        When a network is none, the host is not allowed, the port is taken, or the store cannot be used.
    """
    inside = _is_loopback(host)
    if not inside and not Path(store).exists() and "://" not in str(store):
        raise _open_to_all(host)  # before a file is made that nobody wanted
    parts = _parts(webhooks)
    with bound(host, port) as sock, Service(open_database(store), parts, queue_limit, keep=keep) as service:
        if not inside and not service.database.look(has_tokens):
            raise _open_to_all(host)
        listen(service, sock)


def _parts(webhooks: Sequence[str]) -> Sequence[Part]:
    """Return what the service consists of, whose webhooks may also go to these networks."""
    try:
        return parts_with(Targets.parse(webhooks))
    except ValueError as error:
        raise CannotServe(f"webhooks cannot go to {', '.join(webhooks)}: {error}; give such as 127.0.0.0/8") from error


def listen(service: Service, sock: socket.socket, patience: float = PATIENCE) -> None:
    """Serve on a socket until SIGINT or SIGTERM.

    Parameters
    ----------
    service
        What is served.
    sock
        Bound to its address.
    patience
        Seconds that a request may take to arrive.
    """
    server = server_of(service, patience)

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


def server_of(service: Service, patience: float = PATIENCE) -> uvicorn.Server:
    """Return a server that is yet to be run.

    Parameters
    ----------
    service, patience
        As `listen` takes them.

    Returns
    -------
    uvicorn.Server
        Its ``run`` takes the sockets.
    """
    protocol = type("Protocol", (GuardedProtocol,), {"patience": patience})
    config = uvicorn.Config(
        App(service), http=protocol, ws="none", lifespan="off", access_log=False, log_level="error",
        server_header=False, proxy_headers=False, timeout_graceful_shutdown=GRACE, backlog=512,
    )  # fmt: skip
    return _Server(config, service)


class _Server(uvicorn.Server):
    """A server that says where it listens, once it does, and runs the service's tasks meanwhile."""

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self._service = service

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._service.run()
        # What is there now stays until the end, so the collector need not walk through it again and again.
        gc.collect()
        gc.freeze()
        for sock in sockets or ():
            host, port = sock.getsockname()[:2]
            address = f"[{host}]" if sock.family is socket.AF_INET6 else host
            sys.stdout.write(f"listening on http://{address}:{port}\n")
        sys.stdout.flush()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._service.stop()
        await super().shutdown(sockets)


def bound(host: str, port: int) -> socket.socket:
    """Bind a socket to an address.

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
        When the host has no such address, or the port is taken.
    """
    address = "127.0.0.1" if host == "localhost" else host
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((address, port))
    except (OSError, OverflowError) as error:
        sock.close()
        raise CannotServe(f"cannot listen on {host}:{port}: {error}; give another port, or 0 for any") from error
    return sock


def _is_loopback(host: str) -> bool:
    """Tell whether nobody outside of this machine can reach a host's address."""
    try:
        return ip_address("127.0.0.1" if host == "localhost" else host).is_loopback
    except ValueError:
        return False


def _open_to_all(host: str) -> CannotServe:
    """Return the refusal to listen where anyone could ask without a token."""
    return CannotServe(
        f"refusing to listen on {host or 'no address'}: no tenant has a token, so anyone could ask; "
        "give 127.0.0.1, ::1 or localhost, or add a tenant first"
    )
