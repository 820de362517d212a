"""Report page of a load test: requests due and acknowledged, latency, generator lag."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from matplotlib.axes import Axes
from numpy.typing import NDArray

from sim.report.figure import BAD, COLOURS, drawing
from sim.report.provenance import provenance

__all__ = ["PageTable", "Sendings", "per_second", "write_load_report"]

F8 = NDArray[np.float64]
WIDTH, HEIGHT = 9.0, 2.9
SHARES = (0.5, 0.95, 0.99)


@dataclass(frozen=True, slots=True)
class PageTable:
    """A table of the page: a title, names of columns, and rows of text."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: bool = False  # whether its cells are texts


class Sendings:
    """The last attempt at each request, in seconds since the start of the run.

    Parameters
    ----------
    due
        When the request should have been sent.
    began, ended
        When it was sent, and when its answer came; NaN where it did not.
    ready
        The later of ``due`` and the end of the journey's request before it.
    acknowledged
        Whether the endpoint acknowledged it.
    """

    def __init__(self, due: F8, ready: F8, began: F8, ended: F8, acknowledged: NDArray[np.bool_]) -> None:
        self.due, self.ended, self.acknowledged = due, ended, acknowledged
        self.latency, self.service, self.lag = ended - due, ended - began, began - ready


def write_load_report(
    folder: Path,
    manifest: Mapping[str, Any],
    sentences: Sequence[str],
    rows: Mapping[str, str],
    sent: Sendings,
    limits: Sequence[tuple[str, float]],
    tables: Sequence[PageTable] = (),
    *,
    passed: bool,
) -> Path:
    """Write the page of a load test to ``report.html`` in a folder, and return its path.

    ``sentences`` are its verdict, at least one, and ``passed`` whether it is good; ``rows`` are the lines of the
    summary table; ``limits`` are the latency objectives in seconds; ``tables`` follow.
    """
    figures = [_rate(sent), _over_time(sent, limits), _distribution(sent, limits)] if len(sent.due) else []
    templates = FileSystemLoader(Path(__file__).parent)
    pages = Environment(
        loader=templates, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    subtitle = f"{manifest['host']} at {manifest['speed']:g} times real time, seed {manifest['seed']}"
    text = pages.get_template("load.html.j2").render(
        title=f"{manifest['scenario']}: load test",
        subtitle=subtitle,
        sentences=sentences,
        passed=passed,
        rows=rows,
        figures=figures,
        tables=[table for table in tables if table.rows],
        provenance=list(provenance(manifest)),
    )
    path = folder / "report.html"
    path.write_text(text, encoding="utf-8", errors="backslashreplace")
    return path


def _slot_length(sent: Sendings) -> int:
    """Return the whole seconds of a slot."""
    return -(-(int(np.max(sent.due)) + 1) // 240)


def _slots(sent: Sendings) -> NDArray[np.int64]:
    """Return the time slot in which each request was due: at most 240 slots of whole seconds."""
    length = _slot_length(sent)
    return np.floor_divide(np.maximum(sent.due, 0.0), length).astype(np.int64) * length


def per_second(sent: Sendings) -> tuple[F8, dict[str, F8]]:
    """Return the edges of all slots, and what came due, was acknowledged and was not, per second of each.

    Parameters
    ----------
    sent
        One request or more.
    """
    length = _slot_length(sent)
    instants = {
        "due": sent.due,
        "acknowledged": sent.ended[sent.acknowledged],
        "not acknowledged": sent.due[~sent.acknowledged],
    }
    slots = {name: (np.maximum(each, 0.0) // length).astype(np.int64) for name, each in instants.items()}
    count = 1 + max(int(each.max()) for each in slots.values() if len(each))
    edges = length * np.arange(count + 1, dtype=np.float64)
    return edges, {name: np.bincount(each, minlength=count) / length for name, each in slots.items()}


def _rate(sent: Sendings) -> dict[str, str]:
    edges, rates = per_second(sent)
    due = rates["due"]
    with drawing("rate", f"Requests due per second, at most {due.max():.0f}", WIDTH, HEIGHT) as chart:
        axes = chart.figure.subplots()
        axes.stairs(due, edges, fill=True, color=COLOURS[0], alpha=0.25, label="due")
        for name, colour in (("acknowledged", COLOURS[0]), ("not acknowledged", BAD)):
            axes.stairs(rates[name], edges, baseline=None, color=colour, label=name)
        axes.set_xlabel("seconds since the start")
        axes.set_ylim(bottom=0)
        axes.legend()
    return {"title": "Requests per second", "svg": chart.svg}


def _over_time(sent: Sendings, limits: Sequence[tuple[str, float]]) -> dict[str, str]:
    slot = _slots(sent)
    order = np.argsort(slot, kind="stable")
    slots, first = np.unique(slot[order], return_index=True)
    parts = np.split(1000 * sent.latency[order], first[1:])
    with drawing(
        "latency", "Latency over time, from when each request was due, in milliseconds", WIDTH, HEIGHT
    ) as chart:
        axes = chart.figure.subplots()
        for share, colour in zip(SHARES, COLOURS, strict=False):
            values = [np.nanquantile(part, share) if np.isfinite(part).any() else np.nan for part in parts]
            axes.plot(slots, values, color=colour, label=f"p{100 * share:g}")
        _draw_limits(axes, limits, horizontal=True)
        axes.set_xlabel("seconds since the start")
        axes.set_ylabel("ms")
        axes.set_ylim(bottom=0)
        axes.legend()
    return {"title": "Latency, from when each request was due", "svg": chart.svg}


def _distribution(sent: Sendings, limits: Sequence[tuple[str, float]]) -> dict[str, str]:
    curves = {"latency": sent.latency, "service time": sent.service, "generator lag": sent.lag}
    with drawing(
        "distribution", "Share of requests that took longer than a number of milliseconds", WIDTH, HEIGHT
    ) as chart:
        axes = chart.figure.subplots()
        for (name, seconds), colour in zip(curves.items(), COLOURS, strict=False):
            values = np.sort(1000 * seconds[np.isfinite(seconds)])
            if len(values):
                above = 1.0 - np.arange(len(values)) / len(values)
                keep = np.unique(np.linspace(0, len(values) - 1, 2000).astype(np.int64))
                axes.plot(np.maximum(values[keep], 0.01), above[keep], color=colour, label=name)
        _draw_limits(axes, limits, horizontal=False)
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlabel("ms")
        axes.set_ylabel("share that took longer")
        axes.legend()
    return {"title": "Latency distribution", "svg": chart.svg}


def _draw_limits(axes: Axes, limits: Sequence[tuple[str, float]], *, horizontal: bool) -> None:
    for name, seconds in limits:
        draw = axes.axhline if horizontal else axes.axvline
        draw(1000 * seconds, color=BAD, linestyle="--", linewidth=1, label=f"{name} objective")
