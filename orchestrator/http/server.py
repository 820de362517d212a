"""The HTTP server: a socket, its signals, and the service's tasks while it runs."""

import gc
import signal
import socket
import sys
from ipaddress import ip_address
from types import FrameType

import uvicorn

from orchestrator.http.app import App
from orchestrator.http.connection import PATIENCE, GuardedProtocol
from orchestrator.service.service import Service
from orchestrator.store.errors import CannotServe

__all__ = ["bound", "is_loopback", "listen", "server_of"]

GRACE = 6
"""Seconds that a stop waits for requests that were accepted: more than they wait for a store that does not answer."""

GARBAGE = 50_000
"""Objects after which the garbage collector runs: more than the requests under way have, which it need not examine."""


def listen(service: Service, sock: socket.socket, patience: float = PATIENCE) -> None:
    """Serve on a socket until SIGINT or SIGTERM. On another address than loopback each request needs a token.

    Parameters
    ----------
    service
        The service that answers.
    sock
        Bound to its address.
    patience
        Seconds that a request may take to arrive.
    """
    server = server_of(service, patience, public=not is_loopback(sock.getsockname()[0]))

    def stop(number: int, frame: FrameType | None) -> None:
        # Uvicorn raises the signal once more after a graceful stop, when it must have no effect.
        del number, frame
        server.should_exit = True

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        server.run(sockets=[sock])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def server_of(service: Service, patience: float = PATIENCE, *, public: bool = False) -> uvicorn.Server:
    """Return a server; call ``run`` with its sockets.

    Parameters
    ----------
    service, patience
        As `listen` takes them.
    public
        As `App` takes it.
    """
    protocol = type("Protocol", (GuardedProtocol,), {"patience": patience})
    config = uvicorn.Config(
        App(service, public=public), http=protocol, ws="none", lifespan="off", access_log=False, log_level="error",
        server_header=False, proxy_headers=False, timeout_graceful_shutdown=GRACE, backlog=512,
    )  # fmt: skip
    return _Server(config, service)


def is_loopback(host: str) -> bool:
    """Tell whether a host's address cannot be reached from outside of this machine."""
    try:
        return ip_address("127.0.0.1" if host == "localhost" else host).is_loopback
    except ValueError:
        return False


class _Server(uvicorn.Server):
    """A server that prints its address once it listens, and runs the service's tasks meanwhile."""

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self._service = service

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._service.run()
        # The present objects live until the end, so the garbage collector need not examine them again and again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(GARBAGE)
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
        An address or ``localhost``, and a port; 0 for any that is free.

    Returns
    -------
    socket.socket
        For `listen`; to be closed by the caller.

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
