"""The state of a run as records: the classes of the reference engine, field by field.

Records refer to each other by index, and ``-1`` means none. Rows ``x_first`` to ``x_last``, not included, belong to a
record.
"""

from __future__ import annotations

from sim.jit.records import Record, address, f8, flag, i8, u8

__all__ = [
    "Agent", "Carried", "Case", "Change", "Customer", "Dialer", "Draw", "Event", "Group", "Heap", "Interruption",
    "Lane", "Queue", "Served", "Stage", "Step", "Stretch", "Visit",
]  # fmt: skip


class Event(Record):
    """An event of a heap; the order of its fields is that in which events happen."""

    time: f8
    order: i8  # among those of its instant: EventOrder and a number
    ticket: i8  # no other event has the same
    visit: i8  # or the stage to which a queue may turn


class Heap(Record):
    """A binary heap of events."""

    events: address
    size: i8
    free_root: flag  # the first event has happened, and its place is not filled yet
    room: i8  # events that there is memory for


class Carried(Record):
    """A contact that began before the run."""

    began: f8
    until: f8  # NaN = drawn
    group: i8  # of the agent, -1 = waits
    doing: i8  # Doing


class Change(Record):
    """A change that is known beforehand."""

    time: f8
    order: i8
    action: i8  # of `changes`
    number: i8  # group, queue or dialer
    value: i8  # headcount; or agent, and one of `attendance`


class Step(Record):
    """A step of the journey graph."""

    stream: u8  # of its draws
    disconnect: f8  # probability that a service breaks off
    reacts: f8  # share of customers who react to a notification
    channel_kind: i8  # Kind
    intent: i8
    begins_anew: i8  # first step of the next journey of a customer whose journey ends here, -1 = they leave
    channel: i8
    queue: i8
    is_pause: flag
    is_deferred: flag
    patience_kept: flag  # from the first visit of a customer on
    announces_wait: flag  # to customers who come to the queue
    line: i8  # trunk lines of which a customer holds one
    dialer: i8
    resume_first: i8  # instants that a pause waits for first
    resume_last: i8
    transfer_first: i8
    transfer_last: i8
    impatience_first: i8
    impatience_last: i8


class Draw(Record):
    """A time to draw: a law, always the same, or another draw at each time of day."""

    constant: f8  # NaN = not known ahead, as it depends on the time of day
    law: i8  # -1 = always the same; below, -2 - the row of `World.day_ptr`: by the time of day


class Case(Record):
    """A condition; ranges include `from` and exclude `until`."""

    segments: u8  # bit mask
    channels: u8  # bit mask of the channel come from
    attempt_from: f8
    attempt_until: f8
    waited_from: f8
    waited_until: f8
    effort_from: f8
    effort_until: f8
    factor: f8  # on patience
    context: i8  # 1 = kept, 0 = lost, -1 = either
    always: flag
    any_effort: flag
    any_time: flag  # and any day
    time_from: f8  # seconds after midnight
    time_until: f8  # may be after the next midnight
    days: i8  # row of day_values, -1 = all days
    target_first: i8
    target_last: i8


class Queue(Record):
    """A queue: the contacts that wait in it are linked."""

    opens: f8  # of the present span in which it is open, or of the next; infinite = never again
    closes: f8
    ring: f8  # seconds
    weight: f8
    head_start: f8  # seconds
    longest_wait: f8  # seconds, infinite = no limit
    last_wait: f8  # of the contact that was answered last: what is announced
    callback_from: f8  # announced wait
    callback_accepted: f8  # probability
    callback_reached: f8  # probability
    callback_waiting: i8  # contacts that wait, of which on it is offered
    callback_last: flag  # when nobody else waits
    callback_talk: flag  # it has a talk time of its own
    group_score: address  # of the routing policy by which its contacts choose, 0 = the first group that may
    by_chance: flag  # the policy needs random numbers
    capacity: i8
    room: i8  # waiting room that it shares
    room_capacity: i8  # contacts that may wait in that room
    balks_first: flag  # before the queue is full
    simple: flag  # all stages are unconditional and interrupt nothing
    waiting: i8  # contacts
    first: i8  # visit; interrupted ones count too
    last: i8  # visit
    open_first: i8  # the span in which it is open: the present one, or the next
    open_last: i8
    stage_first: i8
    stage_last: i8
    balk_first: i8
    balk_last: i8
    announce_first: i8
    announce_last: i8
    calls_back: flag  # on lines, of which a call back needs one; or last


class Stage(Record):
    """A group to which a queue may turn, and when."""

    position: f8  # 0 = first choice
    after: f8  # seconds that a contact must have waited
    rank: f8
    aht: f8  # factor on the handling time
    queue: i8
    group: i8
    idle: i8  # agents who must stay idle
    waiting: i8  # contacts that must wait
    places: i8  # of an agent that a contact takes
    unconditional: flag
    interrupts: flag
    interrupts_at_once: flag


class Served(Record):
    """A queue that a group serves, through one of the queue's stages."""

    queue: i8
    stage: i8


class Group(Record):
    """A group of agents."""

    fatigue_above: f8  # recent occupancy
    fatigue_factor: f8
    fatigue_memory: f8  # seconds
    break_share: f8
    places: i8  # of each agent
    count: i8  # agents on duty
    owed: i8  # agents who have to leave when they finish a contact
    held: i8  # places
    fill_up: flag  # contacts go to the agent who holds most
    leave_own: flag  # who leaves is chosen when the headcount falls
    stays: flag  # the last agents on duty stay until nobody waits
    most: i8  # agents, where they come when they are needed; 0 = they come on duty
    is_staying: flag  # they do so now
    end_known: flag  # the end of work is known when it begins
    constant_speed: flag  # the same for all agents, all day
    first_agent: i8
    agents: i8  # that have a number
    first_lane: i8
    slower: i8  # first of the factors by the number of contacts held
    served_first: i8
    served_last: i8
    dialer_first: i8
    dialer_last: i8
    worked: i8  # agents who have had a contact


class Lane(Record):
    """Agents of a group who hold equally many places, linked in the order in which they came to hold so many."""

    first: i8
    last: i8
    count: i8


class Agent(Record):
    """An agent; the contacts that they hold are linked."""

    since: f8  # when they last came or finished a contact
    speed: f8  # factor on the time of their work
    recent: f8  # occupancy
    recent_at: f8  # instant of that occupancy, NaN = none yet
    held: i8  # places
    previous: i8  # in the lane
    next: i8
    is_leaving: flag  # finishes the contacts that they hold, takes no more
    is_absent: flag
    is_staying: flag  # on a shift, until nobody waits
    stretch: i8  # the latest one, -1 = none that matters
    first_work: i8  # visit
    last_work: i8
    works: i8  # visits that they hold
    has_worked: flag


class Stretch(Record):
    """A row of the table of presence: an agent is there."""

    agent: i8
    came: f8
    left: f8  # NaN = is there


class Interruption(Record):
    """A row of the table of interruptions: the agent put a contact aside."""

    customer: i8  # in the run
    visit: i8
    group: i8
    agent: i8
    began: f8
    ended: f8  # NaN = lies aside


class Dialer(Record):
    """A list of customers to call, linked."""

    opens: f8  # of the present span in which it dials, or of the next; infinite = never again
    closes: f8
    per_idle: f8  # calls under way for each further idle agent
    group: i8
    open_first: i8  # the span in which it dials: the present one, or the next
    open_last: i8
    when_freed: flag  # once for each agent who gets free
    least: i8  # idle agents without whom it does not dial
    reach_days: i8  # row of day_values with the row of reach_ptr, -1 = reach_first
    reach_first: i8  # changes of the probability of an answer
    reach_last: i8
    keep: i8  # agents left idle
    idle_first: i8  # groups whose idle agents count for both
    idle_last: i8
    extra: i8  # calls in addition, while there is a further idle agent
    line: i8  # -1 = needs none
    under_way: i8  # calls
    first: i8  # visit
    last: i8


class Customer(Record):
    """A customer who is there, with all that they take along from step to step."""

    key: u8  # of their draws
    waited: f8  # seconds in queues
    elsewhere: f8  # seconds of these in which they did something else: that is no effort
    time: f8  # drawn ahead for their first visit, then NaN
    patience_u: f8  # random number drawn ahead for their first visit, then NaN
    number: i8  # in the run
    next: i8  # free record
    segment: i8
    channel: i8  # the last one, pauses aside
    came_from: i8  # the channel before
    kept: flag  # the context came along to this step
    line: i8  # the trunk lines of which they hold one
    contacts: i8
    switches: i8
    abandonments: i8
    repeats: i8
    visits: i8
    anew_at: f8  # when they last began anew, at another instant than the time before
    anew_visits: i8  # visits before
    journey: i8  # of the lifetime
    before: i8  # the visit whose agent stays with them


class Visit(Record):
    """A visit of a customer to a step, until its agent is free again."""

    key: u8  # of the customer's draws
    stream: u8  # of the step's draws
    time: f8  # drawn ahead, or NaN
    patience_u: f8  # drawn ahead, or NaN
    began: f8
    started: f8
    announced: f8
    aht: f8  # the group's factor on its time
    factor: f8  # on its time, of the agent who works on it
    wrap: f8  # seconds of after-call work
    planned: f8  # seconds of work at full speed, when it began
    left: f8  # seconds of work at full speed
    rate: f8  # of the work, 0 = interrupted
    since: f8  # the instant at which `left` was true
    due: f8  # the end at the present speed
    scheduled: f8  # the instant of the end that is scheduled, not after `due`
    rank: f8  # of the queue in the group
    hold: f8
    repeat: f8
    gives_up: f8  # the instant at which patience ends
    ticket: i8  # of the scheduled end; other ends are stale
    give_up_ticket: i8  # of giving up
    row: i8  # of the log
    customer: i8
    customer_number: i8
    step: i8
    earlier: i8  # visits of the customer to the step
    queue: i8
    group: i8
    agent: i8
    places: i8  # of the agent's
    phase: i8
    stays_until: i8  # Stay, 0 = the agent does not stay with the customer
    result: i8
    callback: flag
    broken: flag  # the service breaks off
    waits: flag  # in a queue, for the first time
    works: flag  # an agent works on it whose speed may change
    changed: flag  # the speed was another one for a time
    carried_over: flag  # it began before the run
    next: i8  # in the queue, the dialer's list, the visits that go on at once, or the free records
    previous: i8
    next_work: i8  # of the agent
    previous_work: i8
    interruption: i8  # the latest one; stands for something only while interrupted
