"""Hostile requests: made from the service's OpenAPI document, then damaged at random."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT", "get", "FOO", "M-SEARCH")
NAMES = ("q1", "q2", "a1", "a2", "anna", "loan", "web", "voice", "chat", "r1", "1", "2")
TEXTS = (
    "", " ", "\x00", "a\x00b", "\ud800", "\udfff\ud800", "\ufeff", "\u202e", "é", "\U0001f600", "x" * 201, "y" * 5000,
    "'; DROP TABLE journeys; --", "%00", "../../etc/passwd", "${jndi:ldap://x}", "{{7*7}}", "\r\nx: y", "null", "NaN",
    "-1", "1e309", "2026-03-02T09:30:00Z", "9999-12-31T23:59:59.999999+23:59", "0000-00-00T00:00:00Z", "24:00",
    "0001-01-01T00:00:00+14:00", "http://127.0.0.1/", "http://[::1]:99999/", "file:///etc/passwd", "true && false",
    "context.a.b.c > 1", "((((((", "'" * 50, "[1,2,3].map(x, [1,2,3].map(y, x*y))", '"1"', "*",
)  # fmt: skip
NUMBERS = (
    0, -1, 1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63) - 1, 2**64, 10**30, 10**400, 0.1, -0.0, 1e308, 5e-324, 1e15,
)  # fmt: skip
RAW_JSON = (
    b"", b"{", b"}", b"[", b"nul", b"NaN", b"-Infinity", b"1e999", b"{}{}", b'{"a":}', b'{"a":1,}', b"'a'", b"\xff\xfe",
    b'"\xed\xa0\x80"', b"[" * 2000, b"[" * 65 + b"]" * 65, b'{"a":' * 70 + b"1" + b"}" * 70, b"1" * 5000,
    b"-" + b"9" * 4400,
    b'{"a":1,"a":2}', b"\xef\xbb\xbf{}", b"{\x00}", b'"\\ud800"', b'{"\\udead":1}', b"1.0e+1000000",
    b"\x1f\x8b\x08\x00",
    b" " * 1000 + b"{}", b'{"specversion":"1.0","id":"\\u0000","source":"\\u0000","type":"\\u0000"}',
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Operation:
    """Method of a path, with the schemas of its bodies by media type."""

    method: str
    path: str
    bodies: Mapping[str, Any]
    parameters: Sequence[str]


def operations(document: Mapping[str, Any]) -> list[Operation]:
    """Return the operations of an OpenAPI document, without endless streams."""
    result = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            media = {
                media_type
                for answer in operation.get("responses", {}).values()
                for media_type in answer.get("content", ())
            }
            if "text/event-stream" not in media:
                bodies = operation.get("requestBody", {}).get("content", {})
                schemas = {media: body.get("schema", {}) for media, body in bodies.items()}
                names = [
                    parameter["name"] for parameter in operation.get("parameters", ()) if parameter.get("in") == "query"
                ]
                result.append(Operation(method.upper(), path, schemas, names))
    return result


@dataclass
class Maker:
    """Maker of requests; ``names`` are identifiers that the service gave out, ``own`` begins the keys."""

    document: Mapping[str, Any]
    rng: random.Random
    own: str = ""
    names: list[str] = field(default_factory=lambda: list(NAMES))
    numbers: int = 0

    def __post_init__(self) -> None:
        self._operations = operations(self.document)

    def request(self) -> bytes:
        """Return one request that is valid HTTP and gets one reply."""
        operation = self.rng.choice(self._operations)
        method, target = operation.method, self._target(operation)
        media, schema = self.rng.choice(list(operation.bodies.items()) or [("", None)])
        body = b"" if schema is None else self._body(schema)
        headers = self._headers(media, body)
        if self._seldom(0.05):
            method = self.rng.choice(("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
        if self._seldom(0.05):
            target = self._mangled(target)
        return self._written(method, target, headers, body)

    def wild(self) -> bytes:
        """Return bytes that may be no HTTP or an incomplete request; a reply may not come."""
        request = self.request()
        ways: tuple[Callable[[], bytes], ...] = (
            lambda: self.rng.randbytes(self.rng.randrange(1, 400)),
            lambda: request[: self.rng.randrange(len(request))],
            lambda: request.replace(
                b"content-length: ", self.rng.choice((b"content-length: -", b"content-length: 9" * 9))
            ),
            lambda: request.replace(b"HTTP/1.1", self.rng.choice((b"HTTP/9.9", b"HTTP/1.0", b"ICY", b"HTTP/2.0"))),
            lambda: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + self.rng.randbytes(20),
            lambda: b"GET / HTTP/1.1\r\nhost: a\r\n" + b"x: y\r\n" * 3000 + b"\r\n",
            lambda: b"GET /" + b"a" * 70000 + b" HTTP/1.1\r\nhost: a\r\n\r\n",
            lambda: request.replace(b"\r\n\r\n", b"\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\n", 1),
            lambda: self._flipped(request),
            lambda: request.replace(b" ", self.rng.choice((b"\t", b"  ", b"\x00", b"\xff")), self.rng.randrange(3)),
            lambda: self._upgrade(request),
        )
        return self.rng.choice(ways)()

    def _seldom(self, share: float) -> bool:
        return self.rng.random() < share

    def _target(self, operation: Operation) -> str:
        parts = [self._named(part) if part.startswith("{") else part for part in operation.path.split("/")]
        asked = [name for name in operation.parameters if self._seldom(0.4)]
        query = "&".join(f"{name}={self._escaped(self._text())}" for name in asked)
        return "/".join(parts) + (f"?{query}" if query else "")

    def _named(self, parameter: str) -> str:
        """Return a value for a path parameter, more often than not an existing identifier."""
        if self._seldom(0.1):
            return self._escaped(self._text())
        created = self.names[len(NAMES) :]
        return self.rng.choice(created if created and parameter in {"{journey}", "{item}"} else self.names)

    def _text(self) -> str:
        return self.rng.choice(TEXTS) if self._seldom(0.5) else self.rng.choice(self.names)

    def _escaped(self, text: str) -> str:
        raw = text.encode("utf-8", "surrogatepass")[:600]
        return "".join(chr(byte) if chr(byte).isalnum() and byte < 128 else f"%{byte:02x}" for byte in raw)

    def _mangled(self, target: str) -> str:
        ways = (
            lambda: target + "/", lambda: target + "?", lambda: "/" + target, lambda: target.replace("/v1", "/v2"),
            lambda: target + "?limit=-1&after=%ff&limit=" + "9" * 30,
            lambda: target[: self.rng.randrange(1, len(target) + 1)],
            lambda: target + "/" + self._escaped(self._text()), target.upper, lambda: "*", lambda: "/%",
            lambda: "http://other.example" + target, lambda: target + "#fragment", lambda: "/..%2f.." + target,
        )  # fmt: skip
        return self.rng.choice(ways)()

    def _body(self, schema: Any) -> bytes:
        if self._seldom(0.1):
            return self.rng.choice(RAW_JSON)
        value = self._value(schema)
        for _ in range(self.rng.choice((0, 0, 0, 1, 1, 2))):
            value = self._damaged(value)
        raw = json.dumps(value).encode()
        return self._flipped(raw) if self._seldom(0.05) else raw

    def _value(self, schema: Any, depth: int = 0) -> Any:
        """Return a value that roughly fits a schema."""
        if not isinstance(schema, Mapping) or depth > 12:
            return self._hostile()
        if "$ref" in schema:
            schema_part: Any = self.document
            for part in schema["$ref"].removeprefix("#/").split("/"):
                schema_part = schema_part[part]
            return self._value(schema_part, depth + 1)
        for several in ("anyOf", "oneOf"):
            if several in schema:
                return self._value(self.rng.choice(schema[several]), depth + 1)
        if "const" in schema or "enum" in schema:
            return schema["const"] if "const" in schema else self.rng.choice(schema["enum"])
        return self._typed(schema, depth)

    def _typed(self, schema: Mapping[str, Any], depth: int) -> Any:
        types = schema.get("type", "object")
        made: dict[str, Callable[[], Any]] = {
            "object": lambda: self._object(schema, depth),
            "array": lambda: [self._value(schema.get("items", {}), depth + 1) for _ in range(self.rng.randrange(4))],
            "string": lambda: "2026-03-02T09:30:00Z" if schema.get("format") == "date-time" else self._word(),
            "integer": lambda: self.rng.randrange(schema.get("minimum", 0), schema.get("maximum", 50) + 1),
            "number": lambda: self.rng.uniform(0, 10),
            "boolean": lambda: self._seldom(0.5),
            "null": lambda: None,
        }
        return made[self.rng.choice(types) if isinstance(types, list) else types]()

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        made = {
            name: self._value(property_schema, depth + 1)
            for name, property_schema in schema.get("properties", {}).items()
            if name in schema.get("required", ()) or self._seldom(0.5)
        }
        if not made or self._seldom(0.1):
            made[self._word()] = self.rng.choice((1, "a", None, [1, {"a": 2}]))
        return made

    def _word(self) -> str:
        self.numbers += 1
        return f"n{self.numbers}" if self._seldom(0.3) else self.rng.choice(self.names)

    def _hostile(self) -> Any:
        return self.rng.choice((
            self.rng.choice(TEXTS), self.rng.choice(NUMBERS), None, True, [], {}, [[]] * 50, {"a": {"b": [None]}},
            {self.rng.choice(TEXTS): self.rng.choice(TEXTS)}, ["x" * 100] * 200,
        ))  # fmt: skip

    def _damaged(self, value: Any) -> Any:
        """Put something hostile somewhere into a value."""
        if isinstance(value, dict) and value and self._seldom(0.8):
            name = self.rng.choice(list(value))
            if self._seldom(0.1):
                return {key: item for key, item in value.items() if key != name}
            return value | {name: self._damaged(value[name])}
        if isinstance(value, list) and value and self._seldom(0.8):
            index = self.rng.randrange(len(value))
            return [*value[:index], self._damaged(value[index]), *value[index + 1 :]]
        return self._hostile()

    def _headers(self, media: str, body: bytes) -> list[tuple[str, bytes]]:
        self.numbers += 1
        made = [("host", b"localhost"), ("content-length", b"%d" % len(body))]
        if media:
            made.append(("content-type", self._header(media.encode())))
        made.append(("idempotency-key", self._header(f"{self.own}{self._number()}".encode())))
        if self._seldom(0.5):
            made.append(("if-match", self._header(self.rng.choice((b"*", b'"1"', b'"2"', b'W/"3"', b'"1", "2"')))))
        if self._seldom(0.1):
            made.append((self.rng.choice(("traceparent", "authorization", "accept", "expect-nothing", "cookie", "range",
                                          "last-event-id", "x-forwarded-for")), self._header(b"00-1-2-3")))  # fmt: skip
        return made

    def _number(self) -> int:
        """Return the number of this request, or of an earlier one."""
        return self.rng.randrange(self.numbers) if self._seldom(0.1) else self.numbers

    def _header(self, value: bytes) -> bytes:
        if not self._seldom(0.05):
            return value
        return self.rng.choice((b"", b"\xff\xfe", b"a" * 3000, b'"', b"application/json; charset=utf-16", b"\xc3\xa9",
                                b'"99999999999999999999999"', b",,,,", b"Bearer x", b"text/html"))  # fmt: skip

    def _flipped(self, raw: bytes) -> bytes:
        changed = bytearray(raw or b"\0")
        for _ in range(self.rng.randrange(1, 4)):
            changed[self.rng.randrange(len(changed))] = self.rng.randrange(256)
        return bytes(changed)

    def _upgrade(self, request: bytes) -> bytes:
        return request.replace(b"\r\n", b"\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: x\r\n", 1)

    def _written(self, method: str, target: str, headers: list[tuple[str, bytes]], body: bytes) -> bytes:
        lines = [f"{method} {target} HTTP/1.1".encode(), *(name.encode() + b": " + value for name, value in headers)]
        return b"\r\n".join([*lines, b"", b""]) + body
