"""Routes of the rules."""

from collections.abc import Callable, Sequence
from typing import Any

from orchestrator.core.answer import Answer
from orchestrator.core.request import Request
from orchestrator.http.command import JSON, write_route
from orchestrator.http.paging import page_of
from orchestrator.journeys.handlers import COMMANDS as JOURNEYS
from orchestrator.rules import models, views
from orchestrator.rules.commands import Activate, Deactivate, PutRules
from orchestrator.rules.decisions import decide
from orchestrator.rules.handlers import activate, deactivate, put_rules
from orchestrator.rules.rows import ActiveRules, Decision, StoredRules
from orchestrator.service.command_context import Spend
from orchestrator.service.executor import Executor
from orchestrator.service.feature import Feature, Route, RouteHandler, query_route
from orchestrator.store.unit import Need, Unit

__all__ = ["FEATURE"]


def _needs(command: Any) -> Sequence[Need]:
    """Return what every change of a journey will read: which rules are active."""
    return (Need(ActiveRules, "key", (command.tenant,)),)


def _charged(query: Callable[[Request, Unit, Spend], Answer]) -> RouteHandler:
    """Return the handler of a route that evaluates rules and stores nothing."""

    async def handle(executor: Executor, request: Request) -> Answer:
        return await executor.look(lambda unit: query(request, unit, executor.budget.spend))

    return handle


FEATURE = Feature(
    tables=(StoredRules, ActiveRules, Decision),
    commands={PutRules: put_rules, Activate: activate, Deactivate: deactivate},
    needs=dict.fromkeys(JOURNEYS, _needs),
    hooks=(decide,),
    routes=(
        write_route(
            "POST", "/v1/rules", PutRules,
            "Store a new version of the rules, checked and compiled; the same rules again are the same version",
            {201: ("The new version", models.RuleSetView), 200: ("The latest version", models.RuleSetView)},
        ),
        Route(
            "GET", "/v1/rules", query_route(views.versions), "List the versions of the rules, oldest first",
            answers={200: ("A page of them", page_of(models.RuleSetView, int))},
            query=models.VersionsPage, problems=("invalid",),
        ),
        Route(
            "GET", "/v1/rules/{version}", query_route(views.version), "Show a version of the rules",
            answers={200: ("The version", models.RuleSetView)}, problems=("unknown", "invalid"),
        ),
        Route(
            "POST", "/v1/rules/{version}/dry-run", _charged(views.dry_run),
            "Say what a version would decide on a given event and journey; nothing is stored",
            request={JSON: models.DryRun},
            answers={200: ("What each rule gives, and what would be decided", models.DryRunView)},
            problems=("unknown", "invalid", "malformed", "media-type"),
        ),
        Route(
            "GET", "/v1/active-rules", query_route(views.active), "Show which version of the rules is active",
            answers={200: ("The active version", models.ActiveView)}, problems=("unknown",),
        ),
        write_route(
            "PUT", "/v1/active-rules", Activate, "Make a version the active one, from the next event on",
            {200: ("The active version", models.ActiveView)}, "unknown",
        ),
        write_route(
            "DELETE", "/v1/active-rules", Deactivate, "Have no rules active",
            {204: ("No rules are active", None)}, "unknown",
        ),
        Route(
            "GET", "/v1/journeys/{journey}/decisions", query_route(views.decisions),
            "List what was decided on a journey, each with its rule, reason and input",
            answers={200: ("A page of decisions, oldest first", page_of(models.DecisionView, int))},
            query=models.VersionsPage, problems=("unknown", "invalid"),
        ),
        Route(
            "POST", "/v1/journeys/{journey}/decisions/{version}/replay", _charged(views.replay),
            "Make a stored decision again, and say whether it comes out the same",
            answers={200: ("What it comes out as", models.ReplayView)},
            problems=("unknown", "invalid"),
        ),
    ),
)  # fmt: skip
