"""Simulated journeys against exact results: transfers, feedback, pauses, conditions, context, chains of intents.

The stories have no randomness, and say who did what when. Of the others, a right simulator fails one once in a million
seeds at most.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest

from sim.engine.plan import Result
from sim.engine.reference import run
from sim.theory import Node, erlang_b, erlang_c, explore, jackson
from sim.theory.models.transfer import Tier, transfer
from tests.support.confidence import assert_mean
from tests.support.simulated_days import SEED, scenario
from tests.support.stories import call, people, plan_of, tell
from tests.support.time_window import (
    HOUR,
    Window,
    agree,
    answered,
    came,
    contact,
    ended_as,
    exponential,
    queued,
    steady,
    waited,
    watch,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.engine import Log
    from sim.theory.chain import Transition

ABANDONED, BLOCKED, FAILED = ended_as(Result.ABANDONED), ended_as(Result.BLOCKED), ended_as(Result.FAILED)
NOTIFIED = ended_as(Result.NOTIFIED)


def _leads_to(ours: Window, target: str) -> Any:
    number = ours.plan.steps.index(f"it.{target}")
    return lambda log: log.next == number


def _staying(ours: Window) -> Any:
    return ours.level("call", lambda log: log.ended, lambda log: np.fmax(log.freed, log.ended))


class _Tiers(NamedTuple):
    """Callers with the first tier, waiting for the second, and with the second."""

    first: int
    waiting: int
    second: int


@pytest.mark.statistical
class TestTransfers:
    """Some go on to a second tier, and the first agent may stay with them."""

    RATE, SHARE = 90 / HOUR, 0.3
    FIRST = Tier(agents=6, service_mean=150.0, patience_mean=120.0)
    SECOND = Tier(agents=2, service_mean=210.0, patience_mean=180.0)

    def _simulate(self, how: str | None, rate: float, **queues: Any) -> Window:
        first, second = self.FIRST, self.SECOND
        steps = {
            "call": contact(
                first.service_mean,
                patience=exponential(first.patience_mean),
                next={"expert": self.SHARE, "resolved": "rest"},
                **({"transfer": {"expert": how}} if how else {}),
            ),
            "expert": contact(second.service_mean, queue="experts", patience=exponential(second.patience_mean)),
        }
        agents = {
            "desk": {"serves": ["calls"], "staff": first.agents},
            "tier": {"serves": ["experts"], "staff": second.agents},
        }
        return steady(steps, agents, per_hour=rate * HOUR, replications=60, queues=queues)

    @pytest.mark.parametrize("how", [None, "warm"])
    def test_cold_and_warm(self, how: str | None) -> None:
        truth = transfer(arrival_rate=self.RATE, first=self.FIRST, second=self.SECOND, p=self.SHARE, warm=how == "warm")
        ours = self._simulate(how, self.RATE)
        truths = {
            "busy": (truth.first_occupancy * self.FIRST.agents, ours.busy("call")),
            "busy then": (truth.second_occupancy * self.SECOND.agents, ours.busy("expert")),
        }
        if how:
            truths["staying"] = (truth.held, _staying(ours))
        for name, tier in (("call", truth.first), ("expert", truth.second)):
            truths |= {
                f"{name}: waits": (tier.p_wait, ours.share(name, queued)),
                f"{name}: abandoned": (tier.p_abandon, ours.share(name, ABANDONED)),
                f"{name}: queue": (tier.queue_length, ours.queue(name)),
            }
        agree(truths, resolution=0.4)

    def test_conference(self) -> None:
        come, room, first, second = 120 / HOUR, 4, self.FIRST, self.SECOND

        def transitions(now: _Tiers) -> Iterator[Transition[_Tiers]]:
            free = first.agents - now.waiting - now.second  # of those who stay with nobody
            talking = min(now.first, free)
            waiting = now.first - talking
            if talking < free or waiting < room:
                yield now._replace(first=now.first + 1), come, "at once" if talking < free else "waits"
            else:
                yield now, come, "blocked"
            done, rate = now._replace(first=now.first - 1), talking / first.service_mean
            yield done, rate * (1 - self.SHARE)
            if now.second < second.agents:
                yield done._replace(second=now.second + 1), rate * self.SHARE, "at once then"
            else:
                yield done._replace(waiting=now.waiting + 1), rate * self.SHARE, "waits then"
            yield now._replace(first=now.first - 1), waiting / first.patience_mean, "abandons"
            yield now._replace(waiting=now.waiting - 1), now.waiting / second.patience_mean, "abandons then"
            ends = now._replace(waiting=now.waiting - 1) if now.waiting else now._replace(second=now.second - 1)
            yield ends, now.second / second.service_mean

        law = explore(_Tiers(0, 0, 0), transitions).stationary()
        rates = law.rates()
        ours = self._simulate("conference", come, calls={"capacity": room})
        staying = law.mean(lambda now: now.waiting + now.second)
        agree(
            {
                "blocked": (rates["blocked"] / come, ours.share("call", BLOCKED)),
                "waits": (rates["waits"] / come, ours.share("call", queued)),
                "abandons": (rates["abandons"] / come, ours.share("call", ABANDONED)),
                "staying": (staying, _staying(ours)),
                "waits then": (
                    rates["waits then"] / (rates["waits then"] + rates["at once then"]),
                    ours.share("expert", queued),
                ),
                "busy then": (law.mean(lambda now: now.second), ours.busy("expert")),
            },
            resolution=0.4,
        )


class TestHandOvers:
    """Who is taken how long by a transfer."""

    AGENTS: dict[str, Any] = {  # noqa: RUF012 - never changed
        "desk": {"serves": ["calls"], "staff": 1},
        "tier": {"serves": ["experts"], "staff": 1},
    }

    def _steps(self, how: str | None, **fields: Any) -> dict[str, Any]:
        stays = {"transfer": {"expert": how}} if how else {}
        return {
            "call": call(wrap_up="10 s", next="expert", **stays, **fields),
            "expert": call(queue="experts", talk="100 s", wrap_up="5 s", patience="90 s"),
        }

    @pytest.mark.parametrize(
        ("how", "freed"),
        # A is served by the expert from 60 to 160, who is free at 165; B waits from when the desk lets B go.
        [(None, [(70, 165), (140, 270)]), ("warm", [(70, 165), (175, 270)]), ("conference", [(170, 165), (340, 335)])],
    )
    def test_who_is_busy_until_when(self, how: str | None, freed: list[tuple[float, float]]) -> None:
        plan = plan_of(self._steps(how), self.AGENTS)
        log = run(plan, people(plan, 0, 10))
        ends = [tuple(log.freed[log.customer == who].tolist()) for who in range(2)]
        assert ends == freed

    def test_both_agents_take_the_time_of_handing_over(self) -> None:
        plan = plan_of(self._steps("warm", handover="20 s"), self.AGENTS)
        assert tell(plan, 0, 10) == [
            "A call 0: answered 0 by desk 0, left 60, freed 90, expert",
            "B call 10: answered 90 by desk 0, left 150, freed 215, expert",
            "A'1 expert 60: answered 60 by tier 0, left 180, freed 185, resolved",
            "B'1 expert 150: answered 185 by tier 0, left 305, freed 310, resolved",
        ]

    @pytest.mark.parametrize("how", ["warm", "conference"])
    def test_who_stays_is_free_when_the_customer_gives_up(self, how: str) -> None:
        agents = self.AGENTS | {"tier": {"serves": ["experts"], "staff": 0}}
        plan = plan_of(self._steps(how), agents)
        assert tell(plan, 0, 10) == [
            "A call 0: answered 0 by desk 0, left 60, freed 160, expert",
            "B call 10: answered 160 by desk 0, left 220, freed 320, expert",
            "A'1 expert 60: abandoned 150, gave_up",
            "B'1 expert 220: abandoned 310, gave_up",
        ]

    @pytest.mark.parametrize("how", ["warm", "conference"])
    def test_or_when_the_second_queue_is_closed(self, how: str) -> None:
        plan = plan_of(self._steps(how), self.AGENTS, queues={"experts": {"hours": "00:00-00:01"}})
        assert tell(plan, 0, 10) == [
            "A call 0: answered 0 by desk 0, left 60, freed 70, expert",
            "B call 10: answered 70 by desk 0, left 130, freed 140, expert",
            "A'1 expert 60: closed 60, gave_up",
            "B'1 expert 130: closed 130, gave_up",
        ]


class TestPartsOfAService:
    """Hold and repetition are parts of a service, whatever stretches it or cuts it short."""

    STEPS: dict[str, Any] = {  # noqa: RUF012 - never changed
        "web": {"channel": "web", "time": "1 s", "next": "call"},
        "call": call(talk="10 s", hold="100 s"),
    }
    FORGETS: dict[str, Any] = {"context": "lost", "repeat": "40 s"}  # noqa: RUF012 - never changed

    def test_an_agent_who_is_faster_is_faster_in_all_of_it(self) -> None:
        desk = {"desk": {"serves": {"calls": {"aht": 0.5}}, "staff": 1}}
        log = run(plan := plan_of(self.STEPS, desk, orchestration=self.FORGETS), people(plan, 0))
        assert (log.started[1], log.ended[1], log.hold[1], log.repeat[1]) == (1, 76, 50, 20)

    def test_what_breaks_off_is_cut_in_all_its_parts(self) -> None:
        desk = {"desk": {"serves": ["calls"], "staff": 3}}
        steps = self.STEPS | {"call": self.STEPS["call"] | {"disconnect": "100 %"}}
        log = run(plan := plan_of(steps, desk, orchestration=self.FORGETS), people(plan, 0, 0, 0))
        time = (log.ended - log.started)[FAILED(log)]
        assert len(time) == 3
        assert ((time > 0) & (time < 150)).all()
        np.testing.assert_allclose(log.hold[FAILED(log)], time * 100 / 150)
        np.testing.assert_allclose(log.repeat[FAILED(log)], time * 40 / 150)

    def test_handing_over_takes_both_as_long_however_fast_the_second_is(self) -> None:
        steps = {
            "call": call(next="expert", transfer={"expert": "warm"}, handover="20 s"),
            "expert": call(queue="experts", talk="100 s"),
        }
        agents = {
            "desk": {"serves": ["calls"], "staff": 1},
            "tier": {"serves": {"experts": {"aht": 0.5}}, "staff": 1},
        }
        assert tell(plan_of(steps, agents), 0) == [
            "A call 0: answered 0 by desk 0, left 60, freed 80, expert",
            "A'1 expert 60: answered 60 by tier 0, left 130, resolved",
        ]

    def test_mail_hears_no_announcement(self) -> None:
        mail = {"channel": "email", "queue": "calls", "talk": "60 s", "next": "resolved"}
        hears = {"balk": 1.0, "callback": {"wait": 0, "accept": 1}, "announce": [{"times": 0}]}
        assert tell(plan_of({"mail": mail}, queues={"calls": hears}), 0, 10) == [
            "A mail 0: answered 0 by desk 0, left 60, resolved",
            "B mail 10: answered 60 by desk 0, left 120, resolved",
        ]


@pytest.mark.statistical
class TestFeedback:
    """Contacts that were not resolved come back: a Jackson network."""

    def test_at_once_after_a_pause_and_through_a_second_tier(self) -> None:
        onward = {"call": 0.15, "expert": 0.25, "home": 0.1}
        nodes = {
            "call": Node(arrival_rate=80 / HOUR, service_mean=100.0, servers=5, then=onward),
            "expert": Node(service_mean=200.0, servers=3, then={"call": 0.2, "home": 0.2}),
            "home": Node(service_mean=400.0, then={"call": 1.0}),
        }
        truth = jackson(nodes)
        steps = {
            "call": contact(100.0, next=onward | {"resolved": "rest"}),
            "expert": contact(200.0, queue="experts", next={"call": 0.2, "home": 0.2, "resolved": "rest"}),
            "home": {"channel": "pause", "time": exponential(400.0), "next": "call"},
        }
        agents = {"desk": {"serves": ["calls"], "staff": 5}, "tier": {"serves": ["experts"], "staff": 3}}
        ours = steady(steps, agents, per_hour=80, replications=100)
        truths = {}
        for name, node in truth.nodes.items():
            present = ours.level(name, lambda log: log.began, lambda log: log.ended)
            truths |= {
                f"{name}: comes": (node.throughput, ours.rate(name)),
                f"{name}: present": (node.in_system, present),
            }
            if node.queue:
                truths |= {
                    f"{name}: waits": (node.queue.p_wait, ours.share(name, queued)),
                    f"{name}: wait": (node.queue.mean_wait, ours.share(name, waited)),
                }
        agree(truths, resolution=0.55)

    def test_of_many_calls_each_is_somebody_coming_back(self) -> None:
        """Visits of one customer are geometric, and the last one alone resolves."""
        ours = steady(
            {"call": contact(60.0, next={"call": "40 %", "resolved": "rest"})},
            {"desk": {"serves": ["calls"], "staff": 4}},
            per_hour=60,
            replications=20,
        )
        visits = np.concatenate([np.bincount(log.customer) for log in ours.logs])
        for count in (1, 2, 4):
            share = 0.6 * 0.4 ** (count - 1)
            assert_mean(share, visits == count, name=f"{count} calls", measures=3, seed=SEED, resolution=0.45)
        assert all((log.next[log.visit == np.bincount(log.customer)[log.customer] - 1] < 0).all() for log in ours.logs)


@pytest.mark.statistical
class TestDigitalSteps:
    """Self-service, an endpoint behind it, pauses and notifications."""

    def test_the_endpoint_takes_its_time_and_fails(self) -> None:
        failing, again = 0.2, 0.5
        web = {
            "channel": "web",
            "time": exponential(60.0),
            "next": "resolved",
            "if_failed": {"web": again, "gave_up": "rest"},
        }
        ours = steady(
            {"web": web},
            {},
            per_hour=300,
            replications=20,
            orchestration={"latency": {"law": "gamma", "mean": 30.0, "cv": 2.0}, "error_rate": failing},
        )
        rate = 300 / HOUR / (1 - failing * again)
        present = ours.level("web", lambda log: log.began, lambda log: log.ended)
        agree(
            {
                "failed": (failing, ours.share("web", FAILED)),
                "visits": (rate, ours.rate("web")),
                "present": (rate * (60.0 + 30.0), present),
                "gave up": (failing * (1 - again), ours.share("web", lambda log: log.next == -3)),
            }
        )

    @pytest.mark.parametrize("sent", [True, False])
    def test_a_notification_prevents_a_call_or_brings_it_forward(self, sent: bool) -> None:
        away, after, reach = 1200.0, 800.0, 0.7
        steps = {
            "order": {"channel": "web", "time": 60, "next": "away"},
            "away": {
                "channel": "pause",
                "time": exponential(away),
                "notify": {
                    "after": exponential(after),
                    "reach": reach,
                    "to": {"resolved": 0.6, "call": 0.3, "order": 0.1},
                },
                "next": {"call": 0.8, "resolved": 0.2},
            },
            "call": contact(60.0),
        }
        desk = {"desk": {"serves": ["calls"], "staff": 20}}
        ours = steady(
            steps, desk, per_hour=200, replications=20, run={"drain": "20 days"}, orchestration={"notifications": sent}
        )
        everything = Window(ours.plan, ours.logs, 0.0, 20 * 24 * HOUR)
        notified = reach * away / (away + after) if sent else 0.0  # the message is first
        mean = reach / (1 / away + 1 / after) + (1 - reach) * away if sent else away
        calls = notified * 0.3 + (1 - notified) * 0.8
        truths = {
            "pause": (mean, everything.share("away", lambda log: log.ended - log.began)),
            "calls": (calls, (everything.sums("call", came), everything.sums("away", came))),
        }
        if sent:
            truths["notified"] = (notified, everything.share("away", NOTIFIED))
            prevented = (lambda log: NOTIFIED(log) & (log.next == -1)), NOTIFIED
            truths["prevented"] = (0.6, everything.share("away", *prevented))
        agree(truths)

    def test_others_pause_as_if_there_were_no_notifications(self) -> None:
        """Whom a message does not reach is away exactly as long as without messages."""
        pause = {"channel": "pause", "time": exponential(600.0), "next": "resolved"}
        message = {"notify": {"after": exponential(600.0), "reach": 0.5, "to": "resolved"}}
        with_, without = (steady({"away": pause | more}, {}, per_hour=100, replications=10) for more in (message, {}))
        for log, plain in zip(with_.logs, without.logs, strict=True):
            notified = NOTIFIED(log)
            assert 0.15 < notified.mean() < 0.35
            np.testing.assert_array_equal(log.ended[~notified], plain.ended[~notified])
            assert (log.ended[notified] < plain.ended[notified]).all()


@pytest.mark.statistical
class TestConditions:
    """Where who goes, by what they have been through."""

    def test_whoever_waited_long_complains(self) -> None:
        """P(W > t) of Erlang C, once as the time waited, once as the effort that it is."""
        rate, service, agents, long = 140 / HOUR, 120.0, 6, 30.0
        truth = erlang_c(arrival_rate=rate, service_mean=service, servers=agents).wait_exceeds(long)
        steps = {
            "call": contact(service, next=[{"when": {"waited": "> 30 s"}, "to": "complaint"}, {"to": "thanks"}]),
            "complaint": {
                "channel": "web",
                "time": 10,
                "next": [{"when": {"effort": ["> 1.0", "< 1e6"]}, "to": "unresolved"}, {"to": "resolved"}],
            },
            "thanks": {
                "channel": "web",
                "time": 10,
                "next": [{"when": {"effort": "<= 1.0"}, "to": "resolved"}, {"to": "unresolved"}],
            },
        }
        ours = steady(
            steps,
            {"desk": {"serves": ["calls"], "staff": agents}},
            per_hour=rate * HOUR,
            replications=50,
            effort={"per_minute_waited": 1.0, "per_channel_switch": 0.5},
        )
        agree({"complains": (truth, ours.share("call", _leads_to(ours, "complaint")))}, resolution=0.4)
        complaint, thanks = (ours.plan.steps.index(f"it.{name}") for name in ("complaint", "thanks"))
        for log in ours.logs:  # half a point for the wait, and another for the change of the channel
            assert (log.next[log.step == complaint] == -2).all()
            assert (log.next[log.step == thanks] == -1).all()
            goes = log.next >= 0
            np.testing.assert_array_equal(log.next[goes] == complaint, waited(log)[goes] > long)

    def test_repeating_oneself_takes_time(self) -> None:
        """A loss system whose mean holding time has the repetition of half of the callers in it."""
        rate, agents, repeat = 150 / HOUR, 6, 50.0
        steps = {
            "web": {"channel": "web", "time": exponential(60.0), "next": "call"},
            "call": contact(
                100.0,
                next=[{"when": {"context": "lost"}, "to": "unresolved"}, {"to": "resolved"}],
            ),
        }
        ours = steady(
            steps,
            {"desk": {"serves": ["calls"], "staff": agents}},
            per_hour=rate * HOUR,
            start={"web": 0.5, "call": 0.5},
            queues={"calls": {"capacity": 0}},
            orchestration={"context": "lost", "repeat": {"law": "gamma", "mean": repeat, "cv": 0.5}},
        )
        mean = 100.0 + repeat / 2
        lost = erlang_b(rate * mean, agents)
        repeats = (lambda log: log.repeat > 0), answered
        agree(
            {
                "blocked": (lost, ours.share("call", BLOCKED)),
                "busy": (rate * (1 - lost) * mean, ours.busy("call")),
                "repeat": (0.5, ours.share("call", *repeats)),
                "for": (repeat, ours.share("call", lambda log: log.repeat, lambda log: log.repeat > 0)),
            }
        )
        for log in ours.logs:
            calls = answered(log)
            np.testing.assert_array_equal(log.repeat[calls] > 0, log.next[calls] == -2)
            np.testing.assert_array_equal(log.repeat[calls] > 0, log.visit[calls] == 1)


class TestConditionStories:
    """Each condition, told."""

    def test_attempt_and_where_one_comes_from(self) -> None:
        steps = {
            "web": {"channel": "web", "time": "10 s", "next": "ivr"},
            "ivr": {
                "channel": "ivr",
                "time": "5 s",
                "next": [
                    {"when": {"came_from": "web"}, "to": "nap"},
                    {"when": {"came_from": ["ivr"], "attempt": "< 3"}, "to": "ivr"},
                    {"when": {"attempt": [">= 3", "<= 3"]}, "to": "call"},
                    {"to": "ivr"},
                ],
            },
            "nap": {
                "channel": "pause",
                "time": "1 s",
                "next": [{"when": {"came_from": "ivr"}, "to": "ivr"}, {"to": "gave_up"}],
            },
            "call": call(next=[{"when": {"came_from": "ivr", "attempt": 1}, "to": "resolved"}, {"to": "gave_up"}]),
        }
        assert tell(plan_of(steps), 0, (100, "ivr")) == [
            "A web 0: left 10, ivr",
            "A'1 ivr 10: left 15, nap",
            "A'2 nap 15: left 16, ivr",
            "A'3 ivr 16: left 21, ivr",
            "A'4 ivr 21: left 26, call",
            "A'5 call 26: answered 26 by desk 0, left 86, resolved",
            "B ivr 100: left 105, ivr",
            "B'1 ivr 105: left 110, ivr",
            "B'2 ivr 110: left 115, call",
            "B'3 call 115: answered 115 by desk 0, left 175, resolved",
        ]

    def test_what_is_forgotten_is_said_again_in_each_other_channel(self) -> None:
        steps = {
            "call": call(next="again"),
            "again": call(next="nap"),
            "nap": {"channel": "pause", "time": "10 s", "next": "back"},
            "back": call(next="video"),
            "video": call(channel="video", next="mail"),
            "mail": {"channel": "email", "queue": "calls", "talk": "60 s", "next": "resolved"},
        }
        forgets = {"context": "lost", "repeat": "7 s"}
        assert [line.split(": ")[1] for line in tell(plan_of(steps, orchestration=forgets), 0)] == [
            "answered 0 by desk 0, left 60, again",
            "answered 60 by desk 0, left 120, nap",
            "left 130, back",
            "answered 130 by desk 0, left 190, video",
            "answered 190 by desk 0, left 257, mail",
            "answered 257 by desk 0, left 324, resolved",
        ]

    def test_time_waited_adds_up_over_the_journey(self) -> None:
        steps = {
            "call": call(next="again"),
            "again": call(next=[{"when": {"waited": "120 s"}, "to": "unresolved"}, {"to": "resolved"}]),
        }
        # A: no wait, then B's minute. B waits for A, then for A again.
        assert [line.rsplit(", ", 1)[1] for line in tell(plan_of(steps), 0, 0)] == [
            "again",
            "again",
            "resolved",
            "unresolved",
        ]


class TestLifetimes:
    """Journeys of one customer, one after the other: a step of another intent begins the next."""

    RESEARCH: dict[str, Any] = {  # noqa: RUF012 - never changed
        "web": {"channel": "web", "time": "30 s", "next": {"buy.call": 0.5, "resolved": "rest"}}
    }
    BUY: dict[str, Any] = {  # noqa: RUF012 - never changed
        "call": call(next={"research.web": 0.3, "call": 0.2, "resolved": "rest"})
    }

    @pytest.mark.statistical
    def test_how_many_journeys(self) -> None:
        what = scenario(
            run={"hours": "00:00-06:00", "interval": HOUR},
            agents={"desk": {"serves": ["calls"], "staff": 5, "stay_until_empty": True}},
            intents={
                "research": {"demand": 100, "start": "web", "steps": self.RESEARCH},
                "buy": {"demand": 0, "start": "call", "steps": self.BUY},
            },
        )
        ours = watch(what, 20, 0.0, 24 * HOUR)
        last = []
        for log in ours.logs:
            count = np.zeros(log.customer.max() + 1, dtype=np.int64)
            np.maximum.at(count, log.customer, log.journey)
            last.append(count + 1)
            self._begins_with_another_intent(ours, log)
        journeys = np.concatenate(last)
        goes_on = 0.3 / (1 - 0.2)  # from buying to research again
        for at_least, share in ((2, 0.5), (3, 0.5 * goes_on), (4, 0.5 * goes_on * 0.5)):
            options = {"name": f"{at_least} journeys", "measures": 3, "seed": SEED}
            assert_mean(share, journeys >= at_least, resolution=0.3, **options)

    def _begins_with_another_intent(self, ours: Window, log: Log) -> None:
        order = np.lexsort((log.visit, log.customer))
        who, journey, intent = log.customer[order], log.journey[order], ours.plan.step_intent[log.step[order]]
        same: NDArray[np.bool_] = who[1:] == who[:-1]
        np.testing.assert_array_equal(np.diff(journey)[same], (np.diff(intent) != 0)[same])
        assert (journey[1:][~same] == 0).all()

    def test_what_a_customer_has_been_through_stays_with_them(self) -> None:
        intents = {
            "it": {
                "demand": 0,
                "start": "call",
                "steps": {"call": call(next=[{"when": {"attempt": 3}, "to": "resolved"}, {"to": "more.web"}])},
            },
            "more": {
                "demand": 0,
                "start": "web",
                "steps": {"web": {"channel": "web", "time": "10 s", "next": "it.call"}},
            },
        }
        plan = plan_of({"call": call()}, intents=intents)
        log = run(plan, people(plan, 0))
        assert log.journey.tolist() == [0, 1, 2, 3, 4]
        assert [plan.steps[step] for step in log.step] == ["it.call", "more.web", "it.call", "more.web", "it.call"]
        assert log.ended.tolist() == [60, 70, 130, 140, 200]
