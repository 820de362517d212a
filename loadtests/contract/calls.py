"""A contract made ready: requests are rendered to bytes, answers are classified."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

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
from loadtests.contract.vocabulary import Class, Verb
from sim.core.errors import InvalidInput, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Call", "Headers", "Incomplete", "Outcome", "Request", "compile_calls", "header_getters", "url_of"]

Headers = tuple[tuple[str, Getter], ...]

_encode: Final = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode
_decode: Final = json.JSONDecoder().decode
_OVERLOADED: Final = frozenset({429, 503})
_in_path: Final = partial(quote, safe="")


class Incomplete(Exception):  # noqa: N818 - reads as what it is where it is raised
    """A request needs a value that is not there, e.g. the id of a journey whose start failed."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it goes over the wire, with what its criteria may look up later."""

    wire: bytes
    scope: Scope


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an answer was understood."""

    kind: Class
    outputs: Mapping[str, Any]  # "start.journey": ...


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

    def request(self, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> Request:
        """Render a request.

        Parameters
        ----------
        inputs
            What ``$inputs`` shows.
        outputs
            What earlier answers of this journey or agent gave, as ``verb.name``.

        Returns
        -------
        Request
            Ready to be sent.

        Raises
        ------
        Incomplete
            A value that the path or a header needs is not there.
        """
        scope = Scope(inputs, outputs)
        path = url_of(self.path, scope)
        lines = [f"{self.method} {path} HTTP/1.1\r\nHost: {self.host}"]
        scope.request_headers = sent = {}
        for name, getter in self.headers:
            value = _one_line(name, getter(scope))
            sent[name.lower()] = value
            lines.append(f"{name}: {value}")
        body = b""
        if self.payload is not None:
            scope.request_body = self.payload(scope)
            body = _encode(scope.request_body).encode()
            lines.append(f"Content-Type: {self.content_type}")
        lines.append(f"Content-Length: {len(body)}\r\n\r\n")
        return Request("\r\n".join(lines).encode("latin-1", "replace") + body, scope)

    def understand(self, scope: Scope, status: int, headers: Lookup, body: bytes) -> Outcome:
        """Classify an answer, and keep from it what the contract says.

        Parameters
        ----------
        scope
            The request's.
        status, headers, body
            The answer; headers are looked up by names in lower case.

        Returns
        -------
        Outcome
            Acknowledged, duplicate, nothing to do, or which kind of failure.
        """
        scope.status, scope.headers = status, headers
        scope.body = _read(body)
        if all(condition(scope) for condition in self.success):
            return self._acknowledged(scope, Class.OK)
        if self.duplicate and all(condition(scope) for condition in self.duplicate):
            return self._acknowledged(scope, Class.DUPLICATE)
        if self.nothing and all(condition(scope) for condition in self.nothing):
            return Outcome(Class.NOTHING, {})
        return Outcome(_failure(status), {})

    def _acknowledged(self, scope: Scope, kind: Class) -> Outcome:
        """Keep the outputs; an acknowledgement that lacks one is a wrong answer."""
        kept = {name: getter(scope) for name, getter in self.outputs}
        if any(value is MISSING for value in kept.values()):
            return Outcome(Class.WRONG_ANSWER, {})
        return Outcome(kind, kept)


def _failure(status: int) -> Class:
    """Name the failure that a status stands for."""
    if status in _OVERLOADED:
        return Class.OVERLOAD
    if status >= 500:
        return Class.SERVER_ERROR
    return Class.CLIENT_ERROR if status >= 400 else Class.WRONG_ANSWER


def _read(body: bytes) -> Any:
    """Read a body as JSON; text that is not JSON is not looked into."""
    try:
        return _decode(body.decode())
    except (UnicodeDecodeError, ValueError, RecursionError):
        return MISSING


def _one_line(name: str, value: Any) -> str:
    """Return a header's value; one that comes from an answer must not be able to add lines."""
    text = "" if value is None else str(value)
    if value is MISSING or "\r" in text or "\n" in text or "\0" in text:
        raise Incomplete(f"header {name} has no usable value")
    return text


def url_of(path: Getter, scope: Scope) -> str:
    """Fill a path in.

    Raises
    ------
    Incomplete
        A value that it needs is not there.
    """
    filled = path(scope)
    if filled is MISSING:
        raise Incomplete("the path needs a value that no answer has given")
    return str(filled)


def header_getters(contract: Contract, own: Mapping[str, str], environment: Mapping[str, str]) -> Headers:
    """Compile the headers of one request.

    Parameters
    ----------
    contract
        Its common headers come first; the request's own replace them.
    own
        The request's.
    environment
        Where ``${env:NAME}`` is looked up.

    Returns
    -------
    Headers
        Names and look-ups.

    Raises
    ------
    InvalidInput
        For variables of the environment that are not set.
    """
    texts = {**contract.headers, **own}
    missing = sorted(
        {m["name"] for text in texts.values() for m in ENVIRONMENT.finditer(text) if m["name"] not in environment}
    )
    if missing:
        title = contract.info.title
        raise InvalidInput(Problem(title, "headers", f"the environment variable {name} is not set") for name in missing)
    return tuple((name, _header(text, environment)) for name, text in texts.items())


def _header(text: str, environment: Mapping[str, str]) -> Getter:
    """Compile one header; what stands in the environment is taken as it is, never as a template."""
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
        Where ``${env:NAME}`` is looked up.

    Returns
    -------
    dict[Verb, Call]
        Without the verbs that are not offered.

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
    return Call(
        verb=verb,
        name=name,
        timeout=offer.timeout,
        retry=offer.retry,
        method=offer.method,
        host=host,
        path=compile_template(offer.path, _in_path),
        headers=header_getters(contract, offer.headers, environment),
        content_type=body.content_type if body else "",
        payload=compile_template(body.payload) if body else None,
        success=_conditions(offer.success_criteria),
        duplicate=_conditions(offer.duplicate_criteria),
        nothing=_conditions(offer.nothing_criteria),
        outputs=tuple((f"{name}.{key}", compile_template(text)) for key, text in offer.outputs.items()),
    )


def _conditions(criteria: tuple[Criterion, ...]) -> tuple[Condition, ...]:
    """Compile criteria."""
    return tuple(compile_condition(criterion.condition) for criterion in criteria)
