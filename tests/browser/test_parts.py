"""The parts of the browser's implementation, one by one, against published vectors and against the library."""

import hashlib
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from browser.devtools import Browser, Page
from rid1 import jcs
from rid1.errors import RidError
from rid1.lexmin import lexmin
from rid1.merkle import Tree, leaf_hash
from rid1.sm3 import Sm3
from rid1.suites import SUITES
from rid1_support import VECTORS
from suicha_site.verifier import worker_source


@pytest.fixture(scope="module")
def parts(chromium: Browser) -> Iterator[Page]:
    """An empty page that holds the worker's functions."""
    with chromium.open("about:blank") as page:
        page.evaluate(worker_source())
        yield page


def js(value: object) -> str:
    return json.dumps(value, ensure_ascii=True)


def test_both_hash_functions_are_right_at_every_block_edge(parts: Page) -> None:
    text = "RID/1 0123456789" * 16
    lengths = [*range(131), 256]
    for suite, new in (("S256", hashlib.sha256), ("SM3", Sm3)):
        found = parts.evaluate(f"{js(lengths)}.map(n => hx(SUITES.{suite}, {js(text)}.slice(0, n)))")
        assert found == [new(text[:length].encode()).hexdigest() for length in lengths]
        pieces = f"{js(lengths)}.map(n => hex(SUITES.{suite}.make().ascii({js(text)}.slice(0, n)).finish()))"
        assert parts.evaluate(pieces) == found


def test_sm3_gives_the_standards_digests(parts: Page) -> None:
    # GB/T 32905-2016, annex A.
    assert parts.evaluate("['abc', 'abcd'.repeat(16)].map(text => hx(SUITES.SM3, text))") == [
        "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
        "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732",
    ]


def test_quotas_round_up_in_whole_numbers(parts: Page) -> None:
    cases = json.loads((VECTORS / "quota.json").read_text())["cases"]
    strata = [{"n": case["n"], "bp": case["bp"], "count": None} for case in cases]
    assert parts.evaluate(f"{js(strata)}.map(stratum => Number(quotaOf(stratum, 2000)[0]))") == [
        case["k"] for case in cases
    ]


def test_the_beacon_value_is_that_of_the_published_round(parts: Page) -> None:
    accept = json.loads((VECTORS / "drand.json").read_text())["accept"]
    digest = parts.evaluate(f"hx(SUITES.S256, unhex({js(accept['signature'])}))")
    assert f"drand:{accept['round']}:{digest}" == accept["seed_value"]


@pytest.mark.parametrize("suite", ["S256", "SM3"])
def test_roots_and_inclusion_proofs_agree_for_trees_of_every_small_size(parts: Page, suite: str) -> None:
    leaves = [leaf_hash(SUITES[suite], f"line {at}".encode()) for at in range(20)]
    for size in range(21):
        tree = Tree(SUITES[suite], leaves[:size])
        joined, root = b"".join(leaves[:size]).hex(), tree.root().hex()
        assert parts.evaluate(f"hex(rootOf(SUITES.{suite}, unhex('{joined}'), {size}))") == root
        proofs = [[leaves[at].hex(), at, [node.hex() for node in tree.path(at)]] for at in range(size)]
        held = (
            f"{js(proofs)}.map(([leaf, at, path]) => [0, 1].map(off => "
            f"inclusionHolds(SUITES.{suite}, unhex(leaf), at + off, {size}, path.map(unhex), unhex('{root}'))))"
        )
        assert parts.evaluate(held) == [[True, False]] * size


READ = [
    '{"a":1,"b":[true,null,-3]}', '{"b":1,"a":2}', '{"€":"€","😀":1,"\ufb33":2}', '"\\u0000\x7f\\"\\\\/"', '"\\/"',
    "1.0", "1e3", "-0", "01", "9007199254740991", "9007199254740992", "NaN", '{"a":1,"a":2}', "{", "", "[1,]",
    " 1", '"\\ud800"', '"\n"', '{"__proto__":1}', "tru", "[" * 100_000,
]  # fmt: skip


def test_json_is_read_as_strictly_as_by_the_library(parts: Page) -> None:
    def code(text: str) -> str:
        try:
            jcs.decode_canonical(text.encode())
        except RidError as fault:
            return fault.code
        return "canonical"

    parts.evaluate(
        "function codeOf(text) { try { readCanonical(text); return 'canonical' }"
        " catch (error) { return error.code ?? String(error) } }"
    )
    found = parts.evaluate(f"{js(READ)}.map(codeOf)")
    assert dict(zip(READ, found, strict=True)) == {text: code(text) for text in READ}


def test_the_teams_are_those_of_the_library_however_tight_the_caps(parts: Page) -> None:
    rng = random.Random(20261120)
    rounds: list[tuple[list[list[int]], int, int, int]] = []
    for _ in range(400):
        team, inspectors = rng.randint(1, 3), rng.randint(3, 40)
        targets = rng.randint(1, 25)
        ranks = [
            rng.sample(range(inspectors), rng.randint(team, max(team, inspectors // rng.randint(1, 4))))
            for _ in range(targets)
        ]
        rounds.append((ranks, team, inspectors, rng.randint(0, 1)))
    found: list[Any] = parts.evaluate(f"{js(rounds)}.map(round => lexmin(...round))")
    assert found == [lexmin(*each)[0] for each in rounds]
    assert sum(lexmin(*each)[1] > each[3] for each in rounds) > 20, "some caps had to be raised"
