"""Compiled functions that are loaded, or compiled, when they are first called, and kept on disk.

A private part of numba does this: the class of compiled functions, which otherwise compile or load when they are
declared.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, TypeVar

from numba.core.caching import NullCache
from numba.core.compiler import Compiler
from numba.core.compiler_lock import global_compiler_lock
from numba.core.registry import CPUDispatcher

from sim.jit.cache import Cache
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
        dispatcher._cache = Cache(function) if folder_of(function) else NullCache()
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
