"""Programs side by side: they take turns, round by round, and their work is checked in each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import product
from multiprocessing import get_context

from benchmarks import bare_c, bare_numba, naive, ours, scenarios, with_ciw
from benchmarks.bars import Bar, Series
from benchmarks.done import Done, agree, agree_with_erlang_a
from benchmarks.models import CENTRE as CENTRE_MODEL
from sim.experiment.batches import in_order
from sim.population import draw_population

__all__ = ["Sizes", "check_logs", "measure_speed"]

COUNTERS, RECORDS = "counters", "a record of each customer"
QUEUE, CENTRE = "M/M/52+M, customers", "3 types x 4 groups, customers"
BANK, CHAT, REDIAL = "retail_bank, journeys", "Chat, three at once, contacts", "Redial with retrials, contacts"
PARALLEL = "Two workers beside one, customers"
C, NUMBA, NAIVE, CIW = "C", "bare numba kernel", "naive SimPy", "Ciw"
LOGGED = "C, our draws and log"
OURS = {"compiled": "Sojourn, compiled", "simpy": "Sojourn, SimPy engine"}
Program = Callable[[int], Mapping[str, Done]]  # seed -> for each way of counting, what was done
Rates = dict[tuple[str, str, str], list[float]]


@dataclass(frozen=True)
class Sizes:
    """How much each program has to do."""

    fast: int  # customers of the compiled programs on the single queue
    slow: int  # of the interpreted ones
    days: int  # of the centre, compiled
    slow_days: int
    bank_days: int
    steady_days: int  # of chats and calls
    parallel: int  # days of the centre; also replications of 14,400 customers

    @classmethod
    def full(cls) -> Sizes:
        """Return what makes runs of a second or so."""
        return cls(fast=1_008_000, slow=57_600, days=50, slow_days=2, bank_days=40, steady_days=20, parallel=80)

    @classmethod
    def quick(cls) -> Sizes:
        """Return the least that shows that the work is done right."""
        return cls(fast=144_000, slow=28_800, days=10, slow_days=2, bank_days=1, steady_days=1, parallel=4)


def measure_speed(sizes: Sizes, rounds: int, warm_up: int = 1) -> tuple[list[Series], list[Bar]]:
    """Let all programs of all models take turns.

    Parameters
    ----------
    sizes
        How much they do.
    rounds
        How often.
    warm_up
        How often before that: rounds in which programs compile come on top and do not count.

    Returns
    -------
    tuple
        What was measured, and how it compares with the bars.
    """
    rates: Rates = {}
    programs = _programs(sizes)
    for number in range(warm_up + rounds):
        done: dict[tuple[str, str], Mapping[str, Done]] = {}
        for (model, program), run in programs.items():
            done[model, program] = run(number + 1)
            for collects, one in done[model, program].items():
                rates.setdefault((model, program, collects), []).append(one.speed)
        _check(done, sizes)
    rates |= _parallel(sizes, warm_up + rounds)
    counted = {key: tuple(values[warm_up:]) for key, values in rates.items()}
    return [Series(*key, values) for key, values in counted.items()], _bars(counted)


def check_logs() -> None:
    """Fail unless both engines give the same logs on each of the models."""
    for plan in (scenarios.centre(), scenarios.retail_bank(), scenarios.chat(1), scenarios.redial(1)):
        ours.same_logs(plan)


def _programs(sizes: Sizes) -> dict[tuple[str, str], Program]:
    chat, redial = scenarios.chat(sizes.steady_days), scenarios.redial(sizes.steady_days)
    return {
        (QUEUE, C): lambda seed: {COUNTERS: bare_c.run_single_queue(sizes.fast, seed)},
        (QUEUE, LOGGED): lambda seed: {ours.LOG: ours.run_single_queue_in_c(sizes.fast, seed)},
        (QUEUE, NUMBA): lambda seed: {COUNTERS: bare_numba.run_single_queue(sizes.fast, seed)},
        (QUEUE, OURS["compiled"]): lambda seed: ours.run_single_queue(sizes.fast, "compiled", seed),
        (QUEUE, OURS["simpy"]): lambda seed: ours.run_single_queue(sizes.slow, "simpy", seed),
        (QUEUE, NAIVE): lambda seed: {COUNTERS: naive.run_single_queue(sizes.slow, seed)},
        (QUEUE, CIW): lambda seed: {RECORDS: with_ciw.run_single_queue(sizes.slow // 2, seed)},
        (CENTRE, NUMBA): lambda seed: {COUNTERS: bare_numba.run_centre(sizes.days, seed)},
        (CENTRE, OURS["compiled"]): lambda seed: ours.run_centre(sizes.days, "compiled", seed),
        (CENTRE, OURS["simpy"]): lambda seed: ours.run_centre(sizes.slow_days, "simpy", seed),
        (CENTRE, NAIVE): lambda seed: {COUNTERS: naive.run_centre(sizes.slow_days, seed)},
        (BANK, OURS["compiled"]): lambda seed: ours.run_journeys(sizes.bank_days, "compiled", seed),
        (CHAT, OURS["compiled"]): lambda seed: ours.run_contacts(chat, "compiled", seed),
        (REDIAL, OURS["compiled"]): lambda seed: ours.run_contacts(redial, "compiled", seed),
    }


def _check(done: Mapping[tuple[str, str], Mapping[str, Done]], sizes: Sizes) -> None:
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


def _any(parts: Mapping[str, Done]) -> Done:
    return next(iter(parts.values()))


def _parallel(sizes: Sizes, rounds: int) -> Rates:
    """Measure replications on one worker and on two: the kernel on threads; from customers to KPIs on processes."""
    plan = scenarios.single_queue(14_400)
    populations = [draw_population(plan.demand(), 1, replication) for replication in range(sizes.parallel)]
    threads = ours.engine_only(populations)
    work: dict[str, Callable[[int, Executor], int]] = {
        "threads": lambda _, pool: threads(pool),
        "processes": partial(_days, sizes.parallel),
        "processes, a share each": partial(_shares, sizes.parallel),
    }
    rates: Rates = {}
    context = get_context("spawn")
    for _ in range(rounds):
        for kind, workers in product(work, (1, 2)):
            collects = ours.LOG if kind == "threads" else ours.KPIS
            with ThreadPoolExecutor(workers) if kind == "threads" else ProcessPoolExecutor(workers, context) as pool:
                list(pool.map(ours.day_of, [1] * workers, range(workers)))  # start, import, load the kernel
                speed = ours.speed_of(pool, partial(work[kind], workers))
            rates.setdefault((PARALLEL, f"{OURS['compiled']}, {kind}: {workers}", collects), []).append(speed)
    return rates


def _days(days: int, number: int, workers: Executor) -> int:
    """Simulate days as `sim.experiment.replicate` does: several at a time where they are short."""
    return sum(in_order(workers, number, partial(ours.day_of, 1), range(days)))


def _shares(days: int, number: int, workers: Executor) -> int:
    """Simulate days in as many lots as there are workers, which is what the machine gives to those who do not meet."""
    return sum(workers.map(partial(ours.days_of, 1), [range(one, days, number) for one in range(number)]))


def _bars(rates: Mapping[tuple[str, str, str], tuple[float, ...]]) -> list[Bar]:
    def ours_on(model: str, collects: str = ours.KPIS) -> tuple[float, ...]:
        return rates[model, OURS["compiled"], collects]

    def ratio(over: tuple[float, ...], under: tuple[float, ...]) -> tuple[float, ...]:
        return tuple(a / b for a, b in zip(over, under, strict=True))

    def two(kind: str, collects: str) -> tuple[float, ...]:
        one, both = (rates[PARALLEL, f"{OURS['compiled']}, {kind}: {n}", collects] for n in (1, 2))
        return ratio(both, one)

    naive_of = {model: rates[model, NAIVE, COUNTERS] for model in (QUEUE, CENTRE)}
    bars = []
    for collects in (ours.LOG, ours.KPIS):
        c = ratio(ours_on(QUEUE, collects), rates[QUEUE, C, COUNTERS])
        bars += [
            Bar(f"{QUEUE}: {collects}", 6e6, "/s", ours_on(QUEUE, collects)),
            Bar(f"{QUEUE}: {collects}, beside C", 0.6, "x", c),
            Bar(f"{CENTRE}: {collects}", 3e6, "/s", ours_on(CENTRE, collects)),
            Bar(f"{BANK}: {collects}", 8e5, "/s", ours_on(BANK, collects)),
            Bar(f"{CHAT}: {collects}", 1e6, "/s", ours_on(CHAT, collects)),
            Bar(f"{REDIAL}: {collects}", 1e6, "/s", ours_on(REDIAL, collects)),
        ]
    bars.append(Bar("Two threads beside one, the kernel alone", 1.9, "x", two("threads", ours.LOG)))
    bars.append(Bar("Two processes beside one, from customers to KPIs", 1.9, "x", two("processes", ours.KPIS)))
    for model, speeds in naive_of.items():
        mine = ratio(rates[model, OURS["simpy"], ours.POPULATION], speeds)
        bars.append(Bar(f"{model}: SimPy engine with its log beside naive SimPy", 1.0, "x", mine))
    return bars
