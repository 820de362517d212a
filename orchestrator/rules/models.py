"""Models of the rules: what requests send, and what answers show."""

from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import AfterValidator, ConfigDict, Discriminator, Field, Tag, ValidationInfo, model_validator
from pydantic.json_schema import SkipJsonSchema

from orchestrator.core.json_codec import Document, write
from orchestrator.core.request import LONGEST
from orchestrator.http.command import Body
from orchestrator.http.paging import Versions
from orchestrator.http.schemas import view, views
from orchestrator.http.types import WHOLE, Count, Instant, Maybe, Name, Time, choice, distinct
from orchestrator.rules.actions import Callback, Escalate, Notify, Prioritise, Steer
from orchestrator.rules.condition import Variables, compiled
from orchestrator.rules.cost import cost_of
from orchestrator.rules.limits import LONGEST as LONGEST_CONDITION
from orchestrator.rules.limits import RULES
from orchestrator.rules.ruleset import excess_costs
from orchestrator.rules.tokens import Unreadable, tokens

__all__ = [
    "ActiveVersion", "ActiveView", "DecisionView", "DryRun", "DryRunView", "NewRules", "ReplayView",
    "RuleSetView", "VersionsPage",
]  # fmt: skip

ACTIONS = ("steer", "prioritise", "callback", "notify", "escalate")
ActionName = Annotated[str, choice(*ACTIONS)]
_ACTION = Field(title=f"one of {', '.join(ACTIONS)}")

Action = TypeVar("Action")
Options = TypeVar("Options")


def _compilable(source: str, info: ValidationInfo) -> str:
    """Return a condition that can be compiled."""
    try:
        compiled(source, Variables())
    except Unreadable as error:
        name = info.data.get("name", "")[:LONGEST]
        raise ValueError(f'of rule "{name}": {error}, in {source[:80]}') from error
    return source


def _affordable(rules: list[Any]) -> list[Any]:
    """Return rules that are cheap enough, each and together."""
    costs = [cost_of(tokens(rule.when)) for rule in rules]
    reasons = zip(rules, excess_costs(costs), strict=True)
    dear = [f'"{rule.name[:LONGEST]}": {reason}' for rule, reason in reasons if reason]
    if dear:
        more = f", and {len(dear) - _NAMED} more" if len(dear) > _NAMED else ""
        raise ValueError(f"are too dear, as an evaluation cannot be interrupted: {'; '.join(dear[:_NAMED])}{more}")
    return rules


_NAMED = 10


ConditionText = Annotated[
    str,
    Field(
        title="a condition", description="A condition in CEL on event, journey and now.",
        examples=['event.type == "paused"'], json_schema_extra={"maxLength": LONGEST_CONDITION},
    ),
]  # fmt: skip
Condition = Annotated[ConditionText, AfterValidator(_compilable)]


def _may_lack_options(schema: dict[str, Any], rule: type[Body]) -> None:
    """Say that a rule needs no options if its action needs none."""
    fields = getattr(rule.model_fields["with_"].annotation, "model_fields", {})
    if not any(field.is_required() for field in fields.values()):
        schema["required"].remove("with")


class Rule(Body, Generic[Action, Options]):
    """Rule of an action."""

    model_config = ConfigDict(json_schema_extra=_may_lack_options)

    name: Name
    when: Condition
    action: Annotated[Action, _ACTION]
    with_: Options = Field(alias="with")

    @model_validator(mode="before")
    @classmethod
    def _without_options(cls, rule: Any) -> Any:
        """Return a rule with no options where it has none, so that the missing ones are told."""
        return {"with": {}, **rule} if isinstance(rule, dict) else rule


def _unknown(action: str) -> str:
    raise ValueError(f'is "{action[:40]}"; known are {", ".join(ACTIONS)}')


class CallbackRule(Rule[Literal["callback"], Callback]):
    """Rule that offers to call back."""


class SteerRule(Rule[Literal["steer"], Steer]):
    """Rule that steers the customer to a step."""


class PrioritiseRule(Rule[Literal["prioritise"], Prioritise]):
    """Rule that changes the priority of the journey's work."""


class NotifyRule(Rule[Literal["notify"], Notify]):
    """Rule that sends a notification."""


class EscalateRule(Rule[Literal["escalate"], Escalate]):
    """Rule that hands the journey to people."""


class UnknownRule(Rule[Annotated[str, AfterValidator(_unknown)], Document]):
    """Rule of an unknown action, which is refused with everything else that is wrong with the rule."""


def _tag(rule: Any) -> str:
    """Return the action of a rule if it is known."""
    action = rule.get("action") if isinstance(rule, dict) else None
    return action if isinstance(action, str) and action in ACTIONS else "unknown"


AnyRule = Annotated[
    Annotated[CallbackRule, Tag("callback")]
    | Annotated[SteerRule, Tag("steer")]
    | Annotated[PrioritiseRule, Tag("prioritise")]
    | Annotated[NotifyRule, Tag("notify")]
    | Annotated[EscalateRule, Tag("escalate")]
    | Annotated[UnknownRule, Tag("unknown"), SkipJsonSchema()],
    Discriminator(_tag),
]
Rules = Annotated[
    list[AnyRule],
    Field(min_length=1, max_length=RULES, title=f"a list of 1 to {RULES} rules"),
    distinct("rule", "name"),
    AfterValidator(_affordable),
]
LARGEST_PAGE = 100
Version = Annotated[int, Field(ge=1, le=2**31 - 1)]


class NewRules(Body):
    """New version of the rules."""

    rules: Rules
    activate: bool = False

    def text(self) -> str:
        """Return the rules as they are stored: as JSON that never changes again."""
        return write([rule.model_dump(by_alias=True, exclude_none=True) for rule in self.rules])


class ActiveVersion(Body):
    """Version of the rules that is to be active."""

    version: Annotated[Version, WHOLE]


class DryRun(Body):
    """Event and journey, and the instant, on which rules are tried."""

    event: Document = Field({})
    journey: Document = Field({})
    now: Maybe[Instant] = None


RuleSetView = view("RuleSetView", version=Version, created=Time, fingerprint=str, rules=Rules)
ActiveView = view("ActiveView", version=Version, activated=Time, fingerprint=str)
_BECAUSE = view("Because", condition=ConditionText, values=Document)
_DECIDED = views("DecidedView", action=ActionName, rule=str, because=_BECAUSE, **{"with": Document})
_FAILED = views("FailedView", rule=str, did_not_hold=str)
DryRunView = view(
    "DryRunView", decided=_DECIDED,
    results=views("ResultView", "did_not_hold", rule=str, held=bool, values=Document, did_not_hold=str),
)  # fmt: skip
DecisionView = view(
    "DecisionView", version=Version, rules=Version, at=Time, decided=_DECIDED, failed=_FAILED, input=Document,
    fingerprint=str,
)  # fmt: skip
ReplayView = view("ReplayView", same=bool, decided=_DECIDED, failed=_FAILED, stored=DecisionView)


class VersionsPage(Versions):
    """Page of versions of the rules, or of decisions."""

    limit: Annotated[Count, Field(ge=1, le=LARGEST_PAGE)] = LARGEST_PAGE
