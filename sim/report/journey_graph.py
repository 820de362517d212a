"""Journey graph of an intent: how often each way is taken, and where customers are lost."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.patches import FancyBboxPatch, PathPatch
from matplotlib.path import Path

from sim.engine.plan import Kind, Outcome
from sim.report.figure import BAD, COLOURS, INK, QUIET, Margins, drawing
from sim.report.layered_layout import lay_out, move_apart
from sim.report.number_format import quantity
from sim.report.table_columns import LOSSES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from sim.engine.plan import Plan
    from sim.experiment.estimate import Estimates
    from sim.report.layered_layout import Layout

__all__ = ["journey_graph", "loss_labels"]

BEGIN = "begin"
NEXT_JOURNEY = "next: "  # prefix of the intent of the customer's next journey
ENDS = {
    Outcome.RESOLVED: "resolved",
    Outcome.UNRESOLVED: "unresolved",
    Outcome.GAVE_UP: "gave up",
    Outcome.INSIDE: "unfinished",
}
FILL = {
    Kind.SELF_SERVICE: "#E3F0F8",
    Kind.ASSISTED: "#FBEFD5",
    Kind.DEFERRED: "#F6E6EF",
    Kind.PAUSE: "#EEF0F2",
    Kind.DIALED: "#E4F3EC",
}
LOST = {ENDS[Outcome.UNRESOLVED], ENDS[Outcome.GAVE_UP]}
LABEL_BOX = {"boxstyle": "round,pad=0.12", "facecolor": "white", "edgecolor": "none", "alpha": 0.75}
WIDTH, HEIGHT = 0.3, 0.27  # half the size of a box, in units of the layout
LABEL_WIDTH, LABEL_HEIGHT = 0.21, 0.23  # of a share beside its line, in units of the layout
LABELLED = 0.02  # shares below this get no label
LISTED = 0.005  # shares below this are no listed cause of losses


def journey_graph(plan: Plan, flows: NDArray[np.float64], intent: int, losses: Mapping[int, str] | None = None) -> str:
    """Draw the moves of one intent: an edge is as wide as its moves per journey, losses are red.

    ``flows`` are counted by `sim.kpis.measure_blocks`, over any number of days. ``losses`` are labels of steps from
    `loss_labels`, which stand below the boxes.
    """
    shares = dict(_shares(plan, flows, intent))
    steps = [_short(plan, step) for step in np.flatnonzero(plan.step_intent == intent).tolist()]
    used = {node for edge in shares for node in edge}
    ends = [node for node in (*(NEXT_JOURNEY + name for name in plan.intents), *ENDS.values()) if node in used]
    nodes = [*(node for node in (BEGIN, *steps) if node in used), *ends]
    layout = lay_out(nodes, shares, ends)
    columns = [x for x, _ in layout.places.values()]
    rows = [abs(y) for route in layout.routes.values() for _, y in route]
    alt = f"Journeys of {plan.intents[intent]}: " + "; ".join(
        f"{tail} to {head} {share:.0%}" for (tail, head), share in shares.items() if share >= LABELLED
    )
    height = 2 * max(rows, default=0) + 1.4
    width = max(5.0, 1.75 * (max(columns, default=0) + 1))
    with drawing(f"journey-{intent}", alt, width, max(1.6, 0.62 * height), Margins(0, 0, 0, 0)) as chart:
        axes = chart.figure.subplots()
        axes.set_axis_off()
        axes.set_xlim(-0.45, max(columns, default=0) + 0.45)
        axes.set_ylim(max(rows, default=0) + 0.7, -max(rows, default=0) - 0.7)
        for edge, share in sorted(shares.items(), key=lambda item: -item[1]):
            _draw_edge(axes, layout, edge, share)
        _draw_shares(axes, layout, {edge: share for edge, share in shares.items() if share >= LABELLED})
        kinds = {
            _short(plan, s): Kind(int(plan.step_kind[s]))
            for s in range(len(plan.steps))
            if plan.step_intent[s] == intent
        }
        causes = {_short(plan, step): text for step, text in (losses or {}).items() if plan.step_intent[step] == intent}
        for node in nodes:
            _draw_node(axes, node, layout.places[node], kinds.get(node), _visits(shares, node))
            if label := causes.get(node):
                x, y = layout.places[node]
                axes.text(x, y + 1.25 * HEIGHT, label, fontsize=6, ha="center", va="top", color=BAD, bbox=LABEL_BOX,
                          zorder=5)  # fmt: skip
    return chart.svg


def _shares(plan: Plan, flows: NDArray[np.float64], intent: int) -> Iterator[tuple[tuple[str, str], float]]:
    """Yield each edge of the intent that a customer took, with its moves per journey."""
    steps = np.flatnonzero(plan.step_intent == intent).tolist()
    journeys = flows[0, steps].sum()
    names = {int(step): _short(plan, step) for step in steps}
    names.update({len(plan.steps) + int(outcome): end for outcome, end in ENDS.items()})
    for row, tail in ((0, BEGIN), *((int(step) + 1, names[int(step)]) for step in steps)):
        for column, head in names.items():
            if flows[row, column] > 0:
                yield (tail, head), float(flows[row, column] / journeys)
        for other in np.flatnonzero(np.bincount(plan.step_intent, flows[row, : len(plan.steps)]) > 0).tolist():
            if row and other != intent:
                moved = flows[row, np.flatnonzero(plan.step_intent == other)].sum()
                yield (tail, NEXT_JOURNEY + plan.intents[other]), float(moved / journeys)


def _visits(shares: dict[tuple[str, str], float], node: str) -> float:
    """Return the visits of a node per journey."""
    return sum(share for (tail, head), share in shares.items() if (node == BEGIN and tail == BEGIN) or head == node)


def _draw_edge(axes: Axes, layout: Layout, edge: tuple[str, str], share: float) -> None:
    """Draw an edge as one smooth line through its waypoints."""
    tail, head = edge
    colour = BAD if head in LOST else QUIET if head == ENDS[Outcome.INSIDE] else COLOURS[0]
    width = 0.8 + 13 * min(share, 1.0)
    if tail == head:
        x, y = layout.places[tail]
        route = [(x - WIDTH / 2, y - HEIGHT), (x, y - 2.4 * HEIGHT), (x + WIDTH / 2, y - HEIGHT)]
        codes = [Path.MOVETO, Path.CURVE3, Path.CURVE3]
    else:
        points = _waypoints(layout, edge)
        route, codes = [points[0]], [Path.MOVETO]
        for (x0, y0), (x1, y1) in itertools.pairwise(points):
            bend = (x0 + x1) / 2
            route += [(bend, y0), (bend, y1), (x1, y1)]
            codes += [Path.CURVE4] * 3
    axes.add_patch(PathPatch(Path(route, codes), fill=False, edgecolor=colour, linewidth=width, alpha=0.45, zorder=1))


def _waypoints(layout: Layout, edge: tuple[str, str]) -> tuple[tuple[float, float], ...]:
    """Return the points of an edge, from the side of its tail's box to the side of its head's."""
    (x0, y0), *between, (x1, y1) = layout.routes[edge]
    inset = WIDTH if x1 > x0 else -WIDTH
    return (x0 + inset, y0), *between, (x1 - inset, y1)


def _draw_shares(axes: Axes, layout: Layout, shares: Mapping[tuple[str, str], float]) -> None:
    """Write the share of each edge beside its tail, where no other stands: many edges meet at a head."""
    points = []
    for edge in shares:
        if edge[0] == edge[1]:
            x, y = layout.places[edge[0]]
            points.append((x, y - 1.9 * HEIGHT))
        else:
            (x0, y0), (x1, y1), *_ = _waypoints(layout, edge)
            points.append((0.65 * x0 + 0.35 * x1, 0.72 * y0 + 0.28 * y1))
    for (x, y), ((_, head), share) in zip(move_apart(points, LABEL_WIDTH, LABEL_HEIGHT), shares.items(), strict=True):
        axes.text(x, y, f"{share:.0%}", fontsize=7, color=BAD if head in LOST else INK, ha="center", va="center",
                  bbox=LABEL_BOX, zorder=4)  # fmt: skip


def _draw_node(axes: Axes, node: str, point: tuple[float, float], step_kind: Kind | None, visits: float) -> None:
    """Draw a node with its name and its visits per journey."""
    x, y = point
    fill = FILL[step_kind] if step_kind is not None else "white"
    edge = BAD if node in LOST else INK
    box = FancyBboxPatch(
        (x - WIDTH, y - HEIGHT), 2 * WIDTH, 2 * HEIGHT, boxstyle="round,pad=0,rounding_size=0.06",
        facecolor=fill, edgecolor=edge, linewidth=0.9, zorder=2,
    )  # fmt: skip
    axes.add_patch(box)
    name = node if len(node) <= 18 else node[:17] + "…"
    axes.text(x, y - 0.07, name, fontsize=8, ha="center", va="center", color=edge, zorder=3)
    axes.text(x, y + 0.14, f"{visits:.0%}", fontsize=7, ha="center", va="center", color=edge, zorder=3)


def _short(plan: Plan, step: int) -> str:
    """Return a step's name without its intent."""
    return plan.steps[step].removeprefix(plan.intents[plan.step_intent[step]] + ".")


def loss_labels(plan: Plan, estimates: Estimates) -> dict[int, str]:
    """Return labels of the steps that lost customers, by cause, e.g. ``"balked 2.0 %, abandoned 5.1 %"``."""
    labels: dict[int, str] = {}
    if not {(kpi, "step") for kpi in LOSSES} <= estimates.measured:  # nobody asked for them
        return labels
    for step, name in enumerate(plan.steps):
        shares = {
            kpi.removeprefix("visits_").replace("_", " "): float(estimates.value[estimates.at(kpi, "step", name)])
            for kpi in LOSSES
        }
        causes = [f"{cause} {quantity(share, 'share')}" for cause, share in shares.items() if share >= LISTED]
        if causes:
            labels[step] = "\n".join(causes)
    return labels
