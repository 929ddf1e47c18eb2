"""Memory: how a run leads compiled code to arrays and to functions, by their addresses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from abm.core.code_state import INTERPRETED
from abm.core.waking import Asleep
from abm.ensemble import uncompiled
from abm.ensemble.lanes import BLOCK


def column(name: str, layout: np.dtype[Any], own: bool = False) -> Callable[[Any], Any]:
    """Compile an accessor: the array whose address and length stand in ``name_at`` and ``name_n`` of a block.

    A compiled function that takes dozens of arrays takes seven numbers for each of them, wherever it is called; one
    that takes a run takes two. The block's owner must keep the arrays alive.

    Parameters
    ----------
    name, layout
        Of the array, and of its elements.
    own
        Whether each run has one, one after the other.
    """
    if INTERPRETED:
        return uncompiled.column(name, layout, own)
    accessor: Any = Asleep(lambda: _compiled_column(name, np.dtype(layout), own))
    return accessor


def _compiled_column(name: str, layout: np.dtype[Any], own: bool) -> Callable[[Any], Any]:
    from numba.core import types
    from numba.extending import intrinsic
    from numba.np.arrayobj import populate_array
    from numba.np.numpy_support import from_dtype

    from abm.ensemble.views import block_number, parts_of

    array = types.Array(from_dtype(layout), 1, "C")

    def read(typing: Any, run: Any) -> Any:
        """Build the array where it is asked for."""

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            parts = parts_of(context, builder, signature.args[0], arguments[0])

            def field(key: str) -> Any:
                return block_number(context, builder, parts.block, key)

            built = context.make_array(array)(context, builder)
            size, start, length = (
                context.get_constant(types.intp, layout.itemsize),
                field(f"{name}_at"),
                field(f"{name}_n"),
            )
            if own:
                start = builder.add(start, builder.mul(parts.lane, field("own_step")))
            data = builder.inttoptr(start, built.data.type)
            populate_array(built, data=data, shape=[length], strides=[size], itemsize=size, meminfo=None)
            return built._getvalue()

        return array(run), generate

    compiled: Any = intrinsic(read)
    return compiled


def far(function: Callable[[Any], None]) -> Callable[[Any], None]:
    """Let compiled callers reach a function of one run through the address in the field ``NAME_call`` of its block.

    What is called directly is compiled into every caller, and into theirs. The phases of a week, and what is rare and
    heavy in them, are compiled once so, and the block's owner writes their addresses down with :func:`address_of`.
    """
    if INTERPRETED:
        return function
    call: Any = Asleep(lambda: _compiled_call(f"{function.__name__}_call"))
    call.far = function
    return call


def _compiled_call(name: str) -> Callable[[Any], None]:
    from numba.core import types
    from numba.extending import intrinsic

    from abm.ensemble.views import block_number, parts_of

    def call(typing: Any, run: Any) -> Any:
        """Call the address that stands in the block."""

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            address = block_number(context, builder, parts_of(context, builder, run, arguments[0]).block, name)
            form = context.call_conv.get_function_type(types.none, (run,))
            there = builder.inttoptr(address, form.as_pointer())
            context.call_conv.call_function(builder, there, types.none, (run,), arguments)
            return context.get_dummy_value()

        return types.none(run), generate

    compiled: Any = intrinsic(call)
    return compiled


def address_of(function: Any) -> int:
    """Compile a :func:`far` function, or load it, and return its address; 0 uncompiled."""
    return 0 if INTERPRETED else int(function.far.address([("run", BLOCK)], _of_a_run))


def _of_a_run() -> tuple[Any, ...]:
    from abm.ensemble.views import Run

    return (Run(),)
