"""Hand-made traces, fake endpoints, and a conductor in the test's own process."""

import gc
import json
import secrets
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import gevent
import numpy as np

from loadtests.conductor.conductor import Conductor, Settings
from loadtests.conductor.connection import Pool
from loadtests.contract import REFERENCE, Contract, Verb, compile_calls, read_contract
from loadtests.contract.calls import secrets_of
from loadtests.failures import Mask
from loadtests.generators import GeneratorReport
from loadtests.ledger import Ledger, LedgerWriter, read_ledger
from loadtests.run.setup import set_up
from loadtests.trace.model import OUTCOME_NAMES, TYPES, Trace

Reply = tuple[int, dict[str, str], bytes]
Answers = Callable[[str, dict[str, Any]], Reply | None]


@dataclass
class Fake:
    """Endpoint that answers by a function, and records its requests."""

    answer: Answers
    came: list[tuple[float, str]] = field(default_factory=list)
    url: str = ""


def acknowledge(path: str, body: dict[str, Any]) -> Reply:
    """Answer as the reference endpoint does."""
    if path == "/v1/journeys":
        return 201, {}, json.dumps({"id": body["customer"], "customer": body["customer"]}).encode()
    journey = path.split("/")[3]
    state = {"pause": "paused", "complete": "completed"}.get(path.rsplit("/", 1)[-1], "active")
    return (
        201 if path.endswith("/events") else 200,
        {},
        json.dumps({"journey": journey, "applied": True, "state": state}).encode(),
    )


@contextmanager
def fake_endpoint(answer: Answers = acknowledge, tls: ssl.SSLContext | None = None) -> Iterator[Fake]:
    """Serve an endpoint in threads of the test's own process."""
    fake = Fake(answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self.do_POST()

        def do_DELETE(self) -> None:
            self.do_POST()

        def do_PUT(self) -> None:
            self.do_POST()

        def do_POST(self) -> None:
            fake.came.append((time.perf_counter(), self.path))
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
            reply = fake.answer(self.path, body)
            if reply is None:
                self.close_connection = True
                return
            status, headers, content = reply
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(ConnectionError):  # who asked may have gone
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    fake.url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}"
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()


Story = list[tuple[float, Verb]]


def trace_from(stories: list[Story], agents: int = 0) -> Trace:
    """Return a trace with one journey per story of due times and verbs; the last stories are the agents'."""
    rows = sorted(
        (due, journey, seq, verb) for journey, story in enumerate(stories) for seq, (due, verb) in enumerate(story, 1)
    )
    due, journey, seq, verb = (np.array([row[i] for row in rows]) for i in range(4))
    count = len(rows)
    return Trace(
        due=due.astype(np.float64),
        journey=journey.astype(np.int32),
        seq=seq.astype(np.int32),
        verb=verb.astype(np.int8),
        step=(seq % 2).astype(np.int32),
        channel=(seq % 2).astype(np.int32),
        type=np.where(verb == Verb.EVENT, seq % len(TYPES), -1).astype(np.int8),
        contacts=(seq // 2).astype(np.int32),
        outcome=np.where(verb == Verb.COMPLETE, journey % len(OUTCOME_NAMES), -1).astype(np.int8),
        queue=np.where(np.isin(verb, [Verb.ENQUEUE, Verb.ABANDON]), 0, -1).astype(np.int32),
        customer=np.arange(len(stories) - agents, dtype=np.int32) + 7,
        intent=np.zeros(len(stories) - agents, np.int32),
        agent_group=np.zeros(agents, np.int32),
        agent_number=np.arange(agents, dtype=np.int32),
        agent_place=np.zeros(agents, np.int32),
        queue_channel=np.ones(1, np.int32),
        serves=np.zeros((1, 1)),
        intents=("lost_card",),
        steps=("lost_card.web", "lost_card.desk"),
        channels=("web", "voice"),
        queues=("calls",),
        groups=("desk",),
        routing=("priority",),
        offset=25200.0 if count else 0.0,
    )


def even_trace(journeys: int, events: int, rate: float) -> Trace:
    """Return a trace with one request every ``1 / rate`` seconds; every third journey pauses and resumes."""
    stories: list[Story] = []
    for journey in range(journeys):
        verbs = [Verb.START, *[Verb.EVENT] * events, Verb.COMPLETE]
        if journey % 3 == 0:
            verbs[2:2] = [Verb.PAUSE, Verb.RESUME]
        stories.append([((step * journeys + journey) / rate, verb) for step, verb in enumerate(verbs)])
    return trace_from(stories)


def busy_queue(contacts: int, gap: float) -> Trace:
    """Return a trace of customers whom two agents answer at once; every fifth customer gives up."""
    customers: list[Story] = []
    agents: list[Story] = [[], []]
    for contact in range(contacts):
        came = contact * gap
        story = [(came, Verb.START), (came, Verb.ENQUEUE)]
        if contact % 5 == 4:
            story.append((came + gap / 2, Verb.ABANDON))
        else:
            work = [(came, Verb.READY), (came, Verb.ACCEPT), (came + 1.5 * gap, Verb.DONE)]
            agents[contact % 2] += work
        customers.append(story)
    return trace_from([*customers, *agents], agents=2)


def hopeless() -> Contract:
    """Return the reference contract without retries."""
    contract = read_contract(REFERENCE)
    verbs = {
        name: offer.model_copy(update={"retry": offer.retry.model_copy(update={"retry_limit": 0})})
        for name, offer in contract.verbs.items()
    }
    return contract.model_copy(update={"verbs": verbs})


@dataclass(frozen=True)
class Driven:
    ledger: Ledger
    run: str
    url: str
    trace: Trace
    reports: list[GeneratorReport]


def drive(
    trace: Trace,
    url: str,
    folder: Path,
    *,
    contract: Contract | None = None,
    stop_after: float | None = None,
    settings: Settings | None = None,
) -> Driven:
    """Conduct a trace, and return its ledger."""
    settings = settings or Settings(run=secrets.token_hex(4), stop_grace=0.1)
    pool = Pool.to(url, size=1000)
    contract = contract or read_contract(REFERENCE)
    set_up(contract, trace, url, settings.run)
    calls = compile_calls(contract, pool.host)
    live = folder / settings.run
    writer = LedgerWriter(live, 0)
    mask = Mask(secrets_of(contract))
    conductor = Conductor(trace, calls, pool, writer, settings=settings, listener=lambda *_: None, mask=mask)
    pool.warm()
    gc.collect()
    running = gevent.spawn(conductor.run, time.perf_counter())
    running.join(stop_after)
    if stop_after is not None:
        running.kill()
    try:
        running.get()
    finally:
        writer.close()
    lag = np.array(conductor.own_lag, np.float32)
    report = GeneratorReport(
        0,
        complete=stop_after is None,
        connections=conductor.connections,
        gave_up=conductor.gave_up,
        failures=conductor.failures.failures(),
        own_lag=lag,
    )
    return Driven(read_ledger(live), settings.run, url, trace, [report])
