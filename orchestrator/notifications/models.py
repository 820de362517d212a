"""Request models of notifications: the commands that requests ask for, and the JSON schemas."""

from collections.abc import Callable
from typing import Any

from orchestrator.core.json_codec import write
from orchestrator.core.request import LONGEST, Request
from orchestrator.http.fields import Fields, instant
from orchestrator.notifications import commands
from orchestrator.notifications.quiet_hours import DAYS, WINDOWS, windows, zone_of
from orchestrator.notifications.rows import DELIVERY_STATES, NOTIFICATION_STATES
from orchestrator.notifications.signing import fresh_secret, is_secret
from orchestrator.notifications.targets import Forbidden, Targets

__all__ = [
    "DELIVERIES", "DELIVERY", "JSON", "NEW_WEBHOOK", "NOTIFICATION", "NOTIFICATIONS", "PLAN", "QUIET", "WEBHOOK",
    "WEBHOOKS", "WEBHOOK_MADE", "WITH_DELIVERIES", "cancel", "drop_quiet", "drop_webhook", "page", "plan",
    "put_quiet", "put_webhook", "requeue_delivery", "requeue_notification",
]  # fmt: skip

JSON = "application/json"
LARGEST_DATA = 4 * 1024
LONGEST_DELAY = 366 * 24 * 3600


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


def plan(request: Request) -> commands.Plan:
    """Read a notification to be made."""
    key = request.key()
    fields = Fields(request.json(JSON))
    fields.only("template", "at", "after", "data", "unless_back")
    template, at, data = fields.text("template"), instant(fields, "at"), fields.mapping("data")
    after = fields.members.get("after", 0)
    if isinstance(after, bool) or not isinstance(after, int | float) or not 0 <= after <= LONGEST_DELAY:
        fields.wrong("after", f"must be a number of seconds from 0 to {LONGEST_DELAY}")
    if at is not None and "after" in fields.members:
        fields.wrong("after", "stands beside at; give one of them")
    if len(write(data).encode()) > LARGEST_DATA:
        fields.wrong("data", f"has more than {LARGEST_DATA} bytes")
    unless = fields.members.get("unless_back", True)
    if not isinstance(unless, bool):
        fields.wrong("unless_back", "must be true or false")
    fields.check()
    return commands.Plan(request.tenant, key, request.names["journey"], template, at, float(after), data, unless)


def cancel(request: Request) -> commands.Cancel:
    """Read which notification is not to be sent."""
    return commands.Cancel(request.tenant, request.names["notification"])


def requeue_notification(request: Request) -> commands.RequeueNotification:
    """Read which notification is to be released anew."""
    return commands.RequeueNotification(request.tenant, request.names["notification"])


def requeue_delivery(request: Request) -> commands.RequeueDelivery:
    """Read which delivery is to be tried anew."""
    return commands.RequeueDelivery(request.tenant, request.names["delivery"])


def put_webhook(targets: Targets) -> Callable[[Request], commands.PutWebhook]:
    """Return what reads a webhook, whose target must be allowed."""

    def read(request: Request) -> commands.PutWebhook:
        name = request.names["webhook"]
        fields = Fields(request.json(JSON))
        fields.only("url", "secret")
        if not (name.isascii() and name.isprintable() and len(name) <= LONGEST):
            fields.errors.append(("webhook", f"its name must be 1 to {LONGEST} printable ASCII characters"))
        url = fields.members.get("url")
        try:
            targets.target(url if isinstance(url, str) else "")
        except Forbidden as error:
            fields.wrong("url", str(error))
        secret = fields.members.get("secret", "")
        if "secret" in fields.members and not (isinstance(secret, str) and is_secret(secret)):
            fields.wrong("secret", 'must be "whsec_" and 24 to 64 bytes in base64, or be left out for a random one')
        fields.check()
        return commands.PutWebhook(request.tenant, name, str(url), secret, fresh_secret())

    return read


def drop_webhook(request: Request) -> commands.DropWebhook:
    """Read which webhook is to be removed."""
    return commands.DropWebhook(request.tenant, request.names["webhook"])


def put_quiet(request: Request) -> commands.PutQuiet:
    """Read quiet hours."""
    fields = Fields(request.json(JSON))
    fields.only("zone", "windows")
    zone = fields.text("zone")
    try:
        zone_of(zone or "UTC")
    except ValueError as error:
        fields.wrong("zone", str(error))
    given = fields.members.get("windows")
    windows(given, fields)
    fields.check()
    return commands.PutQuiet(request.tenant, zone, write(given))


def drop_quiet(request: Request) -> commands.DropQuiet:
    """Read that there are to be no quiet hours."""
    return commands.DropQuiet(request.tenant)
