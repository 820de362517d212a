"""Both commands turn a scenario into the same trace."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import sojourn.api.load_test
from loadtests.trace.model import Trace, save_trace
from loadtests.trace.sources import trace_of_scenario
from sim.scenario import read_scenario
from tests.support.minimal_scenario import changed

SCENARIO = changed(("run: {hours", "run: {seed: 6, hours"), ("demand: 10", "demand: 200"), ("staff: 2", "staff: 9"))
LOCUSTFILE = """
from pathlib import Path
from locust import events
from loadtests.conductor import locust_plugin
from loadtests.locustfile import Customers, Schedule
from loadtests.trace.model import save_trace
from sim.engine import reference

reference.run = None  # the compiled engine is used, gevent's patches and all

@events.init.add_listener
def save(environment, **_):
    trace, _, _ = locust_plugin._read_inputs(*locust_plugin._source(environment))
    save_trace(trace, Path({file!r}))
    raise SystemExit(0)
"""


class CapturedError(Exception):
    """The load ends where the first request would be sent."""


@pytest.mark.command
@pytest.mark.parametrize("seed", [None, 11])
def test_sojourn_load_and_locust_send_the_same_trace(
    tmp_path: Path, seed: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text(SCENARIO, encoding="utf-8")
    options = [] if seed is None else ["--seed", str(seed)]
    (tmp_path / "locustfile.py").write_text(LOCUSTFILE.format(file=str(tmp_path / "locust.npz")), encoding="utf-8")
    command = [sys.executable, "-m", "locust", "-f", str(tmp_path / "locustfile.py"), "--headless"]
    host = "http://127.0.0.1:9"
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [*command, "--host", host, "--scenario", str(scenario), *options],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        cwd=root,
        env={"PYTHONPATH": str(root)},
    )
    assert done.returncode == 0, done.stderr

    def capture(trace: Trace, *_: object, **__: object) -> None:
        save_trace(trace, tmp_path / "load.npz")
        raise CapturedError

    monkeypatch.setattr(sojourn.api.load_test, "check_host", lambda _host: None)
    monkeypatch.setattr(sojourn.api.load_test, "run_load", capture)
    with pytest.raises(CapturedError):
        sojourn.load_test(scenario, host=host, seed=seed, out=tmp_path / "out")
    save_trace(trace_of_scenario(read_scenario(scenario), seed or 6), tmp_path / "direct.npz")
    load, locust, direct = ((tmp_path / f"{name}.npz").read_bytes() for name in ("load", "locust", "direct"))
    assert load == locust == direct
    assert len(load) > 10_000
