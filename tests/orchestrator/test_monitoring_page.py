"""The monitoring page in a real browser, over a service with an hour of journeys."""

from __future__ import annotations

import asyncio
import json
import signal
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from orchestrator import Service, open_database
from orchestrator.features import FEATURES
from orchestrator.http.app import App
from orchestrator.service.tenants import add_token
from tests.support.busy_hour import HOSTILE, Client, Clock, an_hour
from tests.support.service_process import ServiceProcess, launching

pytestmark = pytest.mark.browser

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
_keys = count(1)


async def _fill(store: Path) -> None:
    clock = Clock(time.time())
    with Service(open_database(store), FEATURES, clock=clock) as service:
        async for _ in an_hour(service, clock, per_minute=2):
            pass
        journey = await Client(App(service), token="x...").start(HOSTILE, HOSTILE)
        await Client(App(service)).event(journey, HOSTILE)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    store = tmp_path_factory.mktemp("page") / "journeys.db"
    with ThreadPoolExecutor(1) as thread:  # this one runs the loop of playwright
        thread.submit(asyncio.run, _fill(store)).result()
    with launching() as launch:
        yield launch("--store", str(store))


class Seen:
    """A page that is open, and whatever went wrong in it."""

    def __init__(self, browser: Browser, url: str, **options: Any) -> None:
        self.page: Page = browser.new_page(**options)
        self.wrong: list[str] = []
        self.asked: list[str] = []
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("console", lambda message: self.wrong.append(message.text) if message.type == "error" else None)
        self.page.on("dialog", lambda dialog: (self.wrong.append(dialog.message), dialog.dismiss()))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(url)


@pytest.fixture
def opened(chromium: Browser, served: ServiceProcess) -> Iterator[Seen]:
    seen = Seen(chromium, f"http://127.0.0.1:{served.port}/", viewport=WIDE)
    expect(seen.page.locator("#recent tr").first).to_be_visible()
    yield seen
    seen.page.close()
    assert seen.wrong == []


def post(port: int, path: str, body: Any, token: str = "") -> Any:
    headers = {"content-type": "application/json", "idempotency-key": f"page{next(_keys)}"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    asked = urllib.request.Request(f"http://127.0.0.1:{port}{path}", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(asked) as answer:
        return json.load(answer)


def test_it_shows_what_the_service_tells(opened: Seen, served: ServiceProcess) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{served.port}/v1/overview") as answer:
        overview = json.load(answer)
    page = opened.page
    expect(page.locator("#connection")).to_have_text("live")
    expect(page.locator("#active")).to_have_text(str(overview["journeys"]["active"]))
    expect(page.locator("#paused")).to_have_text(str(overview["journeys"]["paused"]))
    expect(page.locator("#completed-today")).to_have_text(str(overview["today"]["completed"]))
    expect(page.locator("#queues tr")).to_have_count(2)
    expect(page.locator("#drops tr")).to_have_count(min(12, len(overview["drops"])))
    assert page.locator("#chart path.line").count() == 2
    assert page.locator("#recent tr").count() == 25


def test_what_happens_shows_at_once(opened: Seen, served: ServiceProcess) -> None:
    page = opened.page
    expect(page.locator("#connection")).to_have_text("live")
    journey = post(served.port, "/v1/journeys", {"customer": "Newcomer", "intent": "fresh", "channel": "app"})["id"]
    row = page.locator("#recent tr").first
    expect(row).to_contain_text("Newcomer")
    expect(row).to_contain_text("active")
    post(served.port, f"/v1/journeys/{journey}/pause", {"channel": "app"})
    expect(row).to_contain_text("paused")


def test_a_journey_opens_with_its_history_by_keyboard(opened: Seen, served: ServiceProcess) -> None:
    page = opened.page
    body = {"customer": "Keyed", "intent": "history", "channel": "web", "context": {"cart": [1, 2]}}
    journey = post(served.port, "/v1/journeys", body)["id"]
    post(served.port, f"/v1/journeys/{journey}/pause", {"channel": "web"})
    button = page.get_by_role("button", name="Keyed")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#detail")).to_be_visible()
    assert [row.split("\t")[2] for row in page.locator("#history tr").all_inner_texts()] == [
        "journey started", "journey paused",
    ]  # fmt: skip
    expect(page.locator("#facts")).to_contain_text("Keyed")
    expect(page.locator("#facts")).to_contain_text("nothing decided")
    expect(page.locator("#context")).to_contain_text('"cart"')
    page.keyboard.press("Escape")
    expect(page.locator("#detail")).to_be_hidden()


def test_a_hostile_name_is_text_and_nothing_else(opened: Seen, served: ServiceProcess) -> None:
    page = opened.page
    post(served.port, "/v1/journeys", {"customer": HOSTILE, "intent": "again", "channel": HOSTILE})
    expect(page.locator("#recent tr").first).to_contain_text(HOSTILE)
    page.locator("#recent button").first.click()
    expect(page.locator("#detail-title")).to_contain_text(HOSTILE)
    assert page.evaluate("document.querySelectorAll('main img, main script, dialog img, dialog script').length") == 0
    assert page.evaluate("window.hurt") is None


def test_it_asks_nobody_but_the_service(opened: Seen, served: ServiceProcess) -> None:
    assert opened.asked
    assert all(url.startswith(f"http://127.0.0.1:{served.port}/") for url in opened.asked)


def test_an_inline_script_would_not_run(opened: Seen) -> None:
    opened.page.evaluate(
        "() => { const made = document.createElement('script'); made.textContent = 'window.hurt = 1';"
        " document.body.append(made); }"
    )
    assert opened.page.evaluate("window.hurt") is None
    assert any("Content Security Policy" in error or "script-src" in error for error in opened.wrong)
    opened.wrong.clear()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_everything_without_sideways_scrolling(
    chromium: Browser, served: ServiceProcess, scheme: str
) -> None:
    seen = Seen(chromium, f"http://127.0.0.1:{served.port}/", viewport=NARROW, color_scheme=scheme)
    expect(seen.page.locator("#recent tr").first).to_be_visible()
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    back = seen.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    light = sum(int(part) for part in back.removeprefix("rgb(").removesuffix(")").split(",")) / 3
    assert (light > 128) is (scheme == "light")
    assert seen.wrong == []
    seen.page.close()


def test_everything_has_a_name_for_those_who_do_not_see_it(opened: Seen) -> None:
    page = opened.page
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.locator("h1").count() == 1
    for table in page.locator("table").all():
        heads = table.locator("thead th")
        assert heads.count() == table.locator("thead th[scope=col]").count() > 0
        assert all(text.strip() for text in heads.all_text_contents())
    unnamed = (
        "[...document.querySelectorAll('button, input')]"
        ".filter(one => !(one.textContent.trim() || one.labels?.length)).length"
    )
    assert page.evaluate(unnamed) == 0
    assert page.locator("#chart svg[role=img][aria-label]").count() == 1
    assert page.locator("#connection[role=status]").count() == 1


def test_it_says_when_the_service_is_gone_and_finds_it_again(chromium: Browser, tmp_path: Path) -> None:
    with launching() as launch:
        store = str(tmp_path / "journeys.db")
        first = launch("--store", store)
        seen = Seen(chromium, f"http://127.0.0.1:{first.port}/", viewport=WIDE)
        expect(seen.page.locator("#connection")).to_have_text("live")
        expect(seen.page.locator("#no-recent")).to_be_visible()
        first.stop(signal.SIGKILL)
        expect(seen.page.locator("#connection")).to_contain_text("connection lost", timeout=15_000)
        again = launch("--store", store, "--port", str(first.port))
        post(again.port, "/v1/journeys", {"customer": "After", "intent": "i", "channel": "web"})
        expect(seen.page.locator("#connection")).to_have_text("live", timeout=20_000)
        expect(seen.page.locator("#active")).to_have_text("1")
        expect(seen.page.locator("#recent tr").first).to_contain_text("After")
        seen.page.close()


def test_with_tokens_it_asks_for_one_and_keeps_it_in_its_tab_only(chromium: Browser, tmp_path: Path) -> None:
    store = tmp_path / "journeys.db"
    database = open_database(store)
    mine, other = (add_token(database, tenant, time.time()) for tenant in ("mine", "other"))
    database.close()
    with launching() as launch:
        service = launch("--store", str(store))
        post(service.port, "/v1/journeys", {"customer": "Not yours", "intent": "i", "channel": "web"}, other)
        post(service.port, "/v1/journeys", {"customer": "Yours", "intent": "i", "channel": "web"}, mine)
        seen = Seen(chromium, f"http://127.0.0.1:{service.port}/", viewport=WIDE)
        page = seen.page
        expect(page.locator("#ask")).to_be_visible()
        expect(page.locator("#main")).to_be_hidden()
        page.get_by_label("token").fill("wrong")
        page.get_by_role("button", name="Show").click()
        expect(page.locator("#refused")).to_contain_text("none of this service")
        page.get_by_label("token").fill(mine)
        page.get_by_role("button", name="Show").click()
        expect(page.locator("#recent tr")).to_have_count(1)
        expect(page.locator("#recent tr")).to_contain_text("Yours")
        assert page.evaluate("Object.values({...sessionStorage})") == [mine]
        assert mine not in page.evaluate("JSON.stringify({...localStorage}) + document.cookie + location.href")
        assert all(mine not in url for url in seen.asked)
        page.close()
