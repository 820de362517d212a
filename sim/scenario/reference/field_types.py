"""Types and defaults of the schema's fields, as text."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import WithJsonSchema
from pydantic.fields import FieldInfo

from sim.core.model import Model
from sim.core.units import Duration, Hours, Share, TimeOfDay, clock, spell
from sim.distributions import Law
from sim.distributions.minimum import Part
from sim.scenario.by_day import DayKey
from sim.scenario.demand import Arrivals, FactorsByDay
from sim.scenario.fields import (
    Days,
    HoursByDay,
    Name,
    Names,
    PerInterval,
    ProcessField,
    RateField,
    RoutingField,
    ShareByTime,
    Target,
)
from sim.scenario.law_fields import LawByTimeField, LawField
from sim.scenario.routes import Range, Routes, RoutesField
from sim.scenario.schema import Date, Holidays
from sim.scenario.steps import Step
from sim.scenario.variation import CvByIntent, Factor

__all__ = ["default_of", "fields_of", "models_in", "type_of"]

_NAMED = [
    (Duration, "duration"),
    (Share, "share"),
    (TimeOfDay, "time of day"),
    (Hours, "hours"),
    (HoursByDay, "hours, or hours by [day](#days)"),
    (Factor, "factor"),
    (CvByIntent, "factor, or one for each intent"),
    (Date, "date"),
    (Holidays, "names by date, or a list of dates"),
    (DayKey, "[day](#days)"),
    (Days, "list of [days](#days)"),
    (FactorsByDay, "list of factors, or factors by [day](#days)"),
    (Range, "bounds"),
    (Name, "name"),
    (Names, "name, or a list of names"),
    (Target, "step or outcome"),
    (LawField, "[law](#laws)"),
    (Part, "[law](#laws)"),
    (LawByTimeField, "[law](#laws)"),
    (ShareByTime, "share, also [by the time of day](#times-of-day)"),
    (RateField, "rates by time of day, also by [day](#days)"),
    (PerInterval, "[number per interval](#numbers-per-interval)"),
    (Arrivals, "[arrivals](#arrivals)"),
    (Routes, "[routes](#routes-and-conditions)"),
    (RoutesField, "[routes, or cases](#routes-and-conditions)"),
    (Step, "[step](#steps)"),
    (RoutingField, "[policy](#routing-policies)"),
    (ProcessField, "name, or keys with `step`"),
]
_WRITTEN: list[tuple[Any, Callable[[Any], str]]] = [
    (Duration, spell),
    (Share, lambda share: f"{100 * share:g} %"),
    (HoursByDay, lambda hours: "-".join(map(clock, hours)).replace("day 2 00:00", "24:00")),
    (Hours, lambda hours: "-".join(map(clock, hours)).replace("day 2 00:00", "24:00")),
]
_PLAIN = {str: "text", bool: "`true` or `false`", date: "date"}
_NUMBERS = {int: "whole number", float: "number"}
Links = Mapping[type[Model], str]  # to the heading of each part


def fields_of(model: type[Model]) -> Iterator[tuple[str, FieldInfo, Any]]:
    """Yield name, field and type hint of the fields of a model."""
    hints = get_type_hints(model, include_extras=True)
    for name, field in model.model_fields.items():
        yield name, field, hints[name]


def models_in(hint: Any) -> Iterator[type[Model]]:
    """Yield the models that a type hint contains; types with a JSON schema of their own contain none."""
    if isinstance(hint, type) and issubclass(hint, Model):
        yield hint
    elif not any(isinstance(extra, WithJsonSchema) for extra in getattr(hint, "__metadata__", ())):
        for part in get_args(hint):
            yield from models_in(part)


def type_of(field: FieldInfo, hint: Any, links: Links) -> str:
    """Return the type of a field's values as Markdown, with links to the headings of models."""
    return _text(hint, links, field.metadata)


def _text(hint: Any, links: Links, bounds: list[Any]) -> str:
    if named := _known(hint, _NAMED):
        return str(named)
    if get_origin(hint) is Annotated:
        return _annotated(hint, links, bounds)
    if hint in _NUMBERS:
        return _number(_NUMBERS[hint], bounds)
    if isinstance(hint, type) and issubclass(hint, Model):
        return links[hint]
    return _PLAIN[hint] if hint in _PLAIN else _compound(hint, links, bounds)


def _annotated(hint: Any, links: Links, bounds: list[Any]) -> str:
    for extra in hint.__metadata__:
        if isinstance(extra, WithJsonSchema) and isinstance(extra.json_schema, dict):
            alike = (text for named, text in _NAMED if extra in getattr(named, "__metadata__", ()))
            return next(alike, str(extra.json_schema["description"]).rstrip("."))
    return _text(hint.__origin__, links, [*bounds, *hint.__metadata__])


def _compound(hint: Any, links: Links, bounds: list[Any]) -> str:
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in parts)
    if origin in {Union, UnionType}:
        return ", or ".join(_text(part, links, bounds) for part in parts if part is not type(None))
    words = [_text(part, links, []) for part in parts]
    return f"list of {words[0]}" if origin is list else f"{words[0]} to {words[1]}"


def _number(noun: str, bounds: list[Any]) -> str:
    def bound(name: str, choose: Callable[[list[float]], float]) -> float:
        values = [getattr(entry, name) for entry in bounds if getattr(entry, name, None) is not None]
        return choose(values) if values else math.nan

    low, above, high = bound("ge", max), bound("gt", max), bound("le", min)
    if noun == "whole number" and not math.isnan(above):
        low, above = above + 1, math.nan
    start = f" above {above:g}" if not math.isnan(above) else ""
    if math.isnan(high):
        return noun + (f", at least {low:g}" if not math.isnan(low) else start)
    if math.isnan(low):
        return f"{noun}{start}, at most {high:,.12g}"
    return f"{noun}, {low:g} to {high:,.12g}"


def default_of(field: FieldInfo, hint: Any) -> str:
    """Return the default of a field as people write it; "-" if it is empty."""
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is None or value in ("", [], {}):
        return "-"
    for part in (hint, *get_args(hint)):
        if write := _known(part, _WRITTEN):
            return str(write(value))
    return _written(value)


def _written(value: Any) -> str:
    if isinstance(value, Model):
        return spell(value.mean_value()) if isinstance(value, Law) else "defaults"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, dict):
        return ", ".join(f"`{key}`" for key in value)
    return f"`{value}`" if isinstance(value, str) else f"{value:g}"


def _known(hint: Any, table: list[tuple[Any, Any]]) -> Any:
    return next((entry for known, entry in table if hint == known), None)
