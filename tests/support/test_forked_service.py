"""Services forked from a loaded process: each is a process of its own, with its own output, end and exit code."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from tests.support.service_process import launching

pytestmark = [pytest.mark.load, pytest.mark.skipif(sys.platform != "linux", reason="uses prctl and /proc")]


def test_forked_services_are_processes_of_their_own(tmp_path: Path) -> None:
    with launching(forked=True) as launch:
        first, second = (launch("--store", str(tmp_path / name)) for name in ("first.db", "second.db"))
        journeys = [service.client().start("anna").json["id"] for service in (first, second)]
        assert len({*journeys, first.process.pid, second.process.pid, os.getpid()}) == 5
        assert first.stop(signal.SIGKILL) == -signal.SIGKILL
        assert second.client().send("GET", "/health/ready").status == 200
        assert second.stop() == 0
        assert (
            launch("--store", str(tmp_path / "first.db")).client().send("GET", f"/v1/journeys/{journeys[0]}").status
            == 200
        )


def test_a_forked_service_that_cannot_serve_says_so(tmp_path: Path) -> None:
    (tmp_path / "none.db").write_text("this is no database, and long enough to be taken for a damaged one", "utf-8")
    with launching(forked=True) as launch, pytest.raises(pytest.fail.Exception, match=r"none\.db"):
        launch("--store", str(tmp_path / "none.db"))
