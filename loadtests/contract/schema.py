"""Schema of contracts, checked as a whole when one is read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from loadtests.contract.expressions import compile_condition, compile_template, roots
from loadtests.contract.vocabulary import RETRYABLE, AnswerClass, Verb
from sim.core.errors import near

__all__ = [
    "ENVIRONMENT",
    "ITEM",
    "Contract",
    "Criterion",
    "Exchange",
    "Item",
    "Offer",
    "Pages",
    "Readback",
    "RequestBody",
    "Retry",
    "Setup",
    "Totals",
    "View",
]

ITEM: Final = "item"
"""The output of enqueue, ready and accept that names the contact, so that their requests can be matched."""

_TOKEN: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_OWN: Final = frozenset({"host", "content-length", "transfer-encoding"})
"""Headers that every request has already, or must not have."""
_LONGEST: Final = 10_000
"""Characters of the longest condition or template."""

ENVIRONMENT: Final = re.compile(r"\$\{env:(?P<name>[A-Za-z_][A-Za-z0-9_]*)\}")

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


class _Model(BaseModel):
    """A frozen model that refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)


def _limited(text: str) -> str:
    """Check that a text is short enough, and can be sent."""
    if len(text) > _LONGEST:
        raise ValueError(f"has {len(text):,} characters; at most {_LONGEST:,} are allowed")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("holds half a character (a surrogate), which cannot be sent") from None
    return text


def _condition(text: str) -> str:
    """Check a condition."""
    compile_condition(_limited(text))
    return text


def _template(node: Any) -> Any:
    """Check a template."""
    for leaf in _leaves(node):
        if isinstance(leaf, float) and not isfinite(leaf):
            raise ValueError(f"{leaf} is not a number of JSON")
        if isinstance(leaf, str) and "${" in _limited(leaf):
            raise ValueError(f'"{leaf}": ${{env:NAME}} stands in headers only, where it is not logged')
    compile_template(node)
    return node


def _path(text: str) -> str:
    """Check a path template."""
    if not text.startswith("/"):
        raise ValueError(f'"{text}" is not a path; begin it with "/" (the host is given on the command line)')
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("a path has no spaces, and only ASCII characters; percent-encode others")
    return str(_template(text))


def _header(text: str) -> str:
    """Check a header's template; only headers may name variables of the environment."""
    rest = ENVIRONMENT.sub("", _limited(text))
    if "${" in rest:
        raise ValueError(f'"{text}": write ${{env:NAME}}, with letters, digits and _ in the name')
    if "\r" in text or "\n" in text:
        raise ValueError("a header is one line")
    compile_template(rest)
    return text


def _header_name(name: str) -> str:
    """Check the name of a header."""
    if not _TOKEN.fullmatch(name):
        raise ValueError(f'"{name}" is not the name of a header; give letters, digits and "-", e.g. Idempotency-Key')
    if name.lower() in _OWN:
        raise ValueError(f"{name} is set by the load test itself; leave this header out")
    return name


def _media_type(text: str) -> str:
    """Check a content type."""
    if not text.isascii() or not text.isprintable():
        raise ValueError("is not a content type; give e.g. application/json")
    return text


def _expression(text: str) -> str:
    """Check an expression."""
    roots(_limited(text))
    return text


def _leaves(node: Any) -> Iterable[Any]:
    """Yield every key and every single value of a template."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield key
            yield from _leaves(value)
    elif isinstance(node, list):
        for value in node:
            yield from _leaves(value)
    else:
        yield node


def _not_empty(criteria: tuple[Any, ...]) -> tuple[Any, ...]:
    """Check that there is at least one criterion."""
    if not criteria:
        raise ValueError("give at least one condition, e.g. $statusCode == 201")
    return criteria


def _verb(name: str) -> str:
    """Check the name of a verb."""
    known = [verb.name.lower() for verb in Verb]
    if name not in known:
        raise ValueError(f'"{name}" is not a verb; {near(name, known)}')
    return name


def _has_start(verbs: dict[str, Any]) -> dict[str, Any]:
    """Check that journeys can be started."""
    if "start" not in verbs:
        raise ValueError("start is missing; every journey begins with it")
    return verbs


VerbName = Annotated[str, AfterValidator(_verb)]
Expression = Annotated[str, AfterValidator(_expression)]
Path = Annotated[str, AfterValidator(_path)]
Header = Annotated[str, AfterValidator(_header)]
HeaderName = Annotated[str, AfterValidator(_header_name)]
MediaType = Annotated[str, AfterValidator(_media_type)]
Template = Annotated[Any, AfterValidator(_template)]
RetryOn = Literal["refused", "timeout", "overload", "server_error", "wrong_answer"]


class Info(_Model):
    """Title and version of a contract."""

    title: str
    version: str
    description: str = ""


class Criterion(_Model):
    """A condition that an answer must meet."""

    condition: Annotated[str, AfterValidator(_condition)]


class RequestBody(_Model):
    """The body of a request."""

    content_type: MediaType = "application/json"
    payload: Template


class Retry(_Model):
    """The rule by which a request is sent again: after ``retryAfter * backoff ** (attempt - 1)`` seconds, or as the
    endpoint's Retry-After says where that is longer."""  # noqa: D205, D209 - one sentence

    retry_limit: int = Field(default=0, ge=0, le=1000)
    retry_after: float = Field(default=0.2, ge=0, le=3600)
    backoff: float = Field(default=2.0, ge=1, le=10)
    at_most: float = Field(default=5.0, ge=0, le=3600)  # seconds between two attempts, unless Retry-After says more
    on: frozenset[RetryOn] = frozenset(("refused", "timeout", "overload", "server_error"))

    def covers(self, answer_class: AnswerClass) -> bool:
        """Tell whether an attempt with this answer is repeated."""
        return answer_class in RETRYABLE and answer_class.name.lower() in self.on


class Exchange(_Model):
    """A request, and the criteria of its answer."""

    method: Method
    path: Path
    headers: dict[HeaderName, Header] = {}
    request_body: RequestBody | None = None
    success_criteria: Annotated[tuple[Criterion, ...], AfterValidator(_not_empty)]  # all hold: it is an acknowledgement
    timeout: float = Field(default=10.0, gt=0, le=3600)  # seconds


class Offer(Exchange):
    """The request by which an endpoint offers one verb."""

    duplicate_criteria: tuple[Criterion, ...] = ()  # all hold: acknowledged, but had been applied before
    nothing_criteria: tuple[Criterion, ...] = ()  # all hold: acknowledged, but there was nothing to do
    outputs: dict[str, Expression] = {}
    retry: Retry = Retry()


class Setup(_Model):
    """Exchanges for each queue and each agent: ``setup`` makes them, queues first, ``teardown`` removes them last."""

    queue: tuple[Exchange, ...] = ()
    agent: tuple[Exchange, ...] = ()


class Pages(_Model):
    """A list that is read page by page."""

    method: Method = "GET"
    path: Path
    next_path: Path | None = None  # of the second page and later ones; $inputs.cursor is the cursor
    headers: dict[HeaderName, Header] = {}
    items: Expression
    next: Expression | None = None  # the cursor of the next page; null or missing on the last


class History(Pages):
    """The requests that were applied to a journey, in order."""

    id: Expression  # of the item: the value sent as $inputs.id
    shows: Annotated[frozenset[VerbName], Field(min_length=1)] = frozenset({"event"})  # the verbs that appear in it
    only: Criterion | None = None  # selects the entries that a client caused


class View(_Model):
    """A journey as it is now."""

    method: Method = "GET"
    path: Path
    headers: dict[HeaderName, Header] = {}
    context: Expression | None = None
    state: Expression | None = None
    states: dict[VerbName, str] = {}  # the state after each verb, e.g. pause: paused


class Listing(Pages):
    """All journeys."""

    customer: Expression  # of the item
    journey: Expression  # of the item: the first output of start


class Item(_Model):
    """A contact that entered a queue, as it is now."""

    method: Method = "GET"
    path: Path
    headers: dict[HeaderName, Header] = {}
    state: Expression
    states: dict[VerbName, str | tuple[str, ...]]  # possible states after each verb


class Totals(_Model):
    """The number of contacts that entered a queue, and their numbers by place now."""

    method: Method = "GET"
    path: Path
    headers: dict[HeaderName, Header] = {}
    entered: Expression
    places: Annotated[tuple[Expression, ...], Field(min_length=1)]  # each contact is in one of them


class Readback(_Model):
    """The requests that read back what the endpoint has stored."""

    history: History | None = None
    view: View | None = None
    listing: Listing | None = None
    item: Item | None = None
    queue: Totals | None = None
    timeout: float = Field(default=10.0, gt=0, le=3600)


class Contract(_Model):
    """The requests of one kind of endpoint."""

    contract: Literal[1]
    info: Info
    headers: dict[HeaderName, Header] = {}  # sent with every request
    setup: Setup = Setup()  # before the first request
    teardown: Setup = Setup()  # after everything was read back
    verbs: Annotated[dict[VerbName, Offer], AfterValidator(_has_start)]
    readback: Readback | None = None

    @model_validator(mode="after")
    def _names_items(self) -> Self:
        """Check that contacts which are read back have names."""
        named = [name for name in ("enqueue", "ready", "accept") if name in self.verbs]
        lacking = [f"verbs.{name}.outputs" for name in named if ITEM not in self.verbs[name].outputs]
        if self.readback is not None and self.readback.item is not None and lacking:
            raise ValueError(
                f'readback.item needs an output "{ITEM}" in {" and ".join(lacking)}; '
                f"add e.g. {ITEM}: $response.body#/id"
            )
        return self

    def offers(self, verb: Verb) -> Offer | None:
        """Return the request of a verb, ``None`` where the endpoint does not offer it."""
        return self.verbs.get(verb.name.lower())
