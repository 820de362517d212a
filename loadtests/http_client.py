"""Ask an endpoint something before or after a load, when nothing depends on how fast it answers."""

from __future__ import annotations

from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import local
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FAILURES", "Asker"]

FAILURES = (OSError, HTTPException)
"""What `Asker.ask` may raise."""


class Asker:
    """Asks over connections that are kept; safe to use from several threads, each of which has its own.

    Parameters
    ----------
    url
        The endpoint.
    timeout
        Seconds that an answer may take.
    """

    def __init__(self, url: str, timeout: float) -> None:
        self._url = urlsplit(url)
        self._timeout = timeout
        self._kept = local()
        self._opened: list[HTTPConnection] = []

    def close(self) -> None:
        """Close the connections of all threads."""
        for connection in self._opened:
            connection.close()

    def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None) -> tuple[int, str]:
        """Send a request, and return the status and the text of its answer.

        Parameters
        ----------
        method, path, headers, body
            The request.

        Returns
        -------
        tuple[int, str]
            Whatever they are.

        Raises
        ------
        OSError, HTTPException
            There was no answer; the next request opens another connection.
        """
        connection: HTTPConnection | None = getattr(self._kept, "connection", None)
        if connection is None:
            kind = HTTPSConnection if self._url.scheme == "https" else HTTPConnection
            connection = kind(self._url.hostname or "", self._url.port, timeout=self._timeout)
            self._kept.connection = connection
            self._opened.append(connection)
        try:
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            return answer.status, answer.read().decode("utf-8", "replace")
        except FAILURES:
            connection.close()
            self._kept.connection = None
            raise
