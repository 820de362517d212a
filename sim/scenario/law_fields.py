"""Field types of laws: one law, laws by the time of day, or these by day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Discriminator, RootModel, Tag

from sim.distributions import Law, Minimum, law_field, law_of_duration, laws
from sim.scenario.by_day import ONLY_DAYS, DayKey, differs_by_day
from sim.scenario.times_of_day import changes_of, checked_hours, is_by_time
from sim.scenario.values_by_day import checked_days, differs, spread_out

__all__ = ["LawByDay", "LawByTime", "LawByTimeField", "LawField", "zero_time"]


def zero_time() -> Law:
    """Return the fixed law of 0 seconds."""
    return laws()["fixed"].model_validate({"law": "fixed", "value": 0.0})


if TYPE_CHECKING:
    LawField = Law
else:
    LawField = law_field((*laws().values(), Minimum))


class LawByTime(RootModel[Annotated[dict[str, LawField], BeforeValidator(checked_hours)]]):
    """Laws by the time of day, from hours such as ``08:00-10:00`` to a law, with `else` for the rest of the day."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    @property
    def infinite(self) -> float:
        """The greatest share of infinite values at any time."""
        return max(law.infinite for law in self.root.values())

    def changes(self) -> list[tuple[float, Law]]:
        """Return the instants of the day from which on a law holds, beginning with midnight, and the laws."""
        return changes_of(self.root)

    def laws(self) -> list[Law]:
        """Return the laws."""
        return list(self.root.values())


def _law_by_time(value: object) -> object:
    """Spread a law with numbers, or laws of a minimum, by day or by the time of day over these."""
    law = _spread_out(value)
    return law if differs(law) else law_of_duration(value)


def _spread_out(value: object) -> object:
    """Return a law as a mapping from days or hours to laws, if something in it differs by these."""
    if not isinstance(value, dict) or "law" not in value:
        return value
    law: dict[str, Any] = dict(value)
    if isinstance(law.get("of"), list):
        parts = {str(number): _spread_out(part) for number, part in enumerate(law["of"])}
        if any(map(differs, parts.values())):
            law["of"] = spread_out(parts, lambda now: list(now.values()))
    return spread_out(law, lambda now: now) if any(map(differs, law.values())) else value


def _time_form(value: object) -> str:
    return "by_time" if isinstance(value, LawByTime) or is_by_time(value) else "one_law"


if TYPE_CHECKING:
    _LawOfDay = Law | LawByTime
else:
    _LawOfDay = Annotated[
        Annotated[LawField, Tag("one_law")] | Annotated[LawByTime, Tag("by_time")],
        Discriminator(_time_form),
        BeforeValidator(_law_by_time),
    ]


class LawByDay(RootModel[Annotated[dict[DayKey, _LawOfDay], ONLY_DAYS, BeforeValidator(checked_days)]]):
    """Laws by day, from selectors of days such as ``mon`` to a law, or to laws by the time of day."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    @property
    def infinite(self) -> float:
        """The greatest share of infinite values at any time."""
        return max(law.infinite for law in self.laws())

    def laws(self) -> list[Law]:
        """Return the laws."""
        return [law for part in self.root.values() for law in (part.laws() if isinstance(part, LawByTime) else [part])]


def _law_form(value: object) -> str:
    return "by_day" if isinstance(value, LawByDay) or differs_by_day(value) else _time_form(value)


if TYPE_CHECKING:
    LawByTimeField = Law
else:
    LawByTimeField = Annotated[
        Annotated[LawField, Tag("one_law")] | Annotated[LawByTime, Tag("by_time")] | Annotated[LawByDay, Tag("by_day")],
        Discriminator(_law_form),
        BeforeValidator(_law_by_time),
    ]
