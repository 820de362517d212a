"""Forms of the files that a verdict reads: the types of their content, and the sentence about a wrong one."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple, NotRequired

from pydantic import Field, StrictBool, StrictInt, StrictStr
from typing_extensions import TypedDict

from sim.scenario.objectives import Objectives

__all__ = ["BASELINE_VALUES", "KPIS", "LOAD", "MANIFEST", "OBJECTIVES", "PAIRED_VALUES", "RUN", "RUN_VALUES", "Form"]

Value = Annotated[float, Field(strict=True, allow_inf_nan=False)] | None


class KpiRecord(TypedDict):
    """One record of ``kpis.json``, as far as a verdict reads it."""

    kpi: StrictStr
    by: StrictStr
    key: StrictStr
    interval: StrictInt | None
    day: NotRequired[StrictInt | None]  # of runs of several days, as the next one
    weekday: NotRequired[StrictStr | None]
    value: Value


Count = Annotated[int, Field(strict=True, ge=0)]
Amount = Annotated[float, Field(strict=True, ge=0.0, allow_inf_nan=False)]
Measured = Amount | None
"""Seconds, a rate or a share that was measured; None = it was not."""


class VerificationRecord(TypedDict):
    """The verification in ``load.json``: what `loadtests.verification.findings.Verification` writes."""

    checked: Count
    lost: Count | None
    phantom: Count | None
    duplicate: Count | None
    out_of_order: Count | None
    context_wrong: Count | None
    leak: Count | None
    unbalanced: Count | None
    unread: Count
    not_verifiable: list[StrictStr]
    examples: dict[str, list[StrictStr]]


class BacklogRecord(TypedDict):
    """The time in which an endpoint fell behind most: `loadtests.run.limits.Backlog`."""

    begin: Amount
    end: Amount


class BreakdownRecord(TypedDict):
    """What was measured of a part of the requests, as `loadtests.run.breakdowns` has it."""

    requests: Count
    acknowledged: Count
    samples: Count
    errors: dict[str, Count]
    latency: dict[str, Measured]


class GeneratorRecord(TypedDict):
    """What a worker took: `loadtests.run.generator_usage.GeneratorUsage`."""

    attempts: Count
    cpu_seconds: Amount
    peak_memory: Count


class EndpointRecord(TypedDict):
    """What the endpoint's process took: `loadtests.run.process_time.ProcessUsage`."""

    cpu_seconds: Measured
    peak_memory: Count | None


class LoadRecord(TypedDict):
    """The content of ``load.json``, as far as a verdict or a comparison side by side reads it."""

    valid: StrictBool
    requests: Count
    acknowledged: Count
    samples: NotRequired[Count]
    attempts: NotRequired[Count]
    retries: NotRequired[Count]
    outages: NotRequired[list[Any]]
    generators: NotRequired[list[GeneratorRecord]]
    endpoint: NotRequired[EndpointRecord | None]
    latency: dict[str, Measured]
    service_time: NotRequired[dict[str, Measured]]
    why: NotRequired[str | None]
    lag: NotRequired[dict[str, Measured] | None]
    own_lag: NotRequired[dict[str, Measured] | None]
    due_rate: NotRequired[Measured]
    answered_rate: NotRequired[Measured]
    backlog: NotRequired[BacklogRecord | None]
    error_rate: NotRequired[Measured]
    ended_early: NotRequired[StrictStr]
    errors: NotRequired[dict[str, Count]]
    breakdowns: NotRequired[dict[str, dict[str, BreakdownRecord]]]
    verification: VerificationRecord | None


class ManifestRecord(TypedDict):
    """The content of ``manifest.json`` that has a type of its own; its other values are only compared and shown."""

    command: NotRequired[list[StrictStr]]
    created: NotRequired[StrictStr]


class RunRecord(TypedDict):
    """The replications of a run in ``manifest.json``."""

    replications: Annotated[int, Field(strict=True, ge=1)]
    wanted: Annotated[int, Field(strict=True, ge=1)]


class Form(NamedTuple):
    """The form of a file: its type, the depth at which a problem is reported, and the problem's sentence."""

    type: Any
    depth: int
    message: str


KPIS = Form(list[KpiRecord], 1, "is not a record with kpi, by, key, interval and value")
LOAD = Form(LoadRecord, 2, "is missing, or of another type than a load test writes")
MANIFEST = Form(ManifestRecord, 1, "is of another type than Sojourn writes")
RUN = Form(RunRecord, 1, "is missing, or is no number of replications")
OBJECTIVES = Form(Objectives, 3, "is no objective of the scenario language")


class PairedRecord(TypedDict):
    """A KPI's value, and the influence of each replication on it: `sim.experiment.paired_values`."""

    value: Annotated[float, Field(strict=True, allow_inf_nan=False)]
    influence: list[Annotated[float, Field(strict=True, allow_inf_nan=False)]]


PAIRED_VALUES = Form(dict[str, PairedRecord], 1, "is no value with the influences of replications")
BASELINE_VALUES = Form(
    dict[str, dict[str, dict[str, Value | list[Value]]]], 3, "is not a number, null, or a list of them by interval"
)

Positive = Annotated[float, Field(strict=True, gt=0.0, allow_inf_nan=False)]
RUN_VALUES = Form(
    dict[str, Annotated[list[Positive], Field(min_length=4)]], 1, "is no list of four or more positive numbers"
)
