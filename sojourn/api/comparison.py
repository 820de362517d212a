"""Comparison of a scenario with variants of it, or with others, on the same customers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sim.advice import warnings_of
from sim.core.errors import InvalidInput, Problem
from sim.core.files import refuse_foreign
from sim.core.repeated import repeated
from sim.core.units import counted
from sim.engine import Plan, make_plan
from sim.experiment.estimate import Differences
from sim.experiment.kept_replications import Origin, read_kept
from sim.experiment.manifest import manifest_of
from sim.experiment.precision import reached_sentence, read_precision
from sim.experiment.replicate import Replications, common_engine
from sim.experiment.size_estimate import estimate_size, refuse_long
from sim.experiment.variants import Comparison, compare_variants, replicate_variants
from sim.kpis import Row
from sim.kpis.chosen import chosen_row
from sim.kpis.selection import select_kpis, selection_record
from sim.report.records import comparison_records, difference_records
from sim.report.result_folder import write_comparison
from sim.scenario import read_scenario, scenario_hash
from sim.scenario.variants import Variant, read_variants, refuse_many, variant_of
from sojourn.api.effects import effect_notes
from sojourn.api.simulation import Progress, fewer, most_replications, precision_record, result_folder

__all__ = ["JUDGED", "CompareResult", "WhatIfResult", "compare_scenarios", "whatif"]

JUDGED = "service_level"
"""The KPI by which variants are judged unless another is asked for."""


@dataclass(frozen=True, eq=False)
class WhatIfResult:
    """A comparison with one variant, and the folder that holds its result.

    ``notes`` are sentences about changes without effect, or whose headcounts were rounded, and what `sojourn validate`
    warns of in the variant only.
    """

    folder: Path
    manifest: dict[str, Any]
    plan: Plan
    differences: Differences
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Return what was compared, and where the result is."""
        changes = ", ".join(self.manifest["overrides"])
        done = counted(self.differences.replications, "replication")
        return f"<WhatIfResult: {self.manifest['scenario']} with {changes}, {done}, {self.folder}>"

    @property
    def interrupted(self) -> bool:
        """Whether fewer replications were simulated than asked for."""
        return self.differences.replications < int(self.manifest["wanted"])

    def as_dict(self) -> dict[str, Any]:
        """Return the manifest and the differences, JSON-able."""
        return {
            "manifest": self.manifest,
            "notes": list(self.notes),
            "differences": difference_records(self.plan, self.differences),
        }


@dataclass(frozen=True, eq=False)
class CompareResult:
    """A comparison of variants, and the folder that holds its result; ``notes`` as of `WhatIfResult`."""

    folder: Path
    manifest: dict[str, Any]
    plan: Plan
    comparison: Comparison
    judged: Row
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        """Return what was compared, and where the result is."""
        return f"<CompareResult: {', '.join(self.comparison.names)}, {self.folder}>"

    @property
    def interrupted(self) -> bool:
        """Whether fewer replications were simulated than asked for."""
        return self.comparison.replications < int(self.manifest["wanted"])

    def as_dict(self) -> dict[str, Any]:
        """Return the manifest and the differences, JSON-able."""
        return {
            "manifest": self.manifest,
            "notes": list(self.notes),
            "differences": comparison_records(self.plan, self.comparison),
        }


def whatif(
    scenario: Path | str,
    overrides: Sequence[str],
    *,
    kpis: Sequence[str] = (),
    by: Sequence[str] = (),
    replications: int | None = None,
    precision: Sequence[str] = (),
    at_most: int | None = None,
    seed: int | None = None,
    processes: int | None = None,
    engine: str = "auto",
    report: bool = True,
    out: Path | str | None = None,
    resume: bool = False,
    yes: bool = True,
    allow_code: bool = False,
    progress: Progress = lambda _done, _total: None,
) -> WhatIfResult:
    """Compare a scenario with a changed one on the same customers, and write the result.

    Parameters
    ----------
    scenario
        A ``scenario.yaml``, or the folder that holds it: the baseline.
    overrides
        At least one change by path; all together are the variant.
    kpis, by, replications, precision, at_most, seed, processes, engine, report, out, resume, yes, allow_code, progress
        As for `sojourn.run`; time and progress are those of both, and the precision is
        that of the difference.

    Returns
    -------
    WhatIfResult
        The differences, variant - baseline; of fewer replications than asked for when interrupted (Ctrl-C).

    Raises
    ------
    InvalidInput, CannotWrite
        Nothing was changed.
    """
    if not overrides:
        raise InvalidInput([Problem("--set", "", 'is missing; say what to change, such as --set "demand.volume=*1.1"')])
    changes = {"baseline": (), "variant": overrides}
    variants = [
        Variant(name, str(scenario), tuple(change), read_scenario(scenario, change, allow_code=allow_code))
        for name, change in changes.items()
    ]
    result = _compare(
        "whatif",
        variants,
        JUDGED,
        kpis=kpis,
        by=by,
        replications=replications,
        precision=precision,
        at_most=at_most,
        seed=seed,
        processes=processes,
        engine=engine,
        report=report,
        out=out,
        resume=resume,
        yes=yes,
        progress=progress,
    )
    return WhatIfResult(result.folder, result.manifest, result.plan, result.comparison.differences[0], result.notes)


def compare_scenarios(
    scenarios: Sequence[Path | str],
    *,
    variants: Path | str | None = None,
    changed: Sequence[str] = (),
    overrides: Sequence[str] = (),
    kpi: str = JUDGED,
    kpis: Sequence[str] = (),
    by: Sequence[str] = (),
    replications: int | None = None,
    precision: Sequence[str] = (),
    at_most: int | None = None,
    seed: int | None = None,
    processes: int | None = None,
    engine: str = "auto",
    report: bool = True,
    out: Path | str | None = None,
    resume: bool = False,
    yes: bool = True,
    allow_code: bool = False,
    progress: Progress = lambda _done, _total: None,
) -> CompareResult:
    """Compare any number of variants with a baseline on the same customers, and write the result.

    Parameters
    ----------
    scenarios
        Files or folders, the baseline first; none where the file of variants names it.
    variants
        A YAML file of variants (docs/compare.md).
    changed
        A variant of the baseline each: changes by path, separated by semicolons, with a name and a colon before them if
        wanted: ``"one more: agents.desk.staff=+1"``.
    overrides
        Changes of the baseline and of all variants.
    kpi
        By which the variants are judged, such as ``"calls.service_level"`` or ``"cost"``; it is always measured.
    kpis, by, replications, precision, at_most, seed, processes, engine, report, out, resume, yes, allow_code, progress
        As for `sojourn.run`; time and progress are those of all together, and the precision
        is that of the differences.

    Returns
    -------
    CompareResult
        With fewer replications of each than asked for when interrupted (Ctrl-C).

    Raises
    ------
    InvalidInput, CannotWrite
        Nothing was changed.
    """
    return _compare(
        "compare",
        _variants(scenarios, variants, changed, overrides, allow_code=allow_code),
        kpi,
        kpis=kpis,
        by=by,
        replications=replications,
        precision=precision,
        at_most=at_most,
        seed=seed,
        processes=processes,
        engine=engine,
        report=report,
        out=out,
        resume=resume,
        yes=yes,
        progress=progress,
    )


def _variants(
    scenarios: Sequence[Path | str],
    file: Path | str | None,
    changed: Sequence[str],
    overrides: Sequence[str],
    *,
    allow_code: bool,
) -> list[Variant]:
    """Return the baseline and the variants, each under a name of its own."""
    if not scenarios and file is None:
        raise InvalidInput([Problem("sojourn compare", "", "needs a scenario, or --variants FILE that names one")])
    refuse_many("sojourn compare", len(scenarios) + len(changed), len(overrides) * (len(scenarios) + len(changed)))
    if file is not None:
        listed = read_variants(Path(file), scenarios[0] if scenarios else None, overrides, allow_code=allow_code)
    else:
        listed = [variant_of(_name(scenarios[0]), scenarios[0], overrides, allow_code=allow_code)]
    listed += [variant_of(_name(each), each, overrides, allow_code=allow_code) for each in scenarios[1:]]
    listed += [_changed(listed[0], text, overrides, allow_code=allow_code) for text in changed]
    if len(listed) == 1:
        message = "has nothing to compare with; give more scenarios, --variants FILE, or --variant PATH=VALUE"
        raise InvalidInput([Problem(listed[0].file, "", message)])
    names = [each.name for each in listed]
    doubled = sorted(repeated(names))
    if doubled:
        raise InvalidInput([Problem("--variant", "", f'"{name}" names more than one variant') for name in doubled])
    return listed


def _name(scenario: Path | str) -> str:
    """Return the name of a variant that is a file or a folder."""
    path = Path(scenario).resolve()
    return path.parent.name if path.name == "scenario.yaml" else path.stem or str(path)


def _changed(baseline: Variant, text: str, overrides: Sequence[str], *, allow_code: bool) -> Variant:
    """Return the variant that a text describes."""
    named = re.fullmatch(r"\s*([^=:]+):\s+(.*=.*)", text, flags=re.DOTALL)
    changes = [each.strip() for each in (named[2] if named else text).split(";") if each.strip()]
    name = named[1].strip() if named else "; ".join(changes)
    return variant_of(name, baseline.file, [*overrides, *changes], allow_code=allow_code)


def _compare(
    command: str,
    variants: Sequence[Variant],
    kpi: str,
    *,
    kpis: Sequence[str],
    by: Sequence[str],
    replications: int | None,
    precision: Sequence[str],
    at_most: int | None,
    seed: int | None,
    processes: int | None,
    engine: str,
    report: bool,
    out: Path | str | None,
    yes: bool,
    progress: Progress,
    resume: bool,
) -> CompareResult:
    """Simulate the variants, compare them, and write the result."""
    baseline = variants[0].scenario
    families = tuple(dict.fromkeys(name for each in variants for name in each.scenario.kpi_families))
    plans = [replace(make_plan(each.scenario), kpi_families=families) for each in variants]
    _refuse_other_intervals(variants, plans)
    judged = chosen_row(plans[0], kpi, "--kpi")
    narrow = read_precision(plans[0], precision)
    plans = [select_kpis(plan, kpis, by, [judged, *(each.row for each in narrow)]) for plan in plans]
    engine = common_engine(plans, engine)
    seed = baseline.run.seed if seed is None else seed
    wanted = most_replications(narrow, replications, at_most) or baseline.run.replications
    last = variants[1].scenario if command == "whatif" else baseline
    folder = Path(out) if out else result_folder(command, variants[0].file, last, seed)
    refuse_foreign(folder)
    origin = Origin(command, tuple(scenario_hash(each.scenario) for each in variants), seed, engine)
    kept = read_kept(folder, origin, plans, wanted) if resume else ()
    before = len(kept[0]) if kept else 0
    if not yes:
        _refuse_long(plans, variants[0].file, wanted - before, engine, processes, fewer(narrow))
    total = len(plans) * wanted
    progress(len(plans) * before, total)
    simulated = replicate_variants(
        plans,
        seed=seed,
        replications=wanted,
        engine=engine,
        kept=kept,
        precision=narrow,
        processes=processes,
        progress=lambda done: progress(done, total),
    )
    comparison = compare_variants([each.name for each in variants], simulated, [judged] if command == "compare" else ())
    more: dict[str, Any] = {"overrides": list(variants[1].changes), "variant_hash": scenario_hash(variants[1].scenario)}
    if command == "compare":
        described = {each.name: [each.file, *each.changes] for each in variants}
        hashes = {each.name: scenario_hash(each.scenario) for each in variants}
        more = {"kpi": kpi, "variants": described, "variant_hashes": hashes}
    manifest = manifest_of(
        command,
        baseline,
        seed=seed,
        replications=len(simulated[0]),
        engine=engine,
        wanted=simulated[0].wanted,
        **more,
        **selection_record(plans[0]),
        **precision_record(simulated[0], wanted),
    )
    notes = (
        *filter(None, [reached_sentence(simulated[0].reached, len(simulated[0]))]),
        *_notes(variants, plans, simulated),
    )
    write_comparison(folder, variants, manifest, plans[0], comparison, judged, notes, simulated, origin, report=report)
    return CompareResult(folder, manifest, plans[0], comparison, judged, notes)


def _notes(variants: Sequence[Variant], plans: Sequence[Plan], simulated: Sequence[Replications]) -> Iterator[str]:
    """Yield the notes on the variants, each with its variant where there are several.

    They are what `sojourn validate` warns of in a variant and not in the baseline; and, where a variant has the
    baseline's rows, what its changes do or do not do.
    """
    known = {(each.code, each.paths) for each in warnings_of(variants[0].scenario, plans[0])}
    for variant, plan, replications in zip(variants[1:], plans[1:], simulated[1:], strict=True):
        about = f'"{variant.name}": ' if len(variants) > 2 else ""
        for warning in warnings_of(variant.scenario, plan):
            if (warning.code, warning.paths) not in known:
                yield f"{about}warning: {'.'.join(map(str, warning.paths[0]))}: {warning.message}."
        if replications.index == simulated[0].index:
            scenarios = variants[0].scenario, variant.scenario
            yield from (about + note for note in effect_notes(scenarios, simulated[0], replications))


def _refuse_long(
    plans: Sequence[Plan], name: str, wanted: int, engine: str, processes: int | None, remedy: str
) -> None:
    """Refuse a comparison that would take long or much memory."""
    sizes = [estimate_size(plan, replications=wanted, engine=engine, processes=processes) for plan in plans]
    largest = max(sizes, key=lambda size: size.touchpoints)
    together = replace(largest, seconds=sum(size.seconds for size in sizes))
    refuse_long(together, name, len(plans) * wanted, f"{remedy}, less demand, or --yes")


def _refuse_other_intervals(variants: Sequence[Variant], plans: Sequence[Plan]) -> None:
    """Refuse variants with other reporting intervals than the baseline's; of queues and such, the common ones count."""
    first = plans[0].origin, plans[0].interval, plans[0].intervals
    problems = [
        Problem(
            each.file, f'variant "{each.name}"', "has other hours, days or intervals, so there is nothing to compare"
        )
        for each, plan in zip(variants, plans, strict=True)
        if (plan.origin, plan.interval, plan.intervals) != first
    ]
    if problems:
        raise InvalidInput(problems)
