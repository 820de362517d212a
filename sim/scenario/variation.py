"""Schema of the variation of demand around the forecast: busy days and intervals, and the error of the forecast."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, WithJsonSchema, model_validator

from sim.core.model import Model
from sim.core.units import Share, parse_percentage
from sim.scenario.fields import Name

__all__ = ["Busyness", "CvByIntent", "Factor", "ForecastError", "IntervalNoise", "deviation_of_mape"]

_FACTOR = re.compile(r"(?:x\s*)?([0-9]+(?:\.[0-9]+)?)\s*(%?)")
_LEAST_CV, _MOST_CV = 0.001, 4.47  # the gamma law's shape, 1 / cv², is from 0.05 to a million


def _parse_factor(value: object) -> float:
    """Read "x3", "150 %" or 1.5."""
    wrong = f'{value!r} is not a factor; give one such as "x3", "150 %" or 1.5'
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(wrong)
    match = _FACTOR.fullmatch(value.strip()) if isinstance(value, str) else None
    if isinstance(value, str) and not match:
        raise ValueError(wrong)
    try:
        factor = float(Decimal(match[1]).scaleb(-2 if match[2] else 0)) if match else float(value)
    except OverflowError:
        raise ValueError(wrong) from None
    if not 0 <= factor < math.inf:
        raise ValueError(f'{value} must be finite and not negative; give a factor such as "x3", "150 %" or 1.5')
    return factor


Factor = Annotated[
    float,
    BeforeValidator(_parse_factor),
    WithJsonSchema(
        {"type": ["string", "number"], "description": 'A factor such as "x3" or "150 %"', "examples": ["x3"]}
    ),
]


def _cv_form(value: object) -> str:
    return "by_intent" if isinstance(value, dict) else "one_cv"


CvByIntent = Annotated[
    Annotated[Factor, Tag("one_cv")] | Annotated[dict[Name, Factor], Tag("by_intent")], Discriminator(_cv_form)
]


def _check_cv(cv: float) -> None:
    """Refuse a coefficient of variation that no gamma law of the program has."""
    if cv and not _LEAST_CV <= cv <= _MOST_CV:
        raise ValueError(f"the cv is {100 * cv:.4g} %; give 0 %, or from {100 * _LEAST_CV:g} % to {100 * _MOST_CV:g} %")


class _Varies(Model):
    cv: CvByIntent = Field(
        description="Coefficient of variation (sd / mean) of the factor; its mean is 1. Or one for each intent, which "
        "then have factors of their own; those not named do not vary."
    )
    per_intent: bool = Field(default=False, description="Each intent has factors of its own, instead of common ones.")

    @model_validator(mode="after")
    def _drawable(self) -> _Varies:
        for cv in self.cv.values() if isinstance(self.cv, dict) else [self.cv]:
            _check_cv(cv)
        return self

    @property
    def is_per_intent(self) -> bool:
        """Whether each intent has factors of its own."""
        return self.per_intent or isinstance(self.cv, dict)


class Busyness(_Varies):
    """Variation from day to day: a gamma factor with mean 1 multiplies the volume of each day."""


class IntervalNoise(_Varies):
    """Variation between intervals: a gamma factor with mean 1 multiplies the volume of each interval."""

    correlation: Share = Field(
        default=0.0,
        description="Correlation of successive intervals (of their normal scores): how long busy periods last.",
    )


def _parse_bias(value: object) -> float:
    """Read "+3 %", "-5 %" or 0.03."""
    wrong = f'{value!r} is not a bias; give one such as "+3 %", "-5 %" or 0.03'
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(wrong)
    try:
        bias = parse_percentage(value.strip()) if isinstance(value, str) else float(value)
    except (ValueError, OverflowError):
        raise ValueError(wrong) from None
    if not -0.9 <= bias <= 10:
        raise ValueError(f'{value} is too far off; give a bias from "-90 %" to "+1000 %"')
    return bias


Bias = Annotated[
    float,
    BeforeValidator(_parse_bias),
    WithJsonSchema(
        {"type": ["string", "number"], "description": 'A bias such as "+3 %" or "-5 %"', "examples": ["+3 %"]}
    ),
]


class ForecastError(Model):
    """Error of the forecast: what comes is the forecast times a gamma factor with mean 1 + `bias`.

    Give `cv`, or `mape` as the accuracy of earlier forecasts was measured, as daily volumes. Arrivals vary at random
    beside it, as they do within every day: `cv: 0 %` is a forecast that knows the expected volume.
    """

    cv: CvByIntent | None = Field(
        default=None,
        description="Coefficient of variation (sd / mean) of the factor. Or one for each intent, which then have "
        "factors of their own; those not named have no error.",
    )
    mape: CvByIntent | None = Field(
        default=None,
        description="In place of `cv`: mean absolute percentage error, the mean of abs(actual - forecast) / forecast, "
        "the bias included. Without bias, `cv` is 1.253 times as large (the root of pi / 2). Or one for each intent.",
    )
    bias: Bias = Field(
        default=0.0, description="By how much more comes than was forecast, on average; `-5 %` is less than forecast."
    )
    per: Literal["day", "run"] = Field(
        default="day",
        description="Each day has an error of its own, or all days of a run the same one: the level was wrong.",
    )
    per_intent: bool = Field(default=False, description="Each intent has an error of its own, instead of a common one.")

    @model_validator(mode="after")
    def _drawable(self) -> ForecastError:
        if (self.cv is None) == (self.mape is None):
            raise ValueError("give either cv or mape, such as {mape: 6 %}")
        cvs = self.cvs
        for cv in cvs.values() if isinstance(cvs, dict) else [cvs]:
            _check_cv(cv)
        return self

    @property
    def cvs(self) -> float | dict[str, float]:
        """The coefficient of variation of the factor, of all intents or of each."""
        if self.mape is None:
            return {} if self.cv is None else self.cv
        if isinstance(self.mape, dict):
            return {name: self._cv_of(mape) for name, mape in self.mape.items()}
        return self._cv_of(self.mape)

    @property
    def is_per_intent(self) -> bool:
        """Whether each intent has an error of its own."""
        return self.per_intent or isinstance(self.cvs, dict)

    def _cv_of(self, mape: float) -> float:
        return deviation_of_mape(mape, self.bias) / (1.0 + self.bias)


def deviation_of_mape(mape: float, bias: float) -> float:
    """Return the standard deviation of an error with a mean absolute value.

    The absolute value of a normal error with mean ``b`` and standard deviation ``s`` has the mean
    ``s sqrt(2 / pi) exp(-b^2 / 2 s^2) + b (1 - 2 Phi(-b / s))`` [1]_; for ``b = 0`` it is ``s sqrt(2 / pi)`` [2]_. A
    gamma law of the same deviation differs from it by a share of ``cv^2 / 12``.

    Parameters
    ----------
    mape
        Mean absolute error, of the forecast.
    bias
        Mean error.

    Raises
    ------
    ValueError
        The mean absolute error is less than the mean error, which cannot be.

    References
    ----------
    .. [1] F. C. Leone, L. S. Nelson, R. B. Nottingham, The folded normal distribution, Technometrics 3 (1961), 543-550.
    .. [2] R. C. Geary, The ratio of the mean deviation to the standard deviation as a test of normality, Biometrika 27
       (1935), 310-332.
    """
    if mape < abs(bias):
        raise ValueError(
            f"a mape of {100 * mape:g} % is less than the bias of {100 * bias:+g} %, which it includes; give more"
        )
    if mape == abs(bias):
        return 0.0
    low, high = 0.0, mape * math.sqrt(math.pi / 2)  # with a bias, less deviation makes up the same error
    if not bias:
        return high
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if _mean_size(middle, bias) < mape else (low, middle)
    return high


def _mean_size(deviation: float, bias: float) -> float:
    """Return the mean absolute value of a normal error."""
    ratio = bias / deviation
    return deviation * math.sqrt(2 / math.pi) * math.exp(-ratio * ratio / 2) + bias * math.erf(ratio / math.sqrt(2))
