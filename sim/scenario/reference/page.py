"""The page docs/scenario.md: the fields of each part of the schema, with examples that a test runs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from routing import policies
from sim.channels import Kind, channels
from sim.core.model import Model
from sim.distributions import Law, Minimum, laws
from sim.scenario.demand import Demand, MarkovBursts, Renewal, Replayed
from sim.scenario.feelings import Feelings
from sim.scenario.fields import Column
from sim.scenario.now import Now
from sim.scenario.objectives import Objectives
from sim.scenario.reference.field_types import default_of, fields_of, models_in, type_of
from sim.scenario.resources import Agents, Lines, Queue, WaitingRoom
from sim.scenario.routes import Case, Condition
from sim.scenario.schema import Effort, FullTime, Intent, Orchestration, Run, Scenario, Segment
from sim.scenario.steps import Assisted, Deferred, Outbound, Pause, SelfService

__all__ = ["EXAMPLES", "page"]

EXAMPLES = Path(__file__).parent / "examples"  # one per section, merged into front_desk.yaml
_OF_LAWS = frozenset(Law.model_fields)


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the page: title, text, and the models that it describes."""

    title: str
    text: str
    models: tuple[type[Model], ...] = ()
    level: int = 2

    @property
    def slug(self) -> str:
        """Return the anchor of the heading, and the name of the example."""
        return _slug(self.title)


SECTIONS = (
    Section("The whole", "The keys at the top level of a scenario file.", (Scenario,)),
    Section("Run", "", (Run,)),
    Section(
        "Now",
        "A run may begin in the middle of a day: who waits since when, and which agents are busy with what. All times "
        "of day are of the day of the first opening. Who waits is as patient, and who is served talks as long, as the "
        "laws say given that it has lasted so long. A wait counts in full, from its true beginning. Contacts that wait "
        "count in the first interval, as if they had come then; contacts that an agent has were answered before the "
        "run, and do not count, but their agents are busy. A queue does not refuse those who wait in it already, and "
        "offers them no callback; who waits for one already cannot be said, nor who waits with a patience that is kept "
        "(`patience_kept`). A CSV file has a row for each entry; empty cells say nothing.\n\n"
        "```csv\n# waiting.csv\nqueue,since,intent,segment\ncalls,10:52,question,\ncalls,10:57:30,,\n```\n\n"
        "```csv\n# busy.csv\ngroup,since,until,doing,queue\ndesk,10:55,,,calls\ndesk,,11:04,wrap_up,\n```",
        (Now,),
    ),
    Section(
        "Demand", "Demand is a forecast, multiplied by factors that make days and intervals differ from it.", (Demand,)
    ),
    Section(
        "Numbers per interval",
        "The demand of an intent and the staff of a group are one number for all intervals, a list with a number for "
        "each interval, or a column of a CSV file; or one of these by [day](#days). A file's rows may be of more hours "
        "than the run's. They are of all days, or of the days that a column `date`, `weekday` or `day` before `time` "
        "names (`2025-03-24`, `mon`, `holiday`, 3); a cell may hold date and time, too (`2025-03-24T08:00`). Rows of "
        "more dates than the run's are not used; a date that is missing is an error.",
        (Column,),
    ),
    Section(
        "Days",
        "Where values may differ by day, write a mapping from days to values: `{mon-fri: 4, sat: 2, else: 0}`. A day "
        "is a weekday (`mon` to `sun`), a range of them (`mon-fri`), `weekdays`, `weekend`, `holiday`, a date, a "
        "range of dates (`2025-12-24..2026-01-01`), `day 3` of the run, or `else`. The most particular applies: a "
        "date or day before a range of dates, then `holiday`, a weekday, a range of weekdays, and `else`; of two "
        "ranges, the one with fewer days. A day of the run that is not covered is an error; for hours, say `closed`. "
        "Dates need `run.start`, the date of the first day; without it, the first day is a Monday. In lists of days, "
        "numbers count the days from 1, and `not` takes days out: `[mon-fri, not holiday]`.",
    ),
    Section(
        "Arrivals",
        "The pattern in which the journeys of an intent begin. `poisson`, the default: independently of one another. "
        "`fixed`: exactly as many as expected, at random instants. `scheduled`: evenly spaced. Or one of these:",
        (Replayed, MarkovBursts, Renewal),
    ),
    Section("Segments", "", (Segment,)),
    Section(
        "Laws",
        "A law is the probability distribution of a duration, such as a talk time or a patience. A bare duration is "
        "constant. Any law can be shifted and truncated, and can have an atom at zero (a customer who will not wait at "
        "all) and at infinity (a customer who never gives up):",
    ),
    Section("Channels", "The `channel` of a step determines the type of the step."),
    Section(
        "Routing policies",
        "`routing` names the policy. A queue may have a `routing` of its own, by which its contacts choose agents. "
        "Under any policy, a queue's `agents` may restrict the groups that serve it. If a group gives no ranks, the "
        "queues that it `serves` are ranked in their order.",
    ),
    Section("Queues", "", (Queue,)),
    Section("Waiting rooms", "", (WaitingRoom,)),
    Section("Lines", "", (Lines,)),
    Section("Agents", "", (Agents,)),
    Section("Full time", "An FTE (full-time equivalent) is so many hours of agents, whoever works them.", (FullTime,)),
    Section(
        "Intents",
        "A reason to contact the company, and the graph of steps that customers go through.\n\n"
        "With `endless: true`, a customer whose journey ends begins the next one at the same instant, at the step "
        "`start`, as a new customer of the same segment: their attempts, waits, effort and context begin anew. Each "
        "journey has an outcome, and counts as one. Nothing of it may take no time for ever: a customer who finds a "
        "queue closed, for one, must come to a pause.",
        (Intent,),
    ),
    Section(
        "Steps",
        "A step is a node of an intent's journey graph. Its channel determines which of these types it has. Routes may "
        "lead back; a customer who makes more than 10,000 visits in a journey ends the run with an error that names "
        "the step.",
    ),
    Section("Self-service steps", "", (SelfService,), 3),
    Section("Assisted steps", "", (Assisted,), 3),
    Section("Deferred steps", "", (Deferred,), 3),
    Section("Pauses", "", (Pause,), 3),
    Section("Outbound steps", "", (Outbound,), 3),
    Section(
        "Routes and conditions",
        "Routes lead to one step or outcome (`next: call`), or to several with shares, of which one may take the "
        '"rest" (`next: {resolved: 80 %, call: rest}`). The outcomes are `resolved`, `unresolved` and `gave_up`. '
        "`other.step` is a step of another intent, where the next journey of the customer's lifetime begins. If routes "
        "depend on a condition, write a list of cases; the first case that holds applies.",
        (Case, Condition),
    ),
    Section(
        "Times of day",
        "Times, and shares of routes, may differ by the time of day, and by day. Where a law, a number of a law, the "
        "share of a route or the reach of a dialer stands, there may be a mapping from hours to values; `else` is the "
        "rest of the day, and hours may cross midnight. Or a column of a CSV file, `{file: aht.csv, column: calls}`, "
        "with a row per interval and its time of day: seconds, or shares from 0 to 1. Before the first row its number "
        "holds, after the last one that of the last. Any other decision takes the condition `time` in its cases.\n\n"
        "All of these may differ by [day](#days), too: a mapping from days to values, each of which may be a mapping "
        "from hours; `else` is all other days. A CSV file may have a column `date`, `weekday` or `day`, with rows for "
        "each day on which the run is open. Cases have the condition `day`. A day is the one that the calendar shows, "
        "in a night from midnight on the next one.\n\n"
        "The wall clock counts at the instant at which something begins: for talk, hold and repeating the instant at "
        "which the agent takes the contact, for patience the beginning of the wait, for `wrap_up` the end of the "
        "conversation, for routes the end of the step, for `start` the arrival, for a reach the call. What has begun "
        "goes on as it is.",
    ),
    Section("Orchestration", "", (Orchestration,)),
    Section("Effort", "", (Effort,)),
    Section("Feelings", "", (Feelings,)),
    Section("Objectives", "", (Objectives,)),
)

HEAD = """# Scenario reference

Generated by `make docs`; do not edit.

A scenario is a folder with a `scenario.yaml`, and optional CSV files. `sojourn validate` reports all its problems at
once, and `sojourn schema` prints the JSON Schema for your editor. A misspelt key is an error, never ignored.

| value | written as |
|---|---|
| duration | `4 min`, `1 h 30 min`, `2 days`, or a number of seconds; ms, s, min, h, days, weeks |
| share | `35 %`, or a number from 0 to 1 |
| factor | `x3`, `150 %` or `1.5` |
| time of day | `07:30`, up to `24:00` |
| hours | `07:00-22:00`; `22:00-06:00` end on the next day; `24/7` |
| date | `2025-03-24` |
| bounds | `2`, `">= 2"`, `"> 2 min"`, or several that must all hold: `["> 1 min", "<= 5 min"]` |
| name | small letters, digits and underscores, beginning with a letter: `lost_card` |
| title | any text, such as `Lost card`: reports, tables and the terminal show it in the place of the name |

The smallest scenario. Each example below is merged into it, key by key: its values replace or complete these.

"""


def page() -> str:
    """Return the page, in Markdown."""
    main = {model for section in SECTIONS for model in section.models}
    nested = [[model for parent in section.models for model in _nested(parent, main)] for section in SECTIONS]
    links: dict[type[Model], str] = {}
    for section, inside in zip(SECTIONS, nested, strict=True):
        own = [] if len(section.models) == 1 else section.models
        links |= {model: f"[{section.title.lower()}](#{section.slug})" for model in section.models}
        links |= {model: f"[{_title(model).lower()}](#{_slug(_title(model))})" for model in (*own, *inside)}
    text = [HEAD, _code("front_desk")]
    for section, inside in zip(SECTIONS, nested, strict=True):
        text.extend(_section(section, inside, links))
    return "".join(text)


def _section(section: Section, inside: list[type[Model]], links: Mapping[type[Model], str]) -> Iterator[str]:
    yield f"\n{'#' * section.level} {section.title}\n"
    yield from _paragraph(section.text)
    if section.title in _TABLES:
        yield _TABLES[section.title]()
    for model in section.models:
        if len(section.models) > 1:
            yield f"\n{'#' * (section.level + 1)} {_title(model)}\n"
        yield from _paragraph("" if section.text and len(section.models) == 1 else _about(model))
        yield _table(model, links)
    if (EXAMPLES / f"{section.slug}.yaml").exists():
        yield "\n" + _code(section.slug)
    for model in inside:
        yield f"\n{'#' * (section.level + 1)} {_title(model)}\n"
        yield from _paragraph(_about(model))
        yield _table(model, links)


def _nested(parent: type[Model], main: set[type[Model]]) -> Iterator[type[Model]]:
    """Yield the models that the section of their parent describes, each once."""
    nested: dict[type[Model], None] = {}
    pending = [parent]
    while pending:
        for _, _, hint in fields_of(pending.pop(0)):
            new = [
                model for model in models_in(hint) if not (model in main or model in nested or issubclass(model, Law))
            ]
            nested |= dict.fromkeys(new)
            pending += new
    yield from nested


def _table(model: type[Model], links: Mapping[type[Model], str], without: frozenset[str] = frozenset()) -> str:
    rows = [
        f"| `{name}` | {type_of(field, hint, links)} | {default_of(field, hint)} | {field.description} |\n"
        for name, field, hint in fields_of(model)
        if name not in without
    ]
    return "".join(["\n| key | value | default | |\n|---|---|---|---|\n", *rows]) if rows else ""


def _laws() -> str:
    """Return the fields that all laws share, and then each law."""
    text = [_table(Law, {}, frozenset({"law"}))]
    every: dict[str, type[Model]] = {**laws(), "minimum": Minimum}
    for name, law in every.items():
        inside = [m for _, _, hint in fields_of(law) for m in models_in(hint) if not issubclass(m, Law)]
        links = {model: _title(model).lower() for model in inside}
        text += [f"\n### `{name}`\n", *_paragraph(_about(law)), _table(law, links, _OF_LAWS)]
        for model in inside:
            text += [f"\n{_title(model)}:\n", _table(model, {})]
    return "".join(text)


def _channels() -> str:
    types = {
        Kind.SELF_SERVICE: "[self-service](#self-service-steps)",
        Kind.ASSISTED: "[assisted](#assisted-steps)",
        Kind.DEFERRED: "[deferred](#deferred-steps)",
        Kind.PAUSE: "[pause](#pauses)",
        Kind.DIALED: "[outbound](#outbound-steps)",
    }
    rows = [
        f"| `{channel.name}` | {types[channel.step_kind]} | {channel.concurrency} | {channel.about} |\n"
        for channel in channels().values()
    ]
    return "".join(["\n| channel | steps | at once | |\n|---|---|---|---|\n", *rows])


def _policies() -> str:
    rows = [f"| `{name}` | {policy.about} |\n" for name, policy in policies().items()]
    return "".join(["\n| policy | |\n|---|---|\n", *rows])


_TABLES = {"Laws": _laws, "Channels": _channels, "Routing policies": _policies}


def _paragraph(text: str) -> Iterator[str]:
    if text:
        yield f"\n{text}\n"


def _about(model: type[Model]) -> str:
    """Return a docstring with a line per paragraph."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in (model.__doc__ or "").split("\n\n"))


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower())


def _title(model: type[Model]) -> str:
    return re.sub(r"(?<=[a-z])([A-Z])", lambda match: f" {match[1].lower()}", model.__name__)


def _code(slug: str) -> str:
    return f"```yaml\n{(EXAMPLES / f'{slug}.yaml').read_text(encoding='utf-8')}```\n"
