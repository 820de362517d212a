"""A client of the endpoint over one connection, which waits for each reply."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any

from tests.support.asgi_requests import Reply

__all__ = ["Client", "Reply"]


@dataclass
class Client:
    """Client with one connection, which is opened anew after an error."""

    port: int
    connection: HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self.connection = HTTPConnection("127.0.0.1", self.port, timeout=20)

    def send(self, method: str, path: str, body: Any = None, media: str = "application/json", **headers: str) -> Reply:
        raw = body if isinstance(body, bytes | type(None)) else json.dumps(body, ensure_ascii=False).encode()
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if raw is not None and media:
            sent["content-type"] = media
        try:
            self.connection.request(method, path, raw, sent)
            got = self.connection.getresponse()
            return Reply(got.status, {k.lower(): v for k, v in got.getheaders()}, got.read())
        except (OSError, HTTPException):
            self.connection.close()
            raise

    def start(self, customer: str, key: str = "", **more: Any) -> Reply:
        body = {"customer": customer, "intent": "loan", "channel": "web", **more}
        return self.send("POST", "/v1/journeys", body, idempotency_key=key or f"start {customer}")

    def event(self, journey: str, name: str, source: str = "test", **data: Any) -> Reply:
        body = {"specversion": "1.0", "id": name, "source": source, "type": "step.entered", "data": data}
        return self.send("POST", f"/v1/journeys/{journey}/events", body, "application/cloudevents+json")

    def move(self, journey: str, verb: str, key: str, **body: Any) -> Reply:
        return self.send("POST", f"/v1/journeys/{journey}/{verb}", body, idempotency_key=key)

    def history(self, journey: str) -> list[dict[str, Any]]:
        return self.pages(f"/v1/journeys/{journey}/history")

    def pages(self, path: str, limit: int = 1000) -> list[dict[str, Any]]:
        """Return the items of all pages."""
        items, after = [], ""
        while True:
            page = self.send("GET", f"{path}?limit={limit}{after}").json
            items += page["items"]
            if page["next"] is None:
                return items
            after = f"&after={page['next']}"
