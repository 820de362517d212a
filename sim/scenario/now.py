"""State of the moment at which a run begins: who waits since when, and which agents are busy."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, PositiveInt, model_validator

from sim.core.model import Model
from sim.core.units import TimeOfDay
from sim.scenario.fields import Name
from sim.scenario.law_fields import LawField
from sim.scenario.short_forms import AlsoShort

__all__ = ["Busy", "Now", "Waiting"]


_NUMBER: dict[str, Any] = {"type": "integer", "minimum": 1}
_ENTRY: dict[str, Any] = {"type": "object"}
_TIMES: dict[str, Any] = {"type": "array", "items": {"type": ["string", "number", "object"]}}


class _Entry(Model):
    """An entry of the state; a bare time of day is `since`."""

    AGE: ClassVar[str]
    """The field that says how long already."""

    @model_validator(mode="before")
    @classmethod
    def _spelled_out(cls, value: object) -> object:
        return {"since": value} if isinstance(value, str | int | float) else value

    @model_validator(mode="after")
    def _one_age(self) -> Self:
        if getattr(self, "since", None) is not None and getattr(self, self.AGE) is not None:
            raise ValueError(f'has "since" and "{self.AGE}", which say the same; remove one')
        return self


class Waiting(_Entry):
    """Customers who wait for a queue when the run begins; a bare time of day is `since`."""

    AGE: ClassVar[str] = "waited"

    customers: PositiveInt = Field(default=1, description="Number of customers.")
    since: TimeOfDay | None = Field(
        default=None,
        description="Time of day since when they wait, on the day of the run's first opening. Without `since` and "
        "`waited`, they begin to wait as the run begins.",
    )
    waited: LawField | None = Field(
        default=None, description="How long they have waited already, in place of `since`: a time, or its law."
    )
    intent: Name | None = Field(
        default=None,
        description="Their intent. If left out, or if several steps of it have this queue, the step of each is drawn "
        "by the expected visits of the run.",
    )
    segment: Name | None = Field(default=None, description="Their segment; drawn by the shares if left out.")


class Busy(_Entry):
    """Agents of a group who are busy when the run begins; a bare time of day is `since`."""

    AGE: ClassVar[str] = "busy_for"

    agents: PositiveInt = Field(default=1, description="Number of agents, or of contacts where agents hold several.")
    doing: Literal["contact", "wrap_up", "break"] = Field(
        default="contact",
        description="`contact`: they serve a customer, who goes on when that is over; `wrap_up`: after-call work of a "
        "customer who has gone; `break`: off the queue.",
    )
    since: TimeOfDay | None = Field(
        default=None,
        description="Time of day since when, on the day of the run's first opening. The rest follows from the law of "
        "the talk (less hold) or of `wrap_up`, given that it has lasted so long. Without `since`, `busy_for` and "
        "`until`, it begins as the run begins.",
    )
    busy_for: LawField | None = Field(
        default=None, description="How long already, in place of `since`: a time, or its law."
    )
    until: TimeOfDay | None = Field(
        default=None,
        description="Time of day until when, which takes the place of a drawn rest; a break needs it. Agents who are "
        "slower with several contacts take longer.",
    )
    queue: Name | None = Field(
        default=None,
        description="Queue of the contact; drawn by the expected visits of the group's queues if left out.",
    )
    intent: Name | None = Field(default=None, description="Intent of the customer; drawn likewise if left out.")
    segment: Name | None = Field(default=None, description="Segment of the customer; drawn by the shares if left out.")

    @model_validator(mode="after")
    def _break_ends(self) -> Self:
        if self.doing == "break" and self.until is None:
            raise ValueError('is a break without an end; give "until", the time of day at which it is over')
        return self


def _entries(count: str) -> Any:
    """Return a function that expands the short forms of a list: a number, or one entry."""

    def expanded(value: object) -> object:
        if isinstance(value, int) and not isinstance(value, bool):
            return [{count: value}]
        return [value] if isinstance(value, dict) else value

    return expanded


_Waiting = Annotated[
    list[Waiting],
    BeforeValidator(_entries("customers")),
    AlsoShort(_NUMBER, _ENTRY, _TIMES),
]
_Busy = Annotated[
    list[Busy],
    BeforeValidator(_entries("agents")),
    AlsoShort(_NUMBER, _ENTRY, _TIMES),
]
_OR_FILE = AlsoShort({"type": "string", "description": "Name of a CSV file", "examples": ["now.csv"]})


class Now(Model):
    """State of the moment at which the run begins, its first opening."""

    waiting: Annotated[dict[Name, _Waiting], _OR_FILE] = Field(
        default_factory=dict,
        description="Who waits, by queue: a number, a list of times of day since when, or of entries; or the name of "
        "a CSV file with a row for each entry, and the columns `queue`, `since` and others of an entry.",
    )
    busy: Annotated[dict[Name, _Busy], _OR_FILE] = Field(
        default_factory=dict,
        description="Which agents are busy, by group: a number, a list of times of day since when, or of entries; or "
        "the name of a CSV file with the columns `group`, `since` or `until`, and others of an entry.",
    )
