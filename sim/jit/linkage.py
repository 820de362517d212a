"""Kernels as one program each: the functions that a kernel calls are linked into it and optimised with it.

Private parts of numba do this: its libraries of code, and the compiler that makes them. What each step saves stands in
``benchmarks/ENGINE.md``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from llvmlite.binding import Linkage, create_pass_builder, create_pipeline_tuning_options
from numba import njit
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler

from sim.jit.dispatchers import compiled

__all__ = ["inner", "kernel", "part"]

F = TypeVar("F", bound=Callable[..., Any])


class _Linked(JITCodeLibrary):
    """Code of a function that only a kernel calls: it is linked into the kernel, then optimised and translated there.

    numba would optimise and translate it before, with all that it calls: the innermost functions dozens of times.
    """

    def finalize(self) -> None:
        for library in dict.fromkeys(self._linking_libraries):
            self._final_module.link_in(library._get_module_for_linking(), preserve=True)  # noqa: SLF001
        self._finalized = True

    def get_pointer_to_function(self, _name: str) -> int:
        return 0  # Python cannot call it

    @property
    def codegen(self) -> _Linked:
        return self

    def set_env(self, _name: str, _environment: Any) -> None:
        """Set nothing: only exceptions need an environment, and this function has no code of its own to keep it in."""


class _Linking(Compiler):
    def compile_extra(self, func: Any) -> Any:
        self.state.library = _Linked(self.state.targetctx.codegen(), func.__qualname__)  # type: ignore[no-untyped-call]
        return super().compile_extra(func)  # type: ignore[no-untyped-call]


class _Program(JITCodeLibrary):
    """Code of a kernel and of all that is linked into it. Nothing else calls it, so LLVM may reshape it."""

    def _optimize_final_module(self) -> None:
        for function in self._final_module.functions:
            if function.linkage == Linkage.linkonce_odr:
                function.linkage = Linkage.internal
                function.name += ".inner"  # or another library would be given this one where it asks for its own
        # What numba does next, but before it, and compiling what is short into those that call it as clang would.
        options = create_pipeline_tuning_options(speed_level=3)
        options.inlining_threshold = 225
        builder = create_pass_builder(self._codegen._tm, options)  # noqa: SLF001
        builder.getModulePassManager().run(self._final_module, builder)
        super()._optimize_final_module()  # type: ignore[no-untyped-call]


class _Whole(Compiler):
    def compile_extra(self, func: Any) -> Any:
        self.state.library = _Program(self.state.targetctx.codegen(), func.__qualname__)  # type: ignore[no-untyped-call]
        self.state.library.enable_object_caching()
        return super().compile_extra(func)  # type: ignore[no-untyped-call]


kernel: Callable[[F], F] = compiled(error_model="numpy", nogil=True, pipeline_class=_Whole)
"""Compile a kernel, which takes arrays of records, and lets other threads run meanwhile."""

_OPTIONS: Any = {
    "error_model": "numpy",
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
    "pipeline_class": _Linking,
}
inner: Callable[[F], F] = njit(forceinline=False, **_OPTIONS)  # a `part` that calls it would pass its own on
"""Compile a function that only a kernel calls; it is kept with the kernel, so it needs no cache of its own."""

part: Callable[[F], F] = njit(forceinline=True, **_OPTIONS)
"""Compile a function into its callers: where it has one, or is short."""
