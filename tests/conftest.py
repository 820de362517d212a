"""Fixtures and tiers for the tests of all folders."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# A failure must be there again when one looks: no random examples, and no failure because the machine was busy.
settings.register_profile("sojourn", derandomize=True, deadline=None)
settings.load_profile("sojourn")


# What a test of each fixture starts. Tests that need none of these fixtures say it by a mark of their own.
TIERS = {
    "simulated": "command",
    "endpoint": "load",
    "host": "load",
    "start": "load",
    "postgres": "postgres",
    "chromium": "browser",
}


CHROMIUM = os.environ.get("SOJOURN_CHROMIUM", "/usr/bin/chromium")
CHROMIUM_OPTIONS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with the tiers of the fixtures that it uses."""
    for item in items:
        for fixture in TIERS.keys() & set(getattr(item, "fixturenames", ())):
            item.add_marker(TIERS[fixture])


def pytest_configure() -> None:
    """Answer to Ctrl-C, and so let the programs that tests start answer to it.

    A shell that starts something in the background has it ignore Ctrl-C, which its children then do too.
    """
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of exact and published results, which is kept outside the repository."""
    folder = Path(os.environ.get("SOJOURN_SHARED", Path(__file__).parents[2] / "shared"))
    if not (folder / "truth").is_dir():
        pytest.skip(f"{folder} holds no truth/: set SOJOURN_SHARED to the folder with the exact results")
    return folder


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Return a browser without a window."""
    from playwright.sync_api import sync_playwright

    if not Path(CHROMIUM).exists():
        pytest.skip(f"there is no {CHROMIUM}: install chromium, or set SOJOURN_CHROMIUM to where it is")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(CHROMIUM_OPTIONS))
        yield browser
        browser.close()
