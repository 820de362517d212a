"""Pages of a list: the page that a request asks for, and its answer."""

from collections.abc import Iterable
from types import GenericAlias
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from orchestrator.core.answer import Answer
from orchestrator.core.json_codec import write
from orchestrator.http.command import Query
from orchestrator.http.schemas import view
from orchestrator.http.types import Count, Text

__all__ = ["Page", "ShortPage", "Versions", "listed", "page_of"]

LARGEST = 1000
LARGEST_SHORT = 100
BEGINNING = Field(description="Where the page begins: the last page's next.")


class List(Query):
    """Part of a list; its parameters, also those that are not declared, are texts."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Text] = Field(init=False)


class Page(List):
    """Page of a list whose items have identifiers."""

    after: Annotated[Text, BEGINNING] = ""
    limit: Annotated[Count, Field(ge=1, le=LARGEST)] = LARGEST


class ShortPage(Page):
    """Page of a list whose items are large."""

    limit: Annotated[Count, Field(ge=1, le=LARGEST_SHORT)] = LARGEST_SHORT


class Versions(List):
    """Page of a list whose items have versions."""

    after: Annotated[Count, Field(ge=0, lt=10**18), BEGINNING] = 0
    limit: Annotated[Count, Field(ge=1, le=LARGEST)] = LARGEST


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


def page_of(item: Any, cursor: type[int] | type[str] = str) -> Any:
    """Return the type of a page of a list, see `paging`."""
    return view(f"{item.__name__}Page", items=GenericAlias(list, item), next=cursor | None)
