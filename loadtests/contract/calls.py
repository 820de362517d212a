"""Calls of a contract, compiled: they render requests to bytes and classify answers."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote

from pydantic_core import from_json, to_json

from loadtests.contract.expressions import (
    MISSING,
    Condition,
    Getter,
    Lookup,
    Scope,
    compile_condition,
    compile_template,
)
from loadtests.contract.schema import ENVIRONMENT, Contract, Criterion, Offer, Retry
from loadtests.contract.vocabulary import AnswerClass, Verb
from sim.core.errors import InvalidInput, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "Call",
    "Headers",
    "MissingValueError",
    "Outcome",
    "Request",
    "compile_calls",
    "compile_headers",
    "fill_path",
    "secrets_of",
]

Headers = tuple[tuple[str, Getter], ...]

_LONGEST_OUTPUT: Final = 10_000
"""Bytes of a value that is kept from an answer, as JSON."""
_SHORT: Final = 1_000
"""Characters of an ASCII text that is not too long however it is escaped."""
_OVERLOADED: Final = frozenset({429, 503})
_JSON_TYPE: Final = re.compile(r"\s*application/([\w.+-]+\+)?json\s*(;|$)", re.IGNORECASE)
_in_path: Final = partial(quote, safe="")


class MissingValueError(Exception):
    """A request needs a value that is missing, e.g. the id of a journey whose start failed."""


class Request(NamedTuple):
    """The bytes of one request, and the scope in which its answer is classified."""

    content: bytes
    scope: Scope


class Outcome(NamedTuple):
    """The class of an answer, and its outputs."""

    answer_class: AnswerClass
    outputs: Mapping[str, Any]  # "start.journey": ...
    reason: str = ""  # why it is a failure


@dataclass(frozen=True, slots=True)
class Call:
    """One verb of a contract, compiled."""

    verb: Verb
    name: str
    timeout: float
    retry: Retry
    method: str
    host: str
    path: Getter
    headers: Headers
    content_type: str
    payload: Getter | None
    success: tuple[Condition, ...]
    duplicate: tuple[Condition, ...]
    nothing: tuple[Condition, ...]
    outputs: tuple[tuple[str, Getter], ...]
    criteria: tuple[str, ...]  # the texts of ``success``
    repeatable: bool  # GET, or with an Idempotency-Key: the endpoint applies it once, even if it comes twice

    def request(self, inputs: Mapping[str, Any], outputs: Mapping[str, Any], traceparent: str = "") -> Request:
        """Render a request.

        Parameters
        ----------
        inputs
            The values of ``$inputs``.
        outputs
            Outputs of earlier answers to this journey or agent, as ``verb.name``.
        traceparent
            The W3C trace context, unless the contract has that header; empty = none.

        Returns
        -------
        Request
            Ready to be sent.

        Raises
        ------
        MissingValueError
            A value that the path or a header needs is missing.
        """
        scope = Scope(inputs, outputs)
        path = fill_path(self.path, scope)
        lines = [f"{self.method} {path} HTTP/1.1\r\nHost: {self.host}"]
        scope.request_headers = sent = {}
        for name, getter in self.headers:
            value = _header_value(name, getter(scope))
            sent[name.lower()] = value
            lines.append(f"{name}: {value}")
        if traceparent and "traceparent" not in sent:
            lines.append(f"traceparent: {traceparent}")
        body = b""
        if self.payload is not None:
            scope.request_body = self.payload(scope)
            body = to_json(scope.request_body)
            lines.append(f"Content-Type: {self.content_type}")
        lines.append(f"Content-Length: {len(body)}\r\n\r\n")
        return Request("\r\n".join(lines).encode("latin-1", "replace") + body, scope)

    def classify(self, scope: Scope, status: int, headers: Lookup, body: bytes) -> Outcome:
        """Classify an answer, and take its outputs.

        Parameters
        ----------
        scope
            The request's.
        status, headers, body
            The answer; headers are looked up by names in lower case.

        Returns
        -------
        Outcome
            Acknowledged, duplicate, nothing to do, or a class of failure.
        """
        scope.status, scope.headers = status, headers
        scope.body = _parse(body)
        if scope.body is MISSING and body and status < 400 and _JSON_TYPE.match(str(headers.get("content-type", ""))):
            return Outcome(AnswerClass.WRONG_ANSWER, {}, "the answer says that it is JSON, and is not")
        failed = 0
        for condition in self.success:
            if not condition(scope):
                break
            failed += 1
        else:
            return self._acknowledged(scope, AnswerClass.OK)
        if self.duplicate and all(condition(scope) for condition in self.duplicate):
            return self._acknowledged(scope, AnswerClass.DUPLICATE)
        if self.nothing and all(condition(scope) for condition in self.nothing):
            return Outcome(AnswerClass.NOTHING, {})
        return Outcome(_failure(status), {}, f"does not meet {self.criteria[failed]}")

    def _acknowledged(self, scope: Scope, answer_class: AnswerClass) -> Outcome:
        """Take the outputs; an acknowledgement that lacks one, or has one that cannot be sent, is a wrong answer."""
        outputs = {}
        for name, getter in self.outputs:
            outputs[name] = value = getter(scope)
            if not _is_usable(value):
                return Outcome(AnswerClass.WRONG_ANSWER, {}, f"the answer has no usable value for the output {name}")
        return Outcome(answer_class, outputs)


def _failure(status: int) -> AnswerClass:
    """Return the class of a failure with this status."""
    if status in _OVERLOADED:
        return AnswerClass.OVERLOAD
    if status >= 500:
        return AnswerClass.SERVER_ERROR
    return AnswerClass.CLIENT_ERROR if status >= 400 else AnswerClass.WRONG_ANSWER


def _parse(body: bytes) -> Any:
    """Parse a JSON body; any other body is ``MISSING``."""
    if not body:
        return MISSING
    try:
        return from_json(body, allow_inf_nan=False)
    except ValueError:
        return MISSING


def _is_usable(value: Any) -> bool:
    """Tell whether an output can stand in later requests: it is there, finite and not too long."""
    if type(value) is str and len(value) <= _SHORT and value.isascii():
        return True
    if value is MISSING:
        return False
    try:
        written = to_json(value)
        from_json(written, allow_inf_nan=False)
    except ValueError:  # infinity, or too deep
        return False
    return len(written) <= _LONGEST_OUTPUT


def _header_value(name: str, value: Any) -> str:
    """Return a header's value as text; refuse line breaks, by which a value from an answer could add headers."""
    text = "" if value is None else str(value)
    if value is MISSING or "\r" in text or "\n" in text or "\0" in text:
        raise MissingValueError(f"header {name} has no usable value")
    return text


def fill_path(path: Getter, scope: Scope) -> str:
    """Fill in a path template.

    Raises
    ------
    MissingValueError
        A value that it needs is missing.
    """
    filled = path(scope)
    if filled is MISSING:
        raise MissingValueError("the path needs a value that no answer gave")
    return str(filled)


def compile_headers(contract: Contract, own: Mapping[str, str], environment: Mapping[str, str]) -> Headers:
    """Compile the headers of one request.

    Parameters
    ----------
    contract
        Has the headers that all requests share.
    own
        The request's own headers, which replace shared ones of the same name.
    environment
        Values of ``${env:NAME}``.

    Returns
    -------
    Headers
        Names, and getters of their values.

    Raises
    ------
    InvalidInput
        For variables of the environment that are not set, or that no header can hold.
    """
    texts = {**contract.headers, **own}
    names = sorted({match["name"] for text in texts.values() for match in ENVIRONMENT.finditer(text)})
    problems = [
        Problem(contract.info.title, "headers", f"the environment variable {name} {wrong}")
        for name in names
        if (wrong := _problem_of_secret(environment.get(name)))
    ]
    if problems:
        raise InvalidInput(problems)
    return tuple((name, _header(text, environment)) for name, text in texts.items())


def secrets_of(contract: Contract, environment: Mapping[str, str] = os.environ) -> set[str]:
    """Return the values of all environment variables that a contract's headers name."""
    setup, teardown = contract.setup, contract.teardown
    exchanges = [*contract.verbs.values(), *setup.queue, *setup.agent, *teardown.queue, *teardown.agent]
    sections = [contract.headers, *(exchange.headers for exchange in exchanges)]
    names = {match["name"] for headers in sections for text in headers.values() for match in ENVIRONMENT.finditer(text)}
    return {environment[name] for name in names if name in environment}


def _problem_of_secret(value: str | None) -> str:
    """Return why a value of the environment cannot stand in a header; empty if it can."""
    if value is None:
        return "is not set"
    fits = value.isprintable() and max(value, default="") <= "\xff"
    return "" if fits else "holds a line break, or another character that no header can have"


def _header(text: str, environment: Mapping[str, str]) -> Getter:
    """Compile one header; values from the environment are never read as templates."""
    pieces = ENVIRONMENT.split(text)
    if len(pieces) == 1:
        return compile_template(text)
    plain = [compile_template(piece) for piece in pieces[::2]]
    secrets = [environment[name] for name in pieces[1::2]] + [""]

    def fill(scope: Scope) -> Any:
        out = []
        for getter, secret in zip(plain, secrets, strict=True):
            value = getter(scope)
            if value is MISSING:
                return MISSING
            out += [str(value), secret]
        return "".join(out)

    return fill


def compile_calls(contract: Contract, host: str, environment: Mapping[str, str] = os.environ) -> dict[Verb, Call]:
    """Compile every verb that a contract offers.

    Parameters
    ----------
    contract
        The contract.
    host
        ``name:port``, for the Host header.
    environment
        Values of ``${env:NAME}``.

    Returns
    -------
    dict[Verb, Call]
        Only the verbs that are offered.

    Raises
    ------
    InvalidInput
        For variables of the environment that are not set.
    """
    return {
        verb: _compile(contract, verb, offer, host, environment)
        for verb in Verb
        if (offer := contract.offers(verb)) is not None
    }


def _compile(contract: Contract, verb: Verb, offer: Offer, host: str, environment: Mapping[str, str]) -> Call:
    """Compile one verb."""
    name = verb.name.lower()
    body = offer.request_body
    headers = compile_headers(contract, offer.headers, environment)
    return Call(
        verb=verb,
        name=name,
        timeout=offer.timeout,
        retry=offer.retry,
        method=offer.method,
        host=host,
        path=compile_template(offer.path, _in_path),
        headers=headers,
        content_type=body.content_type if body else "",
        payload=compile_template(body.payload) if body else None,
        success=_conditions(offer.success_criteria),
        duplicate=_conditions(offer.duplicate_criteria),
        nothing=_conditions(offer.nothing_criteria),
        outputs=tuple((f"{name}.{key}", compile_template(text)) for key, text in offer.outputs.items()),
        criteria=tuple(criterion.condition for criterion in offer.success_criteria),
        repeatable=offer.method == "GET" or any(header.lower() == "idempotency-key" for header, _ in headers),
    )


def _conditions(criteria: tuple[Criterion, ...]) -> tuple[Condition, ...]:
    """Compile criteria."""
    return tuple(compile_condition(criterion.condition) for criterion in criteria)
