"""What the query of an export asks for."""

import time
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qs

from orchestrator.core.problems import invalid
from orchestrator.core.request import Request
from orchestrator.monitoring.exports.case_pages import Window

__all__ = ["window"]

LATEST: Final = 4_000_000_000.0
"""Seconds since the epoch (2096) up to which a window reaches."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def window(request: Request) -> Window:
    """Return the window between ``from`` and ``to``; all journeys that there are, where these are not given.

    Raises
    ------
    Refused
        When one is no time.
    """
    given = {
        name: values[-1] for name, values in parse_qs(request.query.decode("latin-1"), keep_blank_values=True).items()
    }
    errors: list[tuple[str, str]] = []
    since = _instant(given.get("from"), 0.0, "from", errors)
    # Identifiers are made by the machine's clock, whatever clock a test gives to the service.
    until = _instant(given.get("to"), time.time() + 1.0, "to", errors)
    if errors:
        raise invalid(errors)
    return Window(request.tenant, since, until)


def _instant(text: str | None, missing: float, name: str, errors: list[tuple[str, str]]) -> float:
    """Return an instant in seconds, within those that identifiers can have; note what is wrong with it."""
    if text is None:
        return missing
    try:
        # A plus sign in a query is read as a space.
        moment = datetime.fromisoformat(text.strip().replace(" ", "+").upper())
        if len(text) > len("2026-03-02") and moment.tzinfo is not None:
            return min(max(0.0, (moment - _EPOCH).total_seconds()), LATEST)
    except (ValueError, OverflowError):
        pass
    errors.append((name, f'is "{text[:40]}"; a time with its zone is needed, such as 2026-03-02T09:30:00Z'))
    return missing
