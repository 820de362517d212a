"""Vectorised spans against slow plain twins, in whole seconds so that ties happen."""

from __future__ import annotations

from dataclasses import replace
from operator import itemgetter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.kpis.timeline.time_slice import TimeSlice
from sim.numerics.intervals import open_spans, united
from tests.support.kpi_days import make_log, make_plan, make_population

EDGES = np.array([10.0, 20.0, 30.0, 40.0])
PLAN = replace(make_plan(), origin=10.0, interval=10.0, intervals=3)
RUN = TimeSlice(PLAN, make_population(), make_log(), -np.inf, np.inf)
SPANS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 50), st.integers(0, 30)), max_size=30)


def columns(spans: list[tuple[int, int, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    table = np.array(spans, dtype=np.int64).reshape(-1, 3)
    return table[:, 0], table[:, 1].astype(float), (table[:, 1] + table[:, 2]).astype(float)


@given(SPANS)
def test_spread(spans: list[tuple[int, int, int]]) -> None:
    slow = np.zeros((3, 3))
    for code, begin, lasts in spans:
        for i in range(3):
            slow[code, i] += max(0.0, min(begin + lasts, EDGES[i + 1]) - max(begin, EDGES[i]))
    assert np.array_equal(RUN.spread(*columns(spans), 3), slow)
    double = np.full(len(spans), 2.0)
    assert np.array_equal(RUN.spread(*columns(spans), 3, weight=double), 2 * slow)


@given(SPANS)
def test_united(spans: list[tuple[int, int, int]]) -> None:
    code, begin, end = united(*columns(sorted(spans, key=itemgetter(1))), 3)
    seconds = [{(c, s) for c, b, n in spans for s in range(b, b + n)}, set()]
    for c, b, e in zip(code.tolist(), begin.tolist(), end.tolist(), strict=True):
        span = {(c, s) for s in range(int(b), int(e))}
        assert not span & seconds[1], "spans overlap"
        seconds[1] |= span
    assert seconds[0] == seconds[1]
    assert np.array_equal(np.argsort(begin, kind="stable"), np.arange(len(code)))


@given(SPANS)
def test_deepest(spans: list[tuple[int, int, int]]) -> None:
    slow = np.zeros((3, 3))
    for code in range(3):
        depth = [sum(c == code and b <= s < b + n for c, b, n in spans) for s in range(10, 40)]
        slow[code] = [max(depth[low : low + 10]) for low in (0, 10, 20)]
    assert RUN.deepest(*columns(spans), 3).tolist() == slow.tolist()


@given(SPANS, st.integers(0, 4))
def test_what_lies_at_some_instants(spans: list[tuple[int, int, int]], instants: int) -> None:
    at, rows = EDGES[:instants], sorted(spans, key=itemgetter(1))
    number, longest = open_spans(at, *columns(rows), 3)
    for code in range(3):
        open_ = [[instant - b for c, b, n in spans if c == code and b <= instant < b + n] for instant in at]
        assert number[code].tolist() == [len(ages) for ages in open_]
        assert longest[code].tolist() == [max(ages, default=0) for ages in open_]
