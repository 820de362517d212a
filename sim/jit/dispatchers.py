"""Compiled functions that are loaded, or compiled, when they are first called, and kept on disk.

Private parts of numba do this: the class of compiled functions, which otherwise compile or load when they are declared,
and its cache, which notices no file but a function's own, and loads all of numba's own functions first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, TypeVar

from numba.core.caching import CompileResultCacheImpl, FunctionCache, NullCache, _CacheLocator
from numba.core.compiler import Compiler
from numba.core.compiler_lock import global_compiler_lock
from numba.core.registry import CPUDispatcher
from numba.core.runtime.nrt import rtsys

from sim.jit.folder import folder_of, one_at_a_time

__all__ = ["address_of", "build_call", "compiled"]

F = TypeVar("F", bound=Callable[..., Any])


def compiled(signature: Any = None, **options: Any) -> Callable[[F], F]:
    """Compile a function when it is first needed, or load it, and keep it on disk.

    Parameters
    ----------
    signature
        Signature, as text or of `sim.jit.signatures`, where the function is to be compiled for this alone, and not for
        whatever it is called with.
    options
        As `numba.njit` has them.

    Returns
    -------
    callable
        The decorator.
    """

    def decorate(function: F) -> F:
        target = {"nopython": True, "boundscheck": None, **options}
        compiler = target.pop("pipeline_class", Compiler)
        cls: Any = CPUDispatcher if signature is None else _Declared
        dispatcher = cls(function, targetoptions=target, pipeline_class=compiler)
        dispatcher.signature = signature
        dispatcher._cache = _Cache(function) if folder_of(function) else NullCache()  # type: ignore[no-untyped-call]
        return dispatcher  # type: ignore[no-any-return]

    return decorate


def address_of(function: Any) -> int:
    """Return the address of a compiled function, in this process alone.

    Parameters
    ----------
    function
        Compiled for one signature.

    Returns
    -------
    int
        For `sim.jit.pointers.call_at`; it holds for as long as the function is kept.
    """
    dispatcher = function.ready() if isinstance(function, _Declared) else function
    overload = dispatcher.overloads[dispatcher.signatures[0]]
    return int(overload.library.get_pointer_to_function(overload.fndesc.llvm_func_name))


def build_call(context: Any, builder: Any, address: Any, signature: Any, arguments: Sequence[Any]) -> Any:
    """Build the call of the function at an address, into LLVM's code."""
    types = signature.return_type, signature.args
    function = builder.inttoptr(address, context.call_conv.get_function_type(*types).as_pointer())
    _, value = context.call_conv.call_function(builder, function, *types, arguments)
    return value


class _Declared(CPUDispatcher):
    """A function that waits for its first call, from Python or from compiled code; then it is one like numba's own."""

    signature: Any

    def ready(self) -> Any:
        function = self.py_func
        with global_compiler_lock, one_at_a_time(f"{function.__module__}.{function.__qualname__}"):
            if type(self) is _Declared:
                self.compile(self.signature)
                self.disable_compile()
                self.__class__ = CPUDispatcher  # type: ignore[assignment]  # whose calls do not pass through Python
        return self

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self.ready()(*arguments, **named)

    def __reduce__(self) -> Any:
        return _named, (self.py_func.__module__, self.py_func.__qualname__)

    def get_call_template(self, args: Any, kws: Any) -> Any:
        return self.ready().get_call_template(args, kws)  # of the class that it has then


def _named(module: str, name: str) -> Any:
    """Return a compiled function by its name: what it is pickled as."""
    return getattr(import_module(module), name)


class _Locator(_CacheLocator):
    """The folder of a function: its name says which sources the code is made of, so its content is never stale."""

    def __init__(self, function: Any) -> None:
        self._path, self._line = str(folder_of(function)), str(function.__code__.co_firstlineno)

    @classmethod
    def from_function(cls, function: Any, _file: str) -> _Locator:
        return cls(function)

    def get_cache_path(self) -> str:
        return self._path

    def get_source_stamp(self) -> str:
        return ""

    def get_disambiguator(self) -> str:
        return self._line


class _Results(CompileResultCacheImpl):
    _locator_classes: Any = (_Locator,)


class _Cache(FunctionCache):
    """Loads a function without all of numba's own, which only compiling needs: 60 MB, and a quarter of a second."""

    _impl_class = _Results

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        rtsys.initialize(target_context)
        with self._guard_against_spurious_io_errors():
            return self._load_overload(sig, target_context)  # type: ignore[no-untyped-call]
