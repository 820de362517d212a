"""Find what a contract's templates look up and nothing provides.

It works on the raw tree, so that these problems come together with all others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from loadtests.contract.expressions import expressions_in, roots
from loadtests.contract.words import INPUTS, READ_INPUTS
from sim.core.errors import near

__all__ = ["unknown_lookups"]

_WHEN_SENT: Final = frozenset({"inputs", "steps"})
_WHEN_ANSWERED: Final = _WHEN_SENT | {"statusCode", "response", "request"}
_WHEN_READ: Final = _WHEN_ANSWERED | {"item"}

Where = tuple[str, ...]


def unknown_lookups(tree: Mapping[str, Any]) -> Iterator[tuple[Where, str]]:
    """Find look-ups of what there is not.

    Parameters
    ----------
    tree
        A contract as YAML gives it.

    Yields
    ------
    tuple[Where, str]
        Where, and a sentence with near names.
    """
    verbs = _mapping(tree.get("verbs"))
    outputs = {f"{verb}.{name}" for verb, offer in verbs.items() for name in _mapping(_mapping(offer).get("outputs"))}
    yield from _check(("headers",), tree.get("headers"), _WHEN_SENT, INPUTS, outputs)
    for verb, offer in verbs.items():
        for key, node in _mapping(offer).items():
            sent = key in {"path", "headers", "requestBody"}
            yield from _check(("verbs", verb, key), node, _WHEN_SENT if sent else _WHEN_ANSWERED, INPUTS, outputs)
    for key, part in _mapping(tree.get("readback")).items():
        for name, node in _mapping(part).items():
            yield from _check(("readback", key, name), node, _WHEN_READ, READ_INPUTS, outputs)


def _mapping(node: Any) -> Mapping[str, Any]:
    """Return a mapping; anything else has been complained about elsewhere."""
    return node if isinstance(node, Mapping) else {}


def _check(
    where: Where, node: Any, allowed: Collection[str], inputs: Collection[str], outputs: Collection[str]
) -> Iterator[tuple[Where, str]]:
    """Check every expression below a node."""
    if isinstance(node, Mapping | list):
        items = node.items() if isinstance(node, Mapping) else enumerate(node)
        for key, value in items:
            yield from _check((*where, str(key)), value, allowed, inputs, outputs)
        return
    for expression in sorted(expressions_in(node)):
        try:
            root, name = roots(expression)
        except ValueError:
            continue  # not an expression: the schema says so, or it is a condition, which checks itself
        if root not in allowed:
            yield where, f"{expression} is not known yet when this is filled in"
        elif root == "inputs" and name not in inputs:
            yield where, f"{expression}: there is no such input; {near(name, inputs)}"
        elif root == "steps" and name not in outputs:
            yield where, f"{expression}: no verb keeps that from its answers; {near(name, outputs)}"
