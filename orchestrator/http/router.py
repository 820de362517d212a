"""Router: the route of a request, by its path."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from orchestrator.core.problems import Refused
from orchestrator.service.feature import Route

__all__ = ["Router"]


@dataclass
class _Node:
    """A node of the tree of paths: its children, and the methods of the path that ends here."""

    words: dict[str, "_Node"] = field(default_factory=dict)
    name: "_Node | None" = None
    methods: dict[str, tuple[Route, tuple[str, ...]]] = field(default_factory=dict)


class Router:
    """A tree of paths.

    Parameters
    ----------
    routes
        All of them; a word takes precedence over a name in braces.

    Raises
    ------
    ValueError
        When two routes have the same method and path.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Node()
        for route in routes:
            node, names = self._root, []
            for part in route.path.split("/")[1:]:
                if part.startswith("{"):
                    names.append(part.strip("{}"))
                    node.name = node.name or _Node()
                    node = node.name
                else:
                    node = node.words.setdefault(part, _Node())
            if route.method in node.methods:
                raise ValueError(f"{route.method} {route.path} is there twice")
            node.methods[route.method] = (route, tuple(names))

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """Return a request's route, and the values in its path, by the names of the route.

        Parameters
        ----------
        method, path
            Of the request; the path as it was sent, percent-encoded.

        Raises
        ------
        Refused
            ``unknown`` or ``method``.
        """
        node, values = self._root, []
        for part in path.split("/")[1:]:
            following = node.words.get(part)
            if following is None:
                if node.name is None or not part:
                    raise _nothing(path)
                following = node.name
                values.append(_decoded(part, path))
            node = following
        ending = node.methods.get("GET" if method == "HEAD" else method)
        if ending is None:
            if not node.methods:
                raise _nothing(path)
            allowed = ", ".join(sorted({*node.methods, *(["HEAD"] if "GET" in node.methods else [])}))
            raise Refused("method", f"{path[:80]} has {allowed}, not {method[:20]}", ((b"allow", allowed.encode()),))
        route, names = ending
        return route, dict(zip(names, values, strict=True)) if names else {}


def _nothing(path: str) -> Refused:
    return Refused("unknown", f"there is nothing at {path[:80]}")


def _decoded(part: str, path: str) -> str:
    """Return a part of a path without its percent-encoding."""
    if "%" not in part and part.isascii():
        return part
    try:
        text = unquote_to_bytes(part).decode()
    except UnicodeDecodeError:
        raise _nothing(path) from None
    if "\0" in text:  # no name has one, and PostgreSQL could not even look for it
        raise _nothing(path)
    return text
