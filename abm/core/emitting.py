"""Emitting: from what numba has compiled to an object that runs without numba."""

from __future__ import annotations

from typing import Any

import llvmlite.binding as llvm
from numba.core import types
from numba.core.compiler_lock import global_compiler_lock

#: Kinds of results that can be handed over, by their names in ``ctypes``.
_RESULTS = {types.float64: "c_double", types.int64: "c_int64", types.boolean: "c_bool", types.none: "c_void_p"}

#: What compiled code asks of numba's runtime: that an array is born, dies, or gets another shape; all else is in the
#: code itself. The fields of a block are a count of references, two of a destructor, the address and the size of the
#: array, and an allocator. Only an array of one dimension gets another shape; with others, numba itself is called.
_RUNTIME = """
declare ptr @malloc(i64)
declare void @free(ptr)

define ptr @NRT_MemInfo_alloc_aligned(i64 %size, i32 %alignment) {
  %step = zext i32 %alignment to i64
  %before = add i64 %step, 48
  %room = add i64 %size, %before
  %block = call ptr @malloc(i64 %room)
  %none = icmp eq ptr %block, null
  br i1 %none, label %full, label %born
born:
  %fields = getelementptr i8, ptr %block, i64 48
  %start = ptrtoint ptr %fields to i64
  %last = sub i64 %step, 1
  %high = add i64 %start, %last
  %mask = sub i64 0, %step
  %aligned = and i64 %high, %mask
  store i64 1, ptr %block
  %destructor = getelementptr i8, ptr %block, i64 8
  store ptr null, ptr %destructor
  %told = getelementptr i8, ptr %block, i64 16
  store ptr null, ptr %told
  %data = getelementptr i8, ptr %block, i64 24
  store i64 %aligned, ptr %data
  %length = getelementptr i8, ptr %block, i64 32
  store i64 %size, ptr %length
  %allocator = getelementptr i8, ptr %block, i64 40
  store ptr null, ptr %allocator
  ret ptr %block
full:
  ret ptr null
}

define void @NRT_MemInfo_call_dtor(ptr %block) {
  call void @free(ptr %block)
  ret void
}

define i32 @numba_attempt_nocopy_reshape(
    i64 %n, ptr %shape, ptr %strides, i64 %m, ptr %new_shape, ptr %new_strides, i64 %size, i32 %fortran) {
  %line = icmp eq i64 %n, 1
  %rows = icmp eq i32 %fortran, 0
  %simple = and i1 %line, %rows
  br i1 %simple, label %begin, label %no
begin:
  %first = load i64, ptr %strides
  br label %next
next:
  %left = phi i64 [%m, %begin], [%k, %step]
  %stride = phi i64 [%first, %begin], [%wider, %step]
  %more = icmp sgt i64 %left, 0
  br i1 %more, label %step, label %yes
step:
  %k = sub i64 %left, 1
  %new_stride = getelementptr i64, ptr %new_strides, i64 %k
  store i64 %stride, ptr %new_stride
  %new_length = getelementptr i64, ptr %new_shape, i64 %k
  %length = load i64, ptr %new_length
  %wider = mul i64 %stride, %length
  br label %next
yes:
  ret i32 1
no:
  ret i32 0
}
"""


@global_compiler_lock
def emitted(compiled: Any, symbol: str) -> tuple[bytes, str, list[str]] | None:
    """Emit one compiled function as an object with one symbol.

    Parameters
    ----------
    compiled
        An overload of a dispatcher of numba's.
    symbol
        Its name in the object.

    Returns
    -------
    tuple or None
        The object, the kind of its result, and the symbols that it needs; None where it cannot stand alone.
    """
    result = _RESULTS.get(types.unliteral(compiled.signature.return_type))
    if result is None:
        return None
    module = compiled.library._get_module_for_linking().clone()
    module.link_in(llvm.parse_assembly(_RUNTIME))
    module.get_function(compiled.fndesc.llvm_func_name).name = symbol
    for one in (*module.functions, *module.global_variables):
        if not one.is_declaration:
            one.linkage = "external" if one.name == symbol else "internal"
    machine = compiled.library.codegen._tm
    passes = llvm.create_new_module_pass_manager()
    passes.add_global_dead_code_eliminate_pass()
    passes.run(module, llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=0)))
    needed = [one.name for one in (*module.functions, *module.global_variables) if one.is_declaration]
    return machine.emit_object(module), result, [name for name in needed if not name.startswith("llvm.")]
