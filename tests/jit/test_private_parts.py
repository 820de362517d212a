"""The private parts of numba that `sim.jit` uses are there; who misses one reads what breaks, and what still works."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from pathlib import Path

import pytest

import sim.jit

LAZY = "functions are not loaded when they are first called, and without what only compiling needs"
KEPT = "compiled code is not kept in the folder that is named after all of its sources"
WHOLE = "damaged files of compiled code end in a traceback"
LINKED = "functions of a kernel are not linked into it, and a kernel takes minutes to compile"
CALLED = "laws and policies are not called by their addresses"
# For each module of numba's: the names that sim/jit uses of it.
PARTS = {
    "numba.core.caching": {
        **dict.fromkeys(("CompileResultCacheImpl", "FunctionCache", "NullCache", "_CacheLocator"), KEPT),
        **dict.fromkeys(("_impl_class", "_locator_classes", "from_function", "get_cache_path"), KEPT),
        **dict.fromkeys(("get_disambiguator", "get_source_stamp"), KEPT),
        **dict.fromkeys(("load_overload", "_load_overload", "_guard_against_spurious_io_errors"), LAZY),
        **dict.fromkeys(("save_overload", "_save_overload", "_impl", "_cache_file", "_cache_path"), WHOLE),
        **dict.fromkeys(("IndexDataCacheFile", "_load_index", "_save_index", "_load_data", "_save_data"), WHOLE),
        **dict.fromkeys(("_index_path", "_data_path", "_dump", "_open_for_write"), WHOLE),
    },
    "numba.core.dispatcher": dict.fromkeys(("_cache", "disable_compile", "get_call_template", "targetoptions"), LAZY),
    "numba.core.registry": {"CPUDispatcher": LAZY},
    "numba.core.compiler_lock": {"global_compiler_lock": LAZY},
    "numba.core.runtime.nrt": {"rtsys": LAZY, "initialize": LAZY},
    "numba.core.callconv": dict.fromkeys(("get_function_type", "call_function"), CALLED),
    "numba.core.compiler": dict.fromkeys(("Compiler", "compile_extra", "library"), LINKED),
    "numba.core.codegen": {
        "get_pointer_to_function": CALLED,
        **dict.fromkeys(("JITCodeLibrary", "finalize", "set_env", "enable_object_caching", "_codegen", "_tm"), LINKED),
        **dict.fromkeys(("_linking_libraries", "_final_module", "_get_module_for_linking", "_finalized"), LINKED),
        "_optimize_final_module": LINKED,
    },
}
ROWS = [(module, name, what) for module, names in PARTS.items() for name, what in names.items()]


@pytest.mark.parametrize(("module", "name", "what"), ROWS)
def test_a_private_part_is_there(module: str, name: str, what: str) -> None:
    source = inspect.getsource(importlib.import_module(module))
    assert re.search(rf"\b{name}\b", source), f"no {name} in {module}: {what}; SOJOURN_JIT=plain does without"


def test_every_private_part_is_listed() -> None:
    """What is imported of numba's inner modules, and what begins with an underscore and is not our own."""
    listed = {name for names in PARTS.values() for name in names}
    for file in Path(str(sim.jit.__file__)).parent.glob("*.py"):
        nodes = list(ast.walk(ast.parse(file.read_text("utf-8"))))
        private = {
            alias.name
            for node in nodes
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("numba.core.")
            for alias in node.names
        }
        private |= {node.attr for node in nodes if isinstance(node, ast.Attribute) and re.match("_[a-z]", node.attr)}
        own = {node.attr for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)}
        assert private - own - {"NumbaError", "_fields"} <= listed, file.name
