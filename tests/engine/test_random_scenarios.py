"""Invariants of every scenario, on random scenarios that use the whole language.

``SOJOURN_FUZZ=2000`` tries more than a default run does.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from math import isclose, isnan
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from loadtests.trace.build import trace_of
from sim.core.model import Model
from sim.distributions import Law
from sim.engine import Log, Plan, make_plan
from sim.engine.attendance import COMES, draw_attendance
from sim.engine.log import COLUMNS
from sim.engine.plan import Kind, Offer, Outcome, Result
from sim.engine.reference import run
from sim.kpis import index_of, measure
from sim.population import Doing, Population, draw_population
from sim.scenario import Scenario, read_scenario
from sim.scenario.by_day import hours_of_day, is_named
from sim.scenario.cross_checks import cross_problems
from sim.scenario.demand import Renewal
from sim.scenario.graph_checks import graph_problems
from sim.scenario.resources import Queue
from sim.scenario.routes import Condition, cases_of
from sim.scenario.steps import Deferred
from tests.support.log_digest import digest
from tests.support.random_scenarios import FILES, on_whole_seconds, scenarios

pytestmark = pytest.mark.slow

NEVER = sorted(
    [
        "Scenario.format",  # there is one
        *(
            f"{model}.process" for model in ("Assisted", "SelfService")
        ),  # Python of the user's own, as the two that follow
        *("Scenario.kpis", "Scenario.kpi_families", "StepSettings.step"),
        *(
            f"{model}.title"
            for model in ("Agents", "Assisted", "Deferred", "Intent", "Lines", "Outbound", "Pause", "Queue")
        ),
        *(f"{model}.title" for model in ("Segment", "SelfService")),  # no engine reads titles
    ]
)
SELDOM = {("Pause", "notify"), ("Queue", "balk"), ("Queue", "capacity"), ("Agents", "at_once")}
AFTER_A_CONTACT = (Doing.WRAP_UP, Doing.BREAK)
TRIES = int(os.environ.get("SOJOURN_FUZZ", "100"))
Row = dict[str, Any]
Data = dict[str, Any]


def tries(share: float) -> settings:
    """Return settings for a share of the tries."""
    phases = [Phase.generate, *([Phase.shrink] if "SOJOURN_FUZZ" in os.environ else [])]  # shrinking takes minutes
    checks = list(HealthCheck)
    return settings(deadline=None, max_examples=max(5, int(TRIES * share)), phases=phases, suppress_health_check=checks)


@dataclass(frozen=True)
class Day:
    """A run, and what happened."""

    scenario: Scenario
    plan: Plan
    population: Population
    log: Log

    @cached_property
    def rows(self) -> list[Row]:
        """Return the log as one dict per touchpoint, with its queue and the places that it took."""
        names = list(COLUMNS)
        columns = [getattr(self.log, name).tolist() for name in names]
        rows = [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
        for row in rows:
            row["queue"] = int(self.plan.step_queue[row["step"]])
            row["places"] = self.places(row)
        return rows

    @property
    def journeys(self) -> dict[int, list[Row]]:
        """Return each customer's rows in their order."""
        rows_of: dict[int, list[Row]] = defaultdict(list)
        for row in sorted(self.rows, key=lambda row: (row["customer"], row["visit"])):
            rows_of[row["customer"]].append(row)
        return rows_of

    def places(self, row: Row) -> int:
        """Return how many of the agent's places a contact takes."""
        if row["group"] < 0:
            return 0
        group = self.scenario.agents[self.plan.groups[row["group"]]]
        return group.serves[self.plan.queues[row["queue"]]].takes

    def held(self) -> list[Row]:
        """Return the contacts that one agent had from when they were taken until they were freed."""
        interrupted = bool(self.plan.crews.interrupts.any())
        kinds = self.plan.step_kind
        return [
            row
            for row in self.rows
            if row["group"] >= 0 and not isnan(row["started"])
            and not (interrupted and kinds[row["step"]] == Kind.DEFERRED)
        ]  # fmt: skip

    def taken(self, row: Row) -> float:
        """Return when an agent was chosen for a contact in the run, but for the rounding of the subtraction."""
        return max(round(float(row["started"] - self.plan.queueing.ring[row["queue"]]), 6), self.plan.first_opening)

    def doing(self, row: Row) -> int:
        """Return what an agent did for a customer who was there before the run, -1 for others."""
        doings, first = self.population.present.doing, row["visit"] == 0
        return int(doings[row["customer"]]) if first and row["customer"] < len(doings) else -1


def day_of(data: Data) -> Day:
    """Simulate a scenario, with arrivals on whole seconds, so that much happens at once."""
    scenario = Scenario.model_validate(data)
    plan = make_plan(scenario)
    people = on_whole_seconds(draw_population(plan.demand(), scenario.run.seed, 0))
    return Day(scenario, plan, people, run(plan, people))


def models_in(annotation: Any, models: set[type[Model]]) -> set[type[Model]]:
    """Return the models that a schema is made of."""
    if isinstance(annotation, type) and issubclass(annotation, Model) and annotation not in models:
        models.add(annotation)
        for field in annotation.model_fields.values():
            models_in(field.annotation, models)
    for part in get_args(annotation):
        models_in(part, models)
    return models


def owner(model: type[Model], name: str) -> type[Model]:
    """Return the model that has a field: what all laws have is drawn of some."""
    return Law if issubclass(model, Law) and name in Law.model_fields else model


def said_in(value: Any) -> Iterator[tuple[type[Model], str]]:
    """Go through the fields that are not what they are by default."""
    if isinstance(value, Model):
        for name, field in type(value).model_fields.items():
            content = getattr(value, name)
            if field.is_required() or content != field.get_default(call_default_factory=True, validated_data={}):
                yield owner(type(value), name), name
            yield from said_in(content)
    elif isinstance(value, dict | list | tuple):
        for element in value.values() if isinstance(value, dict) else value:
            yield from said_in(element)


def it_is_valid_and_survives_a_round_trip(day: Day) -> None:
    scenario = day.scenario
    assert list(cross_problems(scenario)) == []
    assert list(graph_problems(scenario.model_dump()["intents"])) == []
    assert Scenario.model_validate(scenario.model_dump()) == scenario
    assert Scenario.model_validate(json.loads(scenario.model_dump_json())) == scenario


def test_it_loads_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "scenario.yaml"

    @tries(0.1)
    @given(scenarios())
    def loads(data: Data) -> None:
        file.write_text(json.dumps(data), encoding="utf-8")
        assert read_scenario(file) == Scenario.model_validate(data)

    loads()


def everybody_is_somewhere(day: Day) -> None:
    journeys = day.journeys
    people, before = day.population, day.population.present
    missing = {i for i, at in enumerate(people.arrival) if at < day.plan.end} - journeys.keys()
    assert all(before.doing[i] in AFTER_A_CONTACT for i in missing)  # of agents who did not come
    for customer, rows in journeys.items():
        began = before.began[customer] if customer < len(before.began) else people.arrival[customer]
        assert (rows[0]["began"], rows[0]["step"]) == (began, people.entry[customer])
        assert [row["visit"] for row in rows] == list(range(len(rows)))
        assert all(row["ended"] == then["began"] and _next(day, row) == then["step"] for row, then in pairwise(rows))
        assert all(row["result"] != Result.INSIDE for row in rows[:-1])
        inside = rows[-1]["result"] == Result.INSIDE
        assert rows[-1]["next"] < 0
        assert inside == isnan(rows[-1]["ended"]) == (rows[-1]["next"] == -1 - Outcome.INSIDE)


def _next(day: Day, row: Row) -> int:
    """Return the step to which a touchpoint led: the first one where journeys are endless, -1 for none."""
    over = row["next"] < 0 and row["result"] != Result.INSIDE
    return int(day.plan.begins_anew[row["step"]]) if over else max(row["next"], -1)


def offered_is_what_became_of_it(day: Day) -> None:
    """Count who is led to each queue, and what became of them."""
    queue_of, end = day.plan.step_queue, day.plan.end
    led = [step for row in day.rows if (step := _next(day, row)) >= 0]
    begun = [day.population.entry[i] for i in day.journeys if day.population.arrival[i] < end]
    for queue in range(len(day.plan.queues)):
        offered = sum(queue_of[step] == queue for step in [*led, *begun])
        mine = [row["result"] for row in day.rows if row["queue"] == queue]
        assert offered == sum(mine.count(result) for result in {*Result} - {Result.PASSED, Result.NOTIFIED})
    others = {row["result"] for row in day.rows if row["queue"] < 0}
    assert not others & {Result.HANDLED, Result.ABANDONED, Result.TIMED_OUT, Result.CLOSED, Result.BALKED}


def instants_are_in_order(day: Day) -> None:
    for row in day.rows:
        instants = [row[name] for name in ("began", "started", "ended", "freed") if not isnan(row[name])]
        assert instants == sorted(instants), row
        assert instants[-1] < day.plan.end or (row["group"] >= 0 and instants[-1] in (row["started"], row["freed"]))
        assert (row["group"] >= 0) == (row["agent"] >= 0)
        unserved = {Result.ABANDONED, Result.TIMED_OUT, Result.CLOSED, Result.BLOCKED, Result.BALKED}
        assert isnan(row["started"]) or row["result"] not in unserved, row


def agents_never_hold_too_much(day: Day) -> None:
    changes: dict[tuple[int, int], list[tuple[float, int]]] = defaultdict(list)
    for row in day.held():
        until = day.plan.end if isnan(row["freed"]) else row["freed"]
        changes[row["group"], row["agent"]] += [(day.taken(row), row["places"]), (until, -row["places"])]
    for (group, _), group_changes in changes.items():
        assert most_at_once(group_changes) <= day.plan.group_concurrency[group]


def most_at_once(changes: list[tuple[float, int]]) -> int:
    """Return the greatest number there is for a while; at one instant who leaves goes before who comes."""
    before = most = 0
    changes = [(round(at, 6), change) for at, change in changes]
    for instant in sorted({instant for instant, _ in changes}):
        before += sum(change for at, change in changes if at == instant)
        most = max(most, before)
    return most


def nobody_is_served_twice_at_once(day: Day) -> None:
    for rows in day.journeys.values():
        for row, then in pairwise(rows):
            assert isnan(row["started"]) or row["started"] <= row["ended"] <= then["began"]


def agents_on_shifts_begin_in_their_parts(day: Day) -> None:
    there: dict[tuple[int, int], list[tuple[float, float]]] = defaultdict(list)
    since: dict[tuple[int, int], float] = {}
    for time, group, agent, action in draw_attendance(day.plan, day.population.seed, day.population.replication):
        if action == COMES:
            since[group, agent] = time
        else:
            there[group, agent].append((since.pop((group, agent)), time))
    shifts = day.plan.shifts
    for row in day.held():
        if row["group"] in shifts.group and not day.plan.crews.stays[row["group"]]:
            who = row["group"], row["agent"]
            mine = (shifts.group == who[0]) & (shifts.agent == who[1])
            planned = zip(shifts.begin[mine], shifts.until[mine], strict=True)
            taken = day.taken(row)
            assert any(begin - 1e-6 <= taken < until for begin, until in there[who]), row
            assert any(begin <= taken < until for begin, until in planned), row


def agents_are_there_while_they_hold_contacts(day: Day) -> None:
    presence = day.log.presence
    stretches: dict[tuple[int, int], list[tuple[float, float]]] = defaultdict(list)
    for group, agent, came, left in zip(*(column.tolist() for column in vars(presence).values()), strict=True):
        stretches[group, agent].append((came, day.plan.end if isnan(left) else left))
    unlimited = set(np.flatnonzero(day.plan.crews.unlimited).tolist())  # who is never on duty
    assert not unlimited & {group for group, _ in stretches}
    for row in day.held():
        if row["group"] in unlimited:
            continue
        taken, until = day.taken(row), day.plan.end if isnan(row["freed"]) else min(row["freed"], day.plan.end)
        mine = stretches[row["group"], row["agent"]]
        assert any(came - 1e-6 <= taken and until <= left for came, left in mine), (row, mine)


def lines_are_never_more_than_there_are(day: Day) -> None:
    dials_on = dict(zip(day.plan.dialers.step.tolist(), day.plan.dialers.line.tolist(), strict=True))
    changes: dict[int, list[tuple[float, int]]] = defaultdict(list)
    for row in day.rows:
        line = dials_on.get(row["step"], int(day.plan.step_lines[row["step"]]))
        if line >= 0 and row["result"] != Result.BLOCKED:
            until = day.plan.end if isnan(row["ended"]) else row["ended"]
            began = max(row["began"], day.plan.first_opening)
            since = left(day, row) if row["callback"] else began  # at home until the call back
            if row["step"] in dials_on:
                since = until if isnan(row["started"]) else row["started"]
            if since < until:
                changes[line] += [(since, 1), (until, -1)]
    for line, line_changes in changes.items():
        assert most_at_once(line_changes) <= day.plan.lines[line]


def queues_take_nobody_outside_their_hours_or_above_their_capacity(day: Day) -> None:
    for queue in range(len(day.plan.queues)):
        inside = [row for row in day.rows if row["queue"] == queue and row["result"] != Result.BLOCKED]
        mine = [row for row in inside if day.doing(row) < 0]  # others are in the queue already
        for row in mine:
            if not is_open(day, queue, row["began"]):
                assert (row["result"], row["ended"]) == (Result.CLOSED, row["began"])
        capacity = day.plan.queueing.capacity[queue]
        spans = [(row["began"], left(day, row)) for row in mine]
        if capacity >= 0:
            assert most_at_once([change for a, b in spans for change in ((a, 1), (b, -1))]) <= capacity
        all_spans = [(max(row["began"], day.plan.first_opening), left(day, row)) for row in inside]
        for row in mine if capacity >= 0 else ():  # who comes finds those who were there before the run
            if left(day, row) > row["began"]:
                assert sum(a <= row["began"] < b for a, b in all_spans) <= capacity


def is_open(day: Day, queue: int, instant: float) -> bool:
    """Tell by the scenario whether a queue is open."""
    settings = day.scenario.queues.get(day.plan.queues[queue], Queue())
    calendar = day.scenario.calendar
    on, seconds = calendar.local(instant)
    hours = {begun: hours_of_day(settings.hours, begun, calendar) for begun in (on, on - 1)}
    return any(span[0] <= seconds + (on - begun) * 86_400 < span[1] for begun, span in hours.items() if span)


def left(day: Day, row: Row) -> float:
    """Return when a contact left its queue."""
    if not isnan(row["started"]):
        return day.taken(row)
    if row["group"] >= 0:  # called back in vain
        return float(row["ended"] - day.plan.queueing.ring[row["queue"]])
    return day.plan.end if isnan(row["ended"]) else float(row["ended"])


def the_log_is_in_order_and_the_same_again(day: Day) -> None:
    keys = [(row["began"], row["customer"], row["visit"]) for row in day.rows]
    assert keys == sorted(keys)
    assert day.log.same_as(run(day.plan, day.population))


def everybody_goes_where_the_scenario_says(day: Day) -> None:
    fields_of = {
        Result.PASSED: "next", Result.HANDLED: "next", Result.ABANDONED: "if_abandoned", Result.CLOSED: "if_closed",
        Result.BLOCKED: "if_blocked", Result.BALKED: "if_balked", Result.FAILED: "if_failed",
        Result.TIMED_OUT: "if_timed_out",
    }  # fmt: skip
    for customer, rows in day.journeys.items():
        past = Past(day, day.plan.segments[day.population.segment[customer]])
        for row in rows:
            name = day.plan.steps[row["step"]]
            step: Any = past.come(row)
            if row["result"] == Result.INSIDE or day.doing(row) in AFTER_A_CONTACT:
                continue
            past.leave(row)
            if row["result"] == Result.NOTIFIED:
                possible = step.notify.to
            else:
                cases = cases_of(getattr(step, fields_of[Result(row["result"])]))
                if any(past.decides_a_bit(case.when) for case in cases):
                    continue
                possible = next(case.to for case in cases if past.holds(case.when, row))
            named = {to if "." in to else f"{name.split('.')[0]}.{to}" for to, share in possible.items() if share > 0}
            assert leads_to(day, row) in named | set(possible), (row, possible)
            if row["next"] < 0:  # perhaps a new journey begins
                past = Past(day, past.segment)


def leads_to(day: Day, row: Row) -> str:
    """Return the name of where a touchpoint led."""
    return day.plan.steps[row["next"]] if row["next"] >= 0 else Outcome(-1 - row["next"]).name.lower()


class Past:
    """What a customer went through so far, told from the log alone."""

    def __init__(self, day: Day, segment: str) -> None:
        self.day, self.segment = day, segment
        self.been: dict[int, int] = defaultdict(int)
        self.channel = self.came_from = ""
        self.kept = True
        self.waited = self.elsewhere = 0.0
        self.contacts = self.switches = self.abandonments = self.repeats = 0

    def come(self, row: Row) -> Any:
        """Note that the customer comes to a step, and return it."""
        intent, name = self.day.plan.steps[row["step"]].split(".")
        step = self.day.scenario.intents[intent].steps[name]
        self.been[row["step"]] += 1
        self.came_from = self.channel
        if step.channel != "pause":
            switched = self.channel not in {"", step.channel}
            self.switches += switched
            self.kept = self.day.scenario.orchestration.context == "kept" or not switched
            self.channel = step.channel
        return step

    def leave(self, row: Row) -> None:
        """Note what became of a visit."""
        if row["queue"] < 0 or row["result"] in {Result.BLOCKED, Result.BALKED}:
            return
        if row["result"] == Result.CLOSED and not self.waits(row):
            return
        self.contacts += 1
        self.abandonments += row["result"] == Result.ABANDONED
        missed = row["group"] >= 0 and isnan(row["started"])
        wait = (row["ended"] if isnan(row["started"]) else row["started"]) - row["began"]
        self.waited += wait
        intent, name = self.day.plan.steps[row["step"]].split(".")
        if row["callback"] == Offer.ACCEPTED or isinstance(self.day.scenario.intents[intent].steps[name], Deferred):
            self.elsewhere += wait
        self.repeats += not self.kept and row["group"] >= 0 and not missed

    def waits(self, row: Row) -> bool:
        """Tell whether who found a queue closed had waited in it."""
        return self.day.doing(row) >= 0 or is_open(self.day, row["queue"], row["began"])

    def effort(self) -> float:
        """Return the customer's effort; the engines add in another order, so the last bit may differ."""
        weights = self.day.scenario.effort
        return (
            weights.per_minute_waited * ((self.waited - self.elsewhere) / 60)
            + weights.per_further_contact * max(self.contacts - 1, 0)
            + weights.per_channel_switch * self.switches
            + weights.per_abandonment * self.abandonments
            + weights.per_repetition * self.repeats
        )

    def decides_a_bit(self, when: Condition) -> bool:
        """Tell whether the effort is next to a bound."""
        return any(isclose(self.effort(), bound, rel_tol=1e-12) for bound in when.effort or ())

    def holds(self, when: Condition, row: Row) -> bool:
        """Tell whether a condition holds."""
        ranges = [(when.attempt, self.been[row["step"]]), (when.waited, self.waited), (when.effort, self.effort())]
        return (
            (when.segment is None or self.segment in when.segment)
            and (when.came_from is None or self.came_from in when.came_from)
            and (when.context is None or (when.context == "kept") == self.kept)
            and all(bounds is None or bounds[0] <= value < bounds[1] for bounds, value in ranges)
            and (when.day is None or _is_on(self.day, when.day, row["ended"]))
            and (when.time is None or _within(self.day, when.time, row["ended"]))
        )


def _is_on(day: Day, days: list[int | str], instant: float) -> bool:
    """Tell whether the calendar shows one of some days."""
    calendar = day.scenario.calendar
    return is_named(days, calendar.local(instant + 0.5e-6)[0], calendar)


def _within(day: Day, hours: tuple[float, float], instant: float) -> bool:
    """Tell whether the clock shows a time within hours, which may cross midnight."""
    _, time = day.scenario.calendar.local(instant + 0.5e-6)
    return hours[0] <= time < hours[1] or hours[0] <= time + 86_400 < hours[1]


def everybody_begins_where_the_start_leads(day: Day) -> None:
    """The first case that holds for segment, day and time of day has the first step."""
    people, intents = day.population, list(day.scenario.intents)
    begun = len(day.plan.start_step) + len(day.plan.carried_over)  # are there from the start, wherever that is said
    for row in range(begun, len(people)):
        intent, segment = intents[people.intent[row]], day.plan.segments[people.segment[row]]
        possible = next(
            case.to
            for case in cases_of(day.scenario.intents[intent].start)
            if (case.when.segment is None or segment in case.when.segment)
            and (case.when.day is None or _is_on(day, case.when.day, people.arrival[row]))
            and (case.when.time is None or _within(day, case.when.time, people.arrival[row]))
        )
        if not (begun and people.arrival[row] == people.arrival[0]):
            assert day.plan.steps[people.entry[row]] in {
                f"{intent}.{step}" for step, share in possible.items() if share > 0
            }


def every_kpi_is_measured_and_finite(day: Day) -> None:
    measures = measure(day.plan, day.population, day.log)
    assert len(measures.num) == len(measures.den) == len(index_of(day.plan))
    bad = (measures.den < 0) | ((measures.den > 0) & ~np.isfinite(measures.num))
    assert [row for row, wrong in zip(measures.index, bad, strict=True) if wrong] == []


def a_trace_is_derived(day: Day) -> None:
    trace = trace_of(day.plan, day.population, day.log)
    assert (np.diff(trace.due) >= 0).all()


def more_demand_leaves_everybody_else_as_they_are(day: Day) -> None:
    demand = day.scenario.demand
    more = day.scenario.model_copy(update={"demand": demand.model_copy(update={"volume": 1.5 * demand.volume})})
    before, after = people_of(day.scenario), people_of(more)
    for intent, fields_of_intent in day.scenario.intents.items():
        if fields_of_intent.arrivals not in ("fixed", "scheduled") and not isinstance(
            fields_of_intent.arrivals, Renewal
        ):
            assert before[intent].items() <= after[intent].items()


def people_of(scenario: Scenario) -> dict[str, dict[int, tuple[float, int, int]]]:
    """Return each intent's customers by their keys."""
    plan = make_plan(scenario)
    people = draw_population(plan.demand(), scenario.run.seed, 0)
    by_intent: dict[str, dict[int, tuple[float, int, int]]] = {name: {} for name in plan.intents}
    columns = (people.key, people.intent, people.arrival, people.segment, people.entry)
    first = len(people.present.began)  # where they are depends on the expected visits
    for key, intent, *rest in zip(*(column[first:].tolist() for column in columns), strict=True):
        by_intent[plan.intents[intent]][key] = tuple(rest)
    return by_intent


CHECKS = [
    it_is_valid_and_survives_a_round_trip,
    everybody_is_somewhere,
    offered_is_what_became_of_it,
    instants_are_in_order,
    agents_never_hold_too_much,
    nobody_is_served_twice_at_once,
    agents_on_shifts_begin_in_their_parts,
    agents_are_there_while_they_hold_contacts,
    lines_are_never_more_than_there_are,
    queues_take_nobody_outside_their_hours_or_above_their_capacity,
    the_log_is_in_order_and_the_same_again,
    everybody_goes_where_the_scenario_says,
    everybody_begins_where_the_start_leads,
    every_kpi_is_measured_and_finite,
    a_trace_is_derived,
    more_demand_leaves_everybody_else_as_they_are,
]


@cache
def tried() -> tuple[set[int], list[str]]:
    """Check random days; return which results there were, and which fields were never said."""
    results: set[int] = set()
    drawn: set[tuple[type[Model], str]] = set()

    def simulate(data: Data) -> None:
        day = day_of(data)
        results.update(day.log.result.tolist())
        drawn.update(said_in(day.scenario))
        for check in CHECKS:
            check(day)

    tries(1)(given(scenarios())(simulate))()
    wanted = frozenset({*SELDOM, *((model.__name__, name) for model, name in unsaid(drawn))})
    tries(0.5)(given(scenarios(wanted))(simulate))()
    return results, sorted(f"{model.__name__}.{name}" for model, name in unsaid(drawn))


def unsaid(drawn: set[tuple[type[Model], str]]) -> set[tuple[type[Model], str]]:
    """Return the schema's fields but those that were said."""
    every = {(owner(model, name), name) for model in models_in(Scenario, set()) for name in model.model_fields}
    return {(model, name) for model, name in every - drawn if (model.__name__, name) not in FILES}


def test_what_holds_of_every_day() -> None:
    tried()


def test_every_result_happens() -> None:
    assert tried()[0] == set(Result)


def test_every_field_of_the_schema_is_drawn() -> None:
    assert tried()[1] == NEVER


ELSEWHERE = """
import json, sys
from tests.engine.test_random_scenarios import day_of
from tests.support.log_digest import digest
for line in open(sys.argv[1]):
    print(digest(day_of(json.loads(line)).log))
"""


def test_another_process_gives_the_same_logs(tmp_path: Path) -> None:
    file = tmp_path / "scenarios.jsonl"
    digests: list[str] = []
    with file.open("w", encoding="utf-8") as written:

        @tries(0.1)
        @given(scenarios())
        def simulate(data: Data) -> None:
            written.write(json.dumps(data) + "\n")
            digests.append(digest(day_of(data).log))

        simulate()
    environment = {**os.environ, "PYTHONPATH": os.fspath(Path.cwd()), "PYTHONHASHSEED": "5"}
    command = [sys.executable, "-c", ELSEWHERE, os.fspath(file)]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    assert done.stdout.split() == digests
