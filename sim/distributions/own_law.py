"""Own laws: a user's quantile function, with its parameters, as a law of scenarios."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar, Literal, overload

import numpy as np
from numpy.typing import NDArray
from pydantic import create_model
from pydantic_core import PydanticCustomError

from sim.core.errors import OwnCodeFailed
from sim.core.own_code import OwnCode, failure, guarded, loaded
from sim.core.own_settings import fields_of_parameters
from sim.distributions.law import SIGNATURE, Law
from sim.jit.functions import compiled

__all__ = ["OwnLaw", "law", "own_law"]

_PROBES = 512
"""Probabilities at which a quantile function is tried when a scenario is read."""


class OwnLaw:
    """A law of a user's package: a quantile function, and perhaps the mean.

    Parameters
    ----------
    quantile
        Function of a probability, and of the law's parameters, to seconds: never negative, and rising. Compiled, or
        plain Python.
    mean
        Function of the parameters to the mean; without it the quantile function is integrated.
    """

    def __init__(self, quantile: Callable[..., float], mean: Callable[..., float] | None = None) -> None:
        self.quantile, self.mean = quantile, mean
        self.fields = fields_of_parameters(quantile, 1, set(Law.model_fields) | {"quantile", "check", "parameters"})
        self.__doc__ = getattr(quantile, "py_func", quantile).__doc__

    def __call__(self, u: float, *parameters: float) -> float:
        """Return the quantile of a probability."""
        return self.quantile(u, *parameters)


@overload
def law(quantile: Callable[..., float], /) -> OwnLaw: ...


@overload
def law(*, mean: Callable[..., float]) -> Callable[[Callable[..., float]], OwnLaw]: ...


def law(quantile: Callable[..., float] | None = None, /, *, mean: Callable[..., float] | None = None) -> Any:
    """Make a law of a quantile function.

    Parameters
    ----------
    quantile
        Function of a probability of the open interval (0, 1) and of the law's parameters, to seconds. It is never
        negative, and does not fall. With ``@numba.njit`` below this decorator, the compiled engine runs it too.
    mean
        Function of the parameters to the mean; without it the quantile function is integrated.

    Returns
    -------
    OwnLaw
        A decorator of one, if only `mean` is given.
    """
    return OwnLaw(quantile, mean) if quantile is not None else lambda function: OwnLaw(function, mean)


class _OwnLawModel(Law):
    """Base class of the models of own laws."""

    code: ClassVar[OwnCode]

    def check(self) -> None:
        """Raise a ValueError where the quantile function fails, is negative or falls."""
        values = np.empty(_PROBES)
        params = np.array(self.parameters(), dtype=np.float64)
        for number in range(_PROBES):
            u = (number + 0.5) / _PROBES
            try:
                values[number] = self.quantile(u, params)
            except Exception as error:  # noqa: BLE001 - whatever a user's function raises
                raise _refusal(self.code, error) from None
        wrong = np.flatnonzero(~(values >= 0.0) | ~np.isfinite(values))
        falling = np.flatnonzero(np.diff(values) < 0.0) + 1
        if len(wrong):
            raise ValueError(f'"{self.law}" is {values[wrong[0]]:g} s at {_probability(wrong[0])}; give 0 s or more')
        if len(falling):
            raise ValueError(f'"{self.law}" falls at {_probability(falling[0])}; a quantile function never does')

    def parameters(self) -> list[float]:
        """Return the parameters in the order of the function's."""
        return [float(getattr(self, name)) for name in self.code.value.fields]

    def mean_of_law(self) -> float:
        """Return the mean in seconds."""
        own: OwnLaw = self.code.value
        if own.mean is not None:
            return guarded("law", self.code.name, own.mean)(*self.parameters())
        from scipy.integrate import quad

        params = np.array(self.parameters(), dtype=np.float64)
        return float(quad(lambda u: self.quantile(u, params), 0.0, 1.0, limit=500, epsrel=1e-8)[0])


def own_law(name: object) -> type[Law] | None:
    """Return the model of an own law that was loaded, None if there is none of that name."""
    code = loaded("law", name)
    return _model_of(code.name, code.value) if code is not None and isinstance(code.value, OwnLaw) else None


@cache
def _model_of(name: str, own: OwnLaw) -> type[Law]:
    """Return the model of an own law under a name."""
    code = loaded("law", name)
    assert code is not None
    quantile = _compiled(own) if hasattr(own.quantile, "py_func") else _plain(name, own)
    model: Any = create_model(name, __base__=_OwnLawModel, __doc__=own.__doc__, law=(Literal[name], ...), **own.fields)  # type: ignore[call-overload]
    model.quantile = staticmethod(quantile)
    model.code = code
    made: type[Law] = model
    return made


def _plain(name: str, own: OwnLaw) -> Callable[[float, NDArray[np.float64]], float]:
    """Return the quantile function as the reference engine calls it."""
    call = guarded("law", name, own.quantile)

    def quantile(u: float, params: NDArray[np.float64]) -> float:
        value = call(u, *params.tolist())
        if not 0.0 <= value < math.inf:
            raise failure("law", name, "", f"is {value:g} s at a probability of {u:.12g}; give 0 s or more")
        return value

    return quantile


def _compiled(own: OwnLaw) -> Any:
    """Return the quantile function as both engines call it: of an array of parameters."""
    arguments = ", ".join(f"params[{number}]" for number in range(len(own.fields)))
    source = f"def quantile(u, params):\n    return float(function(u, {arguments}))\n"
    names: dict[str, Any] = {"function": own.quantile, "__name__": "sojourn_own_laws"}
    exec(source, names)  # noqa: S102 - our own text: numba cannot spread an array over arguments
    return compiled(SIGNATURE)(names["quantile"])


def _refusal(code: OwnCode, error: Exception) -> ValueError:
    """Return the error of a quantile function as pydantic's, which keeps the traceback."""
    text = str(error) if isinstance(error, OwnCodeFailed) else str(failure("law", code.name, code.location, error))
    sentence, _, detail = text.partition("\n")
    message = sentence[sentence.find('the law "') :]
    return PydanticCustomError("own_code", "{text}", {"text": message, "detail": detail})


def _probability(number: int) -> str:
    return f"a probability of {(number + 0.5) / _PROBES:.3g}"
