"""Benchmark of duels on real endpoints: an endpoint against itself, many times, and the share of false alarms.

``python -m benchmarks.real_duels`` runs 400 duels of the reference endpoint with itself, which takes a day, or more
where many are not settled at the first look. Each outcome is a line of ``results/duels.jsonl``; the same command goes
on where it was stopped. With ``--a URL --b URL`` it compares two endpoints of yours, such as a build and a slower one.
``python -m benchmarks.slower_endpoint`` serves such a build. With ``--without-locust`` runs are sent by this process,
which takes a fifth of the time for runs of some seconds.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from scipy.stats import binomtest

from benchmarks.kept_generator import conduct
from loadtests.http_client import GRACE
from loadtests.run.duel import LoadSettings, run_duel
from loadtests.run.duel_result import DuelPlan, Side
from loadtests.run.locust_process import run_locust
from loadtests.run.run import REFERENCE
from loadtests.trace.sources import trace_of_scenario
from sim.scenario import read_scenario
from sojourn.api.demo import serving

if TYPE_CHECKING:
    from loadtests.trace.model import Trace

__all__ = ["main", "one_duel", "run_duels", "summary"]

CONFIDENCE: Final = 0.95
Record = dict[str, Any]


def run_duels(file: Path, settings: Mapping[str, Any], wanted: int, run_one: Callable[[], Record]) -> list[Record]:
    """Run duels until a file has as many as are wanted, each on a line of its own.

    Parameters
    ----------
    file
        Of the outcomes; those that it has already count. Half a line, which a kill has left, does not.
    settings
        Of all duels; a file with other settings is refused.
    wanted
        Number of duels in all.
    run_one
        Runs a duel, and returns its outcome.

    Raises
    ------
    ValueError
        The file's duels have other settings.
    """
    done = _read(file, settings)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(record) + "\n" for record in done), encoding="utf-8")
    while len(done) < wanted:
        record = {**run_one(), "settings": dict(settings)}
        with file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(record) + "\n")
        done.append(record)
        print(summary(done), flush=True)
    return done


def _read(file: Path, settings: Mapping[str, Any]) -> list[Record]:
    """Return the duels of a file."""
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    done = [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
    if any(record["settings"] != dict(settings) for record in done):
        raise ValueError(f"{file}: has duels with other settings; give another --file, or remove it")
    return done


def summary(done: Sequence[Record]) -> str:
    """Return how many duels had each outcome, and the interval of the share that found a difference.

    Parameters
    ----------
    done
        At least one.
    """
    outcomes = Counter(record["outcome"] for record in done)
    judged = len(done) - outcomes["invalid"]
    different = outcomes["slower"] + outcomes["faster"]
    counts = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
    if not judged:
        return f"{len(done)} duels: {counts}"
    interval = binomtest(different, judged).proportion_ci(CONFIDENCE, "exact")
    share = f"different in {different / judged:.1%} of {judged} ({interval.low:.1%} to {interval.high:.1%})"
    return f"{len(done)} duels: {counts}; {share}"


def one_duel(trace: Trace, a: Side, b: Side, settings: LoadSettings, plan: DuelPlan) -> Record:
    """Run a duel, and return its outcome, without its ledgers.

    Parameters
    ----------
    trace
        The requests.
    a, b
        The endpoints.
    settings, plan
        Of the runs and of their pairs.
    """
    began = perf_counter()
    with TemporaryDirectory(prefix="sojourn-") as folder:
        result = run_duel(trace, a, b, settings, out=Path(folder), plan=plan)
    if result.interrupted:
        raise KeyboardInterrupt
    return {
        "outcome": str(result.outcome) if result.judged else "invalid",
        "pairs": len(result.pairs),
        "runs_not_valid": len(result.invalid),
        "measures": [finding.as_json() for finding in result.findings],
        "runs": [[run.pair, run.side, run.latency["p50"], run.latency["p95"], run.lag_p95] for run in result.runs],
        "seconds": perf_counter() - began,
    }


def main(words: Sequence[str] | None = None) -> int:
    """Run the duels, and print how many found a difference."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.real_duels", description=__doc__)
    parser.add_argument("--duels", type=int, default=400, help="in all, with those of the file (default: %(default)s)")
    parser.add_argument("--file", type=Path, default=Path("results/duels.jsonl"), help="(default: %(default)s)")
    parser.add_argument("--scenario", default="scenarios/retail_bank", help="(default: %(default)s)")
    parser.add_argument("--a", metavar="URL", help="endpoint A; else the reference endpoint is served")
    parser.add_argument("--b", metavar="URL", help="endpoint B; else A, too")
    parser.add_argument("--processes", type=int, nargs=2, metavar="PID", help="of A and B, for their CPU time")
    parser.add_argument("--speed", type=float, default=900.0, help="(default: %(default)s)")
    parser.add_argument("--requests", type=int, default=2000, help="of each run (default: %(default)s)")
    parser.add_argument("--pairs", type=int, default=5, help="from one look to the next (default: %(default)s)")
    parser.add_argument("--looks", type=int, default=3, help="at most (default: %(default)s)")
    parser.add_argument("--warm-up", type=int, default=1, help="runs of each before (default: %(default)s)")
    parser.add_argument("--without-locust", action="store_true", help="send by this process, to start each run at once")
    options = parser.parse_args(words)
    settings = {
        "speed": options.speed,
        "max_requests": options.requests,
        "pairs": options.pairs,
        "looks": options.looks,
        "warm_up": options.warm_up,
    }
    scenario = read_scenario(options.scenario)
    trace = trace_of_scenario(scenario, scenario.run.seed, yes=True)
    known = {**settings, "scenario": options.scenario, "a": options.a, "b": options.b}
    if options.without_locust:
        known["without_locust"] = True
    with TemporaryDirectory(prefix="sojourn-") as folder:
        served = nullcontext(options.a) if options.a else serving(Path(folder) / "journeys.db")
        with served as a:
            processes = options.processes or (None, None)
            sides = Side("a", a, processes[0]), Side("b", options.b or a, processes[1])
            send = conduct if options.without_locust else run_locust
            load = LoadSettings(REFERENCE, options.speed, 1, None, options.requests, GRACE, send)
            plan = DuelPlan(options.pairs, options.looks, options.warm_up)
            run_one = partial(one_duel, trace, *sides, load, plan)
            done = run_duels(options.file, known, options.duels, run_one)
    print(summary(done))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
