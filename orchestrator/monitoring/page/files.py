"""Files of the page. They hold no data and need no token; the page requests its data with one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Final

from orchestrator.core.answer import Answer
from orchestrator.core.request import Request
from orchestrator.service.executor import Executor

__all__ = ["FILES", "POLICY", "page_file"]

POLICY: Final = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Permissions of the page in a browser: its own script and style, and requests to its own origin."""

FILES: Final = {
    "/": ("page.html", b"text/html; charset=utf-8"),
    "/page.js": ("page.js", b"text/javascript; charset=utf-8"),
    "/page.css": ("page.css", b"text/css; charset=utf-8"),
    "/icon.svg": ("icon.svg", b"image/svg+xml"),
}
"""Paths, with their files and media types."""

_HEADERS: Final = (
    (b"content-security-policy", POLICY),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-cache"),
)


def page_file(path: str) -> Callable[[Executor, Request], Awaitable[Answer]]:
    """Return the handler that answers with one of `FILES`."""
    name, media = FILES[path]
    body = (files("orchestrator.monitoring.page") / name).read_bytes()

    async def handle(executor: Executor, request: Request) -> Answer:
        del executor, request
        return Answer(200, body, media=media, headers=_HEADERS)

    return handle
