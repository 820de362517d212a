"""The page: each part of the schema with its fields, and an example that a test runs."""

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

EXAMPLES = Path(__file__).parent / "examples"  # one for each part, laid over front_desk.yaml
_OF_LAWS = frozenset(Law.model_fields)


@dataclass(frozen=True, slots=True)
class Part:
    """A section: what it is called, what it says, and the parts of the schema that it describes."""

    title: str
    text: str
    models: tuple[type[Model], ...] = ()
    level: int = 2

    @property
    def slug(self) -> str:
        """Return the anchor of the heading, and the name of the example."""
        return _slug(self.title)


PARTS = (
    Part("The whole", "What stands at the top of a scenario's file.", (Scenario,)),
    Part("Run", "", (Run,)),
    Part("Demand", "How many come is a forecast, times what makes days and intervals differ from it.", (Demand,)),
    Part(
        "Numbers per interval",
        "The demand of an intent and the staff of a group are one number, which holds in every interval; a list with a "
        "number for each interval; or a column of a CSV file.",
        (Column,),
    ),
    Part(
        "Arrivals",
        "In which pattern the journeys of an intent begin. `poisson`, the default: independently of one another. "
        "`fixed`: exactly as many as expected, at random instants. `scheduled`: evenly spaced. Or one of these:",
        (Replayed, MarkovBursts),
    ),
    Part("Segments", "", (Segment,)),
    Part(
        "Laws",
        "How long something takes, or a customer is patient. A bare duration always takes just that. Any law may be "
        "moved and bounded, and have an atom at zero (a customer who will not wait at all) and one at infinity (who "
        "never gives up):",
    ),
    Part("Channels", "A step's `channel` says what happens in it: the kind of step that it is."),
    Part(
        "Routing policies",
        "`routing` names one. Whatever it is, a queue's `agents` may say which groups, and from when on. Without ranks "
        "of their own, the queues that a group `serves` are ranked as they are listed.",
    ),
    Part("Queues", "", (Queue,)),
    Part("Lines", "", (Lines,)),
    Part("Agents", "", (Agents,)),
    Part("Intents", "", (Intent,)),
    Part("Steps", "A node of an intent's graph. Its channel decides which of these it is."),
    Part("Self-service steps", "", (SelfService,), 3),
    Part("Assisted steps", "", (Assisted,), 3),
    Part("Deferred steps", "", (Deferred,), 3),
    Part("Pauses", "", (Pause,), 3),
    Part("Outbound steps", "", (Outbound,), 3),
    Part(
        "Routes and conditions",
        "Where a step leads: one step or outcome (`next: call`), or several with their shares, of which one may take "
        'the "rest" (`next: {resolved: 80 %, call: rest}`). The outcomes are `resolved`, `unresolved` and `gave_up`. '
        "`other.step` is a step of another intent: there the customer's next journey begins, of the same lifetime. "
        "Where it depends on something, write a list of cases: the first that holds applies.",
        (Case, Condition),
    ),
    Part("Orchestration", "", (Orchestration,)),
    Part("Effort", "", (Effort,)),
    Part("Feelings", "", (Feelings,)),
    Part("Objectives", "", (Objectives,)),
)

HEAD = """# Scenario reference

Generated with `python -m sim.scenario.reference > docs/scenario.md`; do not edit.

A scenario is a folder with a `scenario.yaml`, and CSV files beside it. `sojourn validate` says everything that is wrong
with it at once, and `sojourn schema` prints its JSON Schema for your editor. A misspelt key is an error, never ignored.

| value | written as |
|---|---|
| duration | `4 min`, `1 h 30 min`, `2 days`, or a number of seconds; ms, s, min, h, days, weeks |
| share | `35 %`, or a number from 0 to 1 |
| factor | `x3`, `150 %` or `1.5` |
| time of day | `07:30`, up to `24:00` |
| hours | `07:00-22:00`, within one day |
| bounds | `2`, `">= 2"`, `"> 2 min"`, or several that all hold: `["> 1 min", "<= 5 min"]` |
| name | small letters, digits and underscores, beginning with a letter: `lost_card` |

The smallest scenario. Each example below is laid over it, key by key: what it says completes or replaces what is here.

"""


def page() -> str:
    """Return the page, in Markdown."""
    main = {model for part in PARTS for model in part.models}
    sections = [(part, [model for one in part.models for model in _below(one, main)]) for part in PARTS]
    links: dict[type[Model], str] = {}
    for part, inside in sections:
        own = [] if len(part.models) == 1 else part.models
        links |= {model: f"[{part.title.lower()}](#{part.slug})" for model in part.models}
        links |= {model: f"[{_title(model).lower()}](#{_slug(_title(model))})" for model in (*own, *inside)}
    text = [HEAD, _code("front_desk")]
    for part, inside in sections:
        text.extend(_section(part, inside, links))
    return "".join(text)


def _section(part: Part, inside: list[type[Model]], links: Mapping[type[Model], str]) -> Iterator[str]:
    yield f"\n{'#' * part.level} {part.title}\n"
    yield from _paragraph(part.text)
    if part.title in _TABLES:
        yield _TABLES[part.title]()
    for model in part.models:
        if len(part.models) > 1:
            yield f"\n{'#' * (part.level + 1)} {_title(model)}\n"
        yield from _paragraph("" if part.text and len(part.models) == 1 else _about(model))
        yield _table(model, links)
    if (EXAMPLES / f"{part.slug}.yaml").exists():
        yield "\n" + _code(part.slug)
    for model in inside:
        yield f"\n{'#' * (part.level + 1)} {_title(model)}\n"
        yield from _paragraph(_about(model))
        yield _table(model, links)


def _below(model: type[Model], main: set[type[Model]]) -> Iterator[type[Model]]:
    """Go through the parts that are described below another one, each once."""
    found: dict[type[Model], None] = {}
    todo = [model]
    while todo:
        for _, _, hint in fields_of(todo.pop(0)):
            fresh = [it for it in models_in(hint) if it not in main and it not in found and not issubclass(it, Law)]
            found |= dict.fromkeys(fresh)
            todo += fresh
    yield from found


def _table(model: type[Model], links: Mapping[type[Model], str], without: frozenset[str] = frozenset()) -> str:
    rows = [
        f"| `{name}` | {type_of(field, hint, links)} | {default_of(field, hint)} | {field.description} |\n"
        for name, field, hint in fields_of(model)
        if name not in without
    ]
    return "".join(["\n| key | value | default | |\n|---|---|---|---|\n", *rows]) if rows else ""


def _laws() -> str:
    """Return the laws: what all of them can say, and then each."""
    text = [_table(Law, {}, frozenset({"law"}))]
    for name, law in laws().items():
        inside = [model for _, _, hint in fields_of(law) for model in models_in(hint)]
        links = {model: _title(model).lower() for model in inside}
        text += [f"\n### `{name}`\n", *_paragraph(_about(law)), _table(law, links, _OF_LAWS)]
        for model in inside:
            text += [f"\n{_title(model)}:\n", _table(model, {})]
    return "".join(text)


def _channels() -> str:
    kinds = {
        Kind.SELF_SERVICE: "[self-service](#self-service-steps)",
        Kind.ASSISTED: "[assisted](#assisted-steps)",
        Kind.DEFERRED: "[deferred](#deferred-steps)",
        Kind.PAUSE: "[pause](#pauses)",
        Kind.DIALED: "[outbound](#outbound-steps)",
    }
    rows = [f"| `{it.name}` | {kinds[it.kind]} | {it.concurrency} | {it.about} |\n" for it in channels().values()]
    return "".join(["\n| channel | steps | at once | |\n|---|---|---|---|\n", *rows])


def _policies() -> str:
    rows = [f"| `{name}` | {it.about} |\n" for name, it in policies().items()]
    return "".join(["\n| policy | |\n|---|---|\n", *rows])


_TABLES = {"Laws": _laws, "Channels": _channels, "Routing policies": _policies}


def _paragraph(text: str) -> Iterator[str]:
    if text:
        yield f"\n{text}\n"


def _about(model: type[Model]) -> str:
    """Return a docstring, a line for each of its paragraphs."""
    return "\n\n".join(" ".join(one.split()) for one in (model.__doc__ or "").split("\n\n"))


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower())


def _title(model: type[Model]) -> str:
    return re.sub(r"(?<=[a-z])([A-Z])", lambda found: f" {found[1].lower()}", model.__name__)


def _code(slug: str) -> str:
    return f"```yaml\n{(EXAMPLES / f'{slug}.yaml').read_text(encoding='utf-8')}```\n"
