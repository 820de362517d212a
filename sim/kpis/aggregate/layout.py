"""What is told of a log, as records: whoever is being told of, and the cells that all are added to.

The kernel gets one `TELLING`, which holds the scalars, and the addresses of everything else. ``-1`` means none.
"""

from __future__ import annotations

import numpy as np

from sim.jit.pointers import column_at, record_at, record_of, row_at

__all__ = [
    "CELLS",
    "CODES",
    "COLUMNS",
    "CONTACT",
    "CONTACT_MARKS",
    "CONTACT_SUMS",
    "CUSTOMER",
    "CUSTOMER_MARKS",
    "CUSTOMER_SUMS",
    "INSTANTS",
    "JOURNEY",
    "JOURNEY_MARKS",
    "JOURNEY_SUMS",
    "KEPT",
    "MARKS",
    "NUMBER",
    "QUEUE",
    "STEP",
    "SUMS",
    "TELLING",
]

CONTACT_SUMS = ("waited", "talk", "hold", "wrap", "repeat")
CONTACT_MARKS = (
    *("answered", "delayed", "handled", "abandoned", "closed", "cleared", "blocked", "balked", "failed", "inside"),
    *("entered", "short", "soon", "offered_callback", "callback", "transferred", "repeated", "followed"),
    *("first", "first_offered", "first_handled"),
)
JOURNEY_SUMS = (
    *("took", "contacts", "abandoned", "switches", "waited", "repeats", "notified", "pauses"),
    *("mood", "mood_end", "mood_peak", "unhappy"),
)
JOURNEY_MARKS = ("alone",)
CUSTOMER_SUMS = ("journeys", "lasted")
CUSTOMER_MARKS = ("over",)

STEP = record_of(i8="queue kind intent channel lines notifies")
QUEUE = record_of(f8="within short ring callback", i8="came came_offered")  # the journeys that came to it last
CELLS = record_of(i8="size room width slots rows")
MARKS, CODES, NUMBER, SUMS = range(4)  # where each stands in a cell's row, and the sums from there on
KEPT = record_of(i8="size room values cell")
CUSTOMER = record_of(i8="channel channel_journey line journeys counts")
JOURNEY = record_of(f8="felt least largest " + " ".join(JOURNEY_SUMS), i8="number counts first interval handled")
CONTACT = record_of(f8="ended " + " ".join(CONTACT_SUMS), i8="there counts marks codes")
COLUMNS = ("customer", "step", "result", "next", "group", "journey", "callback")
INSTANTS = ("began", "started", "hold", "ended", "freed", "announced", "repeat")
TELLING = record_of(
    f8="end per_second repeat_window start per_second_waited per_switch per_transfer per_repetition per_failure "
    "resolved unresolved peak",
    i8="rows order segment first_interval intervals edges steps segments groups intents context_kept "
    "of_step of_queue of_result customer journey contact contacts journeys customers waits durations "
    "results moves moods tries failures " + " ".join(f"log_{name}" for name in (*COLUMNS, *INSTANTS)),
)

step_at = row_at(TELLING, "of_step", STEP)
queue_at = row_at(TELLING, "of_queue", QUEUE)
cells_at = record_at(CELLS)
kept_at = record_at(KEPT)
customer_at = row_at(TELLING, "customer", CUSTOMER)
journey_at = row_at(TELLING, "journey", JOURNEY)
contact_at = row_at(TELLING, "contact", CONTACT)
f8_at = column_at(np.float64)
i8_at = column_at(np.int64)
i4_at = column_at(np.int32)
