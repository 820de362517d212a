"""Rosters: from requirements to shifts of people, by integer programming."""

from sim.roster.duty import Activity, Duty
from sim.roster.program import Limits
from sim.roster.requirements import Requirements, read_requirements
from sim.roster.roster import Costs, GroupRoster, Progress, Roster, find_roster
from sim.roster.rules import Rules, read_rules
from sim.roster.shortages import Cause, Shortage

__all__ = [
    "Activity",
    "Cause",
    "Costs",
    "Duty",
    "GroupRoster",
    "Limits",
    "Progress",
    "Requirements",
    "Roster",
    "Rules",
    "Shortage",
    "find_roster",
    "read_requirements",
    "read_rules",
]
