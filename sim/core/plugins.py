"""Find plug-ins: every module of a package that has a certain name, in order of the module's name.

A new law, policy, channel or KPI is one new file: it is found, not listed.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

__all__ = ["found_in"]


def found_in(package: ModuleType | str, name: str) -> dict[str, object]:
    """Return what each module of a package holds under a name.

    Parameters
    ----------
    package
        The package, or its dotted name.
    name
        The attribute that makes a module a plug-in; modules without it are passed over.

    Returns
    -------
    dict
        Module name (without the package) to the attribute, sorted.
    """
    home = import_module(package) if isinstance(package, str) else package
    modules = sorted(module.name for module in iter_modules(home.__path__))
    loaded = {module: import_module(f"{home.__name__}.{module}") for module in modules}
    return {module: getattr(it, name) for module, it in loaded.items() if hasattr(it, name)}
