"""Every command on the documentation pages runs, in a folder laid out like the project."""

from __future__ import annotations

import json
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.support.documentation import PAGES, ROOT, commands, steps, write_files

pytestmark = pytest.mark.command

BIN = Path(sys.executable).parent
SHORTER = {  # so that a page takes seconds; later options win
    "sojourn run": ["--replications", "2"],
    "sojourn whatif": ["--replications", "2"],
    "sojourn compare": ["--replications", "2"],
    "sojourn sweep": ["--replications", "2"],
    "sojourn staff": ["--days", "30", "--fresh-days", "300"],
    "sojourn verify-plan": ["--days", "20"],
    "sojourn roster": ["--gap", "0.3"],
    "sojourn plan": ["--days", "30", "--fresh-days", "300", "--replications", "2"],
    "sojourn load": ["--duration", "3"],
    "sojourn duel": ["--pairs", "2", "--looks", "1", "--warm-up", "0", "--max-requests", "60"],
}
ENDS = {  # how else a command may end, where the machine is busy or the days are few
    "sojourn plan": {2},  # a target is in doubt after few days
    "sojourn roster": {2},  # somebody is missing in a roster that is good enough for a wider gap
    "sojourn load": {4},  # the generator was late
    "sojourn verify-plan": {2, 3},  # the plan fails, or it is in doubt
    "sojourn duel": {3, 4},  # so it may be in a duel, and few runs of few requests may differ by luck
    "sojourn check": {2, 4},  # slow answers, or a generator that was late; two days instead of twenty
}
PLACEHOLDER = re.compile(r"https?://\S+|(?<=--host )\.\.\.")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with what the commands name, and results of its own."""
    for name in ("scenarios", "loadtests"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "results" / "baselines").mkdir(parents=True)
    (tmp_path / "my.yaml").write_bytes((ROOT / "loadtests" / "contracts" / "reference.yaml").read_bytes())
    return tmp_path


@pytest.fixture
def endpoint(folder: Path) -> Iterator[str]:
    """Return the URL of an endpoint that is started as the README says, but on a port that is free."""
    process = subprocess.Popen(
        [str(BIN / "sojourn"), "serve", "--database", "journeys.db", "--port", "0"],
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    yield line.removeprefix("listening on ").strip()
    process.terminate()
    assert process.wait(20) == 0
    process.stdout.close()
    assert (folder / "journeys.db").exists()


def _pages(*programs: str) -> list[Path]:
    return [page for page in PAGES if any(line.startswith(programs) for line in commands(page))]


def test_the_pages_have_the_commands_that_are_looked_for() -> None:
    names = {line.split()[0] for page in PAGES for line in commands(page)}
    assert {name for name in names if "=" not in name} == {"make", "sojourn", "locust", "curl"}  # another needs a test
    assert commands(ROOT / "README.md")[:2] == ["make demo", "make test"]
    assert "sojourn serve --database journeys.db &" in commands(ROOT / "README.md")


@pytest.mark.load
@pytest.mark.slow
@pytest.mark.parametrize("page", _pages("sojourn"), ids=lambda page: page.stem)
def test_the_sojourn_commands_of_a_page_work_one_after_the_other(
    page: Path, folder: Path, request: pytest.FixtureRequest
) -> None:
    write_files(page, folder)
    speaks_of_one = any(PLACEHOLDER.search(line) for line in commands(page) if line.startswith("sojourn"))
    endpoint = request.getfixturevalue("endpoint") if speaks_of_one else "no endpoint"
    run = _run_commands if page.name == "README.md" else _run_commands_in_one_process
    for language, of_it in groupby(steps(page), key=itemgetter(0)):
        texts = [text for _, text in of_it]
        if language == "python":
            for text in texts:
                _run_program(text, folder)
        else:
            run([line for line in texts if _is_run(line)], folder, endpoint)


def _is_run(line: str) -> bool:
    return line.startswith("sojourn") and not line.startswith("sojourn serve")


def _run_program(program: str, folder: Path) -> None:
    command = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True, timeout=240)
    assert (done.returncode, done.stderr) == (0, ""), program


def _words(line: str, endpoint: str) -> list[str]:
    words = shlex.split(PLACEHOLDER.sub(endpoint, line))
    shorter = ["--at-most", "20"] if "--precision" in words else SHORTER.get(_which(line), [])
    return [str(BIN / words[0]), *words[1:], *shorter]


def _which(line: str) -> str:
    return " ".join(line.split()[:2])


def _run_commands(lines: list[str], folder: Path, endpoint: str) -> None:
    """Run commands as readers do."""
    for line in lines:
        command = _words(line, endpoint)
        done = subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True, timeout=120)
        _check(line, folder, done.returncode, done.stdout, done.stderr)


ONE_AFTER_THE_OTHER = """
import contextlib, io, json, sys
from sojourn.__main__ import main

for sys.argv in json.loads(sys.argv[1]):
    out, err, code = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as ended:
            code = ended.code or 0
    print(json.dumps([code, out.getvalue(), err.getvalue()]), flush=True)
"""


def _run_commands_in_one_process(lines: list[str], folder: Path, endpoint: str) -> None:
    """Run commands after another, with the imports, which take longer than two replications, once."""
    words = json.dumps([_words(line, endpoint) for line in lines])
    command = [sys.executable, "-c", ONE_AFTER_THE_OTHER, words]
    done = subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True, timeout=240)
    assert (done.returncode, done.stderr) == (0, ""), "\n".join([*lines, done.stdout, done.stderr])
    for line, result in zip(lines, done.stdout.splitlines(), strict=True):
        _check(line, folder, *json.loads(result))


def _check(line: str, folder: Path, code: int, out: str, err: str) -> None:
    command = _which(line)
    assert code in {0, *ENDS.get(command, set())}, f"{line}\n{out}\n{err}"
    assert "Traceback" not in err
    written = re.findall(r"^(?:Report|Result): (\S+)$", out, flags=re.MULTILINE)
    assert written or command.split()[1] not in {"run", "whatif", "load"}
    assert all((folder / name).exists() for name in written)


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
