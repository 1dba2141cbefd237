"""A process that was killed is soon back: it imports nothing that only some requests need."""

import subprocess
import sys

import pytest

HEAVY = ("fpdf", "llvmlite", "numba", "numpy", "openpyxl", "py_ecc")
"""Each takes from a fifth of a second to some seconds to import."""


@pytest.mark.parametrize(
    "module",
    [
        "suicha_registry.main",
        "suicha_registry.imports.readers",
        "suicha_draw.main",
        "suicha_draw.worker",
        "suicha_inspection.main",
        "suicha_disclosure.main",
    ],
)
def test_a_process_starts_without_what_only_some_requests_need(module):
    program = f"import sys, {module}; print(*sorted({set(HEAVY)} & sys.modules.keys()))"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.split() == []


def test_each_process_of_draw_starts_without_the_other_half():
    program = "import sys, suicha_draw.__main__; print(*sys.modules)"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"suicha_draw.main", "suicha_draw.worker"} & set(told.stdout.split())


def test_the_second_verifier_leaves_the_recursion_limit_as_it_was():
    program = (
        "import sys; limit = sys.getrecursionlimit()\n"
        "from suicha_draw.beacon import pairing\n"
        "print(sys.getrecursionlimit() == limit)"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["True"]
