"""The base model of files: frozen, no unknown names, all errors at once."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from sim.core.model import Model
from sim.core.units import Duration


class Desk(Model):
    """A small model."""

    talk: Duration = 60.0
    staff: int = 1


class Floor(Model):
    """A model that holds another."""

    desk: Desk = Desk()


def sentences(model: type[Model], data: object) -> list[tuple[tuple[int | str, ...], str, str]]:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(data)
    return [(detail["loc"], detail["type"], detail["msg"]) for detail in caught.value.errors()]


def test_an_unknown_key_lists_the_near_ones() -> None:
    assert sentences(Desk, {"tlak": 1}) == [(("tlak",), "unknown_key", 'is not a key of this; did you mean "talk"?')]
    assert sentences(Floor, {"desk": {"zzz": 1}}) == [
        (("desk", "zzz"), "unknown_key", "is not a key of this; known are staff, talk")
    ]


def test_every_error_at_once() -> None:
    errors = sentences(Floor, {"desk": {"talk": "-3 s", "staff": "many", "stff": 2}, "dask": 1})
    assert [(loc, error_type) for loc, error_type, _ in errors] == [
        (("desk", "talk"), "value_error"),
        (("desk", "staff"), "int_parsing"),
        (("desk", "stff"), "unknown_key"),
        (("dask",), "unknown_key"),
    ]


def test_a_model_is_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Desk().staff = 2


@pytest.mark.parametrize("text", ["Infinity", "NaN"])
def test_numbers_are_finite(text: str) -> None:
    assert sentences(Desk, {"talk": float(text)})
