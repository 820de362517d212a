"""Layered layout of a directed graph, from left to right, after Sugiyama, Tagawa and Toda.

Reversed edges break the cycles. Each node goes one layer beyond the last of its predecessors. Long edges get a waypoint
in each layer that they cross. Sweeps in both directions order each layer by the mean position of the neighbours.

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

__all__ = ["Layout", "lay_out", "move_apart"]

Node = str
Edge = tuple[Node, Node]
Point = tuple[float, float]
SWEEPS = 12
WAYPOINT = 0.4  # height of a waypoint, where a node has 1
ROUNDS, TOUCHING = 50, 0.05  # of moving labels apart; overlaps of less than this share of the height stay


@dataclass(frozen=True)
class Layout:
    """Points of the nodes, and routes of the edges from tail to head, with their waypoints.

    Layers are along x, positions within a layer along y, centred on 0.
    """

    places: Mapping[Node, Point]
    routes: Mapping[Edge, tuple[Point, ...]]


def lay_out(nodes: Sequence[Node], edges: Iterable[Edge], last: Iterable[Node] = ()) -> Layout:
    """Lay out a directed graph; ``nodes`` are in reading order, and the nodes in ``last`` get the last layer."""
    unique = [edge for edge in dict.fromkeys(edges) if edge[0] != edge[1]]
    turned = _back_edges(nodes, unique)
    forward = {edge: (edge[1], edge[0]) if edge in turned else edge for edge in unique}
    layer = _layers(nodes, set(forward.values()), set(last))
    chains = {edge: _chain(ahead, layer) for edge, ahead in forward.items()}
    order = _ordered(nodes, layer, list(dict.fromkeys(chains.values())))
    places = {node: point for x, column in enumerate(order) for node, point in _spaced(x, column)}
    routes = {edge: tuple(places[node] for node in chain) for edge, chain in chains.items()}
    return Layout(
        places={node: places[node] for node in nodes},
        routes={edge: route[::-1] if edge in turned else route for edge, route in routes.items()},
    )


def _back_edges(nodes: Sequence[Node], edges: Sequence[Edge]) -> set[Edge]:
    """Return the edges that close a cycle in a depth-first search."""
    following: dict[Node, list[Node]] = {node: [] for node in nodes}
    for tail, head in edges:
        following[tail].append(head)
    back: set[Edge] = set()
    done: set[Node] = set()
    for root in nodes:
        path: list[tuple[Node, int]] = [(root, 0)] if root not in done else []
        open_: set[Node] = {root}
        while path:
            node, i = path.pop()
            if i == len(following[node]):
                done.add(node)
                open_.discard(node)
                continue
            path.append((node, i + 1))
            head = following[node][i]
            if head in open_:
                back.add((node, head))
            elif head not in done:
                open_.add(head)
                path.append((head, 0))
    return back


def _layers(nodes: Sequence[Node], edges: set[Edge], last: set[Node]) -> dict[Node, int]:
    """Return each node's layer: one beyond the last of its predecessors."""
    layer = dict.fromkeys(nodes, 0)
    for _ in nodes:  # the longest path has fewer edges than there are nodes
        for tail, head in edges:
            layer[head] = max(layer[head], layer[tail] + 1)
    end = max((layer[node] for node in nodes if node not in last), default=0) + 1
    return {node: end if node in last else number for node, number in layer.items()}


def _chain(edge: Edge, layer: Mapping[Node, int]) -> tuple[Node, ...]:
    """Return an edge's ends with a waypoint in each layer between."""
    tail, head = edge
    return (tail, *(f"{tail}\0{head}\0{number}" for number in range(layer[tail] + 1, layer[head])), head)


def _ordered(nodes: Sequence[Node], layer: Mapping[Node, int], chains: Sequence[tuple[Node, ...]]) -> list[list[Node]]:
    """Order nodes and waypoints within their layers by the mean position of their neighbours."""
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
        neighbours, swept = (left, columns[1:]) if sweep % 2 == 0 else (right, columns[-2::-1])
        for column in swept:
            position = {node: i - (len(members) - 1) / 2 for members in columns for i, node in enumerate(members)}
            mean = {node: _mean([position[n] for n in neighbours.get(node, ())], position[node]) for node in column}
            column.sort(key=mean.__getitem__)
    return columns


def _spaced(x: int, column: Sequence[Node]) -> Iterator[tuple[Node, Point]]:
    """Yield the points of a layer from top to bottom; waypoints take less height than nodes."""
    heights = [WAYPOINT if "\0" in node else 1.0 for node in column]
    top = -sum(heights) / 2
    for node, height in zip(column, heights, strict=True):
        yield node, (float(x), top + height / 2)
        top += height


def _mean(positions: Sequence[float], default: float) -> float:
    """Return the mean position."""
    return sum(positions) / len(positions) if positions else default


def move_apart(points: Sequence[tuple[float, float]], width: float, height: float) -> list[tuple[float, float]]:
    """Move labels up and down, as little as possible, until none covers another; they keep their order.

    Parameters
    ----------
    points
        Centres of the labels.
    width, height
        Of a label.
    """
    order = sorted(range(len(points)), key=lambda i: points[i][::-1])
    moved = list(points)
    for _ in range(ROUNDS):
        free = True
        for above, below in itertools.combinations(order, 2):
            (x0, y0), (x1, y1) = moved[above], moved[below]
            missing = height - (y1 - y0)
            if abs(x1 - x0) < width and missing > TOUCHING * height:
                moved[above], moved[below] = (x0, y0 - missing / 2), (x1, y1 + missing / 2)
                free = False
        if free:
            break
    return moved
