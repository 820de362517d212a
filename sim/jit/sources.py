"""Fingerprint of the source files that compiled functions are made of; it names where their code is kept.

numba notices that a function's own file has changed, but not that the file of a function or a constant which it uses
has. So a module's fingerprint is made of its own text and that of every module that it imports, directly or by others.
Followed are the module's own package, ours, and those that either names in ``COMPILED_WITH``.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import cache
from hashlib import blake2s
from importlib.util import resolve_name
from pathlib import Path

import numba

__all__ = ["fingerprint", "reached"]

_IMPORT = re.compile(r"\n[ \t]*(?:from[ \t]+(\S+)[ \t]+import[ \t]+(\([^)]*\)|.*)|import[ \t]+(.+))")
_STORAGE = ("sim.jit.cache", "sim.jit.dispatchers")  # the format in which code is kept: the code of any module
_NAME = re.compile(r"([\w.*]+)(?:\s+as\s+\w+)?")


@cache
def fingerprint(module: str) -> str:
    """Return the fingerprint of all that a module's compiled functions are made of.

    Parameters
    ----------
    module
        Name of a module that is being imported, so that it is read as it is run. It has imported what its functions
        use.

    Returns
    -------
    str
        The same in every process whose sources are the same; empty where there is no file, as in a console.
    """
    digests = b"".join(map(_digest, sorted(reached(module))))
    return blake2s(digests, digest_size=8).hexdigest() if _text(module) else ""


def reached(module: str) -> set[str]:
    """Return the names of a module and of all that it imports, directly or by others, in the packages that count.

    Parameters
    ----------
    module
        Name of a module that is being imported, or has been.
    """
    names, ahead, followed = set[str](), [module, *_STORAGE], _followed(module)
    while ahead:
        name = ahead.pop()
        if name not in names and name.partition(".")[0] in followed:
            names.add(name)
            ahead.extend(_imports(name))
    return names


def _followed(module: str) -> set[str]:
    """Return the packages whose modules count."""
    packages = {module.partition(".")[0], __name__.partition(".")[0]}
    return packages.union(*(getattr(sys.modules.get(package), "COMPILED_WITH", ()) for package in packages))


@cache
def _text(module: str) -> str:
    """Return a module's text, as it is when the module is first asked for."""
    file = Path(getattr(sys.modules.get(module), "__file__", None) or ".")
    return file.read_text("utf-8") if file.suffix == ".py" and file.exists() else ""


@cache
def _digest(module: str) -> bytes:
    return blake2s(f"{numba.__version__} {module}\n{_text(module)}".encode()).digest()


@cache
def _imports(module: str) -> tuple[str, ...]:
    """Return the modules that a module imports; a package where what is named of it is no module."""
    names = (name for statement in _IMPORT.finditer("\n" + _text(module)) for name in _named(module, statement))
    return tuple(name for name in dict.fromkeys(names) if name in sys.modules)


def _named(module: str, statement: re.Match[str]) -> Iterator[str]:
    """Yield the names of the modules of one import."""
    source, members, modules = statement.groups()
    if modules:
        yield from _NAME.findall(modules)
        return
    if source.startswith("."):
        source = resolve_name(source, sys.modules[module].__package__)
    for member in _NAME.findall(re.sub("#.*", "", members)):
        submodule = f"{source}.{member}"
        yield submodule if submodule in sys.modules else source
