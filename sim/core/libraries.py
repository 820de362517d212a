"""Libraries that Sojourn needs: a sentence with the command that installs those that are missing or too old."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from importlib import metadata
from importlib.util import find_spec
from typing import TYPE_CHECKING

from sim.core.errors import MissingLibrary

if TYPE_CHECKING:
    from packaging.requirements import Requirement

__all__ = ["explain_failure", "require_extras"]

_PROJECT = "sojourn"
_OURS = frozenset({"sojourn", "sim", "orchestrator", "routing", "loadtests"})
_MODULES = {"common-expression-language": "cel", "ruamel-yaml": "ruamel"}
"""Names of modules that differ from their library's."""


def require_extras(command: str, *extras: str) -> None:
    """Check that the libraries of extras are installed, in versions that Sojourn works with.

    Parameters
    ----------
    command
        The command that needs them, for the error.
    extras
        E.g. ``"load"``, as in ``pip install sojourn[load]``.

    Raises
    ------
    MissingLibrary
        It names every library that is missing or of another version, and the command that installs them.
    """
    problems = [problem for extra in extras for problem in _problems(_PROJECT, extra)]
    if problems:
        raise MissingLibrary(f"{command} needs {', '.join(problems)}; {_remedy(extras)}")


def explain_failure(error: Exception) -> str:
    """Explain an unexpected error by a library that is missing, broken, too old or too new.

    Parameters
    ----------
    error
        Any exception.

    Returns
    -------
    str
        A sentence with the command that installs what is needed; empty if the libraries do not explain the error.
    """
    module = (error.name or "").partition(".")[0] if isinstance(error, ImportError) else ""
    if isinstance(error, ModuleNotFoundError) and module not in _OURS:
        return f"Sojourn needs the library {_library_of(module)}, which is not installed; {_remedy(_extras_of(module))}"
    extras = _extras()
    wrong = [problem for extra in ("", *extras) for problem in _problems(_PROJECT, extra, only_installed=True)]
    reason = f"{type(error).__name__}: {error}"
    if wrong:
        return f"Sojourn needs {', '.join(wrong)}; {_remedy(extras)} ({reason})"
    broken = [needed for extra in ("", *extras) for needed in _requirements(_PROJECT, extra)]
    broken = [needed for needed in broken if _module_of(needed.name) == module]
    if broken:
        command = _command("--force-reinstall", f"{broken[0].name}{broken[0].specifier}")
        return f"The library {broken[0].name} cannot be imported; install it anew with: {command} ({reason})"
    return ""


def _problems(project: str, extra: str, *, only_installed: bool = False) -> Iterator[str]:
    """Yield a description of each library of an extra that is missing, or of another version than is needed."""
    for needed in _requirements(project, extra):
        version = _version(needed.name)
        if version and not needed.specifier.contains(version, prereleases=True):
            yield f"{needed.name}{needed.specifier} ({version} is installed)"
        elif not only_installed and not (version and _importable(needed.name)):
            yield f"{needed.name} (not installed)"
        elif version:
            for further in sorted(needed.extras):
                yield from _problems(needed.name, further, only_installed=only_installed)


def _requirements(project: str, extra: str) -> Iterator[Requirement]:
    """Yield the requirements of a project's extra that hold here; of the project itself if ``extra`` is empty."""
    try:
        from packaging.requirements import Requirement

        texts = metadata.requires(project) or []
    except (ImportError, metadata.PackageNotFoundError):  # Sojourn runs from its folder, and has not been installed
        return
    for needed in map(Requirement, texts):
        always, chosen = (not needed.marker or needed.marker.evaluate({"extra": name}) for name in ("", extra))
        if chosen and (not always or not extra):
            yield needed


def _extras() -> list[str]:
    """Return the names of Sojourn's extras."""
    try:
        return sorted(metadata.metadata(_PROJECT).get_all("Provides-Extra") or [])
    except metadata.PackageNotFoundError:
        return []


def _extras_of(module: str) -> list[str]:
    """Return the extras whose libraries have a module; none for a library that is always installed."""
    names = {extra: {_module_of(needed.name) for needed in _requirements(_PROJECT, extra)} for extra in _extras()}
    return [extra for extra, modules in names.items() if module in modules]


def _version(library: str) -> str:
    """Return the installed version of a library; empty if there is none."""
    try:
        return metadata.version(library) or ""
    except metadata.PackageNotFoundError:
        return ""


def _importable(library: str) -> bool:
    """Tell whether a library's module can be found."""
    try:
        return find_spec(_module_of(library)) is not None
    except (ImportError, ValueError):
        return False


def _module_of(library: str) -> str:
    """Return the name of a library's module."""
    name = library.lower().replace("_", "-").replace(".", "-")
    return _MODULES.get(name, name.replace("-", "_"))


def _library_of(module: str) -> str:
    """Return the name of the library that has a module."""
    return next((library for library, name in _MODULES.items() if name == module), module.replace("_", "-"))


def _remedy(extras: Sequence[str]) -> str:
    """Return the command that installs Sojourn's libraries; pip leaves an installed Sojourn as it is."""
    chosen = f"[{','.join(extras)}]" if extras else ""
    return f"install with: {_command(_PROJECT + chosen)}"


def _command(*arguments: str) -> str:
    """Return a command of pip."""
    return " ".join([sys.executable, "-m pip install", *arguments[:-1], f'"{arguments[-1]}"'])
