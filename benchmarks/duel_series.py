"""Many duels out of one series of runs: how often equal builds are called different, and a slower one slower.

Hundreds of duels take days, because each has up to thirty runs of its own. So some endpoints are loaded in turns, for
as long as is wanted, and each stretch of the series is judged as ``sojourn duel`` would have judged it. Runs of one
endpoint are compared among themselves (A/A), and with those of another one (A/B). Stretches overlap: the shares are
right in the mean, but only as sure as the number of stretches without a run in common tells.

``python -m benchmarks.duel_series record --endpoint as-is URL PID --endpoint slower URL PID`` adds runs to
``results/series.jsonl``; ``judge`` prints the shares. ``python -m benchmarks.slower_endpoint`` serves such builds.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations, count
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks.kept_generator import conduct
from loadtests.http_client import GRACE
from loadtests.run.duel import LoadSettings, judge_runs, run_once
from loadtests.run.duel_result import Duel, DuelPlan, DuelRun, Side
from loadtests.run.run import REFERENCE
from loadtests.trace.sources import trace_of_scenario
from sim.scenario import read_scenario

__all__ = ["Outcomes", "in_turns", "judge_pairs", "judge_series", "main", "pairs_of_one", "pairs_of_two"]

Pair = tuple[DuelRun, DuelRun]


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Outcomes of the duels of a series.

    Parameters
    ----------
    duels
        Their number by outcome; ``invalid`` = nothing could be judged.
    pairs
        Mean number of pairs after which they ended.
    found_by
        By measure, in how many duels it was called slower or faster.
    """

    duels: Mapping[str, int]
    pairs: float
    found_by: Mapping[str, int]

    @property
    def judged(self) -> int:
        """Duels with an outcome."""
        return sum(self.duels.values()) - self.duels.get("invalid", 0)

    def share(self, *outcomes: str) -> float:
        """Return the share of those judged that had one of some outcomes; there must be one that was."""
        return sum(self.duels.get(outcome, 0) for outcome in outcomes) / self.judged


def in_turns(names: Sequence[str]) -> Iterator[str]:
    """Yield names for ever, forwards and backwards, so that a drift of the machine cancels."""
    while True:
        yield from names
        yield from reversed(names)


def pairs_of_one(runs: Sequence[DuelRun]) -> list[Pair]:
    """Return pairs of an endpoint with itself, from its runs in their order: ABBA."""
    pairs = zip(runs[::2], runs[1::2], strict=False)
    return [(first, second) if index % 2 == 0 else (second, first) for index, (first, second) in enumerate(pairs)]


def pairs_of_two(a: Sequence[DuelRun], b: Sequence[DuelRun]) -> list[Pair]:
    """Return pairs of two endpoints, the first run of each, the second, and so on."""
    return list(zip(a, b, strict=False))


def judge_pairs(pairs: Sequence[Pair], plan: DuelPlan) -> Iterator[Duel]:
    """Yield a duel for each stretch of pairs that is long enough.

    Parameters
    ----------
    pairs
        Of A and of B, in their order.
    plan
        Of each duel.
    """
    for begin in range(len(pairs) - plan.most + 1):
        runs = [
            replace(run, side=side, pair=number + 1)
            for number, pair in enumerate(pairs[begin : begin + plan.most])
            for side, run in zip("ab", pair, strict=True)
        ]
        yield judge_runs(runs, Side("a", ""), Side("b", ""), plan)


def judge_series(pairs: Sequence[Sequence[Pair]], plan: DuelPlan) -> Outcomes:
    """Judge all stretches of some lists of pairs.

    Parameters
    ----------
    pairs
        Lists of pairs; no duel has pairs of two lists.
    plan
        Of each duel.
    """
    duels = [duel for each in pairs for duel in judge_pairs(each, plan)]
    counted = Counter(str(duel.outcome) if duel.judged else "invalid" for duel in duels)
    found_by = Counter(
        finding.name
        for duel in duels
        if duel.judged
        for finding in duel.findings
        if str(finding.outcome) in {"slower", "faster"}
    )
    ended = fmean(duel.looks[-1] if duel.looks else 0 for duel in duels) if duels else 0.0
    return Outcomes(counted, ended, found_by)


def record(file: Path, sides: Sequence[Side], scenario: str, settings: LoadSettings, lasts: float) -> None:
    """Load endpoints in turns, and add each run to a file.

    Parameters
    ----------
    file
        Gets a line for each run.
    sides
        The endpoints.
    scenario
        File or folder of the scenario whose trace is sent.
    settings
        Of each run.
    lasts
        Seconds.
    """
    checked = read_scenario(scenario)
    trace = trace_of_scenario(checked, checked.run.seed, yes=True)
    by_name = {side.name: side for side in sides}
    until = perf_counter() + lasts
    file.parent.mkdir(parents=True, exist_ok=True)
    for number, name in zip(count(), in_turns(list(by_name)), strict=False):
        if perf_counter() > until and number % len(by_name) == 0:
            break
        with TemporaryDirectory(prefix="sojourn-") as folder:
            run = run_once(trace, by_name[name], settings, Path(folder), 0, 1, lambda _: None)
        if run is None:
            break
        with file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(asdict(run)) + "\n")
        print(f"{number + 1} {name}: {run.latency}, CPU {run.cpu} {run.why or ''}", flush=True)


def _read(file: Path) -> dict[str, list[DuelRun]]:
    """Return the runs of a file by endpoint, without the first one of each, its warm-up."""
    runs: dict[str, list[DuelRun]] = defaultdict(list)
    for line in file.read_text(encoding="utf-8").splitlines(keepends=True):
        if line.endswith("\n"):
            run = DuelRun(**json.loads(line))
            runs[run.side].append(run)
    return {name: each[1:] for name, each in runs.items()}


def _print(title: str, outcomes: Outcomes) -> None:
    """Print the outcomes of some duels."""
    counts = ", ".join(f"{number} {outcome}" for outcome, number in sorted(outcomes.duels.items())) or "no duels"
    rates = (
        f"; slower {outcomes.share('slower'):.1%}, different {outcomes.share('slower', 'faster'):.1%}"
        if outcomes.judged
        else ""
    )
    by = ", ".join(f"{name} {number}" for name, number in sorted(outcomes.found_by.items())) or "none"
    print(f"{title}: {counts}{rates}; ended after {outcomes.pairs:.1f} pairs; found by {by}")


def main(words: Sequence[str] | None = None) -> int:
    """Record runs, or judge them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.duel_series", description=__doc__)
    parser.add_argument("what", choices=("record", "judge"))
    parser.add_argument("--file", type=Path, default=Path("results/series.jsonl"), help="(default: %(default)s)")
    parser.add_argument("--endpoint", nargs=3, action="append", default=[], metavar=("NAME", "URL", "PID"))
    parser.add_argument("--scenario", default="scenarios/retail_bank", help="(default: %(default)s)")
    parser.add_argument("--speed", type=float, default=900.0, help="(default: %(default)s)")
    parser.add_argument("--requests", type=int, default=440, help="of each run (default: %(default)s)")
    parser.add_argument("--lasts", type=float, default=1200.0, help="seconds of recording (default: %(default)s)")
    parser.add_argument("--pairs", type=int, default=5, help="from one look to the next (default: %(default)s)")
    parser.add_argument("--looks", type=int, default=3, help="at most (default: %(default)s)")
    options = parser.parse_args(words)
    if options.what == "record":
        sides = [Side(name, url, int(process)) for name, url, process in options.endpoint]
        settings = LoadSettings(REFERENCE, options.speed, 1, None, options.requests, GRACE, conduct)
        record(options.file, sides, options.scenario, settings, options.lasts)
    runs, plan = _read(options.file), DuelPlan(options.pairs, options.looks)
    itself = [pairs_of_one(each[begin:]) for each in runs.values() for begin in (0, 1)]
    apart = sum(len(each) // (2 * plan.most) for each in runs.values())
    _print(f"with itself ({apart} without a run in common)", judge_series(itself, plan))
    for a, b in combinations(runs, 2):
        both = pairs_of_two(runs[a], runs[b])
        _print(f"{a} and {b} ({len(both) // plan.most} without a run in common)", judge_series([both], plan))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
