"""Pages of a list: the page that a request asks for, and its answer."""

from collections.abc import Callable, Sequence
from types import GenericAlias
from typing import Annotated, Any, TypeVar

from pydantic import ConfigDict, Field

from orchestrator.core.answer import Answer
from orchestrator.core.json_codec import write
from orchestrator.http.command import Query
from orchestrator.http.schemas import view
from orchestrator.http.types import Count, Text
from orchestrator.store.unit import Unit

__all__ = ["Page", "ShortPage", "Versions", "page_of"]

Row = TypeVar("Row")

LARGEST = 1000
LARGEST_SHORT = 100
BEGINNING = Field(description="Where the page begins: the last page's next.")


class List(Query):
    """Part of a list; its parameters, also those that are not declared, are texts."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Text] = Field(init=False)
    after: Any
    limit: int

    def rows(self, unit: Unit, row_type: type[Row], index: str, *values: Any) -> Sequence[Row]:
        """Return the rows of a page, and one more if another page follows."""
        after = () if self.after == "" else (self.after,)
        return unit.find(row_type, index, *values, after=after, limit=self.limit + 1)

    def answer(self, rows: Sequence[Row], show: Callable[[Row], str], cursor: str = "id") -> Answer:
        """Return the answer that shows a page.

        Parameters
        ----------
        rows
            As `rows` returns them.
        show
            Returns a row as JSON.
        cursor
            The column by which the next page begins.
        """
        following = getattr(rows[self.limit - 1], cursor) if len(rows) > self.limit else None
        items = ",".join(map(show, rows[: self.limit]))
        return Answer(200, f'{{"items":[{items}],"next":{write(following)}}}'.encode())


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


def page_of(item: Any, cursor: type[int] | type[str] = str) -> Any:
    """Return the type of a page of a list, see `paging`."""
    return view(f"{item.__name__}Page", items=GenericAlias(list, item), next=cursor | None)
