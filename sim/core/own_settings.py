"""Settings of own code: parameters of a user's function as fields that a scenario sets."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, get_type_hints

__all__ = ["fields_of_parameters"]


def fields_of_parameters(function: Callable[..., Any], first: int, taken: set[str]) -> dict[str, tuple[Any, Any]]:
    """Return type and default of each parameter of a function, for `pydantic.create_model`.

    Parameters
    ----------
    function
        A user's function, compiled or not.
    first
        Number of leading parameters that the simulation gives.
    taken
        Names that a setting cannot have.

    Raises
    ------
    TypeError
        A parameter has no type, or a name that is taken; the message is a sentence.
    """
    plain = getattr(function, "py_func", function)
    hints = get_type_hints(plain, include_extras=True)
    parameters = list(inspect.signature(plain).parameters.values())
    name = plain.__qualname__
    if len(parameters) < first or any(p.kind in {p.VAR_KEYWORD, p.VAR_POSITIONAL} for p in parameters):
        raise TypeError(f"{name}: needs {first} leading parameters, and others with names of their own")
    fields = {}
    for parameter in parameters[first:]:
        if parameter.name in taken:
            raise TypeError(f'{name}: a setting cannot be called "{parameter.name}"; choose another name')
        if parameter.name not in hints:
            raise TypeError(f'{name}: "{parameter.name}" needs a type, such as Duration, Share or float')
        default = ... if parameter.default is parameter.empty else parameter.default
        fields[parameter.name] = (hints[parameter.name], default)
    return fields
