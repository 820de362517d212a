"""Bounds on a load test and on its breakdowns, each with what was measured there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from loadtests.verdict.evidence import FEWEST_REQUESTS, QUANTILES, requests_without_errors, samples_wanted
from loadtests.verdict.model import Check, Stage
from sim.core.errors import InvalidInput, Problem, near

__all__ = ["BoundedLoad", "bounded_loads", "check_at_most", "check_bounds", "check_requests"]

_DIMENSIONS: Final = ("verb", "channel", "interval")


@dataclass(frozen=True, slots=True)
class BoundedLoad:
    """Requests of a load test that have bounds.

    Parameters
    ----------
    name
        Of the requests, e.g. ``"of verb decide"``; empty = all.
    bounds
        By quantile, ``error_rate``, and ``errors`` by class.
    measured
        Requests, samples, acknowledged, errors and latency; None = the load test has none of them.
    optional
        Whether a bound holds that too few requests have shown.
    """

    name: str
    bounds: Mapping[str, Any]
    measured: Mapping[str, Any] | None
    optional: bool = False

    def named(self, text: str) -> str:
        """Return the name of a bound."""
        return f"{text} {self.name}".strip()

    def enough(self) -> Iterator[tuple[str, str, int, int]]:
        """Yield each bound's key, its name, the number of requests, and how many it needs to be judged.

        A bound on errors needs them where it is kept; where it is broken, its errors are there.
        """
        measured = self.measured or {}
        requests = measured.get("requests", 0)
        samples = measured.get("samples", requests)  # older results lack it
        for key, quantile in QUANTILES.items():
            if self.bounds.get(key) is not None:
                yield key, f"latency {key}", samples, samples_wanted(quantile)
        for key, name, bound, actual in self.shares():
            kept = actual is not None and actual <= bound
            yield key, name, requests, requests_without_errors(bound) if kept else FEWEST_REQUESTS

    def shares(self) -> Iterator[tuple[str, str, float, float | None]]:
        """Yield the key, the name, the bound and the value of each share of errors."""
        measured = self.measured or {}
        requests = measured.get("requests", 0)
        if (bound := self.bounds.get("error_rate")) is not None:
            failed = requests - measured.get("acknowledged", 0)
            known = measured.get("error_rate", failed / requests if requests else None)
            yield "error_rate", "error rate", float(bound), known
        for name, bound in (self.bounds.get("errors") or {}).items():
            errors = measured.get("errors")
            yield (
                name,
                f"errors {name}",
                bound,
                errors.get(name, 0) / requests if errors is not None and requests else None,
            )


def bounded_loads(objectives: Mapping[str, Any], load: Mapping[str, Any]) -> tuple[BoundedLoad, ...]:
    """Return all requests, and those of the breakdowns, with their bounds.

    Parameters
    ----------
    objectives
        Of the load test.
    load
        The content of ``load.json``.

    Raises
    ------
    InvalidInput
        A breakdown names a channel or an interval that the load test does not have.
    """
    bounded = [BoundedLoad("", objectives, load)]
    problems = []
    for number, breakdown in enumerate(objectives.get("breakdowns") or ()):
        dimension = next(name for name in _DIMENSIONS if breakdown.get(name) is not None)
        wanted, optional = breakdown[dimension], breakdown.get("measured") == "optional"
        broken_down = (load.get("breakdowns") or {}).get(dimension) or {}
        if (dimension, wanted) == ("interval", "each"):
            bounded += _each(breakdown, broken_down)
        elif wanted not in broken_down and dimension != "verb" and not optional:
            message = f'"{wanted}" is no {dimension} of this load test; {near(wanted, broken_down)}'
            problems.append(Problem("objectives", f"load.breakdowns.{number}.{dimension}", message))
        else:
            bounded.append(BoundedLoad(f"of {dimension} {wanted}", breakdown, broken_down.get(wanted), optional))
    if problems:
        raise InvalidInput(problems)
    return tuple(bounded)


def _each(breakdown: Mapping[str, Any], broken_down: Mapping[str, Mapping[str, Any]]) -> Iterator[BoundedLoad]:
    """Yield the intervals with the bounds that they have requests enough for, or all of them if none has enough."""
    judged = []
    for name, measured in broken_down.items():
        interval = BoundedLoad(f"of interval {name}", breakdown, measured)
        enough = {key for key, _, count, wanted in interval.enough() if count >= wanted}
        bounds = {key: value for key, value in breakdown.items() if key in enough}
        bounds["errors"] = {key: value for key, value in (breakdown.get("errors") or {}).items() if key in enough}
        if enough:
            judged.append(BoundedLoad(interval.name, bounds, measured))
    optional = breakdown.get("measured") == "optional"
    yield from judged or [BoundedLoad("of each interval", breakdown, None, optional)]


def check_requests(load: BoundedLoad) -> Iterator[Check]:
    """Check that there were requests enough for each bound.

    Parameters
    ----------
    load
        Requests with bounds.
    """
    for _, name, count, enough in load.enough():
        if load.optional and count < enough:
            continue  # reported by the bound
        named = load.named(name)
        message = f"{count} requests for a judgement of the {named}"
        if count < enough:
            message = f"{count} requests are too few to judge the {named}; send {enough} or more, or change the bound"
        yield Check(Stage.VALIDITY, f"requests for {named}", count >= enough, count, enough, message)


def check_bounds(load: BoundedLoad) -> Iterator[Check]:
    """Compare what was measured with its bounds.

    Parameters
    ----------
    load
        Requests with bounds.
    """
    lacking = {key for key, _, count, enough in load.enough() if count < enough} if load.optional else set()
    measured = load.measured or {}
    latencies = measured.get("latency") or {}
    for key in QUANTILES:
        if load.bounds.get(key) is not None:
            bound = float(load.bounds[key])
            yield _check(load.named(f"load latency {key}"), latencies.get(key), bound, " s", lacks=key in lacking)
    for key, name, bound, actual in load.shares():
        yield _check(load.named(f"load {name}"), actual, bound, "", lacks=key in lacking)


def _check(name: str, actual: float | None, wanted: float, unit: str, *, lacks: bool) -> Check:
    """Check a bound, unless too few requests came, and that is allowed."""
    if lacks:
        message = f"not measured: too few requests for {name}; allowed by measured: optional"
        return Check(Stage.OBJECTIVE, name, passed=True, actual=None, wanted=wanted, message=message, measured=False)
    return check_at_most(name, actual, wanted, unit)


def check_at_most(name: str, actual: float | None, wanted: float, unit: str, examples: Sequence[str] = ()) -> Check:
    """Check an upper bound of a load test."""
    if actual is None:
        message = f"{name} was not measured"
        return Check(Stage.OBJECTIVE, name, passed=False, actual=None, wanted=wanted, message=message)
    passed = actual <= wanted
    seconds = actual if unit == " s" else None
    message = f"{name} is {actual:g}{unit}, {'within' if passed else 'above'} {wanted:g}{unit}"
    if examples and not passed:
        message += f"; e.g. {'; '.join(examples)}"
    return Check(Stage.OBJECTIVE, name, passed=passed, actual=actual, wanted=wanted, message=message, seconds=seconds)
