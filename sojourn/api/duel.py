"""Duel of two endpoints: load runs in pairs on the same trace, compared with their noise."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from loadtests.http_client import GRACE
from loadtests.run.calibration import read_noise
from loadtests.run.duel import LoadSettings, check_side, run_duel
from loadtests.run.duel_result import Duel, DuelPlan, Side
from loadtests.run.duel_verdict import duel_sentences, verdict_of_duel
from loadtests.run.duet import check_duet
from loadtests.run.provenance import load_provenance
from loadtests.run.run import REFERENCE
from loadtests.trace.sources import trace_of_scenario
from loadtests.verdict import Verdict, scenario_file, write_verdict
from sim.core.checksums import write_checksums
from sim.core.errors import InvalidInput, Problem
from sim.core.files import MARK, publish, write_text
from sim.core.libraries import require_extras
from sim.experiment.manifest import manifest_of, write_provenance
from sim.scenario import read_scenario
from sojourn.api.simulation import result_folder

__all__ = ["DuelResult", "duel"]


@dataclass(frozen=True, eq=False)
class DuelResult:
    """A duel, its verdict, and the folder that holds its result."""

    folder: Path
    manifest: dict[str, Any]
    duel: Duel
    verdict: Verdict

    def __repr__(self) -> str:
        """Return the outcome, and where the result is."""
        return f"<DuelResult: {self.manifest['scenario']}, {duel_sentences(self.duel)[0]} {self.folder}>"

    def as_dict(self) -> dict[str, Any]:
        """Return the manifest, the sentences and the measures, JSON-able."""
        status = {"status": str(self.verdict.status), "exit_code": self.verdict.exit_code}
        sentences = list(duel_sentences(self.duel))
        return {"manifest": self.manifest, **status, "sentences": sentences, "duel": self.duel.as_json()}


def duel(
    scenario: Path | str,
    *,
    a: str,
    b: str | None = None,
    contract: Path | str | None = None,
    pairs: int = 5,
    looks: int = 3,
    warm_up: int = 1,
    calibrate: bool = False,
    duet: bool = False,
    noise: Path | str | None = None,
    strict: bool = False,
    processes: tuple[int | None, int | None] = (None, None),
    speed: float = 60.0,
    overrides: Sequence[str] = (),
    seed: int | None = None,
    workers: int = 1,
    duration: float | None = None,
    max_requests: int | None = None,
    grace: float = GRACE,
    out: Path | str | None = None,
    yes: bool = True,
    allow_code: bool = False,
    progress: Callable[[float], None] | None = None,
    pair_ended: Callable[[Duel], None] | None = None,
) -> DuelResult:
    """Compare two endpoints by pairs of load runs on the same trace, to learn whether B is slower.

    Parameters
    ----------
    scenario
        A ``scenario.yaml``, or the folder that holds it.
    a, b
        URLs of the endpoint that is known, and of the one that is judged; a calibration compares A with itself.
    contract
        File with the endpoints' requests; by default that of the reference endpoint.
    pairs, looks
        Pairs from one look to the next, and looks at most. The duel ends at the first look that settles it.
    warm_up
        Runs of each endpoint before, which do not count.
    calibrate
        Run all pairs, and keep the noise of this machine.
    duet
        Run A and B of a pair at the same time, instead of in turns. They must then be two endpoints.
    noise
        Result of a calibration, for twice whose noise floor an effect must exceed.
    strict
        Whether what is inconclusive fails.
    processes
        Numbers of the endpoints' processes on this machine, whose CPU time per journey is then compared.
    speed, overrides, seed, workers, duration, max_requests, grace, out, yes, allow_code
        As for `sojourn.load_test`.
    progress
        Called with the share of all runs that is done.
    pair_ended
        Called with the duel until then, when both runs of a pair have ended.

    Returns
    -------
    DuelResult
        Also when interrupted (Ctrl-C), with the pairs until then.

    Raises
    ------
    InvalidInput, MissingLibrary, Unreachable, CannotWrite
        Nothing was changed.
    """
    require_extras("sojourn duel", "load")
    if b is None and not calibrate:
        raise InvalidInput([Problem("--b", "", "is missing; give the URL of the endpoint to judge, or --calibrate")])
    sides = Side("a", a, processes[0]), Side("b", b or a, processes[1] if b else processes[0])
    checked = read_scenario(scenario, overrides, allow_code=allow_code)
    seed = checked.run.seed if seed is None else seed
    plan = DuelPlan(pairs * looks, 1, warm_up, duet) if calibrate else DuelPlan(pairs, looks, warm_up, duet)
    load: dict[str, Any] = {"speed": speed, "workers": workers, "duration": duration, "max_requests": max_requests}
    for side in sides:
        check_side(side)
    if duet:
        check_duet(*sides, calibration=calibrate)
    trace = trace_of_scenario(checked, seed, yes=yes)
    path = Path(contract) if contract else REFERENCE
    load |= load_provenance(trace, path)
    manifest = manifest_of("duel", checked, seed=seed, hosts=[a, b or a], overrides=list(overrides), **load)
    known = read_noise(Path(noise), manifest, duet=duet) if noise is not None else {}
    folder = Path(out) if out else result_folder("duel", scenario, checked, seed)
    settings = LoadSettings(path, speed, workers, duration, max_requests, grace)
    with publish(folder) as fresh:
        write_provenance(fresh, manifest, checked)
        result = run_duel(
            trace,
            *sides,
            settings,
            out=fresh,
            plan=plan,
            calibration=calibrate,
            noise=known,
            progress=progress,
            pair_ended=pair_ended,
        )
        verdict = verdict_of_duel(result, f"{checked.name}, {a} and {b or a}", strict=strict)
        verdict = replace(verdict, file=scenario_file(manifest))
        write_text(fresh / "duel.json", json.dumps(result.as_json(), indent=1, allow_nan=False) + "\n")
        write_verdict(fresh, verdict, manifest)
        write_checksums(fresh, (MARK, "scenario.json", "duel.json"))
    return DuelResult(folder, manifest, result, verdict)
