"""Views: how compiled code reads and writes one run of a block, field by field, as if it were a record.

Runs of a block lie side by side: every number of a run has a row, and a place (a lane) in it for each of the runs, so
that a loop over runs fills the lanes of the processor. ``at(block, r)`` is the run in lane ``l``; ``run.company`` is
its company, ``company.cash_musd`` its cash. The compiler is told that two fields never overlap: without that it would
not dare to work on several runs at once.
"""

from __future__ import annotations

import operator
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.imputils import impl_ret_untracked, lower_builtin, lower_getattr_generic, lower_setattr_generic
from numba.core.typing.templates import AbstractTemplate, AttributeTemplate, infer_getattr, infer_global, signature
from numba.extending import intrinsic, models, register_model
from numba.np.arrayobj import populate_array
from numba.np.numpy_support import from_dtype

from abm.ensemble.lanes import BLOCK, LANED, SHARED_OF, WORD, Laned

_SHARED: dict[str, Any] = {name: from_dtype(layout) for name, layout in SHARED_OF.items()}
_BLOCK: Any = from_dtype(BLOCK)
_SCOPES = [f"{table.name}.{field}" for table in LANED.values() for field in table.fields]


class _Seen(types.Type):
    """A table as one run sees it."""

    def __init__(self, table: str) -> None:
        self.table = table
        super().__init__(name=f"{type(self).__name__}({table})")

    @property
    def laned(self) -> Laned | None:
        """Its fields that each run has for itself."""
        return LANED.get(self.table)

    @property
    def shared(self) -> Any:
        """Its fields that all runs share."""
        return _SHARED.get(self.table)


class View(_Seen):
    """One row of a table in one run: fields that each run has, and fields that all runs share."""


class Rows(_Seen):
    """All rows of a table in one run."""


class Run(types.Type):
    """A block, and the lane of one of its runs."""

    def __init__(self) -> None:
        super().__init__(name="Run")


@register_model(View)
@register_model(Rows)
class _ViewModel(models.StructModel):
    def __init__(self, manager: Any, view: _Seen) -> None:
        place, number = types.voidptr, types.intp
        parts = [("laned", place), ("row", number), ("field", number), ("shared", place), ("count", number)]
        super().__init__(manager, view, parts)  # bytes from a row to the next, and from a field to the next


@register_model(Run)
class _RunModel(models.StructModel):
    def __init__(self, manager: Any, run: Run) -> None:
        super().__init__(manager, run, [("block", types.voidptr), ("lane", types.intp)])


def _kind(view: _Seen, name: str) -> Any:
    """Type of a field, or None where there is none of this name."""
    if view.laned and name in view.laned.fields:
        return from_dtype(view.laned.fields[name])
    return view.shared.typeof(name) if view.shared and name in view.shared.fields else None


@infer_getattr
class _Fields(AttributeTemplate):
    key = View

    def generic_resolve(self, view: View, name: str) -> Any:  # type: ignore[override]
        return _kind(view, name)


@infer_getattr
class _Columns(AttributeTemplate):
    key = Rows

    def generic_resolve(self, rows: Rows, name: str) -> Any:  # type: ignore[override]
        if name == "shape":
            return types.UniTuple(types.intp, 1)
        kind = _kind(rows, name)
        if kind is None:
            return None
        return types.Array(types.int64 if _is_laned(rows, name) and kind == types.boolean else kind, 1, "A")


@infer_getattr
class _Parts(AttributeTemplate):
    key = Run

    def generic_resolve(self, run: Run, name: str) -> Any:  # type: ignore[override]
        if name in LANED or name in _SHARED:
            return View(name)
        return _BLOCK.typeof(name) if name in _BLOCK.fields else None


def _is_laned(view: _Seen, name: str) -> bool:
    return view.laned is not None and name in view.laned.fields


def _tell(builder: Any, access: Any, scope: str) -> None:
    """Tell the compiler that this access touches this field of the runs and no other; "": none of any run."""
    module = builder.module
    known = module.__dict__.setdefault("_lane_scopes", {})
    if not known:
        domain = module.add_metadata([ir.MetaDataString(module, "lanes")])
        known["*"] = {s: module.add_metadata([ir.MetaDataString(module, f"lanes.{s}"), domain]) for s in _SCOPES}
    if scope not in known:
        others = [each for s, each in known["*"].items() if s != scope]
        known[scope] = module.add_metadata([known["*"][scope]]) if scope else None, module.add_metadata(others)
    own, others = known[scope]
    if own is not None:
        access.set_metadata("alias.scope", own)
    access.set_metadata("noalias", others)


def _proxy(context: Any, builder: Any, kind: Any, value: Any = None) -> Any:
    return cgutils.create_struct_proxy(kind)(context, builder, value=value)


def parts_of(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    """Give the block and the lane of a run."""
    return _proxy(context, builder, kind, value)


def _moved(builder: Any, place: Any, by: Any) -> Any:
    return builder.gep(place, [by], inbounds=True)


def _word(context: Any, builder: Any, view: _Seen, parts: Any, name: str) -> tuple[Any, Any, str]:
    """Address of a field that each run has, the type of what lies there, and its scope."""
    table = view.laned
    assert table is not None
    field = context.get_constant(types.intp, list(table.fields).index(name))
    place = _moved(builder, parts.laned, builder.mul(parts.field, field, flags=("nsw",)))
    kind = ir.DoubleType() if table.fields[name].kind == "f" else ir.IntType(64)
    return builder.bitcast(place, kind.as_pointer()), kind, f"{table.name}.{name}"


@lower_getattr_generic(View)
def _get(context: Any, builder: Any, view: View, value: Any, name: str) -> Any:
    parts = _proxy(context, builder, view, value)
    if not _is_laned(view, name):
        return _get_shared(context, builder, view.shared, parts.shared, name)
    place, kind, scope = _word(context, builder, view, parts, name)
    found = builder.load(place, align=8)
    _tell(builder, found, scope)
    if view.laned.fields[name].kind == "b":  # type: ignore[union-attr]
        return builder.icmp_signed("!=", found, kind(0))
    return found


def _get_shared(context: Any, builder: Any, record: Any, base: Any, name: str) -> Any:
    """Read what all runs share: no store of a run can change it."""
    kind = record.typeof(name)
    stored = context.get_data_type(kind)
    place = _moved(builder, base, context.get_constant(types.intp, record.offset(name)))
    if isinstance(kind, types.Record):
        return builder.bitcast(place, context.get_value_type(kind))
    found = builder.load(builder.bitcast(place, stored.as_pointer()), align=1)
    _tell(builder, found, "")
    return context.data_model_manager[kind].from_data(builder, found)


@lower_setattr_generic(View)
def _set(context: Any, builder: Any, sig: Any, args: Any, name: str) -> None:
    view = sig.args[0]
    parts, kind = _proxy(context, builder, view, args[0]), _kind(view, name)
    value = context.cast(builder, args[1], sig.args[1], kind)
    if not _is_laned(view, name):
        return _set_shared(context, builder, view.shared, parts.shared, name, value)
    place, stored, scope = _word(context, builder, view, parts, name)
    if kind == types.boolean:
        value = builder.zext(value, stored)
    _tell(builder, builder.store(value, place, align=8), scope)
    return None


def _set_shared(context: Any, builder: Any, record: Any, base: Any, name: str, value: Any) -> None:
    kind = record.typeof(name)
    place = _moved(builder, base, context.get_constant(types.intp, record.offset(name)))
    stored = context.data_model_manager[kind].as_data(builder, value)
    _tell(builder, builder.store(stored, builder.bitcast(place, context.get_data_type(kind).as_pointer()), align=1), "")


@lower_getattr_generic(Run)
def _part(context: Any, builder: Any, run: Run, value: Any, name: str) -> Any:
    parts = _proxy(context, builder, run, value)
    if name in LANED or name in _SHARED:
        return _view(context, builder, View(name), parts)._getvalue()
    return _get_shared(context, builder, _BLOCK, parts.block, name)


@lower_setattr_generic(Run)
def _set_part(context: Any, builder: Any, sig: Any, args: Any, name: str) -> None:
    parts = _proxy(context, builder, sig.args[0], args[0])
    value = context.cast(builder, args[1], sig.args[1], _BLOCK.typeof(name))
    _set_shared(context, builder, _BLOCK, parts.block, name, value)


def block_number(context: Any, builder: Any, block: Any, name: str) -> Any:
    """Read a number of the block that stays what it is for as long as the block lives: an address, a length."""
    found = _get_shared(context, builder, _BLOCK, block, name)
    found.set_metadata("invariant.load", builder.module.add_metadata([]))
    return found


def _view(context: Any, builder: Any, kind: _Seen, run: Any) -> Any:
    """Build the view of a table in a run."""
    view = _proxy(context, builder, kind)
    none = cgutils.get_null_value(cgutils.voidptr_t)
    view.laned, view.shared, view.row = none, none, block_number(context, builder, run.block, "step")
    view.count, view.field = context.get_constant(types.intp, 1), view.row
    if kind.laned is not None:
        start = builder.inttoptr(block_number(context, builder, run.block, f"{kind.table}_at"), cgutils.voidptr_t)
        lane = builder.mul(run.lane, context.get_constant(types.intp, WORD), flags=("nsw",))
        view.laned = _moved(builder, start, lane)
        view.count = block_number(context, builder, run.block, f"{kind.table}_n")
        view.field = builder.mul(view.row, view.count, flags=("nsw",))
    if kind.table in _BLOCK.fields:
        view.shared = _moved(builder, run.block, context.get_constant(types.intp, _BLOCK.offset(kind.table)))
    elif kind.shared is not None:
        view.shared = builder.inttoptr(
            block_number(context, builder, run.block, f"{kind.table}_shared_at"), cgutils.voidptr_t
        )
        view.count = block_number(context, builder, run.block, f"{kind.table}_shared_n")
    return view


def rows_of(table: str) -> Any:
    """Compile an accessor: all rows of a table in a run."""

    def read(typing: Any, run: Any) -> Any:
        def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            parts = _proxy(context, builder, sig.args[0], args[0])
            return _view(context, builder, sig.return_type, parts)._getvalue()

        return Rows(table)(run), generate

    return intrinsic(read)


@infer_global(operator.getitem)
class _Index(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        rows, index = args
        if isinstance(rows, Rows) and isinstance(index, types.Integer):
            return signature(View(rows.table), rows, types.intp)
        return None


@lower_builtin(operator.getitem, Rows, types.Integer)
def _row(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    rows = sig.args[0]
    parts, row = _proxy(context, builder, rows, args[0]), _proxy(context, builder, sig.return_type)
    row.laned, row.row, row.field = parts.laned, parts.row, parts.field
    row.shared, row.count = parts.shared, parts.count
    if rows.laned is not None:
        row.laned = _moved(builder, parts.laned, builder.mul(args[1], parts.row, flags=("nsw",)))
    if rows.shared is not None:
        size = context.get_constant(types.intp, rows.shared.size)
        row.shared = _moved(builder, parts.shared, builder.mul(args[1], size, flags=("nsw",)))
    return impl_ret_untracked(context, builder, sig.return_type, row._getvalue())


@lower_getattr_generic(Rows)
def _column(context: Any, builder: Any, rows: Rows, value: Any, name: str) -> Any:
    parts = _proxy(context, builder, rows, value)
    if name == "shape":
        return context.make_tuple(builder, types.UniTuple(types.intp, 1), [parts.count])
    kind = _Columns(context.typing_context).generic_resolve(rows, name)
    built = context.make_array(kind)(context, builder)
    if _is_laned(rows, name):
        place, _, _ = _word(context, builder, rows, parts, name)
        step, size = parts.row, WORD
    else:
        place = _moved(builder, parts.shared, context.get_constant(types.intp, rows.shared.offset(name)))
        step, size = (
            context.get_constant(types.intp, rows.shared.size),
            context.get_abi_sizeof(context.get_data_type(kind.dtype)),
        )
    place = builder.bitcast(place, built.data.type)
    length = context.get_constant(types.intp, size)
    populate_array(built, data=place, shape=[parts.count], strides=[step], itemsize=length, meminfo=None)
    return built._getvalue()


@intrinsic
def at(typing: Any, block: Any, lane: Any) -> Any:
    """Give the run in a lane of a block; a run of the block leads there, too."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        run = _proxy(context, builder, sig.return_type)
        block = _proxy(context, builder, sig.args[0], args[0]).block if isinstance(sig.args[0], Run) else args[0]
        run.block = builder.bitcast(block, cgutils.voidptr_t)
        run.lane = context.cast(builder, args[1], sig.args[1], types.intp)
        return run._getvalue()

    return Run()(block, lane), generate
