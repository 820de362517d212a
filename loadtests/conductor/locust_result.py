"""Result of a run by Locust: what it was to send, and a result folder as that of ``sojourn load``. No Locust here."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loadtests.conductor.options import seed_of
from loadtests.contract import Verb, read_contract
from loadtests.generators import read_reports
from loadtests.run.conclusion import SentTrace, conclude, count_not_offered
from loadtests.run.page import write_page
from loadtests.run.provenance import load_provenance
from loadtests.run.result import Run
from loadtests.trace.model import first, of_intents, offered, until
from sim.core.checksums import write_checksums
from sim.core.errors import InvalidInput, Problem
from sim.core.files import MARK, publish
from sim.core.units import counted

if TYPE_CHECKING:
    from collections.abc import Collection

    from loadtests.run.result import LoadResult
    from loadtests.trace.model import Trace

__all__ = ["planned", "write_result"]


def planned(options: Any, trace: Trace, verbs: Collection[Verb]) -> Trace:
    """Return the requests that Locust's options leave of a trace."""
    trace = offered(_chosen(options, trace), verbs)
    return first(trace, options.max_requests) if options.max_requests else trace


def _chosen(options: Any, trace: Trace) -> Trace:
    """Return the requests of the chosen intents that are due within ``--run-time``."""
    trace = of_intents(trace, options.only_intents, options.without_intents)
    return until(trace, options.run_seconds * options.speed) if options.run_seconds else trace


def write_result(options: Any, host: str, trace: Trace, reported: Collection[str]) -> LoadResult:
    """Verify a run, and write its result folder.

    Parameters
    ----------
    options
        Locust's, with what the master added for its workers.
    host
        The endpoint's URL.
    trace
        Of the scenario, whole.
    reported
        The workers that reported their end to the master.

    Returns
    -------
    LoadResult
        As written to ``load.json``.

    Raises
    ------
    InvalidInput
        The ledgers are on other machines, or the folder holds something else.
    CannotWrite
        The folder cannot be written.
    """
    from sim.experiment.manifest import manifest_of, write_provenance
    from sim.scenario import read_scenario

    scenario = read_scenario(options.scenario, allow_code=bool(options.allow_code))
    contract = read_contract(Path(options.contract))
    ledger = Path(options.ledger) / options.run_now
    reports = read_reports(ledger)
    shards = options.shards
    here = {shards[report.shard] for report in reports}
    if elsewhere := set(reported) & set(shards) - here:
        message = (
            f"has no ledgers of {counted(len(elsewhere), 'worker')}: they could not begin, as their own lines say, "
            "or run on other machines; no result is written"
        )
        raise InvalidInput([Problem(str(ledger), "", message)])
    run = Run(
        options.run_now,
        host,
        contract.info.title,
        options.speed,
        len(shards),
        options.lag_limit,
        options.grace,
        give_up=options.give_up,
        wanted_p95=scenario.objectives.load.p95,
        interval=scenario.run.interval,
        # Who reported its end was not killed; it was told to stop before it had sent its part.
        interrupted=any(
            shards[report.shard] in reported and not report.complete and report.gave_up is None for report in reports
        ),
    )
    verbs = [verb for verb in Verb if contract.offers(verb) is not None]
    not_offered = count_not_offered(_chosen(options, trace), contract)
    sent = SentTrace(planned(options, trace, verbs), contract, run, not_offered, ledger, set_up=not options.no_setup)
    chosen = seed_of(options)
    seed = scenario.run.seed if chosen is None else chosen
    settings = {"seed": seed, "speed": options.speed, "overrides": [], "workers": len(shards)}
    chosen_intents = of_intents(trace, options.only_intents, options.without_intents)  # with all, it is the whole trace
    settings |= load_provenance(chosen_intents, Path(options.contract))
    settings |= {"duration": options.run_seconds or None, "max_requests": options.max_requests or None}
    settings |= {"tags": options.only_intents, "exclude_tags": options.without_intents}
    manifest = manifest_of("load", scenario, replications=1, host=host, **settings)
    manifest["command"] = ["locust", *sys.argv[1:]]
    folder = Path(options.out)
    with publish(folder) as fresh:
        write_provenance(fresh, manifest, scenario)
        result = conclude(sent, fresh, verified=not options.no_verify, read_limit=None)
        write_page(fresh, manifest, result, scenario.objectives.load.model_dump(include={"p95", "p99"}))
        write_checksums(fresh, (MARK, "scenario.json", "load.json"))
    return result
