"""Calls, records and columns by their addresses, in compiled code.

A kernel that takes one record of scalars and addresses has one argument, however much it works on, and a function at an
address can be replaced without compiling its callers anew.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import carray, from_dtype, types  # type: ignore[attr-defined]  # numba's list of names leaves `carray` out
from numba.extending import intrinsic

from sim.jit.functions import build_call

__all__ = ["call_at", "carray", "column_at", "record_at", "row_at"]


def call_at(signature: Any) -> Any:
    """Return the call of functions by their addresses, in compiled code.

    Parameters
    ----------
    signature
        Signature of the functions, e.g. ``F8(F8)``.

    Returns
    -------
    callable
        (address, tuple of arguments) to the function's result, which is undefined where the function raises.
    """

    def call(_typing: Any, address: Any, arguments: Any) -> Any:
        del address, arguments

        def build(context: Any, builder: Any, _signature: Any, operands: Any) -> Any:
            values = [builder.extract_value(operands[1], index) for index in range(len(signature.args))]
            return build_call(context, builder, operands[0], signature, values)

        return signature.return_type(types.int64, types.Tuple(signature.args)), build  # type: ignore[no-untyped-call]

    return intrinsic(call)


def record_at(dtype: np.dtype[Any]) -> Any:
    """Return the access to a record of an array by the array's address, in compiled code.

    Parameters
    ----------
    dtype
        Structured type of the array.

    Returns
    -------
    callable
        (address, index) to the record itself, whose fields can be read and set.
    """
    record = from_dtype(dtype)

    def at(_typing: Any, address: Any, index: Any) -> Any:
        def build(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            size = context.get_constant(types.int64, dtype.itemsize)
            row = builder.add(arguments[0], builder.mul(arguments[1], size))
            return builder.inttoptr(row, context.get_value_type(record))

        fits = isinstance(address, types.Integer) and isinstance(index, types.Integer)
        return (record(types.int64, types.int64), build) if fits else None

    return intrinsic(at)


def row_at(owner: np.dtype[Any], field: str, dtype: np.dtype[Any]) -> Any:
    """Return the access to a record of an array whose address is a field of another record, in compiled code.

    Parameters
    ----------
    owner
        Type of the record that has the address.
    field
        Field with the address. It must not change while a kernel runs, since it is read once.
    dtype
        Structured type of the array.

    Returns
    -------
    callable
        (owner, index) to the record itself, whose fields can be read and set.
    """
    fields: Any = owner.fields
    record, holder_record, offset = from_dtype(dtype), from_dtype(owner), fields[field][1]

    def at(_typing: Any, holder: Any, index: Any) -> Any:
        def build(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            word = ir.IntType(64)
            cell = builder.add(builder.ptrtoint(arguments[0], word), word(offset))
            begin = builder.load(builder.inttoptr(cell, word.as_pointer()))
            begin.set_metadata("invariant.load", builder.module.add_metadata([]))
            row = builder.add(begin, builder.mul(arguments[1], word(dtype.itemsize)))
            return builder.inttoptr(row, context.get_value_type(record))

        fits = holder == holder_record and isinstance(index, types.Integer)
        return (record(holder_record, types.int64), build) if fits else None

    return intrinsic(at)


def column_at(dtype: Any) -> Any:
    """Return the access to a column by its address, in compiled code.

    Parameters
    ----------
    dtype
        Type of the column's numbers.

    Returns
    -------
    callable
        Address to a column without a length: no index is checked, and none counts from the end.
    """
    column = types.CPointer(from_dtype(np.dtype(dtype)))  # type: ignore[no-untyped-call]

    def at(_typing: Any, address: Any) -> Any:
        def build(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            return builder.inttoptr(arguments[0], context.get_value_type(column))

        return (column(types.int64), build) if isinstance(address, types.Integer) else None

    return intrinsic(at)
