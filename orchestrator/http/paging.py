"""Pages of a list: the page that a request asks for, and its answer."""

from collections.abc import Iterable
from typing import Any

from orchestrator.core.answer import Answer
from orchestrator.core.json_codec import write
from orchestrator.core.problems import invalid
from orchestrator.core.request import Request

__all__ = ["LARGEST_PAGE", "listed", "page"]


LARGEST_PAGE = 1000
"""Items that a page of a list may have."""


def page(request: Request, largest: int, *, cursor: type[int] | type[str]) -> tuple[dict[str, str], Any, int]:
    """Read which page of a list is asked for.

    Parameters
    ----------
    request
        With ``after`` and ``limit`` in its query.
    largest
        The limit where none is given, and the greatest that may be.
    cursor
        What ``after`` is: ``int`` for versions, ``str`` for identifiers.

    Returns
    -------
    parameters : dict
        Every parameter of the query.
    after
        Where the page begins.
    limit : int
        How many items it may have.
    """
    parameters = request.parameters()
    errors = []
    limit, after = parameters.get("limit", str(largest)), parameters.get("after", "0" if cursor is int else "")
    if not (_is_count(limit) and 1 <= int(limit) <= largest):
        errors.append(("limit", f'is "{limit[:40]}"; a whole number from 1 to {largest} is needed'))
    if cursor is int and not _is_count(after):
        errors.append(("after", f'is "{after[:40]}"; a version is needed'))
    errors += [(name[:40], "has a NUL, which no name has") for name, value in parameters.items() if "\0" in value]
    if errors:
        raise invalid(errors)
    return parameters, cursor(after), int(limit)


def _is_count(text: str) -> bool:
    """Tell whether a text is a whole number that a database can hold."""
    return text.isascii() and text.isdigit() and len(text) <= 18


def listed(items: Iterable[str], following: str | int | None) -> Answer:
    """Return one page of a list.

    Parameters
    ----------
    items
        Each as JSON text.
    following
        What ``after`` must be for the next page; ``None`` where there is none.

    Returns
    -------
    Answer
        With ``items`` and ``next``.
    """
    return Answer(200, f'{{"items":[{",".join(items)}],"next":{write(following)}}}'.encode())
