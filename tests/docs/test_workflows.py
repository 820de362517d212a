"""The shell steps of the workflow files on the page about CI run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.support.documentation import ROOT, blocks
from tests.support.minimal_scenario import MINIMAL

pytestmark = [pytest.mark.command, pytest.mark.slow]


MISSED = MINIMAL + "objectives: {simulation: [{kpi: occupancy, at_least: 0.99}]}\n"
_INPUT = re.compile(r"\$\{\{ inputs\.(\w+) \}\}")


def _workflow(name: str) -> dict[str, Any]:
    """Return the workflow file of a name, as the page about CI shows it."""
    texts = [text for text in blocks(ROOT / "docs" / "ci.md", "yaml") if text.startswith(f"# {name}\n")]
    workflow: dict[str, Any] = YAML(typ="safe").load(texts[0])
    return workflow


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a folder like a repository, with programs in ``bin``: pip, which installs nothing, and sojourn."""
    shutil.copytree(ROOT / "scenarios" / "retail_bank", tmp_path / "scenarios" / "retail_bank")
    (tmp_path / "results" / "baselines").mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "sojourn").symlink_to(Path(sys.executable).parent / "sojourn")
    (tmp_path / "bin" / "pip").write_text("#!/bin/sh\n", encoding="utf-8")
    (tmp_path / "bin" / "pip").chmod(0o755)
    return tmp_path


def _run(script: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a step as a runner does: a shell that ends at the first error."""
    environment = {
        **os.environ,
        "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
        "GITHUB_ACTIONS": "true",
        **variables,
    }
    environment["GITHUB_STEP_SUMMARY"] = str(folder / "summary.md")
    command = ["bash", "-e", "-o", "pipefail", "-c", script]
    return subprocess.run(
        command, check=False, cwd=folder, capture_output=True, text=True, timeout=240, env=environment
    )


def _run_action(inputs: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the shell steps of the composite action, as a runner does: with its inputs in their environment."""
    action = YAML(typ="safe").load((ROOT / ".github" / "actions" / "check" / "action.yml").read_text(encoding="utf-8"))
    values = {name: inputs.get(name, definition.get("default", "")) for name, definition in action["inputs"].items()}
    assert inputs.keys() <= values.keys()
    done = None
    for step in action["runs"]["steps"]:
        if "run" not in step:
            continue
        assert step["shell"] == "bash"
        assert "${{" not in step["run"]  # an input in the text of a script could be a command
        variables = {name: values[_INPUT.fullmatch(text)[1]] for name, text in step["env"].items()}  # type: ignore[index]
        done = _run(step["run"], folder, **variables)
        if done.returncode:
            break
    assert done is not None
    return done


def test_the_composite_action_passes_and_fails_with_the_objectives(checkout: Path) -> None:
    (checkout / "my desk.yaml").write_text(MISSED.replace("0.99", "0.01"), encoding="utf-8")
    done = _run_action({"scenario": "my desk.yaml", "out": "results/my check"}, checkout)
    assert done.returncode == 0, done.stdout + done.stderr
    (checkout / "strict.yaml").write_text("simulation: [{kpi: occupancy, at_least: 0.99}]\n", encoding="utf-8")
    done = _run_action({"scenario": "my desk.yaml", "objectives": "strict.yaml", "package": ""}, checkout)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "::error file=my desk.yaml,title=objective missed" in done.stdout


def test_the_composite_action_installs_the_checkout_that_holds_it_or_says_what_to_give(tmp_path: Path) -> None:
    action = YAML(typ="safe").load((ROOT / ".github" / "actions" / "check" / "action.yml").read_text(encoding="utf-8"))
    install = action["runs"]["steps"][0]["run"]
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "pip").write_text('#!/bin/sh\necho "pip $*"\n', encoding="utf-8")
    (tmp_path / "bin" / "pip").chmod(0o755)
    here = {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin", "PACKAGE": ""}
    folder = ROOT / ".github" / "actions" / "check"
    done = _run(install, tmp_path, **here, GITHUB_ACTION_PATH=str(folder))
    assert (done.returncode, done.stdout) == (0, f"pip install {folder}/../../..\n")
    done = _run(install, tmp_path, **here, GITHUB_ACTION_PATH=str(tmp_path))
    assert done.returncode == 2
    assert done.stderr.startswith("sojourn is not installed; give the input package, ")
    done = _run(install, tmp_path, **{**here, "PACKAGE": "sojourn @ git+https://x"})
    assert done.stdout == "pip install sojourn @ git+https://x\n"


def test_the_steps_for_github_run(checkout: Path) -> None:
    jobs = _workflow("github.yml")["jobs"]
    (gate,) = [step["run"] for step in jobs["simulation"]["steps"] if "sojourn run" in step.get("run", "")]
    simulate, check = gate.strip().splitlines()
    done = _run(f"{simulate}\nsojourn baseline results/run results/baselines/retail_bank.json\n{check}", checkout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (checkout / "summary.md").read_text(encoding="utf-8").startswith("# Passed: ")
    assert "::error" not in done.stdout


def test_the_steps_for_gitlab_run_and_a_regression_fails_them(checkout: Path) -> None:
    job = _workflow("gitlab.yml")["simulation"]
    *steps, check = job["script"]
    done = _run("\n".join([*steps, "sojourn baseline results/run results/baselines/retail_bank.json", check]), checkout)
    assert done.returncode == 0, done.stdout + done.stderr
    for report in job["artifacts"]["reports"].values():
        assert (checkout / report).is_file()
    other = check.replace("results/run", "results/other")
    done = _run(f"sojourn run scenarios/retail_bank --no-report --seed 9 -n 2 --out results/other\n{other}", checkout)
    assert done.returncode == 4
    assert "::error file=scenarios/retail_bank/scenario.yaml,title=invalid%3A baseline seed::" in done.stdout
