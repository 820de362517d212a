"""Extension of Sojourn by one's own Python: laws, routing policies, steps and KPIs.

A scenario names them by an entry point of an installed package (the groups `sojourn.laws`, `sojourn.policies`,
`sojourn.steps`, `sojourn.kpis`), or by a dotted name such as ``my_bank.bots.night_bot``, which needs ``--allow-code``.
``docs/extend.md`` has examples.
"""

from routing import FreeAgent, Policy, WaitingContact, by_position, by_rank
from sim.core.own_kpi import OwnKpi, kpi
from sim.core.own_step import Floor, OwnStep, Process, StepVisit, step
from sim.core.units import Duration, Share, TimeOfDay
from sim.distributions.own_law import OwnLaw, law
from sim.engine import Log, Plan

__all__ = [
    "Duration",
    "Floor",
    "FreeAgent",
    "Log",
    "OwnKpi",
    "OwnLaw",
    "OwnStep",
    "Plan",
    "Policy",
    "Process",
    "Share",
    "StepVisit",
    "TimeOfDay",
    "WaitingContact",
    "by_position",
    "by_rank",
    "kpi",
    "law",
    "step",
]
