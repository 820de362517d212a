"""Own Python of a scenario: laws, policies, steps and KPIs from a user's package, by entry point or by dotted name.

What is loaded is kept by its name for as long as the process runs. Who reads a scenario asks for permission before it
loads anything (`sim.scenario.own_code_checks`); a plan holds what it needs, and loads it again in another process.
"""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from importlib import import_module, metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sim.core.errors import OwnCodeFailed, printable

__all__ = [
    "GROUPS",
    "OwnCode",
    "entry_points_of",
    "failure",
    "guarded",
    "is_any_loaded",
    "is_dotted",
    "load",
    "loaded",
    "traceback_of",
]

GROUPS = {"law": "sojourn.laws", "policy": "sojourn.policies", "step": "sojourn.steps", "kpi": "sojourn.kpis"}
"""Groups of entry points, by the name of what they hold."""

_DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+", re.ASCII)
_MOST_FILES = 2000  # of a package, that are hashed
_OURS = ("sim", "sojourn", "routing", "loadtests", "importlib", "simpy", "pydantic", "numba")


@dataclass(frozen=True)
class OwnCode:
    """Own Python that a scenario uses.

    Parameters
    ----------
    role
        "law", "policy", "step" or "kpi".
    name
        As in the scenario.
    location
        Place in the scenario, with its file.
    folder
        Folder of the scenario, whose modules may be imported.
    source
        Where the code comes from, and the hash of its source.
    value
        The law, policy, step or KPI.
    """

    role: str
    name: str
    location: str
    folder: str
    source: dict[str, str] = field(compare=False, repr=False)
    value: Any = field(compare=False, repr=False)

    def __reduce__(self) -> Any:
        """Return how another process loads it again."""
        return load, (self.role, self.name, self.location, self.folder)

    def record(self) -> dict[str, str]:
        """Return the identity of the code, JSON-able."""
        return {"role": self.role, "name": self.name, **self.source}


_LOADED: dict[tuple[str, str], OwnCode] = {}


def is_dotted(name: object) -> bool:
    """Return whether a name is that of an object in a module, such as ``my_bank.laws.burr``."""
    return isinstance(name, str) and bool(_DOTTED.fullmatch(name))


def loaded(role: str, name: object) -> OwnCode | None:
    """Return own code that was loaded before, None if there is none of that name."""
    return _LOADED.get((role, name)) if isinstance(name, str) else None


def is_any_loaded() -> bool:
    """Return whether own code was loaded before."""
    return bool(_LOADED)


def entry_points_of(role: str) -> dict[str, metadata.EntryPoint]:
    """Return the entry points of installed packages by their names, without loading them."""
    return {point.name: point for point in metadata.entry_points(group=GROUPS[role])}


def load(role: str, name: str, location: str, folder: str) -> OwnCode:
    """Import own code, by its dotted name or else by its entry point.

    Parameters
    ----------
    role, name, location, folder
        As those of `OwnCode`.

    Returns
    -------
    OwnCode
        It is kept, so that `loaded` returns it from now on.

    Raises
    ------
    LookupError
        There is no such module, object or entry point; the message is a sentence.
    OwnCodeFailed
        The module failed while it was imported.
    """
    point = None if is_dotted(name) else entry_points_of(role)[name]
    module, _, attribute = (point.value.replace(":", ".") if point else name).rpartition(".")
    with _path_to(folder):
        _refuse_hidden(module, folder)
        try:
            owner: Any = import_module(module)
        except ModuleNotFoundError as error:
            if error.name and f"{module}.".startswith(f"{error.name}."):
                raise LookupError(f'"{name}": there is no module "{error.name}" here; install its package') from None
            raise failure(role, name, location, error) from None
        except Exception as error:  # noqa: BLE001 - whatever a user's module raises
            raise failure(role, name, location, error) from None
        source = _source_of(module, point)
    if not hasattr(owner, attribute):
        raise LookupError(f'"{name}": the module "{module}" has no "{attribute}"')
    _LOADED[role, name] = code = OwnCode(role, name, location, folder, source, getattr(owner, attribute))
    return code


def guarded(role: str, name: str, function: Callable[..., float]) -> Callable[..., float]:
    """Return a user's function of numbers, whose errors name their location in the scenario."""

    def call(*arguments: Any) -> float:
        try:
            return float(function(*arguments))
        except Exception as error:  # noqa: BLE001 - whatever a user's function raises
            raise failure(role, name, _location_of(role, name), error) from None

    return call


def failure(role: str, name: str, location: str, error: BaseException | str) -> OwnCodeFailed:
    """Return the error that says that own code failed, where, and why, with the user's part of the traceback."""
    reason = error if isinstance(error, str) else f"failed with {type(error).__name__}: {error}"
    sentence = printable(f'{location or _location_of(role, name)}: the {role} "{name}" {reason}')
    lines = [] if isinstance(error, str) else traceback_of(error).splitlines()
    return OwnCodeFailed("\n".join([sentence, *map(printable, lines)]))


def traceback_of(error: BaseException) -> str:
    """Return the traceback of an error, from the first frame of the user's code on."""
    frames = traceback.extract_tb(error.__traceback__)
    modules = [str(frame.f_globals.get("__name__", "")) for frame, _ in traceback.walk_tb(error.__traceback__)]
    first = next((i for i, name in enumerate(modules) if name.partition(".")[0] not in _OURS), len(frames))
    listed = traceback.format_list(frames[first:])
    return "".join([*listed, *traceback.format_exception_only(error)]).rstrip()


def _location_of(role: str, name: str) -> str:
    code = loaded(role, name)
    return code.location if code else role


@contextmanager
def _path_to(folder: str) -> Iterator[None]:
    """Let modules of a folder be imported, after all others."""
    if not folder:
        yield
        return
    sys.path.append(folder)
    try:
        yield
    finally:
        with suppress(ValueError):
            sys.path.remove(folder)


def _refuse_hidden(module: str, folder: str) -> None:
    """Refuse a module of the scenario's folder if another one of its name would be imported."""
    top = module.partition(".")[0]
    beside = [path for path in (Path(folder) / f"{top}.py", Path(folder) / top) if folder and path.exists()]
    try:
        spec = find_spec(top)
    except (ImportError, ValueError):  # a module that was made by hand has no specification
        spec = None
    if not beside or spec is None:
        return
    origins = [spec.origin] if spec.origin else list(spec.submodule_search_locations or ())
    if not any(Path(origin).resolve().is_relative_to(Path(folder).resolve()) for origin in origins):
        raise LookupError(f'"{top}" is imported from {origins[0]}, which hides {beside[0]}; rename the latter')


def _source_of(module: str, point: metadata.EntryPoint | None) -> dict[str, str]:
    """Return the distribution of a module, if it has one, and the hash of its package's source."""
    top = module.partition(".")[0]
    distribution = point.dist if point else None
    if distribution is None:
        names = metadata.packages_distributions().get(top, ())
        distribution = metadata.distribution(names[0]) if names else None
    file = getattr(sys.modules[top], "__file__", None) or getattr(sys.modules[module], "__file__", None)
    source = {"module": module, "source_hash": _hash_of(Path(file)) if file else ""}
    if distribution is not None:
        source["distribution"] = f"{distribution.metadata['Name']} {distribution.version}"
    return source


def _hash_of(file: Path) -> str:
    """Return the hash of a module's text, or of all modules of a package."""
    files = sorted(file.parent.rglob("*.py"))[:_MOST_FILES] if file.name == "__init__.py" else [file]
    digest = sha256()
    for path in files:
        digest.update(f"{path.relative_to(file.parent).as_posix()}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
