"""Memory: how one record leads compiled code to arrays and to functions, by their addresses."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np

from abm.core.code_state import INTERPRETED
from abm.core.records import Record
from abm.core.waking import Asleep


def column(name: str, layout: np.dtype[Any]) -> Callable[[Record], Any]:
    """Compile an accessor: the array whose address and length stand in ``name_at`` and ``name_n`` of a record.

    A compiled function that takes dozens of arrays takes seven numbers for each of them, wherever it is called; one
    that takes a record takes one pointer. The record's owner must keep the arrays alive.
    """
    if INTERPRETED:

        def read(record: Record) -> Any:
            size = np.dtype(layout).itemsize * int(record[f"{name}_n"])
            memory: Any = (ctypes.c_char * size).from_address(int(record[f"{name}_at"]))
            return np.frombuffer(memory, layout).view(np.recarray if np.dtype(layout).names else np.ndarray)

        return read
    accessor: Any = Asleep(lambda: _compiled_column(name, np.dtype(layout)))
    return accessor


def _compiled_column(name: str, layout: np.dtype[Any]) -> Callable[[Any], Any]:
    from numba.core import cgutils, types
    from numba.extending import intrinsic
    from numba.np.arrayobj import populate_array
    from numba.np.numpy_support import from_dtype

    element = from_dtype(layout)
    array = types.Array(element, 1, "C")

    def read(typing: Any, record: Any) -> Any:
        """Build the array where it is asked for."""

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            def field(key: str) -> Any:
                kind = context.get_value_type(types.intp)
                return builder.load(cgutils.get_record_member(builder, arguments[0], record.offset(key), kind), align=1)

            built = context.make_array(array)(context, builder)
            size = context.get_constant(types.intp, layout.itemsize)
            data = builder.inttoptr(field(f"{name}_at"), built.data.type)
            populate_array(built, data=data, shape=[field(f"{name}_n")], strides=[size], itemsize=size, meminfo=None)
            return built._getvalue()

        return array(record), generate

    compiled: Any = intrinsic(read)
    return compiled


def far(function: Callable[[Record], None]) -> Callable[[Record], None]:
    """Let compiled callers reach a function of one record through the address in its field ``NAME_call``.

    What is called directly is compiled into every caller, and into theirs. The rare and heavy parts of a week are
    compiled once so, and the record's owner writes their addresses down with :func:`address_of`.
    """
    if INTERPRETED:
        return function
    call: Any = Asleep(lambda: _compiled_call(f"{function.__name__}_call"))
    call.far = function
    return call


def _compiled_call(name: str) -> Callable[[Any], None]:
    from numba.core import cgutils, types
    from numba.extending import intrinsic

    def call(typing: Any, record: Any) -> Any:
        """Call the address that stands in the record."""

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            kind = context.get_value_type(types.intp)
            address = builder.load(cgutils.get_record_member(builder, arguments[0], record.offset(name), kind), align=1)
            form = context.call_conv.get_function_type(types.none, (record,))
            there = builder.inttoptr(address, form.as_pointer())
            context.call_conv.call_function(builder, there, types.none, (record,), arguments)
            return context.get_dummy_value()

        return types.none(record), generate

    compiled: Any = intrinsic(call)
    return compiled


def address_of(function: Any, record: Record) -> int:
    """Compile a :func:`far` function for this kind of record, or load it, and return its address; 0 uncompiled."""
    return 0 if INTERPRETED else int(function.far.address(record))
