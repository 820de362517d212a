"""The routing policies by name."""

from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from routing.policy import Policy

__all__ = ["policies"]


@cache
def policies() -> dict[str, Policy]:
    """Return every routing policy by its name.

    Returns
    -------
    dict
        Name to policy, sorted by name.
    """
    names = sorted(module.name for module in iter_modules([str(Path(__file__).parent)]))
    modules = {name: import_module(f"{__package__}.{name}") for name in names}
    return {name: module.POLICY for name, module in modules.items() if hasattr(module, "POLICY")}
