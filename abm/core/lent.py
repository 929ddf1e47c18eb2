"""Lent: what numba has to know of tuples that compiled code hands on by one pointer (:mod:`abm.core.lending`)."""

from __future__ import annotations

from typing import Any

from numba.core import cgutils, types
from numba.core.imputils import impl_ret_borrowed, lower_getattr_generic
from numba.core.typing.templates import AttributeTemplate, infer_getattr
from numba.extending import NativeValue, intrinsic, models, register_model, typeof_impl, unbox


class Lent(types.Type):
    """A tuple of this form that lies on the stack of whoever has made it, or was called from Python with it."""

    def __init__(self, form: Any) -> None:
        self.form = form
        super().__init__(name=f"Lent({form})")


@register_model(Lent)
class _Pointer(models.PrimitiveModel):
    """A pointer to the tuple."""

    def __init__(self, manager: Any, lent: Lent) -> None:
        super().__init__(manager, lent, manager.lookup(lent.form).get_value_type().as_pointer())


@infer_getattr
class _Attributes(AttributeTemplate):
    """Its parts have the names of the tuple's."""

    key = Lent

    def generic_resolve(self, lent: Lent, name: str) -> Any:  # type: ignore[override]
        """Type of a part, or None where there is none of this name."""
        return lent.form.types[lent.form.fields.index(name)] if name in lent.form.fields else None


@lower_getattr_generic(Lent)
def _part(context: Any, builder: Any, lent: Lent, pointer: Any, name: str) -> Any:
    place = lent.form.fields.index(name)
    part = builder.load(cgutils.gep_inbounds(builder, pointer, 0, place))
    return impl_ret_borrowed(context, builder, lent.form.types[place], part)


@unbox(Lent)
def _from_python(lent: Lent, value: Any, caller: Any) -> Any:
    """Put a tuple of Python on the stack for the length of a call."""
    native = caller.unbox(lent.form, value)

    def cleanup() -> None:
        if native.cleanup is not None:
            native.cleanup()
        if caller.context.enable_nrt:
            caller.context.nrt.decref(caller.builder, lent.form, native.value)

    slot = cgutils.alloca_once_value(caller.builder, native.value)
    return NativeValue(slot, cleanup=cleanup, is_error=native.is_error)


@intrinsic
def on_the_stack(typing: Any, parts: Any) -> Any:
    """Put a tuple on the stack of the caller."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return cgutils.alloca_once_value(builder, arguments[0])

    return Lent(parts)(parts), generate


def lend_all(form: type[tuple[Any, ...]]) -> None:
    """Let the tuples of a class be lent."""
    typeof_impl.register(form)(lambda value, context: Lent(typeof_impl.dispatch(tuple)(value, context)))
