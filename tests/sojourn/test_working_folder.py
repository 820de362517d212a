"""A folder that somebody else has filled: nothing in it is run, whatever its files are called, without permission."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command_line import BUSY, Command, Finished, desk, plain_environment

pytestmark = pytest.mark.command

MODULES = [
    *[
        "concurrent",
        "gevent",
        "json",
        "locust",
        "matplotlib",
        "multiprocessing",
        "numba",
        "numpy",
        "orchestrator",
        "own",
    ],
    *["pickle", "pyarrow", "pydantic", "random", "ruamel", "scipy", "signal", "sim", "simpy", "sitecustomize"],
    *["sojourn", "struct", "typer", "usercustomize", "uvicorn", "xlsxwriter", "yaml"],
]
LAW = "{law: own.Slow}"
TAG = "!!python/object/apply:os.system ['touch was_run']"
CHILD = """
from sim.core import children
children.forks = lambda: False
def serve(connection):
    connection.send("served")
if __name__ == "__main__":
    with children.child(serve) as child:
        print(child.connection.recv())
"""


def hostile(folder: Path, text: str = BUSY) -> Path:
    """Return a folder with a scenario, and modules and settings that leave a trace if anything reads them."""
    folder.mkdir(exist_ok=True)
    desk(folder, text)
    for module in MODULES:
        trace = f"open({str(folder / 'was_run')!r}, 'a').write({module!r})\nraise SystemExit('it was run')\n"
        (folder / f"{module}.py").write_text(trace, encoding="utf-8")
    (folder / "matplotlibrc").write_text("text.usetex: True\nbackend: module://own\n", encoding="utf-8")
    for file in ("locust.conf", "pyproject.toml"):
        head = "[tool.locust]\n" if file == "pyproject.toml" else ""
        (folder / file).write_text(f'{head}html = "was_run"\nlogfile = "was_run"\n', encoding="utf-8")
    return folder


def sojourn(*words: str, cwd: Path) -> Finished:
    """Run a command as its script does: ``python -m`` would look into the current folder by itself."""
    program = [sys.executable, "-P", "-m", "sojourn", *words]
    done = subprocess.run(
        program, check=False, cwd=cwd, capture_output=True, text=True, timeout=280, env=plain_environment()
    )  # fmt: skip
    return Finished(done.returncode, done.stdout, done.stderr)


def was_run(folder: Path) -> str:
    """Return what left a trace."""
    trace = folder / "was_run"
    return trace.read_text(encoding="utf-8") or "something" if trace.exists() else ""


@pytest.mark.slow
def test_simulations_in_a_hostile_folder_run_nothing_of_it(tmp_path: Path) -> None:
    folder = hostile(tmp_path)
    for words in (
        ["validate", "desk.yaml"],
        ["run", "desk.yaml", "-n", "4", "-p", "2", "--out", "run"],
        ["compare", "desk.yaml", "--variant", "a: agents.desk.staff=+1", "-n", "2", "-p", "2", "--out", "compared"],
        ["migrate", "desk.yaml"],
    ):
        done = sojourn(*words, cwd=folder)
        assert (words[0], done.code, was_run(folder)) == (words[0], 0, ""), done.err
    assert "<svg" in (folder / "run" / "report.html").read_text(encoding="utf-8")  # and no LaTeX was asked for


@pytest.mark.load
@pytest.mark.slow
def test_a_load_in_a_hostile_folder_runs_nothing_of_it(tmp_path: Path, host: str) -> None:
    """Locust runs by ``python -m``, which looks into the current folder first, and reads settings there."""
    folder = hostile(tmp_path)
    words = ["load", "desk.yaml", "--host", host, "--speed", "600", "--max-requests", "50", "--out", "load"]
    done = sojourn(*words, cwd=folder)
    assert was_run(folder) == ""
    assert done.code in {0, 4}, done.err  # sent; and the generator may have been late
    assert (folder / "load" / "ledger.parquet").is_file()


@pytest.mark.load
@pytest.mark.slow
def test_a_demo_in_a_hostile_folder_runs_nothing_of_it(tmp_path: Path) -> None:
    folder = hostile(tmp_path)
    done = sojourn("demo", "desk.yaml", "--out", "demo", cwd=folder)
    assert was_run(folder) == ""
    assert "send the same customers" in " ".join(done.out.split()), done.err


def test_a_process_that_cannot_be_forked_imports_nothing_of_a_hostile_folder(tmp_path: Path) -> None:
    """The standard library starts it by ``python -c``, which looks into the current folder first."""
    folder = hostile(tmp_path / "hostile")
    program = tmp_path / "program.py"
    program.write_text(CHILD, encoding="utf-8")
    environment = plain_environment() | {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, str(program)],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        cwd=folder,
        env=environment,
    )
    assert (was_run(folder), done.stdout) == ("", "served\n"), done.stderr


ROADS = {
    "the scenario": ["validate", "law.yaml"],
    "a run": ["run", "law.yaml", "-n", "1"],
    "an override": ["run", "desk.yaml", "-n", "1", "--set", f"intents.question.steps.call.talk={LAW}"],
    "a what-if": ["whatif", "desk.yaml", "--set", f"intents.question.steps.call.talk={LAW}"],
    "a variant": ["compare", "desk.yaml", "--variant", f"a: intents.question.steps.call.talk={LAW}"],
    "another scenario": ["compare", "desk.yaml", "law.yaml"],
    "a file of variants": ["compare", "--variants", "changed.yaml"],
    "a file of other scenarios": ["compare", "--variants", "other.yaml"],
    "a migration": ["migrate", "law.yaml"],
    "a load": ["load", "law.yaml", "--host", "http://127.0.0.1:1"],
    "a tag": ["validate", "tag.yaml"],
    "a tag in an override": ["validate", "desk.yaml", "--set", f"name={TAG}"],
    "a tag in variants": ["compare", "--variants", "tagged.yaml"],
    "a tag in a contract": ["load", "desk.yaml", "--host", "http://127.0.0.1:1", "--contract", "tag.yaml"],
}


REWRITTEN = {"a migration"}
"""A file is rewritten whatever it names; nothing of it is asked for."""


@pytest.mark.parametrize("road", ROADS)
def test_no_road_leads_to_code_without_permission(refused: Command, tmp_path: Path, road: str) -> None:
    folder = hostile(tmp_path)
    law = BUSY.replace("talk: 60 s", f"talk: {LAW}")
    tagged = BUSY.replace("name: one desk", f"name: {TAG}")
    change = f'"intents.question.steps.call.talk={LAW}"'
    for name, text in {
        "law": law,
        "tag": tagged,
        "changed": f"scenario: desk.yaml\nvariants: {{a: {change}}}\n",
        "other": "scenario: desk.yaml\nvariants: {a: {scenario: law.yaml}}\n",
        "tagged": f"scenario: desk.yaml\nvariants: {{a: {TAG}}}\n",
    }.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    done = refused(*ROADS[road], cwd=folder)
    assert was_run(folder) == ""
    assert done.code == (0 if road in REWRITTEN else 2), done.err
