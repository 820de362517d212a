"""Routes of the rules."""

from collections.abc import Sequence
from typing import Any

from orchestrator.http.command import JSON
from orchestrator.http.types import page_of
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
            "POST", "/v1/rules", command_route(PutRules.read),
            "Store a new version of the rules, checked and compiled; the same rules again are the same version",
            request={JSON: models.NewRules},
            answers={201: ("The new version", models.RuleSetView), 200: ("The latest version", models.RuleSetView)},
            problems=_BAD,
        ),
        Route(
            "GET", "/v1/rules", query_route(views.versions), "List the versions of the rules, oldest first",
            answers={200: ("A page of them", page_of(models.RuleSetView, int))},
            parameters=models.PAGE, problems=("invalid",),
        ),
        Route(
            "GET", "/v1/rules/{version}", query_route(views.version), "Show a version of the rules",
            answers={200: ("The version", models.RuleSetView)}, problems=("unknown", "invalid"),
        ),
        Route(
            "POST", "/v1/rules/{version}/dry-run", query_route(views.dry_run),
            "Say what a version would decide on a given event and journey; nothing is stored",
            request={JSON: models.DryRun},
            answers={200: ("What each rule gives, and what would be decided", models.DryRunView)},
            problems=("unknown", *_BAD),
        ),
        Route(
            "GET", "/v1/active-rules", query_route(views.active), "Show which version of the rules is active",
            answers={200: ("The active version", models.ActiveView)}, problems=("unknown",),
        ),
        Route(
            "PUT", "/v1/active-rules", command_route(Activate.read),
            "Make a version the active one, from the next event on",
            request={JSON: models.ActiveVersion}, answers={200: ("The active version", models.ActiveView)},
            problems=("unknown", *_BAD),
        ),
        Route(
            "DELETE", "/v1/active-rules", command_route(Deactivate.read), "Have no rules active",
            answers={204: ("No rules are active", None)}, problems=("unknown",),
        ),
        Route(
            "GET", "/v1/journeys/{journey}/decisions", query_route(views.decisions),
            "List what was decided on a journey, each with its rule, reason and input",
            answers={200: ("A page of decisions, oldest first", page_of(models.DecisionView, int))},
            parameters=models.PAGE, problems=("unknown", "invalid"),
        ),
        Route(
            "POST", "/v1/journeys/{journey}/decisions/{version}/replay", query_route(views.replay),
            "Make a stored decision again, and say whether it comes out the same",
            answers={200: ("What it comes out as", models.ReplayView)}, problems=("unknown", "invalid"),
        ),
    ),
)  # fmt: skip
