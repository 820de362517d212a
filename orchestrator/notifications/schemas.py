"""The JSON schemas of what the notifications take and answer, for the OpenAPI document."""

from typing import Any

from orchestrator.notifications.models import DELIVERY_STATES, LONGEST_DELAY, NOTIFICATION_STATES
from orchestrator.notifications.quiet_hours import DAYS, WINDOWS

__all__ = [
    "DELIVERIES", "DELIVERY", "NEW_WEBHOOK", "NOTIFICATION", "NOTIFICATIONS", "PLAN", "QUIET", "WEBHOOK", "WEBHOOKS",
    "WEBHOOK_MADE", "WITH_DELIVERIES", "page",
]  # fmt: skip

Schema = dict[str, Any]

TEXT: Schema = {"type": "string", "minLength": 1, "maxLength": 200}
STRING: Schema = {"type": "string"}
INSTANT: Schema = {"type": "string", "format": "date-time"}
OBJECT: Schema = {"type": "object"}
YES_NO: Schema = {"type": "boolean"}
CLOCK: Schema = {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$", "example": "22:00"}


def _object(required: str, **properties: Schema) -> Schema:
    """Return the schema of an object that has nothing but these members."""
    return {"type": "object", "properties": properties, "required": required.split(), "additionalProperties": False}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _paged(items: Schema) -> Schema:
    return _object("items next", items=_list(items), next={"type": ["string", "null"]})


PLAN = _object(
    "template", template=TEXT, at=INSTANT, data=OBJECT, unless_back=YES_NO | {"default": True},
    after={"type": "number", "minimum": 0, "maximum": LONGEST_DELAY},
) | {"not": {"required": ["at", "after"]}}  # fmt: skip
_NOTIFICATION: Schema = {
    "id": STRING, "journey": STRING, "template": TEXT, "data": OBJECT, "due": INSTANT, "unless_back": YES_NO,
    "state": {"enum": list(NOTIFICATION_STATES)}, "reason": STRING, "created": INSTANT,
}  # fmt: skip
NOTIFICATION = _object(" ".join(_NOTIFICATION), **_NOTIFICATION)
NOTIFICATIONS = _paged(NOTIFICATION)

_DELIVERY: Schema = {
    "id": STRING, "notification": STRING, "webhook": STRING, "state": {"enum": list(DELIVERY_STATES)},
    "tries": {"type": "integer", "minimum": 0}, "next": {"type": ["string", "null"]}, "reason": STRING,
    "created": INSTANT,
}  # fmt: skip
DELIVERY = _object(" ".join(_DELIVERY), **_DELIVERY)
DELIVERIES = _paged(DELIVERY)
WITH_DELIVERIES = _object(" ".join([*_NOTIFICATION, "deliveries"]), **_NOTIFICATION, deliveries=_list(DELIVERY))

_URL: Schema = {
    "type": "string", "maxLength": 1000, "example": "https://example.com/hook",
    "description": "An https URL of a host with public addresses only.",
}  # fmt: skip
_SECRET: Schema = {
    "type": "string", "description": "24 to 64 bytes in base64, after whsec_.",
    "pattern": "^whsec_([A-Za-z0-9+/]{4}){8,20}"
    "([A-Za-z0-9+/]{4}([A-Za-z0-9+/]{2}==)?|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)?$",
}  # fmt: skip
_WEBHOOK: Schema = {"id": TEXT, "url": _URL, "enabled": YES_NO, "reason": STRING, "created": INSTANT}
NEW_WEBHOOK = _object("url", url=_URL, secret=_SECRET)
WEBHOOK = _object(" ".join(_WEBHOOK), **_WEBHOOK)
WEBHOOK_MADE = _object(" ".join([*_WEBHOOK, "secret"]), **_WEBHOOK, secret=_SECRET)
WEBHOOKS = _paged(WEBHOOK)

_WINDOW = _object(
    "from until", days=_list({"enum": list(DAYS)}) | {"minItems": 1}, **{"from": CLOCK}, until=CLOCK
)  # fmt: skip
QUIET = _object("zone windows", zone=TEXT, windows=_list(_WINDOW) | {"minItems": 1, "maxItems": WINDOWS})


def page(*states: str) -> tuple[Schema, ...]:
    """Return the parameters of a list, which may be that of a state."""
    state: Schema = {
        "name": "state", "in": "query", "schema": {"enum": list(states), "default": "dead"},
        "description": "Which ones; the dead where nothing is said.",
    }  # fmt: skip
    return (
        *([state] if states else ()),
        {"name": "after", "in": "query", "schema": STRING, "description": "The page's beginning: the last one's next."},
        {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 100}},
    )
