"""Speed of all programs: they take turns, and their work is checked in each round."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import product

from benchmarks import bare_c, bare_numba, ciw_queue, naive_simpy, scenarios, sojourn_programs
from benchmarks.bars import Bar, Series
from benchmarks.models import CENTRE as CENTRE_MODEL
from benchmarks.program_runs import ProgramRun, agree, agree_with_erlang_a
from sim.experiment.workers import on_processes
from sim.population import draw_population

__all__ = ["Sizes", "check_logs", "measure_speed"]

COUNTERS, RECORDS = "counters", "a record of each customer"
QUEUE, CENTRE = "M/M/52+M, customers", "3 types x 4 groups, customers"
BANK, CHAT, REDIAL = "retail_bank, journeys", "Chat, three at once, contacts", "Redial with retrials, contacts"
PARALLEL = "Two workers and one, customers"
C, NUMBA, NAIVE, CIW = "C", "bare numba kernel", "naive SimPy", "Ciw"
LOGGED = "C, Sojourn's draws and log"
OURS = {"compiled": "Sojourn, compiled", "simpy": "Sojourn, SimPy engine"}
Program = Callable[[int], Mapping[str, ProgramRun]]  # seed -> the run, by the parts that its time covers
Rates = dict[tuple[str, str, str], list[float]]


@dataclass(frozen=True)
class Sizes:
    """Sizes of the runs."""

    fast: int  # customers of the compiled programs on the single queue
    slow: int  # of the interpreted ones
    days: int  # of the centre, compiled
    slow_days: int
    bank_days: int
    steady_days: int  # of chats and calls
    parallel: int  # days of the centre; also replications of 14,400 customers

    @classmethod
    def full(cls) -> Sizes:
        """Return sizes for runs of about a second."""
        return cls(fast=1_008_000, slow=57_600, days=50, slow_days=2, bank_days=40, steady_days=20, parallel=80)

    @classmethod
    def quick(cls) -> Sizes:
        """Return the smallest sizes that show that the work is right."""
        return cls(fast=144_000, slow=28_800, days=10, slow_days=2, bank_days=1, steady_days=1, parallel=4)


def measure_speed(sizes: Sizes, rounds: int, warm_up: int = 1) -> tuple[list[Series], list[Bar]]:
    """Let all programs of all models take turns.

    Parameters
    ----------
    sizes
        Of the runs.
    rounds
        Number of rounds that count.
    warm_up
        Rounds before that, in which programs compile.

    Returns
    -------
    tuple
        Measurements and bars.
    """
    rates: Rates = {}
    programs = _programs(sizes)
    for number in range(warm_up + rounds):
        done: dict[tuple[str, str], Mapping[str, ProgramRun]] = {}
        for (model, program), run in programs.items():
            done[model, program] = run(number + 1)
            for collects, program_run in done[model, program].items():
                rates.setdefault((model, program, collects), []).append(program_run.speed)
        _check(done, sizes)
    rates |= _parallel(sizes, warm_up + rounds)
    counted = {key: tuple(values[warm_up:]) for key, values in rates.items()}
    return [Series(*key, values) for key, values in counted.items()], _bars(counted)


def check_logs() -> None:
    """Fail unless both engines give the same logs on each of the models."""
    for plan in (scenarios.centre(), scenarios.retail_bank(), scenarios.chat(1), scenarios.redial(1)):
        sojourn_programs.same_logs(plan)


def _programs(sizes: Sizes) -> dict[tuple[str, str], Program]:
    chat, redial = scenarios.chat(sizes.steady_days), scenarios.redial(sizes.steady_days)
    return {
        (QUEUE, C): lambda seed: {COUNTERS: bare_c.run_single_queue(sizes.fast, seed)},
        (QUEUE, LOGGED): lambda seed: {sojourn_programs.LOG: sojourn_programs.run_single_queue_in_c(sizes.fast, seed)},
        (QUEUE, NUMBA): lambda seed: {COUNTERS: bare_numba.run_single_queue(sizes.fast, seed)},
        (QUEUE, OURS["compiled"]): lambda seed: sojourn_programs.run_single_queue(sizes.fast, "compiled", seed),
        (QUEUE, OURS["simpy"]): lambda seed: sojourn_programs.run_single_queue(sizes.slow, "simpy", seed),
        (QUEUE, NAIVE): lambda seed: {COUNTERS: naive_simpy.run_single_queue(sizes.slow, seed)},
        (QUEUE, CIW): lambda seed: {RECORDS: ciw_queue.run_single_queue(sizes.slow // 2, seed)},
        (CENTRE, NUMBA): lambda seed: {COUNTERS: bare_numba.run_centre(sizes.days, seed)},
        (CENTRE, OURS["compiled"]): lambda seed: sojourn_programs.run_centre(sizes.days, "compiled", seed),
        (CENTRE, OURS["simpy"]): lambda seed: sojourn_programs.run_centre(sizes.slow_days, "simpy", seed),
        (CENTRE, NAIVE): lambda seed: {COUNTERS: naive_simpy.run_centre(sizes.slow_days, seed)},
        (BANK, OURS["compiled"]): lambda seed: sojourn_programs.run_journeys(sizes.bank_days, "compiled", seed),
        (CHAT, OURS["compiled"]): lambda seed: sojourn_programs.run_contacts(chat, "compiled", seed),
        (REDIAL, OURS["compiled"]): lambda seed: sojourn_programs.run_contacts(redial, "compiled", seed),
    }


def _check(done: Mapping[tuple[str, str], Mapping[str, ProgramRun]], sizes: Sizes) -> None:
    """Check the work of a round."""
    sized = dict.fromkeys((C, LOGGED, NUMBA, OURS["compiled"]), sizes.fast)
    sized |= {OURS["simpy"]: sizes.slow, NAIVE: sizes.slow, CIW: sizes.slow // 2}
    for program, expected in sized.items():
        agree_with_erlang_a(program, _any(done[QUEUE, program]), expected)
    bare, compiled = _any(done[CENTRE, NUMBA]), _any(done[CENTRE, OURS["compiled"]])
    agree(NUMBA, bare, OURS["compiled"], compiled)
    days_of = {NUMBA: sizes.days, OURS["compiled"]: sizes.days, OURS["simpy"]: sizes.slow_days, NAIVE: sizes.slow_days}
    for program, days in days_of.items():
        customers, expected = _any(done[CENTRE, program]).customers, days * CENTRE_MODEL.volume
        assert abs(customers - expected) <= 4 * expected**0.5, f"{program}: {customers} came, {expected} were due"


def _any(parts: Mapping[str, ProgramRun]) -> ProgramRun:
    return next(iter(parts.values()))


def _parallel(sizes: Sizes, rounds: int) -> Rates:
    """Measure replications on one worker and on two: the kernel on threads; from customers to KPIs on processes."""
    plan = scenarios.single_queue(14_400)
    populations = [draw_population(plan.demand(), 1, replication) for replication in range(sizes.parallel)]
    work: dict[tuple[str, str], Callable[[int], int]] = {
        ("threads", sojourn_programs.LOG): partial(_threads, sojourn_programs.engine_only(populations)),
        ("processes", sojourn_programs.KPIS): partial(_days, sizes.parallel),
        ("processes, fixed shares", sojourn_programs.KPIS): partial(_shares, sizes.parallel),
    }
    rates: Rates = {}
    sojourn_programs.day_of(1, 0)  # load the kernels, which processes share
    for _ in range(rounds):
        for ((how, collects), simulate), workers in product(work.items(), (1, 2)):
            speed = sojourn_programs.speed_of(partial(simulate, workers))
            rates.setdefault((PARALLEL, f"{OURS['compiled']}, {how}: {workers}", collects), []).append(speed)
    return rates


def _threads(simulate: Callable[[Executor], int], workers: int) -> int:
    with ThreadPoolExecutor(workers) as pool:
        return simulate(pool)


def _days(days: int, workers: int) -> int:
    """Simulate days as `sim.experiment.replicate` does: several at a time where they are short."""
    with on_processes(partial(sojourn_programs.day_of, 1), range(days), workers) as results:
        return sum(results)


def _shares(days: int, workers: int) -> int:
    """Simulate days in one fixed share per worker: the limit of the machine, without any handing over of work."""
    shares = [range(first, days, workers) for first in range(workers)]
    with on_processes(lambda share: sojourn_programs.days_of(1, shares[share]), range(workers), workers) as results:
        return sum(results)


def _bars(rates: Mapping[tuple[str, str, str], tuple[float, ...]]) -> list[Bar]:
    def ours_on(model: str, collects: str = sojourn_programs.KPIS) -> tuple[float, ...]:
        return rates[model, OURS["compiled"], collects]

    def ratio(over: tuple[float, ...], under: tuple[float, ...]) -> tuple[float, ...]:
        return tuple(a / b for a, b in zip(over, under, strict=True))

    def two(pool_type: str, collects: str) -> tuple[float, ...]:
        single, both = (rates[PARALLEL, f"{OURS['compiled']}, {pool_type}: {n}", collects] for n in (1, 2))
        return ratio(both, single)

    naive_of = {model: rates[model, NAIVE, COUNTERS] for model in (QUEUE, CENTRE)}
    bars = []
    for collects in (sojourn_programs.LOG, sojourn_programs.KPIS):
        c = ratio(ours_on(QUEUE, collects), rates[QUEUE, C, COUNTERS])
        bars += [
            Bar(f"{QUEUE}: {collects}", 6e6, "/s", ours_on(QUEUE, collects)),
            Bar(f"{QUEUE}: {collects}, relative to C", 0.6, "x", c),
            Bar(f"{CENTRE}: {collects}", 3e6, "/s", ours_on(CENTRE, collects)),
            Bar(f"{BANK}: {collects}", 8e5, "/s", ours_on(BANK, collects)),
            Bar(f"{CHAT}: {collects}", 1e6, "/s", ours_on(CHAT, collects)),
            Bar(f"{REDIAL}: {collects}", 1e6, "/s", ours_on(REDIAL, collects)),
        ]
    bars.append(Bar("Two threads relative to one, engine only", 1.9, "x", two("threads", sojourn_programs.LOG)))
    bars.append(
        Bar("Two processes relative to one, from customers to KPIs", 1.9, "x", two("processes", sojourn_programs.KPIS))
    )
    for model, speeds in naive_of.items():
        mine = ratio(rates[model, OURS["simpy"], sojourn_programs.POPULATION], speeds)
        bars.append(Bar(f"{model}: SimPy engine with its log relative to naive SimPy", 1.0, "x", mine))
    return bars
