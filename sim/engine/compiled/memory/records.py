"""The state of a run as records: what the classes of the SimPy engine hold, under the same names.

A kernel gets one `WORLD`, which holds the scalars, and the addresses of everything else. ``-1`` means none.
"""

from __future__ import annotations

import numpy as np

from sim.jit.pointers import column_at, record_at, record_of, row_at

__all__ = [
    "AGENT",
    "CASE",
    "CHANGE",
    "CUSTOMER",
    "DIALER",
    "DRAW",
    "EVENT",
    "GROUP",
    "HEAP",
    "LANE",
    "LOG",
    "QUEUE",
    "SERVED",
    "SPARSE",
    "STAGE",
    "STEP",
    "TABLES",
    "VISIT",
    "WORLD",
]

F8, I8, U8, I4 = np.float64, np.int64, np.uint64, np.int32


EVENT = record_of(f8="time", i8="order ticket visit")
HEAP = record_of(i8="events size hole room")
CHANGE = record_of(f8="time", i8="order what who value")

STEP = record_of(
    u8="stream",
    f8="resume disconnect reacts",
    i8="kind intent channel queue is_pause is_deferred hears line dialer lazy impatience_first impatience_last "
    "transfer_first transfer_last",
)
DRAW = record_of(f8="constant", i8="law")
CASE = record_of(
    u8="segments channels",
    f8="attempt_from attempt_until waited_from waited_until effort_from effort_until times",
    i8="context always any_effort first last",
)
QUEUE = record_of(
    f8="opens closes ring weight last_wait callback_from callback_accepted callback_reached",
    i8="always capacity plain waiting first last stage_first stage_last balk_first balk_last announce_first "
    "announce_last",
)
STAGE = record_of(
    f8="place after rank aht",
    i8="queue group idle waiting places plain interrupts interrupts_at_once",
)
SERVED = record_of(i8="queue stage")
GROUP = record_of(
    u8="stream",
    f8="slower_than fatigue_above fatigue_times fatigue_memory break_share",
    i8="places count owed held fill_up plain steady first_agent agents first_lane slower served_first served_last "
    "dialer_first dialer_last worked",
)
LANE = record_of(i8="first last count")
AGENT = record_of(
    f8="since speed recent recent_at",
    i8="held previous next is_leaving is_absent first_work last_work works has_worked",
)
DIALER = record_of(f8="per reach", i8="group keep under_way first last")

CUSTOMER = record_of(
    u8="key",
    f8="waited elsewhere time luck",
    i8="number next segment channel came_from kept line contacts switches abandonments repeats visits journey before",
)
VISIT = record_of(
    u8="key stream",
    f8="time luck began started announced aht wrap left rate since due scheduled rank hold repeat",
    i8="ticket patience row customer who step times queue group agent places phase stays result callback broken "
    "waits works next previous next_work previous_work",
)

LOG = {  # the columns of a log: name to kind of number
    **dict.fromkeys(("customer", "visit", "step", "result", "next", "group", "agent", "journey", "callback"), "i4"),
    **dict.fromkeys(("began", "started", "hold", "ended", "freed", "announced", "repeat"), "f8"),
}
SPARSE = ("hold", "repeat", "visit", "journey", "callback")  # written only where they are not zero
TABLES = (
    *(
        "heaps",
        "changes",
        "steps",
        "draws",
        "rests",
        "cases",
        "queues",
        "stages",
        "served",
        "groups",
        "lanes",
        "agents",
    ),
    *("dialers", "customers", "visits", "laws", "route_ptr", "targets", "shares", "impatience"),
    *("transfer_step", "transfer_stays", "balk_waiting", "balk_wait", "balk_probability", "announce_wait"),
    *("announce_times", "slower", "segment_patience", "lines", "been", "worked_order", "effort"),
    *("arrival", "entry", "key", "segment"),
    *("first_stream", "first_time", "first_luck"),  # what the next customers' first visits draw for TIME and PATIENCE
)
WORLD = record_of(
    f8="now end error_rate",
    u8="seed replication",
    i8="contact_score group_score by_chance context_kept step_count before coming more arrived ahead drawn changing "
    "changed rows room ticket pending_first pending_last customer_high customer_free visit_high visit_free stop circle "
    + " ".join(TABLES)
    + " "
    + " ".join(f"log_{name}" for name in LOG),
)

event_at = record_at(EVENT)
heap_at = row_at(WORLD, "heaps", HEAP)
change_at = row_at(WORLD, "changes", CHANGE)
step_at = row_at(WORLD, "steps", STEP)
draw_at = row_at(WORLD, "draws", DRAW)
case_at = record_at(CASE)
queue_at = row_at(WORLD, "queues", QUEUE)
stage_at = row_at(WORLD, "stages", STAGE)
rest_at = row_at(WORLD, "rests", DRAW)
served_at = row_at(WORLD, "served", SERVED)
group_at = row_at(WORLD, "groups", GROUP)
lane_at = row_at(WORLD, "lanes", LANE)
agent_at = row_at(WORLD, "agents", AGENT)
dialer_at = row_at(WORLD, "dialers", DIALER)
customer_at = row_at(WORLD, "customers", CUSTOMER)
visit_at = row_at(WORLD, "visits", VISIT)
f8_at = column_at(F8)
i4_at = column_at(I4)
u8_at = column_at(U8)
i2_at = column_at(np.int16)
