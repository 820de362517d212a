"""Routes of the rules."""

from collections.abc import Sequence
from typing import Any

from orchestrator.journeys.handlers import COMMANDS as JOURNEYS
from orchestrator.rules import models, views
from orchestrator.rules.commands import Activate, Deactivate, PutRules
from orchestrator.rules.decisions import decide
from orchestrator.rules.handlers import activate, deactivate, put_rules
from orchestrator.rules.rows import ActiveRules, Decision, StoredRules
from orchestrator.service.feature import Feature, Route, command_route, query_route
from orchestrator.store.unit import Need

__all__ = ["FEATURE"]

_BAD = ("malformed", "media-type", "invalid")


def _needs(command: Any) -> Sequence[Need]:
    """Return what every change of a journey will read: which rules are active."""
    return (Need(ActiveRules, "key", (command.tenant,)),)


FEATURE = Feature(
    tables=(StoredRules, ActiveRules, Decision),
    commands={PutRules: put_rules, Activate: activate, Deactivate: deactivate},
    needs=dict.fromkeys(JOURNEYS, _needs),
    hooks=(decide,),
    routes=(
        Route(
            "POST", "/v1/rules", command_route(models.new_rules),
            "Store a new version of the rules, checked and compiled; the same rules again are the same version",
            request={models.JSON: models.NEW_RULES},
            answers={201: ("The new version", models.RULE_SET), 200: ("The latest version", models.RULE_SET)},
            problems=_BAD,
        ),
        Route(
            "GET", "/v1/rules", query_route(views.versions), "List the versions of the rules, oldest first",
            answers={200: ("A page of them", models.VERSIONS)}, parameters=models.PAGE, problems=("invalid",),
        ),
        Route(
            "GET", "/v1/rules/{version}", query_route(views.version), "Show a version of the rules",
            answers={200: ("The version", models.RULE_SET)}, problems=("unknown", "invalid"),
        ),
        Route(
            "POST", "/v1/rules/{version}/dry-run", query_route(views.dry_run),
            "Say what a version would decide on a given event and journey; nothing is stored",
            request={models.JSON: models.DRY_RUN},
            answers={200: ("What each rule gives, and what would be decided", models.DRY_RUN_RESULT)},
            problems=("unknown", *_BAD),
        ),
        Route(
            "GET", "/v1/active-rules", query_route(views.active), "Show which version of the rules is active",
            answers={200: ("The active version", models.ACTIVE)}, problems=("unknown",),
        ),
        Route(
            "PUT", "/v1/active-rules", command_route(models.activation),
            "Make a version the active one, from the next event on",
            request={models.JSON: models.ACTIVATION}, answers={200: ("The active version", models.ACTIVE)},
            problems=("unknown", *_BAD),
        ),
        Route(
            "DELETE", "/v1/active-rules", command_route(models.deactivation), "Have no rules active",
            answers={204: ("No rules are active", None)}, problems=("unknown",),
        ),
        Route(
            "GET", "/v1/journeys/{journey}/decisions", query_route(views.decisions),
            "List what was decided on a journey, each with its rule, reason and input",
            answers={200: ("A page of decisions, oldest first", models.DECISIONS)}, parameters=models.PAGE,
            problems=("unknown", "invalid"),
        ),
        Route(
            "POST", "/v1/journeys/{journey}/decisions/{version}/replay", query_route(views.replay),
            "Make a stored decision again, and say whether it comes out the same",
            answers={200: ("What it comes out as", models.REPLAY)}, problems=("unknown", "invalid"),
        ),
    ),
)  # fmt: skip
