"""Plug-ins: the modules of a package that hold something under a certain name.

A new law, channel or KPI is one new file: it is found, not listed.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

__all__ = ["found_in"]


def found_in(package: ModuleType | str, name: str) -> dict[str, object]:
    """Return the values of a name in the modules of a package.

    Parameters
    ----------
    package
        The package, or its dotted name.
    name
        Name that makes a module a plug-in; modules without it are left out.

    Returns
    -------
    dict
        Module name, without the package, to the value; sorted.
    """
    parent = import_module(package) if isinstance(package, str) else package
    names = sorted(module.name for module in iter_modules(parent.__path__))
    modules = {module: import_module(f"{parent.__name__}.{module}") for module in names}
    return {module: getattr(loaded, name) for module, loaded in modules.items() if hasattr(loaded, name)}
