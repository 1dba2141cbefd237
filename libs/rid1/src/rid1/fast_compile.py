"""Compiles the kernels to machine code of this CPU. With the sources that it compiles, all of rid1 that loads numba."""

from __future__ import annotations

from itertools import chain
from typing import Any

import numba
from llvmlite import binding as llvm
from numba import types

from rid1 import fast_kernels
from rid1.fast_code import SIGNATURES, target_machine

_POINTED = {"B": types.uint8, "I": types.uint32, "Q": types.uint64}
_TYPES: dict[str, Any] = {"n": types.int64} | {
    kind: types.CPointer(word)  # type: ignore[no-untyped-call]
    for kind, word in _POINTED.items()
}


def compiled() -> bytes:
    """An object file with every kernel under its own name, which needs nothing of numba. Takes some twenty seconds."""
    machine = target_machine()
    module = llvm.parse_assembly("")
    module.triple, module.data_layout = machine.triple, str(machine.target_data)
    for name, (result, given) in SIGNATURES.items():
        signature = _TYPES[result](*(_TYPES[kind] for kind in given))
        function = numba.cfunc(signature)(getattr(fast_kernels, name))
        part = llvm.parse_assembly(function.inspect_llvm())
        part.get_function(function.native_name).name = name
        module.link_in(part)
    # What is seen from inside only is optimised once more: the ways that numba leaves open for exceptions, which no
    # kernel raises, are found to be dead, and with them go all calls into numba and Python.
    for value in chain(module.functions, module.global_variables):
        if value.name not in SIGNATURES and not value.is_declaration:
            value.linkage = "internal"
    passes = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=3))
    passes.getModulePassManager().run(module, passes)
    return bytes(machine.emit_object(module))
