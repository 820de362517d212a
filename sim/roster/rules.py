"""Rules of rosters: kinds of shift, contracts and prices, as a YAML file says them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, NonNegativeFloat, ValidationError

from sim.core.errors import InvalidInput, Problem, near
from sim.core.model import Model
from sim.core.units import DAY, HOUR, Duration, Share, parse_duration, parse_hours, parse_time_of_day
from sim.scenario.by_day import selector_of
from sim.scenario.document import Document, read_yaml
from sim.scenario.fields import Name
from sim.scenario.variants import problem_of

__all__ = ["Bounds", "Contract", "Off", "Prices", "Rules", "ShiftKind", "Span", "Times", "read_rules"]

_UNDER = 10.0  # times the dearest paid hour
_DEAREST = 1e9  # an hour, in any currency; integer programs lose exactness with dearer ones


Price = Annotated[NonNegativeFloat, Field(le=_DEAREST)]


class Span(Model):
    """Values from a first to a last one; steps lie between them."""

    first: float
    last: float


Times = Span | list[float]
"""A window, or a list of values."""


def _times_of_day(value: object) -> object:
    if isinstance(value, str) and "-" in value.replace("–", "-"):  # noqa: RUF001 - as planners type
        first, last = parse_hours(value)
        return Span(first=first, last=last)
    if isinstance(value, list):
        return [parse_time_of_day(each) for each in value]
    return value if isinstance(value, Span) else [parse_time_of_day(value)]


def _durations(value: object) -> object:
    if isinstance(value, str) and "-" in value:
        first, _, last = value.partition("-")
        span = Span(first=parse_duration(first.strip()), last=parse_duration(last.strip()))
        if span.last < span.first:
            raise ValueError("ends before it begins; give the shorter duration first")
        return span
    if isinstance(value, list):
        return [parse_duration(each) for each in value]
    return value if isinstance(value, Span) else [parse_duration(value)]


TimesOfDay = Annotated[Times, BeforeValidator(_times_of_day)]
Durations = Annotated[Times, BeforeValidator(_durations)]


class Bounds(Model):
    """A least and a greatest number."""

    at_least: NonNegativeFloat = 0.0
    at_most: NonNegativeFloat = math.inf


def _bounds(value: object) -> object:
    """Read a number as the greatest one, and "30-40" as both."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Bounds(at_most=value)
    if isinstance(value, str):
        first, dash, last = value.partition("-")
        try:
            value = Bounds(at_least=float(first), at_most=float(last)) if dash else Bounds(at_most=float(first))
        except ValueError:
            raise ValueError('is neither a number nor a range; write 40 for at most 40, or "30-40"') from None
    if isinstance(value, Bounds) and value.at_most < value.at_least:
        raise ValueError("ends below its beginning; give the lower number first")
    return value


BoundsField = Annotated[Bounds, BeforeValidator(_bounds)]


class Off(Model):
    """An activity off the queue within a shift, which the roster places."""

    kind: Literal["break", "lunch", "meeting", "training"] = Field(default="break", description="Type of the activity.")
    time: Duration = Field(description="Its length.")
    begins: TimesOfDay | None = Field(default=None, description='Begins within "11:30-13:00", or at one of a list.')
    after: Durations | None = Field(default=None, description='Or begins so long after the shift: "2 h-3 h".')
    every: Duration | None = Field(default=None, gt=0, description="Step of its begins; its length if left out.")
    paid: bool | None = Field(default=None, description="Whether it is paid; if left out, all but lunch are.")

    @property
    def is_paid(self) -> bool:
        """Whether it is paid."""
        return self.kind != "lunch" if self.paid is None else self.paid


class ShiftKind(Model):
    """Shifts that may be used: all starts with all lengths."""

    start: TimesOfDay = Field(description='Earliest and latest start, "07:00-09:00", or a list of times.')
    length: Durations = Field(description='From start to end, "8 h" or "6 h-9 h" or a list.')
    every: Duration | None = Field(default=None, gt=0, description="Step of starts and lengths; else the interval.")
    off: list[Off] = Field(default_factory=list, description="Breaks and other activities, in their order.")
    days: list[str] | None = Field(default=None, description="Days such as mon or mon-fri; all if left out.")


class Contract(Model):
    """People with the same conditions of work."""

    group: Name | None = Field(default=None, description="Column of the requirements; needed if there are several.")
    people: BoundsField | None = Field(default=None, description="Number of people with a shift, if limited.")
    shifts: list[Name] | None = Field(default=None, min_length=1, description="Kinds of shift; all if left out.")
    hours: BoundsField = Field(default=Bounds(), description="Paid hours of a person per week.")
    days: BoundsField = Field(default=Bounds(), description="Days on which a person works per week.")
    rest: Duration = Field(default=11 * HOUR, description="Least time between two shifts of a person.")
    cost: Price = Field(default=1.0, description="Cost of a paid hour.")

    @property
    def is_unlimited(self) -> bool:
        """Whether there are as many people as shifts."""
        return self.people is None


class Prices(Model):
    """Prices of what costs nothing by itself."""

    under: Price | None = Field(
        default=None, description="Of an agent-hour that is missing; else 10 times the dearest paid hour."
    )
    over: Price = Field(default=0.0, description="Of an agent-hour beyond what is required.")
    different_shifts: Price = Field(default=0.0, description="Of each different pair of start and length that is used.")


class Rules(Model):
    """Rules of a roster."""

    shifts: dict[Name, ShiftKind] = Field(min_length=1, description="Kinds of shift by name.")
    contracts: dict[Name, Contract] = Field(min_length=1, description="Contracts by name.")
    prices: Prices = Prices()
    shrinkage: Share | None = Field(
        default=None,
        lt=1,
        description="Share of the rostered agents who are not available; in a plan the scenario's, else none.",
    )

    @property
    def under(self) -> float:
        """Price of an agent-hour that is missing."""
        if self.prices.under is not None:
            return self.prices.under
        return _UNDER * (max(contract.cost for contract in self.contracts.values()) or 1.0)

    def kinds_of(self, contract: Contract) -> list[str]:
        """Return the kinds of shift that a contract has."""
        return list(self.shifts) if contract.shifts is None else contract.shifts


def read_rules(file: Path) -> Rules:
    """Read a file of rules.

    Parameters
    ----------
    file
        A YAML file with ``shifts`` and ``contracts``.

    Raises
    ------
    InvalidInput
        Everything that is wrong.
    """
    document = read_yaml(file, "shifts")
    try:
        rules = Rules.model_validate(document.data)
    except ValidationError as error:
        raise InvalidInput(
            problem_of(str(file), dict(each), document.line(tuple(each["loc"]))) for each in error.errors()
        ) from None
    problems = list(_problems(rules, document))
    if problems:
        raise InvalidInput(problems)
    return rules


def _is_of_week(day: str) -> bool:
    """Return whether a text is a weekday or a range of them."""
    try:
        return selector_of(day).rank in {3, 4}
    except ValueError:
        return False


def _problems(rules: Rules, document: Document) -> Iterator[Problem]:
    for path, message in (*_shift_problems(rules), *_contract_problems(rules)):
        yield Problem(str(document.file), ".".join(map(str, path)), message, document.line(path))


def _shift_problems(rules: Rules) -> Iterator[tuple[tuple[str | int, ...], str]]:
    for name, rule in rules.shifts.items():
        for number, off in enumerate(rule.off):
            if (off.begins is None) == (off.after is None):
                yield ("shifts", name, "off", number), 'needs either "begins" or "after", and not both'
            if not 0 < off.time < DAY:
                yield ("shifts", name, "off", number, "time"), "must be longer than 0 and shorter than a day"
        for day in rule.days or ():
            if not _is_of_week(day):
                yield ("shifts", name, "days"), f'"{day}" is not a day of the week; write mon or mon-fri'
        lengths = [rule.length.first, rule.length.last] if isinstance(rule.length, Span) else rule.length
        if not all(0 < length <= DAY for length in lengths):
            yield ("shifts", name, "length"), "a shift lasts longer than 0 and at most 24 h"


def _contract_problems(rules: Rules) -> Iterator[tuple[tuple[str | int, ...], str]]:
    for name, contract in rules.contracts.items():
        for shift in contract.shifts or ():
            if shift not in rules.shifts:
                yield ("contracts", name, "shifts"), f'"{shift}" is not a kind of shift; {near(shift, rules.shifts)}'
        if contract.is_unlimited and (contract.hours != Bounds() or contract.days != Bounds()):
            yield ("contracts", name), 'hours and days are of people; give their number, such as "people: 20"'
