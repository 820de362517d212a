"""Contact-centre models as Markov chains: one family per file, stated by transitions, solved by `sim.theory.chain`.

Rates and times share any unit, as in all of `sim.theory`. A test of the simulator against one of them reads

>>> from sim.theory.models import Group, Line, multi_skill
>>> exact = multi_skill(
...     lines={
...         "sales": Line(arrival_rate=2, patience_mean=3, asks=["all"]),
...         "help": Line(arrival_rate=1, room=20, asks=["all"]),
...     },
...     groups={"all": Group(agents=8, serves={"sales": 2, "help": 3})},
... )
>>> round(exact.lines["sales"].p_abandon, 4), round(exact.occupancy["all"], 4)
(0.077, 0.8364)

and a model that is not here is a generator of ten lines, for `sim.theory.chain.explore`: see there. What a contact
meets has the same names in all of them: `Contacts`.
"""

from sim.theory.models.blend import Blend, Routing, blend, chats
from sim.theory.models.breaks import Breaks, breaks
from sim.theory.models.callback import CalledBack, callback
from sim.theory.models.contacts import Contacts
from sim.theory.models.interrupted import Interrupted, interrupted
from sim.theory.models.lines import Lines, trunk_lines, wrap_up
from sim.theory.models.modulated import Modulated, modulated
from sim.theory.models.redial import Redialled, redial
from sim.theory.models.skills import Group, Line, Skills, multi_skill
from sim.theory.models.transfer import Tier, Transferred, transfer
from sim.theory.models.unequal import Choice, Unequal, unequal_agents

__all__ = [
    "Blend",
    "Breaks",
    "CalledBack",
    "Choice",
    "Contacts",
    "Group",
    "Interrupted",
    "Line",
    "Lines",
    "Modulated",
    "Redialled",
    "Routing",
    "Skills",
    "Tier",
    "Transferred",
    "Unequal",
    "blend",
    "breaks",
    "callback",
    "chats",
    "interrupted",
    "modulated",
    "multi_skill",
    "redial",
    "transfer",
    "trunk_lines",
    "unequal_agents",
    "wrap_up",
]
