"""What a contract can say, checked as a whole when it is read."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from loadtests.contract.expressions import compile_condition, compile_template, expressions_in, roots
from loadtests.contract.words import INPUTS, READ_INPUTS, RETRYABLE, Class, Verb
from sim.core.errors import near

__all__ = ["ENVIRONMENT", "Contract", "Criterion", "Offer", "Pages", "Readback", "RequestBody", "Retry", "View"]

ENVIRONMENT: Final = re.compile(r"\$\{env:(?P<name>[A-Za-z_][A-Za-z0-9_]*)\}")

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


class _Model(BaseModel):
    """Frozen, and every key is known."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)


def _condition(text: str) -> str:
    """Check a condition."""
    compile_condition(text)
    return text


def _template(node: Any) -> Any:
    """Check a template."""
    compile_template(node)
    for text in _texts(node):
        if "${" in text:
            raise ValueError(f'"{text}": ${{env:NAME}} stands in headers only, where it is not logged')
    return node


def _path(text: str) -> str:
    """Check a path template."""
    if not text.startswith("/"):
        raise ValueError(f'"{text}" is not a path; begin it with "/" (the host is given on the command line)')
    return str(_template(text))


def _header(text: str) -> str:
    """Check a header's template; it alone may name variables of the environment."""
    rest = ENVIRONMENT.sub("", text)
    if "${" in rest:
        raise ValueError(f'"{text}": write ${{env:NAME}}, with letters, digits and _ in the name')
    if "\r" in text or "\n" in text:
        raise ValueError("a header is one line")
    compile_template(rest)
    return text


def _pointer(text: str) -> str:
    """Check an expression."""
    roots(text)
    return text


def _texts(node: Any) -> Iterable[str]:
    """Yield every string of a template."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, Mapping):
        for value in node.values():
            yield from _texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from _texts(value)


Expression = Annotated[str, AfterValidator(_pointer)]
Path = Annotated[str, AfterValidator(_path)]
Header = Annotated[str, AfterValidator(_header)]
Template = Annotated[Any, AfterValidator(_template)]
RetryOn = Literal["refused", "timeout", "overload", "server_error", "wrong_answer"]


class Info(_Model):
    """Whose contract it is."""

    title: str
    version: str
    description: str = ""


class Criterion(_Model):
    """A condition that an answer must meet."""

    condition: Annotated[str, AfterValidator(_condition)]


class RequestBody(_Model):
    """What is sent."""

    content_type: str = "application/json"
    payload: Template


class Retry(_Model):
    """When and how often a request is sent again: after ``retryAfter * backoff ** (attempt - 1)`` seconds, or as the
    endpoint's Retry-After says where that is longer."""  # noqa: D205, D209 - one sentence

    retry_limit: int = Field(default=0, ge=0, le=1000)
    retry_after: float = Field(default=0.2, ge=0, le=3600)
    backoff: float = Field(default=2.0, ge=1, le=10)
    at_most: float = Field(default=5.0, ge=0, le=3600)  # seconds between two attempts, unless Retry-After says more
    on: frozenset[RetryOn] = frozenset(("refused", "timeout", "overload", "server_error"))

    def covers(self, kind: Class) -> bool:
        """Tell whether an attempt that ended so is repeated."""
        return kind in RETRYABLE and kind.name.lower() in self.on


class Offer(_Model):
    """How an endpoint does one verb."""

    method: Method
    path: Path
    headers: dict[str, Header] = {}
    request_body: RequestBody | None = None
    success_criteria: tuple[Criterion, ...] = Field(min_length=1)  # all must hold; the answer is an acknowledgement
    duplicate_criteria: tuple[Criterion, ...] = ()  # all hold: acknowledged, but had been applied before
    outputs: dict[str, Expression] = {}
    timeout: float = Field(default=10.0, gt=0, le=3600)  # seconds
    retry: Retry = Retry()


class Pages(_Model):
    """A list that is read page by page."""

    method: Method = "GET"
    path: Path
    next_path: Path | None = None  # of the second page and later ones; $inputs.cursor is the cursor
    headers: dict[str, Header] = {}
    items: Expression
    next: Expression | None = None  # the cursor of the next page; null or missing on the last


class History(Pages):
    """What was applied to a journey, in order."""

    id: Expression  # of the item: what was sent as $inputs.id
    shows: frozenset[str] = frozenset({"event"})  # the verbs that appear in it
    only: Criterion | None = None  # the entries that a client caused, where others stand between them


class View(_Model):
    """A journey as it is now."""

    method: Method = "GET"
    path: Path
    headers: dict[str, Header] = {}
    context: Expression | None = None
    state: Expression | None = None
    states: dict[str, str] = {}  # what state should be after the verb, e.g. pause: paused


class Listing(Pages):
    """All journeys."""

    customer: Expression  # of the item
    journey: Expression  # of the item: what start gives as its first output


class Readback(_Model):
    """How to ask the endpoint afterwards what it has."""

    history: History | None = None
    view: View | None = None
    listing: Listing | None = None
    timeout: float = Field(default=10.0, gt=0, le=3600)


class Contract(_Model):
    """How to talk with one kind of endpoint."""

    contract: Literal[1]
    info: Info
    headers: dict[str, Header] = {}  # sent with every request
    verbs: dict[str, Offer]
    readback: Readback | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        """Check what needs the whole: names of verbs, and what templates look up."""
        wrong = [*self._verbs(), *self._lookups()]
        if wrong:
            raise ValueError("\n".join(wrong))
        return self

    @property
    def outputs(self) -> frozenset[str]:
        """Everything that answers give, as ``verb.name``."""
        return frozenset(f"{verb}.{name}" for verb, offer in self.verbs.items() for name in offer.outputs)

    def offers(self, verb: Verb) -> Offer | None:
        """Return how a verb is done, ``None`` where the endpoint does not offer it."""
        return self.verbs.get(verb.name.lower())

    def _verbs(self) -> Iterable[str]:
        """Find verbs that do not exist, and that ``start`` is missing."""
        known = [verb.name.lower() for verb in Verb]
        for name in self.verbs:
            if name not in known:
                yield f'verbs.{name}: "{name}" is not a verb; {near(name, known)}'
        if "start" not in self.verbs:
            yield "verbs.start: is missing; every journey begins with it"
        shown = self.readback.history.shows if self.readback and self.readback.history else frozenset()
        for name in sorted(shown - set(known)):
            yield f'readback.history.shows: "{name}" is not a verb; {near(name, known)}'

    def _lookups(self) -> Iterable[str]:
        """Find look-ups of what there is not."""
        request = {"inputs", "steps"}
        answer = {*request, "statusCode", "response", "request"}
        for name, offer in self.verbs.items():
            sent = [offer.path, offer.headers, self.headers, offer.request_body.payload if offer.request_body else None]
            yield from self._unknown(f"verbs.{name}", sent, request, INPUTS)
            yield from self._unknown(f"verbs.{name}.outputs", offer.outputs, answer, INPUTS)
        for name, part in (self.readback.model_dump(exclude_none=True) if self.readback else {}).items():
            if isinstance(part, dict):
                yield from self._unknown(f"readback.{name}", part, {*answer, "item"}, READ_INPUTS)

    def _unknown(self, where: str, node: Any, allowed: Collection[str], inputs: Collection[str]) -> Iterable[str]:
        """Find the expressions of a template that look up what there is not."""
        for expression in sorted(set(expressions_in([node] if not isinstance(node, list) else node))):
            try:
                root, name = roots(expression)
            except ValueError:
                continue  # a condition, which was checked by itself
            if root not in allowed:
                yield f"{where}: {expression} is not known yet when this is filled in"
            elif root == "inputs" and name not in inputs:
                yield f"{where}: {expression}: there is no such input; {near(name, inputs)}"
            elif root == "steps" and name not in self.outputs:
                yield f"{where}: {expression}: no verb keeps that from its answers; {near(name, self.outputs)}"
