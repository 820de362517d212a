"""Pure functions of notifications: signatures, retries, quiet hours, targets."""

import base64
import hmac
import ipaddress
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core.json_codec import write
from orchestrator.core.problems import Refused
from orchestrator.core.request import Request
from orchestrator.notifications import backoff
from orchestrator.notifications.commands import PutQuiet, PutWebhook
from orchestrator.notifications.deliveries import Job
from orchestrator.notifications.quiet_hours import Window, end_of_quiet, stored_windows
from orchestrator.notifications.rows import Webhook
from orchestrator.notifications.signing import headers, is_secret, new_secret, signature
from orchestrator.notifications.targets import Forbidden, Targets

# Signatures


def test_a_signature_is_what_the_published_example_of_standard_webhooks_has() -> None:
    """The vector that the reference implementations are tested with (TestWebhookSign of the Go one)."""
    secret, message, timestamp = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330
    expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert signature(secret, message, timestamp, b'{"test": 2432232314}') == expected


def test_the_headers_are_those_of_standard_webhooks() -> None:
    secret = new_secret()
    sent = headers(secret, "m", 7, b"{}")
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = base64.b64encode(hmac.new(key, b"m.7.{}", "sha256").digest()).decode()
    assert sent == {"webhook-id": "m", "webhook-timestamp": "7", "webhook-signature": f"v1,{digest}"}


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_AAAA", "whsec_" + "A" * 200, "AAAA" * 8, "whsec_" + "ä" * 32])
def test_what_is_no_secret_is_told_from_one(secret: str) -> None:
    assert not is_secret(secret)
    assert is_secret(new_secret())


def test_secrets_are_never_in_what_is_printed() -> None:
    secret = new_secret()
    webhook = Webhook("t", "w", "https://a.example", enabled=True, reason="", created=0.0, secret=secret)
    put = PutWebhook.parse(
        Request("PUT", "/v1/webhooks/w", b"", {}, names={"webhook": "w"}),
        {"body": {"url": "https://a.example", "secret": secret}, "fresh": secret},
        targets=Targets(),
    )
    job = Job("t", "w", "d", 1, "m", "https://a.example", secret, b"")
    for record in (webhook, job, put):
        assert secret not in repr(record)


# Waits


def test_waits_grow_fourfold_up_to_six_hours_and_leave_half_to_chance() -> None:
    assert [backoff.wait(tries, 0) for tries in range(1, 4)] == [2.5, 10, 40]
    assert [backoff.wait(tries, 1) for tries in range(1, 4)] == [5, 20, 80]
    assert backoff.wait(50, 1) == backoff.LONGEST
    assert backoff.wait(1, 0, asked=120) == 120
    assert backoff.wait(1, 0, asked=1e9) == 24 * 3600
    assert sum(backoff.wait(tries, 1) for tries in range(1, backoff.TRIES)) < 36 * 3600


@given(st.text(max_size=40), st.integers(1, 20))
def test_jitter_is_keyed(delivery: str, tries: int) -> None:
    drawn = backoff.keyed(delivery, tries)
    assert 0 <= drawn < 1
    assert drawn == backoff.keyed(delivery, tries) != backoff.keyed(delivery, tries + 1)


# Quiet hours

BERLIN = ZoneInfo("Europe/Berlin")
EVERY_DAY = list(range(7))


def windows(value: object) -> tuple[Window, ...]:
    request = Request("PUT", "/v1/quiet-hours", b"", {})
    return stored_windows(write(PutQuiet.parse(request, {"body": {"zone": "UTC", "windows": value}}).body.windows))


def quiet(*texts: str, days: str = "") -> tuple[Window, ...]:
    return windows([
        {"from": text[:5], "until": text[6:], **({"days": days.split()} if days else {})} for text in texts
    ])  # fmt: skip


def local(text: str, zone: ZoneInfo = BERLIN) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-03-02T12:00", "2026-03-02T12:00"),
        ("2026-03-02T19:59:59", "2026-03-02T19:59:59"),
        ("2026-03-02T20:00", "2026-03-03T08:00"),
        ("2026-03-02T23:30", "2026-03-03T08:00"),
        ("2026-03-03T00:00", "2026-03-03T08:00"),
        ("2026-03-03T07:59:59", "2026-03-03T08:00"),
        ("2026-03-03T08:00", "2026-03-03T08:00"),
        ("2026-03-28T22:00", "2026-03-29T08:00"),  # the clock skips an hour this night
        ("2026-10-24T22:00", "2026-10-25T08:00"),  # and repeats one this night
    ],
)
def test_a_notification_within_quiet_hours_waits_until_they_end_on_the_zones_clock(at: str, until: str) -> None:
    assert end_of_quiet(local(at), BERLIN, quiet("20:00-08:00")) == local(until)


def test_windows_that_touch_are_waited_for_together() -> None:
    night = quiet("20:00-00:00", "00:00-06:00", "05:00-08:30")
    assert end_of_quiet(local("2026-03-02T21:00"), BERLIN, night) == local("2026-03-03T08:30")


def test_a_window_belongs_to_the_day_on_which_it_begins() -> None:
    friday = quiet("22:00-10:00", days="fri")
    assert end_of_quiet(local("2026-03-07T09:00"), BERLIN, friday) == local("2026-03-07T10:00")
    assert end_of_quiet(local("2026-03-08T09:00"), BERLIN, friday) == local("2026-03-08T09:00")


def test_a_window_that_ends_in_the_repeated_hour_ends_when_the_clock_first_shows_that_after() -> None:
    night = quiet("00:00-02:30")
    first = datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN)
    assert end_of_quiet(local("2026-10-25T01:00"), BERLIN, night) == first.timestamp()
    again = datetime(2026, 10, 25, 2, 10, tzinfo=BERLIN, fold=1)
    assert end_of_quiet(again.timestamp(), BERLIN, night) == first.replace(fold=1).timestamp()


ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia"])
CLOCKS = st.times().map(lambda time: time.strftime("%H:%M"))


@given(ZONES, st.lists(st.tuples(CLOCKS, CLOCKS), min_size=1, max_size=3), st.floats(1.7e9, 1.9e9))
def test_the_end_of_quiet_is_the_first_free_instant(zone: str, spans: list[tuple[str, str]], at: float) -> None:
    try:
        night = windows([{"from": begins, "until": ends} for begins, ends in spans])
    except Refused as refusal:
        if "leave no time" in refusal.detail:
            return
        raise
    clock = ZoneInfo(zone)

    def is_quiet(instant: float) -> bool:
        return any(window.end(datetime.fromtimestamp(instant, UTC).astimezone(clock)) for window in night)

    end = end_of_quiet(at, clock, night)
    assert end >= at
    assert not is_quiet(end)
    if end > at:
        for part in range(20):
            # Whatever the clock skips belongs to no window, so a quarter of an hour of grace beside a change of it.
            assert is_quiet(at + (end - at) * part / 20) or _clock_changes(clock, at, end)


def _clock_changes(zone: ZoneInfo, begin: float, end: float) -> bool:
    offsets = {datetime.fromtimestamp(instant, UTC).astimezone(zone).utcoffset() for instant in (begin, end)}
    return len(offsets) > 1


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (None, "/windows"),
        ([], "/windows"),
        ([{"from": "20:00"}], "/windows/0/until"),
        ([{"from": "8 pm", "until": "08:00"}], "/windows/0/from"),
        ([{"from": "24:00", "until": "08:00"}], "/windows/0/from"),
        ([{"from": "20:00", "until": "08:00", "days": ["monday"]}], "/windows/0/days"),
        ([{"from": "20:00", "until": "20:00"}], "/windows"),
        ([{"from": "20:00", "until": "08:00"}, {"from": "08:00", "until": "20:00"}], "/windows"),
    ],
)
def test_wrong_windows_are_told(body: object, pointer: str) -> None:
    with pytest.raises(Refused) as refused:
        windows(body)
    assert pointer in [error["pointer"] for error in refused.value.extra["errors"]]


# Targets


@pytest.mark.parametrize(
    "url",
    [
        "", "https://", "ftp://example.com", "example.com/hook", "http://example.com", "https://user:pass@example.com",
        "https://example.com/#part", "https://example.com:99999", "https://exa mple.com",
        "https://example.com/\r\nx: y",
        "https://127.0.0.1", "https://127.1.2.3", "https://10.0.0.1", "https://172.16.0.1", "https://192.168.1.1",
        "https://169.254.169.254/latest", "https://0.0.0.0", "https://100.64.0.1", "https://224.0.0.1",
        "https://255.255.255.255", "https://[::1]", "https://[::]", "https://[fe80::1]", "https://[fc00::1]",
        "https://[::ffff:127.0.0.1]", "https://[::ffff:10.0.0.1]", "https://[64:ff9b::7f00:1]", "https://[2002:7f00:1::]",
        "https://[2001:0:7f00:1::]", "https://[ff02::1]", "https://[fe80::1%25eth0]", "http://8.8.8.8", "https://exämple.com",
        "https://127.1", "https://0x7f.1", "https://2130706433", "https://017700000001", "https://0x7F000001", "https://0",
        "https://127.0.0.1.", "https://10.1", "https://0xa9fea9fe/latest", "https://[::127.0.0.1]", "https://[::7f00:1]",
        "https://[fec0::1]", "https://[3fff::1]", "https://[5f00::1]", "https://[2001:1::1]", "https://[64:ff9b:1::1]",
        "https://[4000::1]", "https://192.88.99.1", "https://192.0.0.9",
        "https://example.com/" + "a" * 1000,
    ],
)  # fmt: skip
def test_webhooks_go_to_nothing_but_public_https(url: str) -> None:
    with pytest.raises(Forbidden):
        Targets().target(url)


def test_what_is_allowed_is_taken_apart() -> None:
    target = Targets().target("https://example.com:8443/hook?a=1")
    assert (target.secure, target.host, target.port, target.path) == (True, "example.com", 8443, "/hook?a=1")
    assert target.authority == "example.com:8443"
    assert Targets().target("https://[2606:4700::1111]").authority == "[2606:4700::1111]"
    assert Targets.parse(["127.0.0.0/8"]).target("http://127.0.0.1:8000").port == 8000


def test_a_name_is_as_good_as_the_worst_of_its_addresses() -> None:
    public, private = ipaddress.ip_address("8.8.8.8"), ipaddress.ip_address("10.0.0.1")
    assert Targets().check([public]) == public
    for addresses in ([], [private], [public, private], [private, public]):
        with pytest.raises(Forbidden):
            Targets().check(addresses)
    assert Targets.parse(["10.0.0.0/24"]).check([private, public]) == private


@given(st.ip_addresses(v=4))
def test_an_address_in_another_guise_is_no_better(address: ipaddress.IPv4Address) -> None:
    mapped = ipaddress.IPv6Address(b"\0" * 10 + b"\xff\xff" + address.packed)

    def allowed(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
        try:
            return Targets().check([address]) == address
        except Forbidden:
            return False

    assert allowed(mapped) == allowed(address)
    assert not (allowed(address) and (address.is_private or address.is_loopback or address.is_link_local))
