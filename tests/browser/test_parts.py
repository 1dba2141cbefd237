"""The parts of the browser's implementation, one by one, against published vectors and against the library."""

import hashlib
import json
import random
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import pytest
from browser.devtools import Browser, Page
from rid1 import beacon, jcs
from rid1.bls.field import P
from rid1.errors import RidError
from rid1.lexmin import lexmin
from rid1.merkle import Tree, consistency_proof, leaf_hash
from rid1.sm3 import Sm3
from rid1.states import EVENT_WORDS, STATE_WORDS, Event, State, allowed
from rid1.suites import SUITES
from rid1.timestamp import check_timestamp
from rid1_support import VECTORS
from second_bls import compress_G1, compress_G2, hash_to_G1
from second_bls import group as second
from simulated_tsa import SimulatedTsa
from suicha_site.verifier import worker_source
from test_beacon import RFC_9380


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


def test_an_event_out_of_order_is_refused_in_the_words_of_the_library(parts: Page) -> None:
    for state in State:
        for event in Event:
            if event in allowed(state):
                continue
            asked = f"(() => {{ try {{ after({js(state)}, {js(event)}, '') }} catch (fault) {{ return fault }} }})()"
            code, text = parts.evaluate(f"(fault => [fault.code, fault.text])({asked})")
            if event is Event.MANIFEST and code == "second_manifest":
                continue
            assert (code, text) == (
                "transition", f"当前为“{STATE_WORDS[state]}”，不能记入“{EVENT_WORDS[event]}”",
            )  # fmt: skip


def test_quotas_round_up_in_whole_numbers(parts: Page) -> None:
    cases = json.loads((VECTORS / "quota.json").read_text())["cases"]
    strata = [{"n": case["n"], "bp": case["bp"], "count": None} for case in cases]
    assert parts.evaluate(f"{js(strata)}.map(stratum => Number(quotaOf(stratum, 2000)[0]))") == [
        case["k"] for case in cases
    ]


DRAND = json.loads((VECTORS / "drand.json").read_text())
ROUND, SIGNATURE = DRAND["accept"]["round"], DRAND["accept"]["signature"]


def test_the_pinned_network_and_the_value_of_its_round_are_those_of_the_vectors(parts: Page) -> None:
    pinned = parts.evaluate("[QUICKNET.hash, QUICKNET.publicKey, QUICKNET.period, QUICKNET.genesis]")
    assert pinned == [DRAND["chain"], DRAND["public_key"], DRAND["period_s"], DRAND["genesis"]]
    assert parts.evaluate(f"beaconValue({ROUND}, {js(SIGNATURE)})") == DRAND["accept"]["seed_value"]


def holds(parts: Page, number: int, signatures: list[str]) -> list[bool]:
    """What the browser and the library say of these signatures, which must be the same."""
    parts.evaluate(
        "function holds(number, signature) { try { checkBeaconSignature(QUICKNET, number, signature, ''); return true }"
        " catch (error) { if (error.code === 'beacon_invalid') return false; throw error } }"
    )
    found: list[bool] = parts.evaluate(f"{js(signatures)}.map(one => holds({number}, one))")
    for signature, one in zip(signatures, found, strict=True):
        with nullcontext() if one else pytest.raises(RidError, match="beacon_invalid"):
            beacon.verify(number, bytes.fromhex(signature))
    return found


def test_the_published_signature_holds_for_its_round_only(parts: Page) -> None:
    assert holds(parts, ROUND, [SIGNATURE]) == [True]
    assert holds(parts, ROUND + 1, [SIGNATURE]) == [False]


def test_what_is_not_the_one_encoding_of_the_signature_is_refused(parts: Page) -> None:
    raw = bytes.fromhex(SIGNATURE)
    others = [
        b"", raw[:-1], raw + b"\0", bytes([raw[0] & 0x7F]) + raw[1:], bytes([raw[0] ^ 0x20]) + raw[1:],
        b"\xc0" + bytes(47), b"\x80" + bytes(47), (P | 1 << 383).to_bytes(48, "big"),
        (1 | 1 << 383).to_bytes(48, "big"),
    ]  # fmt: skip
    points = parts.evaluate(
        f"{js([one.hex() for one in others])}.map(one => G1.decompress(unhex(one)) !== null)"
    )
    assert points == [at == 4 for at in range(len(others))], "only the negated point is one of the group"
    flipped = [(int.from_bytes(raw, "big") ^ 1 << bit).to_bytes(48, "big") for bit in range(0, 384, 29)]
    assert not any(holds(parts, ROUND, [one.hex() for one in others + flipped]))


@pytest.mark.parametrize(("message", "x", "y"), RFC_9380)
def test_messages_are_hashed_to_the_points_of_rfc_9380(parts: Page, message: bytes, x: int, y: int) -> None:
    tag = "QUUX-V01-CS02-with-BLS12381G1_XMD:SHA-256_SSWU_RO_"
    point = f"G1.affine(hashToG1(unhex('{message.hex()}'), '{tag}')).map(part => part.toString(16))"
    assert parts.evaluate(point) == [f"{x:x}", f"{y:x}"]


def test_what_the_second_implementation_signs_holds_under_its_key_only(parts: Page) -> None:
    tag = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"
    rng = random.Random(9380)
    for _ in range(3):
        secret, message = rng.randrange(1, second.curve_order), rng.randbytes(32)
        signed = second.multiply(hash_to_G1(message, tag, hashlib.sha256), secret)  # type: ignore[arg-type]
        signature = int(compress_G1(signed)).to_bytes(48, "big").hex()
        keys = [second.multiply(second.G2, secret), second.multiply(second.G2, secret + 1)]
        packed = [b"".join(part.to_bytes(48, "big") for part in compress_G2(key)).hex() for key in keys]
        verdicts = (
            f"{js(packed)}.map(key => blsHolds(unhex(key), unhex('{message.hex()}'), unhex('{signature}')))"
        )
        assert parts.evaluate(verdicts) == [True, False]


def test_consistency_proofs_agree_for_all_small_trees_and_no_changed_one_holds(parts: Page) -> None:
    leaves = [leaf_hash(SUITES["S256"], f"line {at}".encode()) for at in range(17)]
    cases = []
    for size in range(18):
        for old in range(size + 1):
            path = list(consistency_proof(SUITES["S256"], leaves[:size], old, size))
            roots = [Tree(SUITES["S256"], leaves[:count]).root().hex() for count in (old, size)]
            for way in (path, path[:-1] if path else [leaves[0]], [*path, leaves[0]]):
                cases.append([old, size, *roots, [node.hex() for node in way]])
    held = (
        f"{js(cases)}.map(([old, size, before, now, path]) => consistencyHolds("
        "SUITES.S256, BigInt(old), BigInt(size), unhex(before), unhex(now), path.map(unhex)))"
    )
    assert parts.evaluate(held) == [True, False, False] * (len(cases) // 3)


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


def test_what_is_no_timestamp_is_refused_at_whatever_place_it_ends(
    parts: Page, tmp_path_factory: pytest.TempPathFactory
) -> None:
    authority = SimulatedTsa(tmp_path_factory.mktemp("simulated-tsa"))
    parts.evaluate(
        "async function stamped(hexed, text) { try { return (await checkTimestamp(unhex(hexed), text, 't'))[0] }"
        " catch (error) { return error.code ?? String(error) } }"
    )
    right = authority.stamp(b"text")
    wrong = [right[:end] for end in range(len(right))] + [right + b"\0\0"]
    tried = [(right, "text"), (right, "another"), (authority.stamp(b"text", "sha512"), "text")]
    tried += [(one, "text") for one in wrong]
    asked = [[response.hex(), text] for response, text in tried]
    found = parts.evaluate(f"Promise.all({js(asked)}.map(one => stamped(...one)))")
    # An empty page is no secure context: SHA-512 is not to be had there, which is said.
    assert found[:3] == ["timestamp", "timestamp_imprint", "timestamp_unsupported"]
    for response, code in zip(wrong, found[3:], strict=True):
        with pytest.raises(RidError) as refused:
            check_timestamp(response, b"text", "t")
        assert code == refused.value.code == "timestamp"


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
