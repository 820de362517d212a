"""The page docs/scenario.md: the fields of each part of the schema, with examples that a test runs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from routing import policies
from sim.channels import Kind, channels
from sim.core.model import Model
from sim.distributions import Law, laws
from sim.scenario.demand import Demand, MarkovBursts, Replayed
from sim.scenario.feelings import Feelings
from sim.scenario.fields import Case, Column, Condition
from sim.scenario.reference.field_types import default_of, fields_of, models_in, type_of
from sim.scenario.resources import Agents, Lines, Queue
from sim.scenario.schema import Effort, Intent, Objectives, Orchestration, Run, Scenario, Segment
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
        "Demand", "Demand is a forecast, multiplied by factors that make days and intervals differ from it.", (Demand,)
    ),
    Section(
        "Numbers per interval",
        "The demand of an intent and the staff of a group are one number for all intervals, a list with a number for "
        "each interval, or a column of a CSV file.",
        (Column,),
    ),
    Section(
        "Arrivals",
        "The pattern in which the journeys of an intent begin. `poisson`, the default: independently of one another. "
        "`fixed`: exactly as many as expected, at random instants. `scheduled`: evenly spaced. Or one of these:",
        (Replayed, MarkovBursts),
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
        "`routing` names the policy. Under any policy, a queue's `agents` may restrict the groups that serve it. If a "
        "group gives no ranks, the queues that it `serves` are ranked in their order.",
    ),
    Section("Queues", "", (Queue,)),
    Section("Lines", "", (Lines,)),
    Section("Agents", "", (Agents,)),
    Section("Intents", "", (Intent,)),
    Section(
        "Steps", "A step is a node of an intent's journey graph. Its channel determines which of these types it has."
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
    Section("Orchestration", "", (Orchestration,)),
    Section("Effort", "", (Effort,)),
    Section("Feelings", "", (Feelings,)),
    Section("Objectives", "", (Objectives,)),
)

HEAD = """# Scenario reference

Generated with `python -m sim.scenario.reference > docs/scenario.md`; do not edit.

A scenario is a folder with a `scenario.yaml`, and optional CSV files. `sojourn validate` reports all its problems at
once, and `sojourn schema` prints the JSON Schema for your editor. A misspelt key is an error, never ignored.

| value | written as |
|---|---|
| duration | `4 min`, `1 h 30 min`, `2 days`, or a number of seconds; ms, s, min, h, days, weeks |
| share | `35 %`, or a number from 0 to 1 |
| factor | `x3`, `150 %` or `1.5` |
| time of day | `07:30`, up to `24:00` |
| hours | `07:00-22:00`, within one day |
| bounds | `2`, `">= 2"`, `"> 2 min"`, or several that must all hold: `["> 1 min", "<= 5 min"]` |
| name | small letters, digits and underscores, beginning with a letter: `lost_card` |

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
    for name, law in laws().items():
        inside = [model for _, _, hint in fields_of(law) for model in models_in(hint)]
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
        f"| `{channel.name}` | {types[channel.kind]} | {channel.concurrency} | {channel.about} |\n"
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
