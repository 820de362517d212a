"""Transport of webhooks: one POST over a connection of its own, with a time limit on the whole.

It is the part of HTTP/1.1 (RFC 9112) that a sender needs to learn the status and Retry-After.
"""

import asyncio
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Protocol

from orchestrator.notifications.targets import Address, Forbidden, Target, Targets

__all__ = ["HttpTransport", "Response", "Transport", "Unanswered"]

PATIENCE = 15.0
"""Seconds for a whole try; Standard Webhooks recommends 15 to 30."""

LARGEST_HEAD = 16 * 1024


class Unanswered(Exception):  # noqa: N818 - reads as what it is where it is raised
    """A try without a usable answer, and the reason."""


@dataclass(frozen=True, slots=True)
class Response:
    """The answer of a receiver: its status, and the seconds that it asks to wait."""

    status: int
    retry_after: float = 0.0


class Transport(Protocol):
    """Sender of webhooks."""

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Send a body once; raise `Unanswered` or `Forbidden` if there is no answer."""
        ...


class HttpTransport:
    """Sends webhooks over the network.

    Parameters
    ----------
    targets
        Networks to which they may go although they are not public.
    patience
        Seconds for a whole try.
    trust
        Certificates that are trusted; by default those of the system.
    clock
        Returns seconds since the epoch; a receiver may ask to wait until a date.
    """

    def __init__(
        self,
        targets: Targets,
        patience: float = PATIENCE,
        trust: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._targets = targets
        self._patience = patience
        self._clock = clock
        self._trust = trust or ssl.create_default_context()

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Send a body once."""
        target = self._targets.target(url)
        try:
            async with asyncio.timeout(self._patience):
                address = self._targets.check(await resolve(target.host, target.port))
                return await self._exchange(target, address, _request(target, headers, body))
        except TimeoutError as error:
            raise Unanswered(f"there was no answer within {self._patience:g} s") from error
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:
            if isinstance(error, Forbidden):
                raise
            raise Unanswered(f"{type(error).__name__}: {error}"[:200]) from error

    async def _exchange(self, target: Target, address: Address, request: bytes) -> Response:
        """Connect to an address, send the request, and read the answer's head."""
        reader, writer = await asyncio.open_connection(
            str(address), target.port, limit=LARGEST_HEAD,
            ssl=self._trust if target.secure else None, server_hostname=target.host if target.secure else None,
        )  # fmt: skip
        try:
            writer.write(request)
            await writer.drain()
            response = await _response(reader, self._clock())
            while response.status < 200:  # an interim answer; the final one follows (RFC 9110, 15.2)
                response = await _response(reader, self._clock())
            return response
        finally:
            writer.transport.abort()  # the rest of the answer is not needed


async def resolve(host: str, port: int) -> list[Address]:
    """Return the addresses of a host."""
    infos = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [ipaddress.ip_address(str(sockaddr[0]).partition("%")[0]) for *_, sockaddr in infos]


def _request(target: Target, headers: Mapping[str, str], body: bytes) -> bytes:
    """Return the bytes of a request."""
    lines = {
        "host": target.authority, "content-type": "application/json", "content-length": str(len(body)),
        "connection": "close", "user-agent": "sojourn-webhooks", **headers,
    }  # fmt: skip
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST {target.path} HTTP/1.1\r\n{head}\r\n".encode("ascii") + body


async def _response(reader: asyncio.StreamReader, now: float) -> Response:
    """Read the head of an answer."""
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    version, _, rest = lines[0].partition(" ")
    if not version.startswith("HTTP/1.") or not (rest[:3].isascii() and rest[:3].isdigit() and int(rest[:3]) >= 100):
        raise Unanswered(f"the answer is not HTTP/1.1: {lines[0][:60]!r}")
    named = (line.partition(":") for line in lines[1:])
    asked = [value.strip() for name, _, value in named if name.lower() == "retry-after"]
    return Response(int(rest[:3]), _seconds(asked[0], now) if asked else 0.0)


def _seconds(text: str, now: float) -> float:
    """Return the seconds that Retry-After asks to wait: a number or a date (RFC 9110, 10.2.3); 0 if it is neither."""
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except (TypeError, ValueError, OverflowError):  # the last one for a zone of years
        return 0.0
