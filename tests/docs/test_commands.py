"""Every command on the documentation pages runs, in a folder laid out like the project."""

from __future__ import annotations

import re
import shlex
import signal
import socket
import subprocess
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.support.documentation import PAGES, ROOT, commands
from tests.support.page_commands import BIN, OUTPUTS, PLACEHOLDER, has_outputs, run_page

pytestmark = pytest.mark.command


def _pages(*programs: str) -> list[Path]:
    return [page for page in PAGES if any(line.startswith(programs) for line in commands(page))]


def test_the_pages_have_the_commands_that_are_looked_for() -> None:
    names = {line.split()[0] for page in PAGES for line in commands(page)}
    assert {name for name in names if "=" not in name} == {"make", "sojourn", "locust", "curl"}  # another needs a test
    assert commands(ROOT / "README.md")[:2] == ["make demo", "make test"]
    assert "sojourn serve --database journeys.db &" in commands(ROOT / "README.md")


def _not_run_with_their_outputs() -> list[Path]:
    return [page for page in _pages("sojourn") if OUTPUTS not in {"check", "write"} or not has_outputs(page)]


@pytest.mark.load
@pytest.mark.slow
@pytest.mark.parametrize("page", _not_run_with_their_outputs(), ids=lambda page: page.stem)
def test_the_sojourn_commands_of_a_page_work_one_after_the_other(
    page: Path, folder: Path, request: pytest.FixtureRequest
) -> None:
    """With SOJOURN_DOCS, test_outputs.py runs the other pages."""
    run_page(page, folder, request)


@pytest.mark.load
@pytest.mark.parametrize("page", _pages("locust"), ids=lambda page: page.stem)
def test_the_locust_commands_of_a_page_show_a_page_of_their_own(page: Path, folder: Path, endpoint: str) -> None:
    for line in commands(page):
        if not line.startswith("locust"):
            continue
        words = shlex.split(PLACEHOLDER.sub(endpoint, line))
        port = _free_port()
        command = [str(BIN / words[0]), *words[1:], "--web-host", "127.0.0.1", "--web-port", str(port)]
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            assert endpoint in _shown(f"http://127.0.0.1:{port}", process)
            time.sleep(1)  # the server is done with the page; an interrupt within would be told as an error
        finally:
            process.send_signal(signal.SIGINT)
            printed, _ = process.communicate(timeout=30)
        assert "Traceback" not in printed, printed


@pytest.mark.load
@pytest.mark.parametrize("page", _pages("curl"), ids=lambda page: page.stem)
def test_the_curl_commands_of_a_page_are_answered(page: Path, folder: Path, endpoint: str) -> None:
    """In one shell, as they name variables; what streams without end is cut off."""
    lines = [line for line in commands(page) if line.startswith(("curl", "host="))]
    script = [re.sub(r"^curl", "curl --silent --show-error --fail --max-time 5", line) for line in lines]
    for number, line in enumerate(script):
        until_then = "\n".join([*(earlier for earlier in script[:number] if earlier.startswith("host=")), line])
        shell = PLACEHOLDER.sub(lambda match: _at(match[0], endpoint), until_then)
        done = subprocess.run(
            ["bash", "-c", shell], check=False, cwd=folder, capture_output=True, text=True, timeout=60
        )
        assert done.returncode in ({0, 28} if "/v1/live" in line else {0}), f"{line}\n{done.stdout}\n{done.stderr}"


def _at(url: str, endpoint: str) -> str:
    """Return a URL of a page at the endpoint that there is."""
    return re.sub(r"^https?://[^/;'\"\s]+", endpoint, url)


@pytest.mark.parametrize(
    "line", sorted({line for page in PAGES for line in commands(page) if line.startswith("SOJOURN_")})
)
def test_a_heavier_tier_is_read_by_the_test_that_is_named(line: str) -> None:
    setting, *command = shlex.split(line)
    (file,) = [word for word in command if word.endswith(".py")]
    assert command[:3] in (["python", "-m", "pytest"], [".venv/bin/python", "-m", "pytest"])
    folder = (ROOT / file).parent
    assert (ROOT / file).is_file()
    assert any(setting.split("=")[0] in file.read_text(encoding="utf-8") for file in folder.glob("*.py"))


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port: int = sock.getsockname()[1]
        return port


def _shown(url: str, process: subprocess.Popen[str]) -> str:
    """Return a page as soon as it is served."""
    for _ in range(300):
        assert process.poll() is None, process.communicate()[0]
        try:
            with urlopen(url, timeout=5) as answer:
                return str(answer.read().decode())
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"nothing answers at {url}")


@pytest.mark.parametrize(
    "target", sorted({line.split()[1] for page in PAGES for line in commands(page) if line.startswith("make")})
)
def test_make_knows_the_target(target: str) -> None:
    done = subprocess.run(["make", "-n", target], check=False, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
