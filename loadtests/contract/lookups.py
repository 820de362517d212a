"""Find what a contract's templates look up and nothing provides.

It works on the raw tree, so that these problems come together with all others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from loadtests.contract.expressions import expressions_in, roots
from loadtests.contract.vocabulary import AGENTS, INPUTS, READ_INPUTS, SETUP_INPUTS
from sim.core.errors import near

__all__ = ["unknown_lookups"]

_WHEN_SENT: Final = frozenset({"inputs", "steps"})
_WHEN_ANSWERED: Final = _WHEN_SENT | {"statusCode", "response", "request"}
_WHEN_READ: Final = _WHEN_ANSWERED | {"item"}
_AGENTS: Final = frozenset(verb.name.lower() for verb in AGENTS)

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
    kept: dict[bool, set[str]] = {True: set(), False: set()}  # by agents, and by journeys
    for verb, offer in verbs.items():
        kept[verb in _AGENTS].update(f"{verb}.{name}" for name in _mapping(_mapping(offer).get("outputs")))
    everything = kept[True] | kept[False]
    yield from _check(("headers",), tree.get("headers"), _WHEN_SENT, INPUTS, everything)
    for key, exchanges in _mapping(tree.get("setup")).items():
        for place, exchange in enumerate(exchanges if isinstance(exchanges, list) else []):
            yield from _check_exchange(("setup", key, str(place)), exchange, SETUP_INPUTS.get(key, ()), set())
    for verb, offer in verbs.items():
        yield from _check_exchange(("verbs", verb), offer, INPUTS, kept[verb in _AGENTS])
    for key, part in _mapping(tree.get("readback")).items():
        for name, node in _mapping(part).items():
            yield from _check(("readback", key, name), node, _WHEN_READ, READ_INPUTS, everything)


def _check_exchange(
    where: Where, exchange: Any, inputs: Collection[str], outputs: Collection[str]
) -> Iterator[tuple[Where, str]]:
    """Check a request and what is looked up in its answer."""
    for key, node in _mapping(exchange).items():
        sent = key in {"path", "headers", "requestBody"}
        yield from _check((*where, key), node, _WHEN_SENT if sent else _WHEN_ANSWERED, inputs, outputs)


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
            yield where, f"{expression}: no verb {_whose(where)}keeps that from its answers; {near(name, outputs)}"


def _whose(where: Where) -> str:
    """Say whose answers a verb can look into: its own journey's, or its own agent's."""
    if where[0] != "verbs":
        return ""
    return "of an agent " if where[1] in _AGENTS else "of a journey "
