"""Layers of the journey diagram, and numbers as people read them."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.report.layered_layout import lay_out, move_apart
from sim.report.number_format import number, p_value, quantities, quantity, signed_quantities, signed_quantity

NAN = float("nan")
NODES = tuple("abcdefgh")
EDGES = st.sets(st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)), max_size=25)


def test_a_chain_with_a_way_back_and_a_shortcut() -> None:
    layout = lay_out("abcd", [("a", "b"), ("b", "c"), ("c", "b"), ("a", "d"), ("c", "d")], last=["d"])
    assert [layout.places[node][0] for node in "abcd"] == [0, 1, 2, 3]
    assert len(layout.routes["a", "d"]) == 4  # by a waypoint in each layer between
    assert layout.routes["c", "b"] == (layout.places["c"], layout.places["b"])


@given(EDGES)
def test_any_graph(edges: set[tuple[str, str]]) -> None:
    layout = lay_out(NODES, sorted(edges), last=["h"])
    assert len(set(layout.places.values())) == len(NODES)
    assert layout.places["h"][0] == max(x for x, _ in layout.places.values())
    assert set(layout.routes) == {edge for edge in edges if edge[0] != edge[1]}
    for (tail, head), route in layout.routes.items():
        assert (route[0], route[-1]) == (layout.places[tail], layout.places[head])
        if "h" not in {tail, head}:
            steps = {b[0] - a[0] for a, b in itertools.pairwise(route)}
            assert steps in ({1.0}, {-1.0})


@given(st.permutations(NODES), EDGES)
def test_without_cycles_every_edge_leads_to_the_right(order: list[str], edges: set[tuple[str, str]]) -> None:
    forward = sorted({tuple(sorted(edge, key=order.index)) for edge in edges if edge[0] != edge[1]})
    layout = lay_out(order, forward)
    assert all(layout.places[tail][0] < layout.places[head][0] for tail, head in forward)


def test_labels_at_one_place_move_apart_and_others_stay() -> None:
    points = [(0.0, 0.02), (0.0, 0.0), (0.1, 0.01), (3.0, 0.0)]
    moved = move_apart(points, 0.2, 0.3)
    heights = sorted(y for x, y in moved[:3])
    assert all(b - a >= 0.28 for a, b in itertools.pairwise(heights))
    assert heights[0] == moved[1][1]
    assert heights[2] == moved[0][1]  # in their order
    assert moved[3] == points[3]


@pytest.mark.parametrize(
    ("value", "unit", "wanted"),
    [
        (0.93123, "share", "93.1 %"),
        (45.24, "s", "45.2 s"),
        (150.0, "s", "2.5 min"),
        (9000.0, "s", "2.5 h"),
        (260000.0, "s", "3 d"),
        (12345.6, "contacts", "12,346"),
        (12.34, "contacts", "12.3"),
        (1.234, "contacts", "1.23"),
        (7.0, "h", "7 h"),
        (NAN, "s", "-"),
    ],
)
def test_quantity(value: float, unit: str, wanted: str) -> None:
    assert quantity(value, unit) == wanted


@pytest.mark.parametrize(
    ("value", "unit", "wanted"),
    [(0.05, "share", "+5.0 pp"), (-90.0, "s", "-90 s"), (0.0, "contacts", "0"), (NAN, "share", "-")],
)
def test_signed(value: float, unit: str, wanted: str) -> None:
    assert signed_quantity(value, unit) == wanted


def test_what_stands_side_by_side_has_one_unit() -> None:
    assert quantities([7200.0, 7098.0, NAN, 90.0], "s") == ["2.00 h", "1.97 h", "-", "0.03 h"]
    assert quantities([15.2, 12.5, 18.0], "s") == ["15.2 s", "12.5 s", "18.0 s"]
    assert quantities([NAN, 150.0], "s") == ["-", "2.5 min"]
    assert quantities([0.5, 0.25], "share") == ["50.0 %", "25.0 %"]
    assert signed_quantities([-90.0, -150.0, 30.0], "s") == ["-90 s", "-150 s", "+30 s"]
    assert signed_quantities([0.05, NAN], "share") == ["+5.0 pp", "-"]


def test_other_numbers() -> None:
    assert [number(v) for v in (0.0, 99.5, 1000.4)] == ["0", "99.5", "1,000"]
    assert [p_value(v) for v in (NAN, 0.0004, 0.04)] == ["-", "< 0.001", "0.040"]
