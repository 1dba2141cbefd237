"""The compiled kernels as functions of this process: machine code that is kept in a folder of the user's, and compiled
when it is not there.

Loading it takes llvmlite alone; numba, which takes several times as long, is imported to compile only.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import tempfile
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any

LANES = 16
"""Messages hashed at once: one 512-bit register of 32-bit words."""

CHUNK = 1 << 17
"""Bytes whose TABs are marked at once: text and marks together fit into the cache of a core."""

ROOM = 1 << 15
"""Lines that a kernel picks before they are checked."""

SIGNATURES = {"tickets": ("n", "BnIIBIQnIIIQnIIII"), "leaves": ("n", "BnInIII"), "nodes": ("n", "InInII")}
"""Result and arguments of each function of `fast_kernels`: `n` a 64-bit number; `B`, `I`, `Q` a pointer to bytes, to
32-bit and to 64-bit words, for which an address, `bytes` or an `array.array` is given.
"""

_SOURCES = ("code", "compile", "kernels", "sha256")
_C = {"n": ctypes.c_int64, "B": ctypes.c_void_p, "I": ctypes.c_void_p, "Q": ctypes.c_void_p}


class Kernels:
    """The functions of `fast_kernels`, by name; they let other threads run.

    Raises ImportError without llvmlite or numba, OSError without a place to keep what was compiled (compiling takes
    longer than it saves), RuntimeError on a machine that LLVM does not know.
    """

    tickets: Callable[..., int]
    leaves: Callable[..., int]
    nodes: Callable[..., int]

    def __init__(self) -> None:
        from llvmlite import binding as llvm

        code = _machine_code()
        linker = llvm.JITLibraryBuilder().add_object_img(code).add_current_process()
        for name in SIGNATURES:
            linker.export_symbol(name)
        self._engine = llvm.create_lljit_compiler(target_machine())
        self._code = linker.link(self._engine, "rid1")
        for name, (result, given) in SIGNATURES.items():
            prototype = ctypes.CFUNCTYPE(_C[result], *(_C[kind] for kind in given))
            setattr(self, name, _called(prototype(self._code[name])))


def _called(function: Any) -> Callable[..., int]:
    def call(*given: Any) -> int:
        answer: int = function(*(x.buffer_info()[0] if isinstance(x, array) else x for x in given))
        return answer

    return call


def target_machine() -> Any:
    """This machine's CPU with all that it can do, as LLVM compiles for it and loads code on it. Raises RuntimeError."""
    from llvmlite import binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    cpu, features = _cpu()
    target = llvm.Target.from_default_triple()
    return target.create_target_machine(cpu, features, opt=3, codemodel="jitdefault", jit=True)


def _cpu() -> tuple[str, str]:
    from llvmlite import binding as llvm

    return llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()


def _machine_code() -> bytes:
    """What `fast_compile` made of this source for this CPU, now or earlier."""
    path = place()
    try:
        kept = path.read_bytes()
    except FileNotFoundError:
        kept = b""
    code = kept[32:]
    if hashlib.sha256(code).digest() != kept[:32]:  # not there, or a disk kept half of it
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            from rid1.fast_compile import compiled

            code = compiled()
            made = Path(folder) / path.name
            made.write_bytes(hashlib.sha256(code).digest() + code)
            made.replace(path)
    return code


def place() -> Path:
    """The file of the kernels, named after all that goes into it: old code and another machine's is never met."""
    import llvmlite

    here = Path(__file__).parent
    named = hashlib.sha256(repr((llvmlite.__version__, *_cpu())).encode())
    for name in _SOURCES:
        named.update((here / f"fast_{name}.py").read_bytes())
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "rid1" / f"kernels-{named.hexdigest()[:16]}.o"
