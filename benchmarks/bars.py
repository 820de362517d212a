"""Bars of the compiled engine, and the report of those that are met."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median

from benchmarks import bare_c

__all__ = ["README", "Bar", "Series", "report", "write_report"]

README = Path(__file__).with_name("README.md")
TEMPLATE = Path(__file__).with_name("template.md")
PACKAGES = ("numba", "numpy", "simpy", "ciw")


@dataclass(frozen=True)
class Series:
    """Values of one program on one model, round by round."""

    model: str
    program: str
    collects: str
    values: tuple[float, ...]
    unit: str = "/s"


@dataclass(frozen=True)
class Bar:
    """A bound on the median of some values; without values, the bar could not be measured."""

    name: str
    wanted: float
    unit: str
    values: tuple[float, ...]
    at_most: bool = False

    @property
    def met(self) -> bool:
        """Whether it is met."""
        if not self.values:
            return False
        return median(self.values) <= self.wanted if self.at_most else median(self.values) >= self.wanted


def write_report(series: Sequence[Series], bars: Sequence[Bar]) -> None:
    """Write README.md from its template.

    Parameters
    ----------
    series, bars
        The measurements.
    """
    README.write_text(
        TEMPLATE.read_text(encoding="utf-8").replace("{measured}", report(series, bars)), encoding="utf-8"
    )


def report(series: Sequence[Series], bars: Sequence[Bar]) -> str:
    """Return the tables as Markdown.

    Parameters
    ----------
    series, bars
        The measurements.
    """
    lines = [
        _machine(),
        "",
        "### Bars",
        "",
        "| bar | wanted | median (least - most) | |",
        "| --- | ---: | ---: | --- |",
    ]
    for bar in bars:
        wanted = f"{'<=' if bar.at_most else '>='} {_number(bar.wanted)} {bar.unit}".rstrip()
        lines.append(f"| {bar.name} | {wanted} | {_spread(bar.values)} | {'met' if bar.met else _not_met(bar)} |")
    for model in dict.fromkeys(entry.model for entry in series):
        mine = [entry for entry in series if entry.model == model]
        lines += ["", f"### {model}", "", f"| program | collects | {mine[0].unit}, median (least - most) |"]
        lines.append("| --- | --- | ---: |")
        lines += [f"| {entry.program} | {entry.collects} | {_spread(entry.values)} |" for entry in mine]
    return "\n".join(lines)


def _not_met(bar: Bar) -> str:
    return "**not met**" if bar.values else "**not measured**"


def _machine() -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    flags = " ".join(bare_c.COMPILER)
    return (
        f"{_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}; "
        f"Python {platform.python_version()}, {packages}; gcc {bare_c.version()} (`{flags}`)."
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown processor"
    )


def _spread(values: Sequence[float]) -> str:
    if not values:
        return "-"
    if len(values) == 1:
        return _number(values[0])
    return f"{_number(median(values))} ({_number(min(values))} - {_number(max(values))})"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
