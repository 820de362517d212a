"""Field types of laws: one law, or laws by the time of day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Discriminator, RootModel, Tag

from sim.distributions import Law, Minimum, law_field, law_of_duration, laws
from sim.scenario.times_of_day import by_hours, changes_of, checked_hours, is_by_time, spread

__all__ = ["LawByTime", "LawByTimeField", "LawField", "zero_time"]


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


def _law_by_time(value: object) -> object:
    """Spread a law with numbers, or laws of a minimum, by the time of day over the times of day."""
    spread_out = _spread_out(value)
    return spread_out if is_by_time(spread_out) else law_of_duration(value)


def _spread_out(value: object) -> object:
    """Return a law as a mapping from hours to laws, if something in it differs by the time of day."""
    if not isinstance(value, dict) or "law" not in value:
        return value
    law: dict[str, Any] = dict(value)
    if isinstance(law.get("of"), list):
        parts = {str(number): _spread_out(part) for number, part in enumerate(law["of"])}
        if any(map(is_by_time, parts.values())):
            law["of"] = by_hours(spread(parts, lambda now: list(now.values())))
    return by_hours(spread(law, lambda now: now)) if any(map(is_by_time, law.values())) else value


def _law_form(value: object) -> str:
    return "by_time" if isinstance(value, LawByTime) or is_by_time(value) else "one_law"


if TYPE_CHECKING:
    LawByTimeField = Law
else:
    LawByTimeField = Annotated[
        Annotated[LawField, Tag("one_law")] | Annotated[LawByTime, Tag("by_time")],
        Discriminator(_law_form),
        BeforeValidator(_law_by_time),
    ]
