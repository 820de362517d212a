"""Request models of the rules: the commands that requests ask for, and the JSON schemas."""

from typing import Any

from orchestrator.core.json_codec import Document
from orchestrator.core.problems import Refused
from orchestrator.core.request import Request
from orchestrator.http.fields import Fields, instant
from orchestrator.rules.actions import ACTIONS, LONGEST_DELAY, whole
from orchestrator.rules.commands import Activate, Deactivate, PutRules
from orchestrator.rules.limits import LONGEST, RULES
from orchestrator.rules.ruleset import checked_rules

__all__ = [
    "ACTIVATION", "ACTIVE", "DECISIONS", "DRY_RUN", "DRY_RUN_RESULT", "JSON", "NEW_RULES", "PAGE", "REPLAY",
    "RULE_SET", "VERSIONS", "activation", "deactivation", "dry_run_input", "new_rules",
]  # fmt: skip

JSON = "application/json"


Schema = dict[str, Any]

TEXT: Schema = {"type": "string", "minLength": 1, "maxLength": 200}
INSTANT: Schema = {"type": "string", "format": "date-time"}
OBJECT: Schema = {"type": "object"}
COUNT: Schema = {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}


def _object(required: str, **properties: Schema) -> Schema:
    """Return the schema of an object that has nothing but these members."""
    return {"type": "object", "properties": properties, "required": required.split(), "additionalProperties": False}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _paged(items: Schema) -> Schema:
    return _object("items next", items=_list(items), next={"type": ["integer", "null"]})


_DELAY: Schema = {"type": "integer", "minimum": 0, "maximum": LONGEST_DELAY, "default": 0}
_WITH: dict[str, Schema] = {
    "steer": _object("step", step=TEXT, channel=TEXT),
    "prioritise": _object("priority", priority={"type": "integer", "minimum": 0, "maximum": 1000}),
    "callback": _object("", queue=TEXT, within=_DELAY),
    "notify": _object("template", template=TEXT, after=_DELAY, unless_back={"type": "boolean", "default": True}),
    "escalate": _object("queue", queue=TEXT, reason=TEXT),
}
assert _WITH.keys() == ACTIONS.keys()

_CONDITION: Schema = {
    "type": "string", "maxLength": LONGEST,
    "description": "A condition in CEL on event, journey and now.", "example": 'event.type == "paused"',
}  # fmt: skip

RULE: Schema = {
    "oneOf": [
        _object("name when action", name=TEXT, when=_CONDITION, action={"const": action}, **{"with": fields})
        | ({"required": ["name", "when", "action", "with"]} if fields["required"] else {})
        for action, fields in _WITH.items()
    ]
}
_RULES = {"type": "array", "items": RULE, "minItems": 1, "maxItems": RULES}

NEW_RULES = _object("rules", rules=_RULES, activate={"type": "boolean", "default": False})
RULE_SET = _object("version created fingerprint rules", version=COUNT, created=INSTANT, fingerprint=TEXT, rules=_RULES)
VERSIONS = _paged(RULE_SET)
ACTIVATION = _object("version", version=COUNT)
ACTIVE = _object("version activated fingerprint", version=COUNT, activated=INSTANT, fingerprint=TEXT)
DRY_RUN = _object("", event=OBJECT, journey=OBJECT, now=INSTANT)

_BECAUSE = _object("condition values", condition=_CONDITION, values=OBJECT)
_DECIDED = _list(
    _object("action rule with because", action={"enum": list(ACTIONS)}, rule=TEXT, because=_BECAUSE, **{"with": OBJECT})
)
_FAILED = _list(_object("rule did_not_hold", rule=TEXT, did_not_hold={"type": "string"}))
_RESULT = _object(
    "rule held values", rule=TEXT, held={"type": "boolean"}, values=OBJECT, did_not_hold={"type": "string"}
)  # fmt: skip
DRY_RUN_RESULT = _object("results decided", results=_list(_RESULT), decided=_DECIDED)
DECISION = _object(
    "version rules at decided failed input fingerprint", version=COUNT, rules=COUNT, at=INSTANT, decided=_DECIDED,
    failed=_FAILED, input=OBJECT, fingerprint=TEXT,
)  # fmt: skip
DECISIONS = _paged(DECISION)
REPLAY = _object(
    "same decided failed stored", same={"type": "boolean"}, decided=_DECIDED, failed=_FAILED, stored=DECISION
)

PAGE: tuple[Schema, ...] = (
    {
        "name": "after", "in": "query", "schema": {"type": "integer", "minimum": 0, "maximum": 10**18 - 1},
        "description": "The page's beginning: the last one's next.",
    },
    {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 100}},
)  # fmt: skip


def new_rules(request: Request) -> PutRules:
    """Read a new version."""
    fields = Fields(request.json(JSON))
    fields.only("rules", "activate")
    activate = fields.members.get("activate", False)
    if not isinstance(activate, bool):
        fields.wrong("activate", "must be true or false")
    try:
        rules = checked_rules(fields.members.get("rules"), "/rules")
    except Refused as refusal:
        fields.errors += [(error["pointer"], error["detail"]) for error in refusal.extra["errors"]]
    fields.check()
    return PutRules(request.tenant, rules, activate)


def activation(request: Request) -> Activate:
    """Read which version is to be active."""
    fields = Fields(request.json(JSON))
    fields.only("version")
    number = whole(fields, "version", 1, 2**31 - 1)
    fields.check()
    return Activate(request.tenant, number)


def deactivation(request: Request) -> Deactivate:
    """Read that no rules are to be active."""
    return Deactivate(request.tenant)


def dry_run_input(request: Request) -> Document:
    """Read the event, the journey, and the instant that rules are tried on."""
    fields = Fields(request.json(JSON))
    fields.only("event", "journey", "now")
    root: Document = {"event": fields.mapping("event"), "journey": fields.mapping("journey")}
    now = instant(fields, "now")
    fields.check()
    if now is not None:
        root["now"] = now
    return root
