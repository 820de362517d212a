"""Lay a graph out in layers from left to right, after Sugiyama, Tagawa and Toda.

Cycles are broken by turning edges around, each node goes one layer beyond the last of its predecessors, long edges get
a waypoint in each layer that they pass, and each layer is ordered by the mean place of the neighbours, to and fro.

References
----------
.. [1] K. Sugiyama, S. Tagawa, M. Toda, Methods for visual understanding of hierarchical system structures, IEEE Trans.
   Systems, Man, and Cybernetics 11 (1981), 109-125.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

__all__ = ["Layout", "lay_out"]

Node = str
Edge = tuple[Node, Node]
Place = tuple[float, float]
SWEEPS = 12
WAYPOINT = 0.4  # height of a waypoint, where a node has 1


@dataclass(frozen=True)
class Layout:
    """Where things are: layers along x, places within the layer along y, centred on 0.

    Parameters
    ----------
    places
        Of the nodes.
    routes
        Of the edges: the places of their ends and of the waypoints between, from tail to head.
    """

    places: Mapping[Node, Place]
    routes: Mapping[Edge, tuple[Place, ...]]


def lay_out(nodes: Sequence[Node], edges: Iterable[Edge], last: Iterable[Node] = ()) -> Layout:
    """Lay out a directed graph.

    Parameters
    ----------
    nodes
        In the order in which a reader would name them; the first ones are where it begins.
    edges
        From, to; loops from a node to itself are left out.
    last
        Nodes that belong into the last layer.
    """
    wanted = [edge for edge in dict.fromkeys(edges) if edge[0] != edge[1]]
    turned = _back_edges(nodes, wanted)
    forward = {edge: (edge[1], edge[0]) if edge in turned else edge for edge in wanted}
    layer = _layers(nodes, set(forward.values()), set(last))
    chains = {edge: _chain(ahead, layer) for edge, ahead in forward.items()}
    order = _ordered(nodes, layer, list(dict.fromkeys(chains.values())))
    places = {node: place for at, column in enumerate(order) for node, place in _spaced(at, column)}
    routes = {edge: tuple(places[node] for node in chain) for edge, chain in chains.items()}
    return Layout(
        places={node: places[node] for node in nodes},
        routes={edge: route[::-1] if edge in turned else route for edge, route in routes.items()},
    )


def _back_edges(nodes: Sequence[Node], edges: Sequence[Edge]) -> set[Edge]:
    """Return edges that lead back to a node on the way to their tail; without them there is no cycle."""
    following: dict[Node, list[Node]] = {node: [] for node in nodes}
    for tail, head in edges:
        following[tail].append(head)
    back: set[Edge] = set()
    done: set[Node] = set()
    for root in nodes:
        way: list[tuple[Node, int]] = [(root, 0)] if root not in done else []
        open_: set[Node] = {root}
        while way:
            node, i = way.pop()
            if i == len(following[node]):
                done.add(node)
                open_.discard(node)
                continue
            way.append((node, i + 1))
            head = following[node][i]
            if head in open_:
                back.add((node, head))
            elif head not in done:
                open_.add(head)
                way.append((head, 0))
    return back


def _layers(nodes: Sequence[Node], edges: set[Edge], last: set[Node]) -> dict[Node, int]:
    """Return each node's layer: one beyond the last of its predecessors."""
    layer = dict.fromkeys(nodes, 0)
    for _ in nodes:  # the longest path has fewer edges than there are nodes
        for tail, head in edges:
            layer[head] = max(layer[head], layer[tail] + 1)
    end = max((layer[node] for node in nodes if node not in last), default=0) + 1
    return {node: end if node in last else at for node, at in layer.items()}


def _chain(edge: Edge, layer: Mapping[Node, int]) -> tuple[Node, ...]:
    """Return an edge's ends with a waypoint in each layer between."""
    tail, head = edge
    return (tail, *(f"{tail}\0{head}\0{at}" for at in range(layer[tail] + 1, layer[head])), head)


def _ordered(nodes: Sequence[Node], layer: Mapping[Node, int], chains: Sequence[tuple[Node, ...]]) -> list[list[Node]]:
    """Order nodes and waypoints within their layers by the mean place of their neighbours, to and fro."""
    columns: list[list[Node]] = [[] for _ in range(max(layer.values(), default=-1) + 1)]
    for node in nodes:
        columns[layer[node]].append(node)
    left: dict[Node, list[Node]] = {}
    right: dict[Node, list[Node]] = {}
    for chain in chains:
        for i, node in enumerate(chain[1:-1]):
            columns[layer[chain[0]] + 1 + i].append(node)
        for tail, head in itertools.pairwise(chain):
            right.setdefault(tail, []).append(head)
            left.setdefault(head, []).append(tail)
    for sweep in range(SWEEPS):
        neighbours, way = (left, columns[1:]) if sweep % 2 == 0 else (right, columns[-2::-1])
        for column in way:
            place = {node: i - (len(them) - 1) / 2 for them in columns for i, node in enumerate(them)}
            mean = {node: _mean([place[n] for n in neighbours.get(node, ())], place[node]) for node in column}
            column.sort(key=mean.__getitem__)
    return columns


def _spaced(at: int, column: Sequence[Node]) -> Iterator[tuple[Node, Place]]:
    """Place the nodes of a layer one below the other; waypoints need less room."""
    heights = [WAYPOINT if "\0" in node else 1.0 for node in column]
    top = -sum(heights) / 2
    for node, height in zip(column, heights, strict=True):
        yield node, (float(at), top + height / 2)
        top += height


def _mean(places: Sequence[float], otherwise: float) -> float:
    """Return the mean place."""
    return sum(places) / len(places) if places else otherwise
