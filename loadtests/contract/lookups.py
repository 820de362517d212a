"""Look-ups of a contract's templates that no input or output provides.

They are checked on the raw YAML tree, so that these problems are reported together with all others.
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

Where = tuple[str | int, ...]


def unknown_lookups(tree: Mapping[str, Any]) -> Iterator[tuple[Where, str]]:
    """Find look-ups of inputs and outputs that do not exist.

    Parameters
    ----------
    tree
        A contract, as parsed from YAML.

    Yields
    ------
    tuple[Where, str]
        The path in the tree, and a sentence that suggests similar names.
    """
    verbs = _mapping(tree.get("verbs"))
    outputs: dict[bool, set[str]] = {True: set(), False: set()}  # of agents, and of journeys
    for verb, offer in verbs.items():
        outputs[verb in _AGENTS].update(f"{verb}.{name}" for name in _mapping(_mapping(offer).get("outputs")))
    everything = outputs[True] | outputs[False]
    yield from _check(("headers",), tree.get("headers"), _WHEN_SENT, INPUTS, everything)
    for section in ("setup", "teardown"):
        for key, exchanges in _mapping(tree.get(section)).items():
            for number, exchange in enumerate(exchanges if isinstance(exchanges, list) else []):
                yield from _check_exchange((section, key, number), exchange, SETUP_INPUTS.get(key, ()), set())
    for verb, offer in verbs.items():
        yield from _check_exchange(("verbs", verb), offer, INPUTS, outputs[verb in _AGENTS])
    for key, part in _mapping(tree.get("readback")).items():
        for name, node in _mapping(part).items():
            yield from _check(("readback", key, name), node, _WHEN_READ, READ_INPUTS, everything)


def _check_exchange(
    where: Where, exchange: Any, inputs: Collection[str], outputs: Collection[str]
) -> Iterator[tuple[Where, str]]:
    """Check a request, and the conditions and outputs of its answer."""
    for key, node in _mapping(exchange).items():
        sent = key in {"path", "headers", "requestBody"}
        yield from _check((*where, key), node, _WHEN_SENT if sent else _WHEN_ANSWERED, inputs, outputs)


def _mapping(node: Any) -> Mapping[str, Any]:
    """Return a mapping, empty for anything else, which the schema reports."""
    return node if isinstance(node, Mapping) else {}


def _check(
    where: Where, node: Any, allowed: Collection[str], inputs: Collection[str], outputs: Collection[str]
) -> Iterator[tuple[Where, str]]:
    """Check every expression below a node."""
    if isinstance(node, Mapping | list):
        items = node.items() if isinstance(node, Mapping) else enumerate(node)
        for key, value in items:
            yield from _check((*where, key), value, allowed, inputs, outputs)
        return
    for expression in sorted(expressions_in(node)):
        try:
            root, name = roots(expression)
        except ValueError:
            continue  # not an expression: the schema reports it, or it is a condition, which is checked elsewhere
        if root not in allowed:
            yield where, f"{expression} is not known yet when this is filled in"
        elif root == "inputs" and name not in inputs:
            yield where, f"{expression}: there is no such input; {near(name, inputs)}"
        elif root == "steps" and name not in outputs:
            yield where, f"{expression}: no verb {_owner(where)}keeps that from its answers; {near(name, outputs)}"


def _owner(where: Where) -> str:
    """Say whose outputs a verb can look up: those of its journey, or of its agent."""
    if where[0] != "verbs":
        return ""
    return "of an agent " if where[1] in _AGENTS else "of a journey "
