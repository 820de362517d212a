"""Random small scenarios that use the whole language, in whole seconds, which are full of ties.

What a field may hold is read off the schema, so that a new field of a simple kind is drawn without a change here. What
hangs together with something else (names, routes, laws) is said in `_TOLD`, by model and field; a field that neither
knows how to draw is an error that names it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import numpy as np
from annotated_types import Ge, Gt, Le, MaxLen, MinLen
from hypothesis import strategies as st
from pydantic import BeforeValidator
from pydantic.fields import FieldInfo

from routing import policies
from sim.channels import Kind, channels
from sim.core.model import Model
from sim.core.units import DAY
from sim.population import Population
from sim.scenario import Scenario
from sim.scenario.fields import OUTCOMES
from sim.scenario.graph_checks import EXITS
from sim.scenario.hidden_entries import covers
from sim.scenario.now_checks import agents_at_opening, now_problems, opening_day, turns_to
from sim.scenario.resources import Agents, Queue, Serving
from sim.scenario.routes import Condition
from sim.scenario.schema import Intent, Run
from sim.scenario.steps import Assisted, Deferred, Outbound, Pause, SelfService
from sim.scenario.times_of_day import hours_text

__all__ = ["FILES", "calling_back", "interrupting", "on_whole_seconds", "scenarios", "transferring"]

FILES = {("Demand", "forecast"), ("Column", "file"), ("Column", "column"), ("Empirical", "durations")}  # read by `load`
UNREAD = {("Scenario", "kpi_families")}  # by engines
QUEUES, GROUPS, SEGMENTS = ("calls", "mails", "chats"), ("desk", "back", "night"), ("old", "new")
STEPS = {
    Kind.SELF_SERVICE: SelfService,
    Kind.ASSISTED: Assisted,
    Kind.DEFERRED: Deferred,
    Kind.PAUSE: Pause,
    Kind.DIALED: Outbound,
}
KINDS = [*[Kind.ASSISTED] * 4, *[Kind.DEFERRED] * 2, Kind.SELF_SERVICE, Kind.PAUSE, Kind.DIALED]
Data = dict[str, Any]
Draw = st.DrawFn


@dataclass(frozen=True)
class Frame:
    """The time of a scenario; strategies that need no more are made once for each frame, since making them is slow."""

    unit: int  # seconds
    begin: int  # of the hours, seconds
    intervals: int  # of a day's hours

    @property
    def length(self) -> int:
        """Return the length of the opening hours, in intervals of ten units."""
        return self.intervals * 10 * self.unit


@dataclass(frozen=True)
class Names:
    """Names that the parts of one scenario may use, and its units of time."""

    frame: Frame
    days: int
    segments: list[str]
    graph: dict[str, dict[str, tuple[str, str]]]  # intent to step to channel and queue
    groups: list[str]
    wanted: frozenset[tuple[str, str]]  # models' fields that are always said

    @property
    def unit(self) -> int:
        """Return the unit of time in seconds."""
        return self.frame.unit

    @property
    def begin(self) -> int:
        """Return when the hours begin, in seconds."""
        return self.frame.begin

    @property
    def intervals(self) -> int:
        """Return the number of intervals of a day's hours."""
        return self.frame.intervals

    @property
    def length(self) -> int:
        """Return the length of the opening hours."""
        return self.frame.length

    @property
    def channels(self) -> list[str]:
        """Return the channels of all steps."""
        return sorted({channel for steps in self.graph.values() for channel, _ in steps.values()})

    @property
    def left(self) -> list[str]:
        """Return the channels that a customer can come from."""
        return [name for name in self.channels if name != "pause"]

    @property
    def queues(self) -> list[str]:
        """Return the queues of all steps."""
        return sorted({queue for steps in self.graph.values() for _, queue in steps.values() if queue})

    def seconds(self, low: int = 0, high: int = 9) -> st.SearchStrategy[int]:
        """Return a strategy for whole seconds (or minutes)."""
        return _seconds(self.unit, low, high)

    def hours(self) -> st.SearchStrategy[list[int]]:
        """Return a strategy for opening hours that overlap those of the run."""
        return _hours(self.frame)


@cache
def _hours(frame: Frame) -> st.SearchStrategy[list[int]]:
    tenth = frame.length // 10
    ends = st.tuples(st.integers(0, 8), st.integers(1, 12))
    hours = ends.map(lambda pair: [frame.begin + pair[0] * tenth, frame.begin + min(sum(pair), 14) * tenth])
    return hours.map(_on_the_clock)


@cache
def _hours_or_closed(frame: Frame) -> st.SearchStrategy[Any]:
    hours = _hours(frame)
    return hours | st.fixed_dictionaries({"sun": st.just("closed"), "else": hours})


def _on_the_clock(hours: list[int]) -> list[int]:
    """Return hours that begin within a day."""
    later = hours[0] // 86_400 * 86_400
    return [time - later for time in hours]


def on_whole_seconds(people: Population) -> Population:
    """Round arrivals to whole seconds, so that many events coincide; who is there before the run stays first."""
    people = replace(people, arrival=np.floor(people.arrival))
    comes = np.arange(len(people)) >= len(people.present.began)
    order = np.lexsort((people.key, people.intent, people.arrival, comes))
    before = np.argsort(~comes, kind="stable")[comes.sum() :]
    order[: len(before)] = np.arange(len(before))
    columns = {name: getattr(people, name)[order] for name in ("arrival", "intent", "segment", "entry", "key")}
    whole = people.present._replace(began=np.minimum(np.round(people.present.began), people.present.began))
    return replace(people, **columns, present=whole)


FULL_TIME = {"day": 7.5, "week": 37.5}


@st.composite
def scenarios(draw: Draw, wanted: frozenset[tuple[str, str]] = frozenset()) -> Data:
    """Draw a scenario as a file would hold it, with its CSV files; wanted fields are always present."""
    names = draw(_names(wanted))
    data = _model(draw, Scenario, names)
    data["run"] = _model(draw, Run, names) | {
        "hours": draw(_run_hours(names)),
        "interval": 10 * names.unit,
        "days": names.days,
    }
    if "time_zone" in data["run"] or "holidays" in data:
        data["run"].setdefault("start", draw(_TOLD["Run", "start"](names)))
    if "full_time_hours" in data:
        data["full_time_hours"] = {field: FULL_TIME[field] for field in data["full_time_hours"]}
    data["segments"] = draw(_segments(names))
    data["run"].setdefault("drain", 60 * names.unit)
    data["intents"] = {intent: _intent(draw, names, intent) for intent in names.graph}
    data["agents"] = _agents(draw, names, _dialing(data["intents"]))
    data["queues"] = {name: _queue(draw, names, name, data["agents"]) for name in names.queues if draw(_OFTEN)}
    return _with_state(draw, data)


def _with_state(draw: Draw, data: Data) -> Data:
    """Return a scenario whose state at the beginning, if it has one, fits the rest."""
    if "now" not in data:
        return data
    data = {name: part for name, part in data.items() if name != "now"}
    scenario = Scenario.model_validate(data)
    waiting, busy = {}, {}
    steps = [step for intent in scenario.intents.values() for step in intent.steps.values()]
    kept = {step.queue for step in steps if isinstance(step, Assisted) and step.patience_kept}
    for queue in sorted({step.queue for step in steps if isinstance(step, Deferred)} - kept):
        if draw(_OFTEN):
            entries = st.lists(_entry(scenario, [queue], "customers", "waited"), min_size=1, max_size=2)
            waiting[queue] = draw(entries | st.integers(1, 3))
    for name, group in scenario.agents.items():
        serves = [queue for queue in group.serves if turns_to(scenario, queue, name)]
        left = min(agents_at_opening(scenario, group), 5) if serves else 0
        busy[name] = []
        while left > 0 and draw(_OFTEN):
            entry = draw(_entry(scenario, serves, "agents", "busy_for")) | {"agents": draw(st.integers(1, left))}
            entry |= draw(_doings(scenario, group, name))
            busy[name].append(entry)
            left -= entry["agents"]
    data |= {"now": {"waiting": waiting, "busy": busy}}
    if any(where == ("now",) for where, _ in now_problems(Scenario.model_validate(data))):  # too few lines
        return data | {"lines": {name: part | {"capacity": 60} for name, part in data["lines"].items()}}
    return data


def _entry(scenario: Scenario, queues: list[str], count: str, age: str) -> st.SearchStrategy[Data]:
    unit, begin = int(scenario.run.interval) // 10, int(opening_day(scenario)[1][0])
    intents = [
        name
        for name, intent in scenario.intents.items()
        if all(any(getattr(step, "queue", "") == queue for step in intent.steps.values()) for queue in queues)
    ]
    since = {"since": st.integers(0, 3).map(lambda units: max(begin - units * unit, 0))}
    ages = st.fixed_dictionaries({}, optional=since) | st.fixed_dictionaries({age: _law(unit)})
    names: dict[str, st.SearchStrategy[Any]] = {"segment": st.sampled_from(list(scenario.segments))}
    if intents:
        names["intent"] = st.sampled_from(intents)
    if count == "agents":
        names["queue"] = st.sampled_from(queues)
    counts = {count: st.integers(1, 2)}
    return st.tuples(ages, st.fixed_dictionaries({}, optional=counts | names)).map(lambda pair: pair[0] | pair[1])


def _doings(scenario: Scenario, group: Agents, name: str) -> st.SearchStrategy[Data]:
    """Return a strategy for what an agent does, of which queue, and until when."""
    unit, begin = int(scenario.run.interval) // 10, int(opening_day(scenario)[1][0])
    until = {"until": st.integers(0, 9).map(lambda units: min(begin + units * unit, int(DAY)))}
    contact = st.fixed_dictionaries({}, optional={"doing": st.sampled_from(["contact", "wrap_up"]), **until})
    return contact | st.fixed_dictionaries({"doing": st.just("break"), **until})


def _fix(intent: Data) -> None:
    """Take away what makes the number of an intent's customers other than its demand says."""
    for name in ("endless", "hours", "rate"):
        intent.pop(name, None)


@st.composite
def interrupting(draw: Draw) -> Data:
    """Draw a scenario in which calls interrupt mails, which are long, and every agent may do both."""
    data = draw(scenarios(frozenset({("Serving", "interrupts")})))
    unit = data["run"]["interval"] // 10
    for intent in data["intents"].values():
        deferred = [name for name, step in intent["steps"].items() if _is_deferred(step)]
        others = [name for name, step in intent["steps"].items() if "queue" in step and name not in deferred]
        for name in others:
            intent["steps"][name]["queue"] = "calls"
        for name in deferred:
            intent["steps"][name] |= {"queue": "mails", "talk": draw(st.integers(5, 20)) * unit}
        intent["start"] = {deferred[0]: "50 %", others[0]: "rest"}
        _fix(intent)
        intent["arrivals"], intent["demand"] = "fixed", draw(st.integers(2, 9))
    data["queues"] = {name: data["queues"].get(name, {}) for name in ("calls", "mails")}
    for queue in data["queues"].values():
        queue.pop("agents", None)
    for group in data["agents"].values():
        group["serves"] = {"calls": {"rank": 0.0, "interrupts": True}, "mails": {"rank": draw(st.sampled_from([1, 2]))}}
    data["agents"]["desk"].pop("shifts", None)
    data["agents"]["desk"]["staff"] = draw(st.integers(1, 3))
    return _with_state(draw, data)


@st.composite
def transferring(draw: Draw) -> Data:
    """Draw a scenario in which agents stay on with half of their customers."""
    data = draw(scenarios(frozenset({("Assisted", "transfer")})))
    for intent in data["intents"].values():
        assisted = [name for name, step in intent["steps"].items() if "queue" in step and not _is_deferred(step)]
        first, second = assisted[:2]
        stays = draw(st.sampled_from(["warm", "conference"]))
        intent["steps"][first] |= {"next": {second: "50 %", "resolved": "rest"}, "transfer": {second: stays}}
        intent["start"], intent["arrivals"], intent["demand"] = first, "fixed", draw(st.integers(2, 9))
        _fix(intent)
    return _with_state(draw, data)


@st.composite
def calling_back(draw: Draw) -> Data:
    """Draw a scenario in which all agents have contacts over few lines, and whoever waits accepts a callback."""
    data = draw(scenarios(frozenset({("Queue", "callback")})))
    steps = [step for intent in data["intents"].values() for step in intent["steps"].values()]
    needing = sorted({step["channel"] for step in steps if "queue" in step and not _is_deferred(step)})
    data["lines"] = {"trunk": {"channels": needing, "capacity": draw(st.integers(1, 4))}}
    data.pop("waiting_rooms", None)
    data["queues"] = {
        name: data["queues"].get(name, {}) for name in {step["queue"] for step in steps if "queue" in step}
    }
    for queue in data["queues"].values():
        by_length = {"waiting": draw(st.sampled_from([0, 0, 1])), "order": draw(st.sampled_from(["in_turn", "last"]))}
        talk = {"talk": draw(st.integers(1, 5)) * data["run"]["interval"] // 10} if draw(st.booleans()) else {}
        queue["callback"] = {"wait": 0, "accept": draw(_shares(50)), "reach": draw(_shares(20)), **by_length, **talk}
    for intent in data["intents"].values():
        intent["arrivals"], intent["demand"] = "fixed", draw(st.integers(5, 15))
        for name in ("hours", "rate"):
            intent.pop(name, None)
    data["agents"]["desk"].pop("shifts", None)
    data["agents"]["desk"]["staff"] = draw(st.integers(1, 3))
    return _with_state(draw, data)


def _is_deferred(step: Data) -> bool:
    return channels()[step["channel"]].step_kind == Kind.DEFERRED


@st.composite
def _names(draw: Draw, wanted: frozenset[tuple[str, str]]) -> Names:
    long = draw(st.integers(0, 3)) == 3  # several days, and minutes in the place of seconds
    hour = draw(st.sampled_from([8, 1, 23])) if long else 0  # the clock changes at two; 23 is a night
    unit, intervals = (360, 2) if long else (1, draw(st.integers(2, 6)))
    graph: dict[str, dict[str, tuple[str, str]]] = {}
    for intent in ["ask", "buy"][: draw(st.integers(1, 2))]:
        graph[intent] = {}
        kinds = [Kind.ASSISTED, *draw(st.lists(st.sampled_from(KINDS), max_size=3))]
        for number, step_kind in enumerate([*kinds[:1], *(STEPS if wanted else kinds[1:])]):
            channel = draw(
                st.sampled_from([name for name, entry in channels().items() if entry.step_kind == step_kind])
            )
            queue = draw(st.sampled_from(QUEUES)) if step_kind in {Kind.ASSISTED, Kind.DEFERRED} else ""
            graph[intent][f"s{number}"] = channel, queue
    return Names(
        frame=Frame(unit, hour * 3600, intervals),
        days=draw(st.integers(1, 2)) if long else 1,
        segments=list(SEGMENTS[: draw(st.integers(1, 2))]),
        graph=graph,
        groups=list(GROUPS[: draw(st.integers(1, 3))]),
        wanted=wanted,
    )


def _intent(draw: Draw, names: Names, intent: str) -> Data:
    data = _model(draw, Intent, names)
    steps = names.graph[intent]
    first = draw(st.sampled_from(list(steps)))
    data["start"] = first if len(steps) == 1 else {**dict.fromkeys(steps, draw(_shares(0, 20))), first: "rest"}
    if draw(_SELDOM):
        cases = st.fixed_dictionaries({"when": _conditions_of_start(names), "to": st.sampled_from(list(steps))})
        data["start"] = _first([draw(cases), {"to": data["start"]}])
    data["arrivals"] = draw(_arrivals(names))
    data["demand"] = draw(st.sampled_from([0.5, 2, 7.5]) | _by_day(names, st.sampled_from([0, 1, 5.5, 9])))
    replayed = isinstance(data["arrivals"], dict) and "replay" in data["arrivals"]
    if replayed or "rate" in data:
        del data["demand"]
    if replayed:
        data.pop("rate", None)
        data.pop("hours", None)
    data["steps"] = {name: _step(draw, names, intent, name) for name in steps}
    pauses = [name for name, (channel, _) in steps.items() if channel == "pause"]
    if data.pop("endless", False) and pauses:
        _make_endless(data, draw(st.sampled_from(pauses)), draw(names.seconds(4)))
    return data


def _make_endless(intent: Data, pause: str, time: int) -> None:
    """Let customers begin anew with a pause, so that their journeys take time; every other step follows it."""
    intent |= {"endless": True, "start": pause}
    if "demand" in intent:
        intent["demand"] = 2
    others = dict.fromkeys(set(intent["steps"]) - {pause}, "15 %")
    intent["steps"][pause] |= {"time": time, "next": dict(sorted(others.items())) | {"resolved": "rest"}}
    intent["steps"][pause].pop("notify", None)


def _conditions_of_start(names: Names) -> st.SearchStrategy[Data]:
    fields = {"time": _clock_hours(names.frame), "segment": st.sampled_from(names.segments)}
    return st.fixed_dictionaries({}, optional=fields).filter(bool)


def _step(draw: Draw, names: Names, intent: str, name: str) -> Data:
    channel, queue = names.graph[intent][name]
    model = STEPS[channels()[channel].step_kind]
    data = _model(draw, model, names)
    data["channel"] = channel
    if queue:
        data["queue"] = queue
    routes = _routes(names, intent)
    for field in EXITS:
        if field in data:
            data[field] = draw(routes | routes | _cases(names, routes) | _routes_by_time(names, intent))
    if "impatience" in data:
        data["impatience"] = _first(data["impatience"])
    if "'else'" in str(data.get("patience")):  # it differs by time of day, so it cannot be kept
        data.pop("patience_kept", None)
    if "notify" in data:
        data["notify"]["to"] = draw(routes)
    if "transfer" in data:
        stays = st.sampled_from(["warm", "conference"])
        data["transfer"] = {to: draw(stays) for to in _reached(data["next"]) if _waits(names, intent, to)}
    return data


def _waits(names: Names, intent: str, target: str) -> bool:
    """Tell whether a target is a step with agents."""
    whose, _, step = target.rpartition(".")
    return target not in OUTCOMES and bool(names.graph[whose or intent][step][1])


def _reached(routes: Any) -> list[str]:
    if isinstance(routes, list):
        return sorted({target for case in routes for target in _reached(case["to"])})
    return [routes] if isinstance(routes, str) else list(routes)


def _dialing(intents: Data) -> set[str]:
    """Return the groups whose idle agents dialers look at."""
    dialers = [step["dialer"] for intent in intents.values() for step in intent["steps"].values() if "dialer" in step]
    return {group for dialer in dialers for group in (dialer["group"], *dialer.get("idle_in", ()))}


def _agents(draw: Draw, names: Names, dialing: set[str]) -> Data:
    groups: Data = {}
    for number, group in enumerate(names.groups):
        data = _model(draw, Agents, names)
        mine = draw(st.lists(st.sampled_from(names.queues), min_size=1, unique=True)) if number else names.queues
        data["serves"] = {queue: _serving(draw, names, data.get("at_once")) for queue in mine}
        if group not in dialing and number and draw(_SELDOM):
            served = {
                queue: {field: serving[field] for field in serving if field not in {"takes", "interrupts"}}
                for queue, serving in data["serves"].items()
            }
            data = {"serves": served, "staff": "unlimited"}
        elif draw(st.booleans()):
            for field in ("shifts", "absence", "lateness"):
                data.pop(field, None)
            data["staff"] = draw(st.integers(not number, 3) | _by_day(names, st.integers(0, 3)))
        else:
            data.pop("shrinkage", None)
            data.pop("staff", None)
            shifts = draw(st.lists(_of_model(_SHIFT, names), min_size=1, max_size=2))
            data["shifts"] = [_with_activities_inside(shift) for shift in shifts]
        groups[group] = data
    return groups


def _with_activities_inside(shift: Data) -> Data:
    """Return a shift whose activities are cut to it, without those that overlap an earlier one."""
    begin, end = shift["hours"]
    inside: list[Data] = []
    for activity in shift.get("off", []):
        later = DAY if activity["hours"][1] <= begin and activity["hours"][0] + DAY < end else 0
        hours = [max(activity["hours"][0] + later, begin), min(activity["hours"][1] + later, end)]
        taken = [each["hours"] for each in inside]
        if hours[0] < min(hours[1], DAY) and not any(hours[0] < other[1] and other[0] < hours[1] for other in taken):
            inside.append(activity | {"hours": hours})
    return shift | ({"off": inside} if "off" in shift else {})


def _serving(draw: Draw, names: Names, places: int | None) -> Data:
    serving = _model(draw, Serving, names)
    serving["takes"] = min(serving.get("takes", 1), places or 1)
    return serving


def _queue(draw: Draw, names: Names, name: str, agents: Data) -> Data:
    data = _model(draw, Queue, names)
    able = [group for group, group_data in agents.items() if name in group_data["serves"]]
    if "balk" in data:
        data["balk"] = _applying(data["balk"], "waiting", "wait")
    if "announce" in data:
        data["announce"] = _applying(data["announce"], "wait")
    if "agents" in data:
        chosen = draw(st.lists(st.sampled_from(able), min_size=1, unique=True))
        stages = [_model(draw, _STAGE, names) | {"group": group} for group in chosen]
        data["agents"] = [
            {field: stage[field] for field in stage if field != "idle"}
            if agents[stage["group"]].get("staff") == "unlimited"
            else stage
            for stage in stages
        ]
    return data


def _applying(bands: list[Data], *keys: str) -> list[Data]:
    """Drop the bands that a later one hides."""
    return [
        band
        for number, band in enumerate(bands)
        if not any(all(later.get(key, 0) <= band.get(key, 0) for key in keys) for later in bands[number + 1 :])
    ]


def _by_day(names: Names, numbers: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Numbers for each interval, the same on all days or by day."""
    lists = st.lists(numbers, min_size=names.intervals, max_size=names.intervals)
    rest = st.fixed_dictionaries({"else": numbers | lists})
    other = st.dictionaries(st.sampled_from(["mon", "weekend", "mon-sat", "day 1"]), numbers | lists, max_size=2)
    return lists | st.builds(dict.__or__, other, rest)


@cache
def _shares(low: int = 0, high: int = 100) -> st.SearchStrategy[str]:
    return st.sampled_from([share for share in (0, 10, 20, 50, 100) if low <= share <= high]).map("{} %".format)


def _routes(names: Names, intent: str) -> st.SearchStrategy[Any]:
    """Return routes with an outcome among them, so that every journey ends."""
    own = list(names.graph[intent])
    dotted = [f"{other}.{step}" for other, steps in names.graph.items() for step in steps]
    steps = st.lists(st.sampled_from(own + own + dotted), min_size=1, max_size=2, unique=True)
    outcome = st.sampled_from(OUTCOMES)
    share = st.sampled_from(["0 %", "15 %", "35 %"])
    several = st.tuples(steps, outcome, share).map(
        lambda triple: {**dict.fromkeys(triple[0], triple[2]), triple[1]: "rest"}
    )
    return several | several | outcome


def _routes_by_time(names: Names, intent: str) -> st.SearchStrategy[Any]:
    """Return routes to a step whose share differs by the time of day, and to an outcome."""
    step, share = st.sampled_from(list(names.graph[intent])), st.sampled_from(["0 %", "15 %", "35 %"])
    return st.tuples(step, _by_time(names.frame, share), st.sampled_from(OUTCOMES)).map(
        lambda triple: {triple[0]: triple[1], triple[2]: "rest"}
    )


def _cases(names: Names, routes: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Data]]:
    case = st.fixed_dictionaries({"when": _of_model(Condition, names), "to": routes})
    return st.tuples(st.lists(case, max_size=2), routes).map(lambda pair: _first([*pair[0], {"to": pair[1]}]))


def _first(cases: list[Data]) -> list[Data]:
    """Drop the cases that an earlier one hides."""
    conditions = [Condition.model_validate(case.get("when", {})) for case in cases]
    return [
        case
        for number, case in enumerate(cases)
        if not any(covers(earlier, conditions[number]) for earlier in conditions[:number])
    ]


def _ranges(numbers: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    signs = st.sampled_from(["{}", ">= {}", "> {}", "< {}", "<= {}"])
    bound = st.tuples(signs, numbers).map(lambda pair: pair[0].format(pair[1]))
    return bound | st.tuples(numbers, numbers).map(lambda pair: [f">= {min(pair)}", f"<= {max(pair)}"])


def _rates(names: Names) -> st.SearchStrategy[Any]:
    """Return a strategy for rates at times of day, of which the first is within the run's hours."""

    def rate(numbers: list[float]) -> dict[str, float]:
        times = [(names.begin + number * names.length // 3) % DAY for number in range(len(numbers))]
        return {hours_text(time, 0).partition("-")[0]: number for time, number in zip(times, numbers, strict=True)}

    return st.lists(st.sampled_from([0, 1, 5.5, 9]), min_size=2, max_size=3).map(rate)


def _arrivals(names: Names) -> st.SearchStrategy[Any]:
    times = st.lists(st.integers(0, names.length // names.unit - 1), max_size=15)
    recorded = times.map(lambda units: [names.begin + names.unit * number for number in sorted(units)])
    segments = st.sampled_from(names.segments)
    replayed = recorded.flatmap(
        lambda times: st.fixed_dictionaries(
            {"times": st.just(times)},
            optional={"segments": st.lists(segments, min_size=len(times), max_size=len(times))},
        )
    )
    state = st.fixed_dictionaries({"rate": st.sampled_from([0, 1, "x2"]), "mean": names.seconds(1)})
    bursts = st.fixed_dictionaries(
        {"bursts": st.fixed_dictionaries({"states": st.lists(state, min_size=2, max_size=3)})}
    )
    gaps = st.sampled_from([{"law": "fixed", "value": 60}, {"law": "gamma", "mean": 60, "cv": 0.5}])
    renewal = st.fixed_dictionaries({"renewal": gaps})
    return st.one_of(
        st.sampled_from(["poisson", "fixed", "scheduled"]), st.fixed_dictionaries({"replay": replayed}), bursts, renewal
    )


def _run_hours(names: Names) -> st.SearchStrategy[Any]:
    """Return a strategy for the run's hours, which may differ by day: then the second day is another, or closed."""
    hours = [names.begin, names.begin + names.length]
    if names.days == 1:
        return st.just(hours) | st.fixed_dictionaries({"day 1": st.just(hours), "else": st.just("closed")})
    earlier = [time - names.length // names.intervals for time in hours]
    others = st.sampled_from(["closed", hours, earlier])
    return st.just(hours) | st.fixed_dictionaries({"day 1": st.just(hours), "else": others})


@cache
def _seconds(unit: int, low: int, high: int) -> st.SearchStrategy[int]:
    return st.integers(low, high).map(lambda number: number * unit)


@cache
def _law(unit: int, *, never: bool = False) -> st.SearchStrategy[Any]:
    """Return a strategy for laws, mostly in whole seconds."""
    seconds, positive = _seconds(unit, 0, 9), _seconds(unit, 1, 9)

    def law(name: str, **fields: Any) -> st.SearchStrategy[Data]:
        return st.fixed_dictionaries(
            {"law": st.just(name), **fields},
            optional={"zero": _shares(0, 20), "shift": seconds}
            | ({"never": _shares(0, 20)} if never else {})
            | {"at_least": st.just(unit / 8), "at_most": st.just(5000 * unit)},
        )

    parts = st.fixed_dictionaries({"share": st.just("50 %"), "mean": positive})
    staged = st.fixed_dictionaries({"share": st.just("50 %"), "mean": positive, "stages": st.integers(1, 3)})
    number = st.sampled_from([1.25, 2, 3])
    points = {"0 s": 1, 3 * unit: "60 %", 9 * unit: "10 %"}
    others = [
        law("exponential", mean=positive),
        law("fixed", value=positive),
        law("uniform", low=st.just(unit), high=_seconds(unit, 2, 9)),
        law("triangular", low=st.just(unit), mode=st.just(2 * unit), high=_seconds(unit, 3, 9)),
        law("erlang", stages=st.integers(1, 3), mean=positive),
        law("gamma", mean=positive, cv=number)
        | law("gamma", mean=positive, sd=st.just(unit))
        | law("gamma", shape=number, scale=positive),
        law("lognormal", mean=positive, sd=positive) | law("lognormal", mean=positive, cv=number),
        law("lognormal", mu=st.just(1.5), sigma=number),
        law("weibull", shape=number, mean=positive) | law("weibull", shape=number, scale=positive),
        law("loglogistic", shape=number, median=positive) | law("loglogistic", shape=number, mean=positive),
        law("hyperexponential", mean=positive, cv=number),
        law("hyperexponential", phases=st.tuples(parts, parts).map(list)),
        law("phase_type", mixture=st.tuples(staged, staged).map(list)),
        law("empirical", survival=st.just(points), beyond=positive),
    ]
    least = st.fixed_dictionaries(
        {"law": st.just("minimum"), "of": st.lists(st.one_of(seconds, *others), min_size=2, max_size=3)},
        optional={"shift": seconds},
    )
    if never:
        least = least | positive.map(lambda mean: _least_of_two({"law": "exponential", "mean": mean, "never": "20 %"}))
    return st.one_of(seconds, seconds, seconds, st.one_of(others), least)


def _least_of_two(law: Data) -> Data:
    return {"law": "minimum", "of": [law, law]}


@cache
def _law_by_time(frame: Frame, *, never: bool = False) -> st.SearchStrategy[Any]:
    """Return a strategy for laws, some of which differ by the time of day, whole or in a number."""
    plain, seconds = _law(frame.unit, never=never), _seconds(frame.unit, 1, 9)
    by_mean = st.fixed_dictionaries(
        {"law": st.sampled_from(["exponential", "erlang"]), "mean": _by_time(frame, seconds)}
    )
    numbers = by_mean.map(lambda law: law | ({"stages": 2} if law["law"] == "erlang" else {}))
    least = numbers.map(
        lambda law: {"law": "minimum", "of": [law, {"08:00-12:00": frame.unit, "else": 9 * frame.unit}]}
    )
    return st.one_of(plain, plain, plain, _by_time(frame, plain), numbers, least)


@cache
def _clock_hours(frame: Frame) -> st.SearchStrategy[list[int]]:
    """Return a strategy for hours that begin or end within the first intervals, or cross midnight."""
    tenth = max(frame.length // 10, 1)
    ends = st.tuples(st.integers(0, 6), st.integers(1, 6)).map(
        lambda pair: [frame.begin + pair[0] * tenth, frame.begin + (pair[0] + pair[1]) * tenth]
    )
    return (ends | ends.map(lambda hours: [hours[1], hours[0] + 86400])).map(_on_the_clock)


@cache
def _by_time(frame: Frame, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Data]:
    """Return a strategy for a value within some hours, and another for the rest of the day; perhaps on some days."""
    hours = _clock_hours(frame).map(lambda pair: hours_text(*pair))
    return st.tuples(_DAYS_OR_NONE, hours, values, values).map(lambda drawn: _on_days(frame, *drawn))


_DAYS_OR_NONE = st.sampled_from([None, None, "day 1", "weekend", "mon-fri", "mon"])


def _on_days(frame: Frame, day: str | None, hours: str, value: Any, other: Any) -> Data:
    """Return values by the time of day, or these on one day, in hours that do not cross midnight, and one elsewhere."""
    if day is None:
        return {hours: value, "else": other}
    begin = frame.begin % 86400
    within = hours_text(begin, min(begin + 2 * max(frame.length // 10, 1), 86400))
    return {day: {within: value, "else": other}, "else": value}


def _cvs(names: Names) -> st.SearchStrategy[Any]:
    """Return a strategy for one coefficient of variation, or for that of an intent."""
    cv = st.sampled_from(["50 %", 2, 0])
    return cv | st.dictionaries(st.sampled_from(list(names.graph)), cv, min_size=1)


def _forecast_error(names: Names) -> st.SearchStrategy[Any]:
    """Return a strategy for errors of the forecast, by their variation or their mean size."""
    more = {"per": st.sampled_from(["day", "run"]), "per_intent": st.booleans()}
    bias = {"bias": st.sampled_from(["+10 %", "-20 %", 0.5])}
    return st.fixed_dictionaries({"cv": _cvs(names)}, optional={**more, **bias}) | st.fixed_dictionaries(
        {"mape": st.sampled_from(["60 %", 1])}, optional={**more, **bias}
    )


def _start_with(names: Names) -> st.SearchStrategy[Any]:
    steps = [f"{intent}.{step}" for intent, steps_of in names.graph.items() for step in steps_of]
    return st.dictionaries(st.sampled_from(steps), st.integers(1, 3), max_size=2)


def _segments(names: Names) -> st.SearchStrategy[Any]:
    share = {"share": st.just(f"{100 / len(names.segments):g} %")}
    segment = st.fixed_dictionaries(
        share, optional={"about": st.just("a note"), "patience": st.sampled_from([0, 0.5, 2])}
    )
    return st.fixed_dictionaries(dict.fromkeys(names.segments, segment))


def _lines(names: Names) -> st.SearchStrategy[Any]:
    needing = [name for name in names.channels if channels()[name].step_kind not in {Kind.PAUSE, Kind.DIALED}]
    channels_of = st.lists(st.sampled_from(needing), min_size=1, max_size=2, unique=True)
    lines = st.fixed_dictionaries({"channels": channels_of, "capacity": st.integers(1, 4)})
    return st.dictionaries(st.sampled_from(["trunk", "spare"]), lines, max_size=2)


def _waiting_rooms(names: Names) -> st.SearchStrategy[Any]:
    queues = st.lists(st.sampled_from(names.queues), min_size=1, max_size=2, unique=True)
    room = st.fixed_dictionaries({"queues": queues, "capacity": st.integers(2, 6)})
    return st.dictionaries(st.just("lobby"), room)


def _later(_names: Names) -> st.SearchStrategy[Any]:
    return st.none()  # put in place where more is known


_TITLED = ("Intent", "Segment", "Queue", "Lines", "Agents", "SelfService", "Assisted", "Deferred", "Pause", "Outbound")
Told = Callable[[Names], st.SearchStrategy[Any]]
_TOLD: dict[tuple[str, str], Told] = (
    {
        ("Scenario", "name"): lambda _: st.just("random"),
        ("Scenario", "routing"): lambda _: st.sampled_from(list(policies())),
        **dict.fromkeys([(model, "title") for model in _TITLED], lambda _: st.just("")),
        ("Scenario", "kpis"): lambda _: st.just([]),
        ("SelfService", "process"): _later,  # of the user's own
        ("Assisted", "process"): _later,
        ("Queue", "routing"): lambda _: st.sampled_from(list(policies())),
        ("Scenario", "segments"): _segments,
        ("Scenario", "lines"): _lines,
        ("Scenario", "now"): _later,
        ("Scenario", "holidays"): lambda _: st.sampled_from([["2025-03-30"], {"2025-10-25": "a day off"}]),
        ("Scenario", "waiting_rooms"): _waiting_rooms,
        ("Run", "hours"): _run_hours,
        ("Run", "days"): lambda names: st.just(names.days),
        ("Run", "start"): lambda _: st.sampled_from(["2025-03-29", "2025-10-25"]),  # the clock changes the day after
        ("Run", "time_zone"): lambda _: st.just("Europe/Berlin"),
        ("Run", "interval"): lambda names: st.just(10 * names.unit),
        ("Run", "warm_up"): lambda names: st.integers(0, min(2, names.intervals - 1)).map(
            lambda number: number * 10 * names.unit
        ),
        ("Run", "drain"): lambda names: st.sampled_from([0, 90, 300]).map(lambda number: number * names.unit),
        ("Run", "start_with"): _start_with,
        ("Run", "replications"): lambda _: st.integers(1, 3),
        ("Run", "seed"): lambda _: st.integers(0, 3),
        ("Demand", "days"): lambda _: (
            st.lists(st.sampled_from(["x1", "50 %", 2]), max_size=2)
            | st.dictionaries(st.sampled_from(["mon", "sat-sun", "day 1", "else"]), st.sampled_from(["50 %", 2]))
        ),
        ("Demand", "per"): lambda names: st.just(10 * names.unit),
        ("Busyness", "cv"): _cvs,
        ("IntervalNoise", "cv"): _cvs,
        ("Demand", "forecast_error"): _forecast_error,
        ("Demand", "volume"): lambda _: st.sampled_from([0.5, 1.5, 2]),
        ("Event", "hours"): lambda names: names.hours().filter(lambda window: window[0] < names.begin + names.length),
        ("Event", "days"): lambda names: st.sampled_from([[names.days], ["weekend", "mon"]]),
        ("Event", "intents"): lambda names: st.just(list(names.graph)[:1]),
        ("Event", "add"): lambda _: st.integers(0, 3),
        ("Intent", "rate"): lambda names: (
            _rates(names) | st.fixed_dictionaries({"mon-sat": _rates(names), "else": _rates(names)})
        ),
        ("Intent", "hours"): lambda names: _hours_or_closed(names.frame),
        ("Queue", "hours"): lambda names: _hours_or_closed(names.frame),
        ("Band", "waiting"): lambda _: st.integers(0, 1),
        ("Band", "wait"): lambda names: names.seconds(0, 1),
        ("Band", "probability"): lambda _: _shares(20, 100),
        ("Callback", "wait"): lambda names: names.seconds(0, 3),
        ("Shift", "hours"): lambda names: names.hours(),
        ("Shift", "days"): lambda names: st.sampled_from([[names.days], ["weekend", 1]]),
        ("Activity", "hours"): lambda names: names.hours(),
        ("Fatigue", "over"): lambda names: names.seconds(1),
        ("Agents", "at_once"): lambda _: st.integers(1, 3),
        ("Agents", "slower"): lambda _: _shares(10, 50) | st.lists(st.sampled_from([1, 1.5, 2]), max_size=3),
        ("Condition", "segment"): lambda names: st.sampled_from([names.segments[0], names.segments]),
        ("Condition", "came_from"): lambda names: st.sampled_from([names.left[0], names.left[-2:]]),
        ("Condition", "attempt"): lambda _: _ranges(st.integers(1, 3)),
        ("Condition", "waited"): lambda names: _ranges(names.seconds().map("{} s".format)),
        ("Condition", "day"): lambda names: st.sampled_from(["mon", [names.days], ["weekend", 1], ["not sun"]]),
        ("Condition", "time"): lambda names: _clock_hours(names.frame),
        ("Condition", "effort"): lambda _: _ranges(st.sampled_from([0, 0.5, 1, 2])),
        ("Assisted", "patience"): lambda names: _law_by_time(names.frame, never=True),
        ("Outbound", "reach"): lambda names: _shares() | _by_time(names.frame, _shares()),
        ("Notification", "after"): lambda names: _law(names.unit) | names.seconds(0, 1),  # mostly before the pause ends
        ("Pause", "resume_at"): lambda names: (
            names.seconds(0, 30).map(lambda seconds: names.begin + seconds) | st.just("next day 08:01")
        ),
        ("Dialer", "group"): lambda names: st.sampled_from(names.groups),
        ("Dialer", "idle_in"): lambda names: st.lists(st.sampled_from(names.groups), max_size=2, unique=True),
        ("Dialer", "hours"): lambda names: _hours_or_closed(names.frame),
        ("Dialer", "min_idle"): lambda _: st.integers(0, 2),
        ("Dialer", "per_idle"): lambda _: st.sampled_from([1, 1.5, 2]),
        ("Lines", "channels"): lambda names: st.just(names.channels[:1]),
        ("Objectives", "load"): lambda names: st.sampled_from([{}, _load_objectives(names)]),
        ("Objectives", "simulation"): lambda _: st.lists(_OBJECTIVES, max_size=2),
    }
    | dict.fromkeys(
        [
            *[(model.__name__, field) for model in STEPS.values() for field in ("channel", "queue", *EXITS)],
            *[("Intent", field) for field in ("demand", "arrivals", "start", "steps")],
            *[("Agents", field) for field in ("serves", "staff", "shifts")],
            *[("Scenario", field) for field in ("queues", "agents", "intents")],
            *[("Assisted", "transfer"), ("Notification", "to"), ("Queue", "agents"), ("Stage", "group")],
        ],
        _later,
    )
)


@st.composite
def _of_model(draw: Draw, model: type[Model], names: Names) -> Data:
    return _model(draw, model, names)


def _model(draw: Draw, model: type[Model], names: Names) -> Data:
    """Draw the required fields of a model and some of the others."""
    data: Data = {}
    for name, field in model.model_fields.items():
        key = (model.__name__, name)
        if (
            key in FILES
            or key in UNREAD
            or not (field.is_required() or key in names.wanted or draw(_SELDOM if model in _MANY else _OFTEN))
        ):
            continue
        data[name] = draw(_TOLD[key](names) if key in _TOLD else _value(field.annotation, field, names, key))
    return data


def _value(annotation: Any, field: FieldInfo | None, names: Names, key: tuple[str, str]) -> st.SearchStrategy[Any]:
    """Return a strategy for the values of an annotation."""
    metadata = list(field.metadata) if field else []
    while get_origin(annotation) is Annotated:
        annotation, *more = get_args(annotation)
        metadata += [piece for item in more for piece in (item.metadata if isinstance(item, FieldInfo) else [item])]
    for piece in metadata:
        if isinstance(piece, BeforeValidator) and piece.func.__name__ in _PARSED:
            return _PARSED[piece.func.__name__](names)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in {Union, UnionType} and NoneType in arguments:
        (rest,) = (argument for argument in arguments if argument is not NoneType)
        return _value(rest, None, names, key)
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is list:
        sizes = {type(piece): piece for piece in metadata if isinstance(piece, MinLen | MaxLen)}
        least = sizes[MinLen].min_length if MinLen in sizes else 0
        return st.lists(_value(arguments[0], None, names, key), min_size=least, max_size=least + 2)
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return _of_model(annotation, names)
    return _plain(annotation, metadata, key)


def _plain(annotation: Any, metadata: list[Any], key: tuple[str, str]) -> st.SearchStrategy[Any]:
    strange = next((piece.func.__name__ for piece in metadata if isinstance(piece, BeforeValidator)), None)
    if strange:
        raise NotImplementedError(
            f"{'.'.join(key)}: no strategy draws what {strange} reads; say in _TOLD what it may be"
        )
    low = next((piece.ge for piece in metadata if isinstance(piece, Ge)), None)
    above = next((piece.gt for piece in metadata if isinstance(piece, Gt)), None)
    high = next((piece.le for piece in metadata if isinstance(piece, Le)), None)
    drawn = _numbers(annotation, low, above, high)
    if drawn is None:
        raise NotImplementedError(f"{'.'.join(key)}: no strategy draws {annotation}; say in _TOLD what it may be")
    return drawn


@cache
def _numbers(annotation: Any, low: Any, above: Any, high: Any) -> st.SearchStrategy[Any] | None:
    """Return a strategy for a truth value, a note, or numbers within bounds."""
    if annotation is bool:
        return st.booleans()
    if annotation is str:
        return st.just("a note")
    if annotation is int:
        least = low if low is not None else 0 if above is None else above + 1
        return st.integers(int(least), int(min(least + 3, least + 3 if high is None else high)))
    if annotation is float:
        numbers = [number for number in (-0.5, 0.0, 0.25, 1.0, 2.0) if (low is None or number >= low)]
        return st.sampled_from(
            [number for number in numbers if (above is None or number > above) and (high is None or number <= high)]
        )
    return None


_PARSED: dict[str, Told] = {
    "_somebody": lambda _: st.integers(1, 4),
    "parse_duration": lambda names: names.seconds(),
    "parse_share": lambda _: _shares(),
    "law_of_duration": lambda names: _law(names.unit),
    "_law_by_time": lambda names: _law_by_time(names.frame),
    "_parse_factor": lambda _: st.sampled_from(["x2", "50 %", 0]),
}


def _load_objectives(names: Names) -> dict[str, Any]:
    """Return bounds on a load test, of every kind."""
    bounds = {
        "p50": "50 ms",
        "p95": "0.2 s",
        "p99": 1,
        "p999": "2 s",
        "error_rate": "1 %",
        "errors": {"timeout": "1 %"},
    }
    breakdowns = [{"verb": "start", **bounds}, {"channel": names.channels[0], "p95": 1}]
    breakdowns.append({"interval": "each", "error_rate": 0.5, "measured": "optional"})
    more = {"rate": "95 %", "abort": "early", "read_back": "optional", "lost": 1}
    return {**bounds, **more, "breakdowns": breakdowns}


_OBJECTIVES = st.sampled_from(
    [
        {"kpi": "service_level", "at_least": 0.5},
        {"kpi": "service_level", "at_most": 0.9, "by": "queue", "key": "calls", "measured": "optional"},
    ]
)
_SELDOM, _OFTEN = st.sampled_from([False, False, True]), st.sampled_from([False, True, True])
_MANY = {SelfService, Assisted, Agents, Serving, Condition}
_SHIFT = next(argument for argument in get_args(Agents.model_fields["shifts"].annotation))
_STAGE = get_args(get_args(get_args(Queue.model_fields["agents"].annotation)[0])[0])[0]
