"""From requests to the commands and the answers of the notifications."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from orchestrator.core.answer import Answer
from orchestrator.core.json_codec import Document, write
from orchestrator.core.problems import Refused, invalid
from orchestrator.core.request import Request, page
from orchestrator.http.fields import LONGEST, Fields
from orchestrator.journeys.handlers import the_journey
from orchestrator.notifications import commands
from orchestrator.notifications.quiet_hours import windows, zone_of
from orchestrator.notifications.rows import Delivery, Notification, QuietHours, Webhook
from orchestrator.notifications.signing import fresh_secret, is_secret
from orchestrator.notifications.targets import Forbidden, Targets
from orchestrator.store.unit import Unit

__all__ = [
    "DELIVERY_STATES",
    "NOTIFICATION_STATES",
    "cancel",
    "deliveries",
    "drop_quiet",
    "drop_webhook",
    "instant",
    "notification",
    "notifications",
    "plan",
    "put_quiet",
    "put_webhook",
    "quiet_hours",
    "requeue_delivery",
    "requeue_notification",
    "states",
    "webhook",
    "webhooks",
]  # fmt: skip

JSON = "application/json"
LARGEST_PAGE = 100
LARGEST_DATA = 4 * 1024
LONGEST_DELAY = 366 * 24 * 3600
EARLIEST = datetime(1, 1, 3, tzinfo=UTC).timestamp()
LATEST = datetime(9999, 12, 29, tzinfo=UTC).timestamp()

DELIVERY_STATES = ("waiting", "sent", "cancelled", "dead")
NOTIFICATION_STATES = ("waiting", "released", "cancelled", "dead")


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


def instant(fields: Fields, name: str) -> float | None:
    """Return an instant in seconds since the epoch, or ``None`` where there is none.

    Parameters
    ----------
    fields
        Where it stands.
    name
        Of the field.
    """
    text = fields.timestamp(name)
    if text is None or (fields.errors and fields.errors[-1][0].endswith(f"/{name}")):
        return None
    seconds = datetime.fromisoformat(text).timestamp()
    if not EARLIEST <= seconds <= LATEST:
        fields.wrong(name, f"is {text}; a time that is in the years 1 to 9999 in every zone is needed")
        return None
    return seconds


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


# Reading


def webhooks(request: Request, unit: Unit) -> Answer:
    """Answer with all webhooks."""
    found = unit.find(Webhook, "key", request.tenant)
    return _answer({"items": [commands.shown_webhook(one) for one in found], "next": None})


def webhook(request: Request, unit: Unit) -> Answer:
    """Answer with one webhook."""
    found = unit.get(Webhook, request.tenant, request.names["webhook"])
    if found is None:
        raise Refused("unknown", f"there is no webhook {request.names['webhook'][:80]}")
    return _answer(commands.shown_webhook(found))


def quiet_hours(request: Request, unit: Unit) -> Answer:
    """Answer with the quiet hours."""
    found = unit.get(QuietHours, request.tenant)
    if found is None:
        raise Refused("unknown", "there are no quiet hours")
    return _answer(commands.shown_quiet(found))


def notification(request: Request, unit: Unit) -> Answer:
    """Answer with a notification and its deliveries."""
    found = commands.the_notification(unit, request.tenant, request.names["notification"])
    sent = unit.find(Delivery, "notification", request.tenant, found.id)
    shown = commands.shown_notification(found)
    return _answer(shown | {"deliveries": [commands.shown_delivery(one) for one in sent]})


def notifications(request: Request, unit: Unit) -> Answer:
    """Answer with a page of a journey's notifications, oldest first."""
    _, start, limit = page(request, LARGEST_PAGE, cursor=str)
    the_journey(unit, request.tenant, request.names["journey"])
    found = unit.find(
        Notification, "journey", request.tenant, request.names["journey"], after=(start,), limit=limit + 1
    )  # fmt: skip
    return _page([commands.shown_notification(one) for one in found], limit)


def states(request: Request, unit: Unit) -> Answer:
    """Answer with a page of the notifications of a state, oldest first."""
    state, start, limit = _of_state(request, NOTIFICATION_STATES)
    found = unit.find(Notification, "state", request.tenant, state, after=(start,), limit=limit + 1)
    return _page([commands.shown_notification(one) for one in found], limit)


def deliveries(request: Request, unit: Unit) -> Answer:
    """Answer with a page of the deliveries of a state, oldest first."""
    state, start, limit = _of_state(request, DELIVERY_STATES)
    found = unit.find(Delivery, "state", request.tenant, state, after=(start,), limit=limit + 1)
    return _page([commands.shown_delivery(one) for one in found], limit)


def _of_state(request: Request, known: tuple[str, ...]) -> tuple[str, str, int]:
    """Read which state, and which page, is asked for; the dead where nothing is said, as those need somebody."""
    parameters, start, limit = page(request, LARGEST_PAGE, cursor=str)
    state = parameters.get("state", "dead")
    if state not in known:
        raise invalid([("state", f'is "{state[:40]}"; known are {", ".join(known)}')])
    return state, start, limit


def _page(items: list[Document], limit: int) -> Answer:
    """Return one page of a list, and where the next one begins."""
    return _answer({"items": items[:limit], "next": items[limit - 1]["id"] if len(items) > limit else None})


def _answer(value: Any) -> Answer:
    """Return the answer that shows a value."""
    return Answer(200, write(value).encode())
