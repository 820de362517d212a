"""Memory of the compiled pass: one `SCAN` record with scalars, and the addresses of everything else.

``-1`` means none.
"""

from __future__ import annotations

import numpy as np

from sim.engine.plan import Feelings
from sim.jit.pointers import column_at, record_at, record_of, row_at

__all__ = [
    "CODES",
    "COLUMNS",
    "CUSTOMER",
    "FLAGS",
    "INSTANTS",
    "NUMBER",
    "QUEUE",
    "SCAN",
    "STEP",
    "STORE",
    "SUMS",
    "TABLE",
]

STEP = record_of(i8="queue kind intent channel lines notifies")
QUEUE = record_of(f8="within short ring callback", i8="journey journey_offered")  # the last ones that came to it
CUSTOMER = record_of(i8="channel channel_journey line journeys counts")
TABLE = record_of(i8="size room width slots rows")
FLAGS, CODES, NUMBER, SUMS = range(4)  # columns of a cell's row, the sums from the last one on
STORE = record_of(i8="size room values cell")
COLUMNS = ("customer", "step", "result", "next", "group", "journey", "callback")
INSTANTS = ("began", "started", "hold", "ended", "freed", "announced", "repeat")
SCAN = record_of(
    f8=f"end per_second repeat_window per_second_waited {' '.join(Feelings._fields)}",
    i8="rows order segment first_interval intervals edges steps segments groups intents context_kept journey_handled "
    "of_step of_queue of_result customer journey contact contacts journeys customers waits durations "
    "results moves moods tries failures " + " ".join(f"log_{name}" for name in (*COLUMNS, *INSTANTS)),
)

step_at = row_at(SCAN, "of_step", STEP)
queue_at = row_at(SCAN, "of_queue", QUEUE)
customer_at = row_at(SCAN, "customer", CUSTOMER)
table_at = record_at(TABLE)
store_at = record_at(STORE)
f8_at = column_at(np.float64)
i8_at = column_at(np.int64)
i4_at = column_at(np.int32)
