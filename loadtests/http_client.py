"""HTTP client for requests before and after a load, when speed does not matter."""

from __future__ import annotations

from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import local
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FAILURES", "HttpClient"]

FAILURES = (OSError, HTTPException)
"""The errors that `HttpClient.request` may raise."""


class HttpClient:
    """Sends requests over kept connections, one per thread.

    Parameters
    ----------
    url
        The endpoint.
    timeout
        Of each request, in seconds.
    """

    def __init__(self, url: str, timeout: float) -> None:
        self._url = urlsplit(url)
        self._timeout = timeout
        self._thread = local()
        self._opened: list[HTTPConnection] = []

    def close(self) -> None:
        """Close the connections of all threads."""
        for connection in self._opened:
            connection.close()

    def request(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None) -> tuple[int, str]:
        """Send a request.

        Parameters
        ----------
        method, path, headers, body
            The request.

        Returns
        -------
        tuple[int, str]
            Status and text of the answer.

        Raises
        ------
        OSError, HTTPException
            There was no answer; the next request opens a new connection.
        """
        connection: HTTPConnection | None = getattr(self._thread, "connection", None)
        if connection is None:
            connect = HTTPSConnection if self._url.scheme == "https" else HTTPConnection
            connection = connect(self._url.hostname or "", self._url.port, timeout=self._timeout)
            self._thread.connection = connection
            self._opened.append(connection)
        try:
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            return answer.status, answer.read().decode("utf-8", "replace")
        except FAILURES:
            connection.close()
            self._thread.connection = None
            raise
