"""Queues and agents: items wait, agents reserve, accept, and complete them.

`models` makes a command of a request; `handlers` apply it by `transitions`, which alone change the state of an item.
`matching` asks the routing policies for the next item or agent, `counters` count, `statistics` divide, and `long_poll`
lets agents wait for work.
"""

from orchestrator.queues.routes import FEATURE

__all__ = ["FEATURE"]
