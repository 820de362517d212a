"""From a request's headers and body to the command that it asks for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any
from urllib.parse import parse_qs

from loadtests.orchestrator.documents import Malformed, read
from loadtests.orchestrator.fields import LONGEST, Fields
from loadtests.orchestrator.model import Key, Merge, Move, Record, Start, Verb
from loadtests.orchestrator.problems import Refused, invalid
from loadtests.orchestrator.transitions import OWN

__all__ = ["Request", "merge", "move", "page", "record", "start"]

_TAG = re.compile(r'"(\d{1,18})"')


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request whose body is complete."""

    method: str
    path: str
    query: bytes
    headers: Mapping[bytes, bytes]
    body: bytes = b""
    tenant: str = "default"
    names: Mapping[str, str] = field(default_factory=dict)

    def json(self, media: str) -> Any:
        """Return the body's value, which must be of the media type given."""
        given = self.headers.get(b"content-type", b"").partition(b";")[0].strip().decode("latin-1").lower()
        if given != media:
            accept = b"accept-patch" if self.method == "PATCH" else b"accept-post"
            raise Refused(
                "media-type", f"the body's media type is {given[:80] or 'missing'}; {media} is needed",
                ((accept, media.encode()),),
            )  # fmt: skip
        try:
            return read(self.body)
        except Malformed as error:
            raise Refused("malformed", str(error)) from error

    def key(self) -> Key:
        """Return the Idempotency-Key, which must be there."""
        value = self.headers.get(b"idempotency-key", b"").decode("latin-1").strip()
        if not (0 < len(value) <= LONGEST and value.isascii() and value.isprintable()):
            found = f'is "{value[:40]}"' if value else "is missing"
            raise invalid([("Idempotency-Key", f"{found}; 1 to {LONGEST} printable ASCII characters are needed")])
        request = b"%s %s\n%s" % (self.method.encode(), self.path.encode(), self.body)
        return Key(value, blake2b(request, digest_size=16).digest())


def start(request: Request) -> Start:
    """Read the request that starts a journey."""
    key = request.key()
    fields = Fields(request.json("application/json"))
    command = Start(
        key, fields.text("customer"), fields.text("intent"), fields.text("channel"), fields.mapping("context"),
        _at(fields),
    )  # fmt: skip
    fields.only("customer", "intent", "channel", "context", "at")
    fields.check()
    return command


def _at(fields: Fields) -> float | str | None:
    """Return when the client says it was: seconds on its own clock, or a time."""
    at = fields.members.get("at")
    if isinstance(at, int | float) and not isinstance(at, bool):
        return at
    return fields.timestamp("at")


def record(request: Request, journey: str) -> Record:
    """Read an event: a CloudEvent in structured mode (CloudEvents 1.0, JSON format)."""
    fields = Fields(request.json("application/cloudevents+json"))
    if fields.members and fields.members.get("specversion") != "1.0":
        fields.wrong("specversion", 'must be "1.0"')
    command = Record(
        journey, fields.text("id"), fields.text("source"), fields.text("type"), fields.timestamp("time"),
        fields.mapping("data"),
    )  # fmt: skip
    if command.source.startswith(OWN):
        fields.wrong("source", f"begins with {OWN}, as the endpoint's own events do; name the client instead")
    if "data_base64" in fields.members:
        fields.wrong("data_base64", "is not taken; give data as an object")
    data = Fields(command.data, "/data")
    data.maybe_text("channel")
    data.maybe_text("step")
    data.mapping("context")
    fields.errors.extend(data.errors)
    fields.check()
    return command


def move(request: Request, journey: str, verb: Verb) -> Move:
    """Read a request that pauses, resumes or completes a journey."""
    key = request.key()
    nothing = verb is Verb.PAUSE and not request.body
    fields = Fields({} if nothing else request.json("application/json"))
    channel = outcome = None
    if verb is Verb.COMPLETE:
        fields.only("outcome")
        outcome = fields.text("outcome")
    else:
        fields.only("channel")
        channel = fields.text("channel") if verb is Verb.RESUME else fields.maybe_text("channel")
    fields.check()
    return Move(key, journey, verb, channel, outcome)


def merge(request: Request, journey: str) -> Merge:
    """Read a patch of a journey's context (RFC 7396), for the versions that If-Match names."""
    given = request.headers.get(b"if-match")
    if given is None:
        raise Refused("precondition", 'If-Match is missing; give the ETag of the journey as you saw it, such as "3"')
    tags = given.decode("latin-1").strip()
    # A weak or foreign tag names no version of ours, and so matches none, as RFC 9110 (13.1.1) wants.
    versions = None if tags == "*" else frozenset(
        int(found[1]) for tag in tags.split(",") if (found := _TAG.fullmatch(tag.strip()))
    )  # fmt: skip
    fields = Fields(request.json("application/merge-patch+json"))
    fields.check()
    return Merge(journey, versions, fields.members)


def page(request: Request, largest: int, *, cursor: type[int] | type[str]) -> tuple[dict[str, str], Any, int]:
    """Read which page of a list is asked for.

    Parameters
    ----------
    request
        With ``after`` and ``limit`` in its query.
    largest
        The limit where none is given, and the greatest that may be.
    cursor
        What ``after`` is: ``int`` for versions, ``str`` for identifiers.

    Returns
    -------
    parameters : dict
        Every parameter of the query.
    after
        Where the page begins.
    limit : int
        How many items it may have.
    """
    parameters = {name: values[-1] for name, values in parse_qs(request.query.decode("latin-1")).items()}
    errors = []
    limit, after = parameters.get("limit", str(largest)), parameters.get("after", "0" if cursor is int else "")
    if not (_is_count(limit) and 1 <= int(limit) <= largest):
        errors.append(("limit", f'is "{limit[:40]}"; a whole number from 1 to {largest} is needed'))
    if cursor is int and not _is_count(after):
        errors.append(("after", f'is "{after[:40]}"; a version is needed'))
    if errors:
        raise invalid(errors)
    return parameters, cursor(after), int(limit)


def _is_count(text: str) -> bool:
    """Tell whether a text is a whole number that a database can hold."""
    return text.isascii() and text.isdigit() and len(text) <= 18
