"""Spans and instants on a grid of equally long intervals: seconds, overlaps and counts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.jit.functions import compiled

__all__ = ["Changes", "excess", "most_open", "open_spans", "seconds_within", "united"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]

_AFTER, _BEFORE = True, False  # how an instant at an edge counts


@compiled("f8(f8[::1])", error_model="numpy")
def _per_second(edges: F8) -> float:
    return (len(edges) - 1) / (edges[-1] - edges[0]) if len(edges) > 1 else 0.0


@compiled("i8(f8[::1], f8, f8, b1)", error_model="numpy")
def _position(edges: F8, per: float, instant: float, after: bool) -> int:
    size = len(edges)
    if np.isnan(instant):
        return size
    guess = (instant - edges[0]) * per + 1.0 if size > 1 else 0.0
    at = int(min(max(guess, 0.0), float(size)))
    while at > 0 and (edges[at - 1] > instant or (not after and edges[at - 1] == instant)):
        at -= 1
    while at < size and (edges[at] < instant or (after and edges[at] == instant)):
        at += 1
    return at


@compiled("f8[:, ::1](f8[::1], i8[:], f8[:], f8[:], f8[:], i8)", error_model="numpy")
def seconds_within(edges: F8, code: I8, begin: F8, end: F8, weight: F8, size: int) -> F8:
    """Return the seconds that spans spend in each interval.

    Only positive terms are added, so that an interval which no span touches is exactly 0.

    Parameters
    ----------
    edges
        Starts of the intervals, and the end of the last, evenly spaced.
    code
        Code of each span, 0 to ``size - 1``.
    begin, end
        Spans. Time outside the edges does not count, nor does a span with NaN.
    weight
        Factor on the seconds of each span; empty = 1.
    size
        Number of codes.

    Returns
    -------
    ndarray
        Shape (size, intervals).
    """
    columns, per = len(edges) - 1, _per_second(edges)
    ahead, behind = np.zeros((size, columns)), np.zeros((size, columns))
    opens, closes = np.zeros((size, columns)), np.zeros((size, columns))
    for i in range(len(code)):
        if not begin[i] < end[i]:
            continue
        since, until = max(begin[i], edges[0]), min(end[i], edges[columns])
        if since >= until:
            continue
        times = weight[i] if len(weight) else 1.0
        first = _position(edges, per, since, _AFTER) - 1
        last = _position(edges, per, until, _BEFORE) - 1
        if first == last:
            ahead[code[i], first] += (until - since) * times
            continue
        ahead[code[i], first] += (edges[first + 1] - since) * times
        behind[code[i], last] += (until - edges[last]) * times
        # Whole intervals between the first and the last: one begins after the first, one stops being whole at the last.
        opens[code[i], first + 1] += times
        closes[code[i], last] += times
    for row in range(size):
        whole = 0.0
        for column in range(columns):
            whole += opens[row, column] - closes[row, column]
            ahead[row, column] = ahead[row, column] + behind[row, column] + whole * (edges[1] - edges[0])
    return ahead


@compiled("Tuple((i8[::1], f8[::1], f8[::1]))(i8[:], f8[:], f8[:], i8)")
def united(code: I8, begin: F8, end: F8, size: int) -> tuple[I8, F8, F8]:
    """Unite the spans of each code that overlap or touch.

    Parameters
    ----------
    code
        0 to ``size - 1``, shape (n,).
    begin, end
        The spans, ascending in their begin, shape (n,).
    size
        Number of codes.

    Returns
    -------
    tuple of ndarray
        Code, begin and end of spans that do not overlap, each code's ascending.
    """
    latest = np.empty(size, np.int64)  # where the latest span of each code stands, -1 = nowhere
    for key in range(size):
        latest[key] = -1
    owner, since, until, number = np.empty(len(code), np.int64), np.empty(len(code)), np.empty(len(code)), 0
    for i in range(len(code)):
        at = latest[code[i]]
        if at >= 0 and begin[i] <= until[at]:
            until[at] = max(until[at], end[i])
        else:
            latest[code[i]] = number
            owner[number], since[number], until[number] = code[i], begin[i], end[i]
            number += 1
    return owner[:number], since[:number], until[:number]


@compiled("f8[:, ::1](f8[:], i8[:], i8[:], f8[:], f8[:], i8)")
def most_open(edges: F8, opens: I8, closes: I8, begin: F8, end: F8, size: int) -> F8:
    """Return the largest number of spans open at once in each interval; at one instant, ends precede begins.

    Parameters
    ----------
    edges
        Starts of the intervals, and the end of the last, ascending.
    opens, closes
        Code of the span that begins, and of the one that ends, 0 to ``size - 1``, shape (n,).
    begin, end
        Instants, each ascending, shape (n,); no span ends when or before it begins.
    size
        Number of codes.

    Returns
    -------
    ndarray
        Shape (size, intervals).
    """
    out, now, begun, ended = np.zeros((size, len(edges) - 1)), np.zeros(size), 0, 0
    for interval in range(-1, len(edges) - 1):
        for key in range(size if interval >= 0 else 0):
            out[key, interval] = now[key]
        while begun < len(begin) and begin[begun] < edges[interval + 1]:
            while end[ended] <= begin[begun]:
                now[closes[ended]] -= 1.0
                ended += 1
            code = opens[begun]
            now[code] += 1.0
            if interval >= 0:
                out[code, interval] = max(out[code, interval], now[code])
            begun += 1
        while ended < len(end) and end[ended] <= edges[interval + 1]:
            now[closes[ended]] -= 1.0
            ended += 1
    return out


@compiled("UniTuple(f8[:, ::1], 2)(f8[::1], i8[:], f8[:], f8[:], i8)", error_model="numpy")
def open_spans(instants: F8, code: I8, begin: F8, end: F8, size: int) -> tuple[F8, F8]:
    """Return the number of spans open at each instant, and the age of the oldest; 0 where none is.

    Parameters
    ----------
    instants
        Evenly spaced, ascending, shape (m,).
    code
        Code of each span, 0 to ``size - 1``, shape (n,).
    begin, end
        Spans, ascending in their begin. At an instant, a span that begins is open, and one that ends is not.
    size
        Number of codes.

    Returns
    -------
    tuple of ndarray
        Each of shape (size, m).
    """
    number, longest, per = np.zeros((size, len(instants))), np.zeros((size, len(instants))), _per_second(instants)
    known = np.zeros(size, np.int64)  # instants before this are done: the first span open at them is known
    for i in range(len(code)):
        key, first = code[i], _position(instants, per, begin[i], _BEFORE)
        last = _position(instants, per, end[i], _BEFORE)
        if first >= last:
            continue
        number[key, first] += 1.0
        if last < len(instants):
            number[key, last] -= 1.0
        for at in range(max(first, known[key]), last):
            longest[key, at] = instants[at] - begin[i]
        known[key] = max(known[key], last)
    for key in range(size):
        for at in range(1, len(instants)):
            number[key, at] += number[key, at - 1]
    return number, longest


class Changes(NamedTuple):
    """Instants of changes, ascending, and the code that changes at each; both of shape (n,)."""

    code: I8
    time: F8


@compiled(error_model="numpy")
def excess(begins: Changes, ends: Changes, allowances: Changes, allowed: F8, size: int) -> tuple[I8, F8, F8, F8]:
    """Return when more spans of a code are open than allowed, and how many more.

    Parameters
    ----------
    begins, ends
        Begins and ends of the spans. Between its end and its begin, a span that ends first counts as minus one.
    allowances, allowed
        Instants from which on so many are allowed; none before the first.
    size
        Number of codes.

    Returns
    -------
    tuple of ndarray
        Code, begin, end and excess of each stretch in which nothing changes.
    """
    most = len(begins.time) + len(ends.time) + len(allowances.time)
    code, begin, end, number = np.empty(most, np.int64), np.empty(most), np.empty(most), np.empty(most)
    over, allows, last = np.zeros(size), np.zeros(size), np.zeros(size)
    kept = begun = ended = changed = 0
    while ended < len(ends.time):
        key, now, more = ends.code[ended], ends.time[ended], -1.0
        if begun < len(begins.time) and begins.time[begun] < now:
            key, now, more = begins.code[begun], begins.time[begun], 1.0
        if changed < len(allowances.time) and allowances.time[changed] < now:
            key, now = allowances.code[changed], allowances.time[changed]
            more, allows[key] = allows[key] - allowed[changed], allowed[changed]
            changed += 1
        elif more > 0.0:
            begun += 1
        else:
            ended += 1
        if over[key] > 0.0 and last[key] < now:
            code[kept], begin[kept], end[kept], number[kept] = key, last[key], now, over[key]
            kept += 1
        over[key] += more
        last[key] = now
    return code[:kept], begin[:kept], end[:kept], number[:kept]
