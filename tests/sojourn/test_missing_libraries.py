"""A library that is missing or too old is a sentence with the command that installs it, never a traceback."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from sim.core import libraries
from sim.core.errors import MissingLibrary
from tests.support.absent_libraries import run_without
from tests.support.command_line import contents, plain_environment

pytestmark = pytest.mark.command

LOCUSTFILE = Path(__file__).parents[2] / "loadtests" / "locustfile.py"
SERVE = ["cel", "httptools", "prometheus_client", "psycopg", "psycopg_binary", "uvicorn", "uvloop"]
LOAD = ["geventhttpclient", "locust", "gevent"]
LOAD_COMMAND = ["load", "desk.yaml", "--host", "http://127.0.0.1:1"]


def _install(extras: str) -> str:
    return f'install with: {sys.executable} -m pip install "sojourn{extras}"\n'


def test_a_plain_installation_says_which_extra_a_command_needs(folder: Path) -> None:
    """And commands that need none work, also where they have an error to print."""
    before = contents(folder)
    endpoint = [["serve"], ["tenant", "list"], ["store", "backup", "copy.db"]]
    others = [LOAD_COMMAND, ["demo", "desk.yaml"], ["validate", "no.yaml"], ["validate", "desk.yaml"]]
    *served, loaded, demo, wrong, right = run_without(SERVE + LOAD, *endpoint, *others, cwd=folder)
    for words, done in zip(endpoint, served, strict=True):
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith(
            f"sojourn {words[0]} needs common-expression-language (not installed), httptools (not installed), "
        )
        assert done.err.endswith(_install("[serve]"))
        assert done.err.count("\n") == 1
    load_sentence = "geventhttpclient (not installed), locust (not installed)"
    assert (loaded.code, loaded.err) == (2, f"sojourn load needs {load_sentence}; {_install('[load]')}")
    assert (demo.code, demo.out) == (2, "")
    assert demo.err.startswith(f"sojourn demo needs {load_sentence}, common-expression-language (not installed), ")
    assert demo.err.endswith(_install("[load,serve]"))
    assert (wrong.code, wrong.err) == (2, "no.yaml: there is no such file\n1 problem; nothing was run.\n")
    assert (right.code, right.err) == (0, "")
    assert contents(folder) == before


@pytest.mark.parametrize(
    ("module", "library", "words"),
    [
        ("typer", "typer", ["validate", "desk.yaml"]),
        ("ruamel", "ruamel-yaml", ["validate", "desk.yaml"]),
        ("numba", "numba", ["run", "desk.yaml", "-n", "1"]),
        ("pyarrow", "pyarrow", ["run", "desk.yaml", "-n", "1", "-p", "1", "--no-report"]),
    ],
)
def test_a_library_that_every_command_needs(folder: Path, module: str, library: str, words: list[str]) -> None:
    before = contents(folder)
    (done,) = run_without([module], words, cwd=folder)
    assert (done.code, done.out) == (2, "")
    line = done.err.removeprefix("compiling the engine, once; some twenty seconds ...\n")
    assert line == f"Sojourn needs the library {library}, which is not installed; {_install('')}"
    assert contents(folder) == before


def _other_version(folder: Path, library: str, version: str) -> Path:
    """Let a library seem to be of another version than it is."""
    info = folder / f"{library}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {library}\nVersion: {version}\n", encoding="utf-8")
    return folder


def test_a_library_that_is_too_old_or_too_new(folder: Path, tmp_path: Path) -> None:
    path = [_other_version(tmp_path / "old", "uvicorn", "0.11.0"), _other_version(tmp_path / "new", "locust", "99.0")]
    served, loaded = run_without([], ["serve", "--port", "0"], LOAD_COMMAND, cwd=folder, path=path)
    sentence = "uvicorn<0.55,>=0.34 (0.11.0 is installed)"
    assert (served.code, served.err) == (2, f"sojourn serve needs {sentence}; {_install('[serve]')}")
    sentence = "locust<2.48,>=2.33 (99.0 is installed)"
    assert (loaded.code, loaded.err) == (2, f"sojourn load needs {sentence}; {_install('[load]')}")


def test_an_error_is_explained_by_a_library_of_another_version(folder: Path, tmp_path: Path) -> None:
    """A part that an old numba lacks would be an AttributeError, say; hidden, its import fails."""
    path = [_other_version(tmp_path / "old", "numba", "0.50.0")]
    broken = tmp_path / "broken"
    (broken / "numba").mkdir(parents=True)
    (broken / "numba" / "__init__.py").write_text("from os import nothing_of_the_kind\n", encoding="utf-8")
    (done,) = run_without([], ["run", "desk.yaml", "-n", "1"], cwd=folder, path=[*path, broken])
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("Sojourn needs numba<0.69,>=0.68 (0.50.0 is installed); install with: ")
    assert "Traceback" not in done.err


def test_a_library_that_cannot_be_imported_is_to_be_installed_anew() -> None:
    error = ImportError("Numba needs NumPy 2.4 or less", name="numba.core")
    command = f'{sys.executable} -m pip install --force-reinstall "numba<0.69,>=0.68"'
    assert libraries.explain_failure(error) == (
        f"The library numba cannot be imported; install it anew with: {command} (ImportError: {error})"
    )


@pytest.mark.parametrize(
    "error",
    [
        ValueError("an error of Sojourn"),
        ModuleNotFoundError("No module named 'sim.nothing'", name="sim.nothing"),
        ImportError("cannot import name 'x' from 'loadtests.ledger'", name="loadtests.ledger"),
    ],
)
def test_an_error_of_sojourns_own_is_no_librarys(error: Exception) -> None:
    assert libraries.explain_failure(error) == ""


def test_every_library_of_the_project_has_a_module_that_is_found() -> None:
    """A name that differs from its library's stands in a table; here is why that table is complete."""
    declared = [Requirement(text).name for text in requires("sojourn") or []]
    assert {"numba", "locust", "uvicorn"} <= set(declared)
    assert [name for name in declared if not libraries._importable(name)] == []


def test_a_part_of_a_library_is_needed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """psycopg[binary] is two libraries."""
    monkeypatch.setattr(libraries, "_importable", lambda name: name != "psycopg-binary")
    with pytest.raises(MissingLibrary, match=r"^sojourn serve needs psycopg-binary \(not installed\); install with"):
        libraries.require_extras("sojourn serve", "serve")


@pytest.mark.parametrize(
    ("words", "code"), [(["-m", "orchestrator", "openapi"], 2), (["-c", "import orchestrator"], 1)]
)
def test_the_endpoint_without_its_extra_says_so_too(tmp_path: Path, words: list[str], code: int) -> None:
    (tmp_path / "jiter.py").write_text("raise ModuleNotFoundError(name='jiter')", encoding="utf-8")
    environment = {**plain_environment(), "PYTHONPATH": ":".join([str(tmp_path), *sys.path[1:]])}
    done = subprocess.run(
        [sys.executable, *words], check=False, capture_output=True, text=True, timeout=60, env=environment, cwd=tmp_path
    )  # fmt: skip
    sentence = f"The endpoint needs the library jiter, which is not installed; {_install('[serve]')}"
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr == sentence if code == 2 else done.stderr.endswith(f"ModuleNotFoundError: {sentence}")


def test_the_locustfile_says_so_too(tmp_path: Path) -> None:
    """Where only Locust is installed."""
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "pydantic.py").write_text("raise ModuleNotFoundError(name='pydantic')", encoding="utf-8")
    environment = {**plain_environment(), "PYTHONPATH": ":".join([str(hidden), *sys.path[1:]])}
    done = subprocess.run(
        [sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "--headless", "--host", "http://127.0.0.1:1"],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        env=environment,
        cwd=tmp_path,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"Sojourn needs the library pydantic, which is not installed; {_install('')}"
