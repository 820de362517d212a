"""Rules: conditions in CEL that steer, prioritise, offer a callback, notify and escalate, decided after each event."""

from collections.abc import Sequence
from typing import Any

from orchestrator.journeys.handlers import COMMANDS as JOURNEYS
from orchestrator.rules import models, schemas
from orchestrator.rules.commands import Activate, Deactivate, PutRules, activate, deactivate, put_rules
from orchestrator.rules.decisions import after, forget, standing
from orchestrator.rules.rows import ActiveRules, Decision, StoredRules
from orchestrator.service.feature import Part, Route, asks, shows
from orchestrator.store.unit import Need

__all__ = ["PART", "forget", "standing"]

_BAD = ("malformed", "media-type", "invalid")


def _needs(command: Any) -> Sequence[Need]:
    """Return what every change of a journey will read: which rules are active."""
    return (Need(ActiveRules, "key", (command.tenant,)),)


PART = Part(
    tables=(StoredRules, ActiveRules, Decision),
    commands={PutRules: put_rules, Activate: activate, Deactivate: deactivate},
    needs=dict.fromkeys(JOURNEYS, _needs),
    after=(after,),
    routes=(
        Route(
            "POST", "/v1/rules", asks(models.new_rules),
            "Store a new version of the rules, checked and compiled; the same rules again are the same version",
            request={models.JSON: schemas.NEW_RULES},
            answers={201: ("The new version", schemas.RULE_SET), 200: ("The latest version", schemas.RULE_SET)},
            problems=_BAD,
        ),
        Route(
            "GET", "/v1/rules", shows(models.versions), "List the versions of the rules, oldest first",
            answers={200: ("A page of them", schemas.VERSIONS)}, parameters=schemas.PAGE, problems=("invalid",),
        ),
        Route(
            "GET", "/v1/rules/{version}", shows(models.version), "Show a version of the rules",
            answers={200: ("The version", schemas.RULE_SET)}, problems=("unknown", "invalid"),
        ),
        Route(
            "POST", "/v1/rules/{version}/dry-run", shows(models.dry_run),
            "Say what a version would decide on a given event and journey; nothing is stored",
            request={models.JSON: schemas.DRY_RUN},
            answers={200: ("What each rule gives, and what would be decided", schemas.DRY_RUN_RESULT)},
            problems=("unknown", *_BAD),
        ),
        Route(
            "GET", "/v1/active-rules", shows(models.active), "Show which version of the rules is active",
            answers={200: ("The active version", schemas.ACTIVE)}, problems=("unknown",),
        ),
        Route(
            "PUT", "/v1/active-rules", asks(models.activation),
            "Make a version the active one, from the next event on",
            request={models.JSON: schemas.ACTIVATION}, answers={200: ("The active version", schemas.ACTIVE)},
            problems=("unknown", *_BAD),
        ),
        Route(
            "DELETE", "/v1/active-rules", asks(models.deactivation), "Have no rules active",
            answers={204: ("No rules are active", None)}, problems=("unknown",),
        ),
        Route(
            "GET", "/v1/journeys/{journey}/decisions", shows(models.decisions),
            "List what was decided on a journey, each with its rule, reason and input",
            answers={200: ("A page of decisions, oldest first", schemas.DECISIONS)}, parameters=schemas.PAGE,
            problems=("unknown", "invalid"),
        ),
        Route(
            "POST", "/v1/journeys/{journey}/decisions/{version}/replay", shows(models.replay),
            "Make a stored decision again, and say whether it comes out the same",
            answers={200: ("What it comes out as", schemas.REPLAY)}, problems=("unknown", "invalid"),
        ),
    ),
)  # fmt: skip
