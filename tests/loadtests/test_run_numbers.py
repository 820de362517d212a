"""Numbers of a run in Locust, whose web page sends any: what is none is refused with a sentence."""

from types import SimpleNamespace
from typing import Any

import pytest

from loadtests.conductor.options import seed_of, wrong_numbers


def options(**changed: Any) -> SimpleNamespace:
    """Return right options, but for some."""
    right = {"speed": 60.0, "grace": 30.0, "give_up": 30.0, "lag_limit": 0.05, "max_requests": 0, "seed": None}
    return SimpleNamespace(**right | changed)


@pytest.mark.parametrize(("seed", "value"), [(None, None), ("", None), (" ", None), (7, 7), ("4294967295", 4294967295)])
def test_a_seed_is_a_number_or_text(seed: Any, value: int | None) -> None:
    assert seed_of(options(seed=seed)) == value
    assert not wrong_numbers(options(seed=seed))


@pytest.mark.parametrize("seed", ["x", -1, "-1", 4294967296, "9" * 5000, "1_0", "٣", "1.5"])
def test_another_seed_is_refused(seed: Any) -> None:
    (problem,) = wrong_numbers(options(seed=seed))
    assert str(problem).endswith("is not a whole number from 0 to 4294967295")


@pytest.mark.parametrize("name", ["speed", "grace", "give_up"])
@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf")])
def test_a_number_that_is_not_above_0_or_has_no_end_is_refused(name: str, value: float) -> None:
    (problem,) = wrong_numbers(options(**{name: value}))
    assert str(problem).startswith(f"--{name.replace('_', '-')}: {value:g} is not above 0, or has no end; give e.g. ")


def test_a_generator_may_be_late_by_nothing_but_not_without_end() -> None:
    assert not wrong_numbers(options(lag_limit=0.0))
    for value in (-1.0, float("nan"), float("inf")):
        (problem,) = wrong_numbers(options(lag_limit=value))
        assert str(problem).startswith(f"--lag-limit: {value:g} is below 0, or has no end; give e.g. ")


def test_all_that_is_wrong_is_said_at_once() -> None:
    assert len(wrong_numbers(options(speed=0.0, seed="x", max_requests=-5))) == 3
