"""Shrinkage of a service plan: that of the rules, else of each group in the scenario; shifts have it as absence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sim.roster import Rules
from sim.scenario import Scenario

__all__ = ["PlannedShrinkage", "planned_shrinkage", "shift_changes"]


@dataclass(frozen=True)
class PlannedShrinkage:
    """Share of the agents on shifts who are absent, by group.

    Parameters
    ----------
    shares
        Of each group of the scenario.
    of_scenario
        What the scenario says of each.
    has_rules
        Whether the shifts are those of a roster, whose rules may say the shrinkage.
    from_rules
        Whether they do.
    """

    shares: Mapping[str, float]
    of_scenario: Mapping[str, float]
    has_rules: bool
    from_rules: bool

    def sentence(self, groups: Sequence[str]) -> str:
        """Return which shrinkage is in the plan, and where it comes from.

        Parameters
        ----------
        groups
            Those that have shifts.
        """
        own, scenario_shares = ({name: shares[name] for name in groups} for shares in (self.shares, self.of_scenario))
        if self.from_rules:
            differs = f" The scenario has {_shares(scenario_shares)}." if scenario_shares != own else ""
            return f"Shrinkage in this plan: {_shares(own)}, from the rules.{differs}{_absence(own)}"
        if not any(own.values()):
            where = "rules and scenario have" if self.has_rules else "the scenario has"
            return f"No shrinkage in this plan: {where} none."
        other = "`shrinkage` in the rules" if self.has_rules else "--set agents.GROUP.shrinkage"
        return f"Shrinkage in this plan: {_shares(own)}, from the scenario; {other} replaces it.{_absence(own)}"


def planned_shrinkage(scenario: Scenario, rules: Rules | None) -> PlannedShrinkage:
    """Return the shrinkage of a plan: that of the rules, else that of each group in the scenario.

    Parameters
    ----------
    scenario
        Of the groups; those on shifts have their absence.
    rules
        Of the roster; None = the shifts come from a file.
    """
    scenario_shares = {
        name: group.absence if group.shifts else group.shrinkage for name, group in scenario.agents.items()
    }
    wanted = None if rules is None else rules.shrinkage
    shares = scenario_shares if wanted is None else dict.fromkeys(scenario_shares, wanted)
    return PlannedShrinkage(shares, scenario_shares, rules is not None, wanted is not None)


def shift_changes(scenario: Scenario, shares: Mapping[str, float], groups: Sequence[str], file: Path) -> Iterator[str]:
    """Yield the changes of a scenario whose groups work shifts: who is away is absent, and paid as before.

    Parameters
    ----------
    scenario
        Of the groups.
    shares
        Of the agents of each group who are absent.
    groups
        That have shifts.
    file
        Of the shifts.
    """
    for name in groups:
        yield f"agents.{name}.staff=null"
        yield f"agents.{name}.shrinkage=0 %"
        yield f"agents.{name}.shifts={file.absolute()}"
        if scenario.agents[name].absence != shares[name]:
            yield f"agents.{name}.absence={shares[name]!r}"
        if not scenario.agents[name].shifts and not scenario.agents[name].paid.shrinkage:
            yield f"agents.{name}.paid.absence=false"


def _shares(shares: Mapping[str, float]) -> str:
    if len(set(shares.values())) == 1:
        return f"{100 * next(iter(shares.values())):g} %"
    return ", ".join(f"{name} {100 * share:g} %" for name, share in shares.items())


def _absence(shares: Mapping[str, float]) -> str:
    if not any(shares.values()):
        return ""
    return " Each agent on a shift is absent with this probability; breaks within shifts come on top."
