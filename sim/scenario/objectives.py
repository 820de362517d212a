"""Objectives: bounds on the KPIs of a simulation, and on what a load test measures."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from sim.core.model import Model
from sim.core.units import Duration, Share

__all__ = ["ErrorClass", "LoadBounds", "LoadBreakdown", "LoadObjectives", "LoadVerb", "Objective", "Objectives"]

LoadVerb = Literal[
    "start", "event", "decide", "pause", "resume", "enqueue", "abandon", "context", "notify", "complete", "ready",
    "accept", "done",
]  # fmt: skip
ErrorClass = Literal["refused", "timeout", "overload", "client_error", "server_error", "wrong_answer", "unknown"]
Measured = Literal["required", "optional"]


class Objective(Model):
    """A bound on a simulated KPI."""

    kpi: str = Field(description="Name of the KPI, from the list of KPIs.")
    by: str = Field(
        default="all",
        description="Dimension, such as `queue` or `group`; with `queue_interval`, every interval counts, with "
        "`queue_day` every day.",
    )
    key: str = Field(
        default="", description="Key of the dimension, such as the name of the queue; if left out, every key counts."
    )
    at_least: float | None = Field(default=None, description="Lower bound of the KPI.")
    at_most: float | None = Field(default=None, description="Upper bound of the KPI.")
    measured: Measured = Field(
        default="required",
        description="Whether it is missed if nothing came that could be measured; `optional` = that is reported as "
        "such.",
    )

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise ValueError("has no bound; give at_least or at_most")
        return self


class LoadBounds(Model):
    """Upper bounds on latencies and errors."""

    p50: Duration | None = Field(default=None, description="Upper bound for the latency of half the requests.")
    p95: Duration | None = Field(
        default=None,
        description="Upper bound for the latency of 95 % of the requests, counted from when they were due.",
    )
    p99: Duration | None = Field(default=None, description="Upper bound for the latency of 99 % of the requests.")
    p999: Duration | None = Field(default=None, description="Upper bound for the latency of 99.9 % of the requests.")
    error_rate: Share | None = Field(default=None, description="Upper bound for the share of failed requests.")
    errors: dict[ErrorClass, Share] = Field(
        default_factory=dict,
        description="Upper bounds for the shares of requests whose last answer was of a class, such as "
        "`{timeout: 0.1 %}`.",
    )


class LoadBreakdown(LoadBounds):
    """Bounds on the requests of one verb, one channel or one interval."""

    verb: LoadVerb | None = Field(default=None, description="Verb of the contract.")
    channel: str | None = Field(default=None, description="Channel of the scenario.")
    interval: str | None = Field(
        default=None,
        description="Interval of the scenario in which the requests were due, by its beginning (`10:30`; on later days "
        "`day 2 10:30`), or `each`.",
    )
    measured: Measured = Field(
        default="required",
        description="Whether a load test is invalid if it has too few such requests; `optional` = that is reported as "
        "not measured.",
    )

    @model_validator(mode="after")
    def _of_one_dimension(self) -> Self:
        if sum(name is not None for name in (self.verb, self.channel, self.interval)) != 1:
            raise ValueError("is of no requests, or of several; give one of verb, channel and interval")
        bounds = self.model_dump(include=set(LoadBounds.model_fields))
        if not any(bound is not None and bound != {} for bound in bounds.values()):
            raise ValueError("has no bound; give p50, p95, p99, p999, error_rate or errors")
        return self


class LoadObjectives(LoadBounds):
    """Bounds on a load test."""

    rate: Share | None = Field(
        default=None,
        description="Lower bound for the answers while requests were due, as a share of the requests that were due: "
        "an endpoint that falls behind misses it.",
    )
    breakdowns: list[LoadBreakdown] = Field(
        default_factory=list, description="Bounds on the requests of verbs, channels and intervals."
    )
    abort: Literal["early"] | None = Field(
        default=None,
        description="`early` = `sojourn load` ends when a bound on a latency or the error rate of all requests is "
        "missed for certain: so many are slow, or have failed, that it cannot be kept, however fast the other requests "
        "that are planned would be.",
    )
    read_back: Measured = Field(
        default="required",
        description="Whether a load test fails whose contract does not say how to read the endpoint back; `optional` = "
        "what was not measured is reported as such.",
    )
    lost: int = Field(
        default=0, ge=0, description="Upper bound for the number of acknowledged steps that are missing afterwards."
    )


class Objectives(Model):
    """Bounds that `sojourn check` applies to a result."""

    simulation: list[Objective] = Field(default_factory=list, description="Bounds on KPIs of `sojourn run`.")
    load: LoadObjectives = Field(default=LoadObjectives(), description="Bounds on what `sojourn load` measures.")
