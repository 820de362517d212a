"""Load test of an endpoint with a scenario's customers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loadtests.faults.schema import read_faults
from loadtests.http_client import GRACE
from loadtests.run.live import LiveFigures
from loadtests.run.page import page_of_load
from loadtests.run.provenance import load_provenance
from loadtests.run.result import LoadResult
from loadtests.run.run import REFERENCE, check_host, run_load
from loadtests.run.side_by_side import LoadFigures, read_load
from loadtests.trace.sources import trace_of_scenario
from sim.core.checksums import write_checksums
from sim.core.errors import SojournError
from sim.core.files import MARK, publish
from sim.core.libraries import require_extras
from sim.core.units import counted
from sim.experiment.manifest import manifest_of, write_provenance
from sim.report.background import BackgroundReport, InlineReport, background_report
from sim.scenario import read_scenario
from sojourn.api.simulation import result_folder

__all__ = ["LoadRun", "load_test"]

_LONGEST = 1.5
"""Seconds after an interrupt for which the page is waited for."""


@dataclass(frozen=True, eq=False)
class LoadRun:
    """A load test, and the folder that holds its result."""

    folder: Path
    manifest: dict[str, Any]
    result: LoadResult
    beside: LoadFigures | None = None
    without_page: str = ""  # why there is no report.html

    def __repr__(self) -> str:
        """Return what was sent where, and where the result is."""
        sent = counted(self.result.requests, "request")
        return f"<LoadRun: {self.manifest['scenario']}, {sent} to {self.manifest['host']}, {self.folder}>"

    def as_dict(self) -> dict[str, Any]:
        """Return the manifest and the measurements, JSON-able."""
        return {"manifest": self.manifest, "load": self.result.as_json()}


def load_test(
    scenario: Path | str,
    *,
    host: str,
    contract: Path | str | None = None,
    speed: float = 60.0,
    overrides: Sequence[str] = (),
    seed: int | None = None,
    workers: int = 1,
    connections: int | None = None,
    duration: float | None = None,
    max_requests: int | None = None,
    grace: float = GRACE,
    give_up: float = GRACE,
    read_limit: float | None = None,
    process: int | None = None,
    faults: Path | str | None = None,
    beside: Path | str | None = None,
    out: Path | str | None = None,
    yes: bool = True,
    allow_code: bool = False,
    progress: Callable[[float], None] | None = None,
    show: Callable[[LiveFigures], None] | None = None,
) -> LoadRun:
    """Send a scenario's requests to an endpoint, each when it is due, and verify what the endpoint has stored.

    Parameters
    ----------
    scenario
        A ``scenario.yaml``, or the folder that holds it.
    host
        URL of the endpoint.
    contract
        File with the endpoint's requests; by default that of the reference endpoint.
    speed
        Simulated seconds per second.
    overrides, seed, allow_code
        As for `sojourn.run`.
    workers
        Processes that send.
    connections
        Open connections per process, at most; by default as many as the system allows.
    duration, max_requests
        Send the requests that are due within this many seconds, or this many requests.
    grace
        Seconds from when the last request is due to the end, whatever has no answer then.
    give_up
        Seconds; when the endpoint has given no answer for longer, the run ends, and is not valid.
    read_limit
        Seconds for reading back, at most; by default twice ``grace`` and .05 s for each journey, contact and queue.
    process
        The endpoint's process on this machine, for its CPU time and memory.
    faults
        File of faults on request, and of the command that starts the endpoint.
    beside
        Result folder of another load test, whose figures stand beside those of this one on its page.
    out
        Folder of the result; by default one in ``results/``, named after the scenario and the seed.
    yes
        False refuses a scenario whose requests would take more than 8 GB of memory, with the estimate.
    progress
        Called with the share that is done.
    show
        Called with the figures so far, several times a second: `loadtests.run.live.LiveFigures`.

    Returns
    -------
    LoadRun
        Also when interrupted (Ctrl-C); it is then not valid. With ``objectives.load.abort: early``, it may have ended
        before all was sent.

    Raises
    ------
    InvalidInput, MissingLibrary, Unreachable, CannotWrite
        Nothing was changed.
    """
    require_extras("sojourn load", "load")
    checked = read_scenario(scenario, overrides, allow_code=allow_code)
    other = read_load(Path(beside)) if beside else None
    chosen_faults = read_faults(Path(faults), workers) if faults else None
    if chosen_faults is None or not chosen_faults.command:
        check_host(host)
    seed = checked.run.seed if seed is None else seed
    trace = trace_of_scenario(checked, seed, yes=yes)
    path = Path(contract) if contract else REFERENCE
    manifest = manifest_of(
        "load",
        checked,
        seed=seed,
        replications=1,
        host=host,
        speed=speed,
        overrides=list(overrides),
        workers=workers,
        duration=duration,
        max_requests=max_requests,
        **load_provenance(trace, path),
        **({"faults": chosen_faults.model_dump(mode="json", by_alias=True)} if chosen_faults else {}),
    )
    folder = Path(out) if out else result_folder("load", scenario, checked, seed)
    with background_report(page_of_load, "all else of the result is kept") as page, publish(folder) as fresh:
        write_provenance(fresh, manifest, checked)
        result = run_load(
            trace,
            path,
            host,
            out=fresh,
            speed=speed,
            workers=workers,
            connections=connections,
            wanted_p95=checked.objectives.load.p95,
            interval=checked.run.interval,
            ending=checked.objectives.load.model_dump() if checked.objectives.load.abort == "early" else None,
            duration=duration,
            max_requests=max_requests,
            grace=grace,
            give_up=give_up,
            read_limit=read_limit,
            process=process,
            faults=chosen_faults,
            progress=progress,
            show=show,
        )
        wanted = checked.objectives.load.model_dump(include={"p95", "p99"})
        page.write_report((fresh, manifest, result, wanted, other))
        trouble = _wait(page)
        if trouble:
            (fresh / "report.html").unlink(missing_ok=True)
        write_checksums(fresh, (MARK, "scenario.json", "load.json"))
    return LoadRun(folder, manifest, result, other, trouble)


def _wait(page: BackgroundReport | InlineReport) -> str:
    """Wait for the page, and return why there is none: no measurement is thrown away with it."""
    try:
        return "" if page.wait(_LONGEST) else "interrupted"
    except SojournError as error:
        return str(error)
