"""Schemathesis tries every operation of the OpenAPI document and finds no fault."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.service_process import launching

pytestmark = pytest.mark.load

EXAMPLES = int(os.environ.get("SOJOURN_EXAMPLES", "3"))
CONFIGURATION = Path(__file__).with_name("schemathesis.toml")


@pytest.mark.timeout(3600)
def test_schemathesis_finds_nothing(tmp_path: Path) -> None:
    with launching() as launch:
        service = launch("--store", str(tmp_path / "journeys.db"))
        done = subprocess.run(
            [
                sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIGURATION), "--no-color",
                "run", f"http://127.0.0.1:{service.port}/openapi.json", "--phases", "examples,coverage,fuzzing",
                "--exclude-path", "/v1/live",  # which goes on for ever
                "--max-examples", str(EXAMPLES), "--seed", "1", "--request-timeout", "10", "--continue-on-failure",
            ],
            capture_output=True, text=True, cwd=tmp_path, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        assert service.error_output() == ""
        assert service.stop(signal.SIGTERM) == 0
