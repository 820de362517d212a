"""Compiled code is named after all source files that it is made of."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import routing
import sim.engine.compiled
from sim.jit import folder, sources
from sim.jit.functions import compiled, is_kept
from sim.kpis.registry import families

ROOT = Path(__file__).parents[2]
MODES = ("", "plain")
FILES = {
    "package/__init__.py": "",
    "package/settings.py": "STEP = 1.0\n",
    "package/leaf.py": """
from package.settings import STEP
from sim.jit.functions import compiled

@compiled()
def leaf(x):
    return x + STEP
""",
    "package/middle.py": """
from sim.jit.functions import compiled
from package.leaf import leaf as step

@compiled()
def twice(x):
    return step(step(x))
""",
    "package/caller.py": """
from . import middle
from sim.jit.functions import compiled, is_kept

@compiled("f8(f8)")
def caller(x):
    return middle.twice(x)

print(is_kept(caller), caller(1.0))
""",
}


def _run(directory: Path, mode: str) -> str:
    environment = {
        **os.environ,
        "NUMBA_CACHE_DIR": str(directory / "cache"),
        "PYTHONPATH": os.pathsep.join([str(directory), str(ROOT)]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "SOJOURN_JIT": mode,
    }
    command = [sys.executable, "-c", "import package.caller"]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=120)
    return done.stdout.strip()


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_a_change_of_what_is_called_compiles_the_caller_anew(tmp_path: Path, mode: str) -> None:
    """Neither file is the caller's own, and numba alone would load the code as it was."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    kept = mode == "plain"  # there a function with a signature has been compiled when it has been declared
    assert _run(tmp_path, mode) == f"{kept} 3.0"
    assert _run(tmp_path, mode) == "True 3.0"
    (tmp_path / "package" / "middle.py").write_text(FILES["package/middle.py"].replace("step(step(x))", "step(x)"))
    assert _run(tmp_path, mode) == f"{kept} 2.0"
    (tmp_path / "package" / "settings.py").write_text("STEP = 5.0\n")
    assert _run(tmp_path, mode) == f"{kept} 6.0"
    (tmp_path / "package" / "settings.py").write_text("STEP = 1.0\n")
    assert _run(tmp_path, mode) == "True 2.0"


@pytest.mark.command
def test_the_fingerprint_does_not_depend_on_the_order_of_imports() -> None:
    modules = ["sim.engine.compiled.kernel", "sim.kpis.aggregate.kernel", "sim.distributions.weibull"]
    program = "import sys\nfrom importlib import import_module\nfrom sim.jit.sources import fingerprint\n"
    program += "for name in sys.argv[1:]: import_module(name)\n"
    program += f"print([fingerprint(name) for name in {modules}])"
    outputs = set()
    for order in (modules, modules[::-1]):
        command = [sys.executable, "-c", program, *order]
        outputs.add(subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT, timeout=120).stdout)
    assert outputs == {f"{[sources.fingerprint(name) for name in modules]}\n"}


def test_the_kernel_is_made_of_what_it_imports_directly_and_by_others() -> None:
    reached = sources.reached("sim.engine.compiled.kernel")
    assert sim.engine.compiled
    assert routing.policies()
    assert reached >= {"sim.core.draws", "sim.engine.compiled.floor", "sim.jit.pointers", "sim.numerics.portable_math"}
    assert "routing.policy" in reached  # whose named tuples the kernel makes
    assert reached.isdisjoint({"sim.distributions.weibull", "routing.fastest", "sim.engine.reference.floor", "numba"})


def test_every_import_is_seen() -> None:
    """Imports among the loaded modules of the project, as Python's own parser finds them."""
    assert families()
    ours = {name for name in sys.modules if name.partition(".")[0] in sources._followed("sim.kpis.registry")}
    for name in sorted(sources.reached("sim.kpis.registry") | sources.reached("sim.engine.compiled.run")):
        text = Path(str(sys.modules[name].__file__)).read_text("utf-8")
        seen = set(sources._imports(name))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Import):
                assert {alias.name for alias in node.names} & ours <= seen
            elif isinstance(node, ast.ImportFrom) and node.module in ours:
                members = {f"{node.module}.{alias.name}" for alias in node.names}
                assert members & ours <= seen
                assert members <= seen or node.module in seen


def test_a_function_of_no_file_is_not_kept(tmp_path: Path) -> None:
    module: dict[str, object] = {"__name__": "console", "compiled": compiled}
    exec("@compiled('f8(f8)')\ndef half(x): return x / 2", module)
    half = module["half"]
    assert half(3.0) == 1.5  # type: ignore[operator]
    assert not is_kept(half)


def test_a_folder_that_cannot_be_written_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file"))
    path = folder.folder.__wrapped__()
    assert path.is_dir()
    assert tmp_path not in path.parents


PROGRAM = """
import time
from sim.jit.folder import folder, one_at_a_time
with one_at_a_time("test"):
    made = folder() / "made"
    if not made.exists():
        time.sleep(0.5)
        made.write_text("")
        print("compiled")
"""


@pytest.mark.slow
def test_one_process_at_a_time_compiles(tmp_path: Path) -> None:
    """Of two processes that start together, the second finds what the first has made."""
    env = {"NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", PROGRAM]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) for _ in range(2)]
    assert sorted(process.communicate(timeout=60)[0] for process in both) == ["", "compiled\n"]
