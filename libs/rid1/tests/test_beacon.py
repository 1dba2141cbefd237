"""The beacon's signatures: known answers, a second implementation beside ours, and everything that is no signature."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rid1 import beacon, bls
from rid1.bls.curve import P, g1_point, g2_point
from rid1.bls.field import inverse2, mul2, square_root2
from rid1.bls.hash_to_curve import hash_to_g1
from rid1.errors import RidError
from rid1_support import VECTORS
from second_bls import compress_G1, compress_G2, decompress_G1, decompress_G2, hash_to_G1
from second_bls import group as second

DRAND = json.loads((VECTORS / "drand.json").read_text())
ROUND = DRAND["accept"]["round"]
SIGNATURE = bytes.fromhex(DRAND["accept"]["signature"])
TAG = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"

# RFC 9380 appendix J.9.1: message, x, y.
RFC_9380 = [
    (
        b"",
        0x052926ADD2207B76CA4FA57A8734416C8DC95E24501772C814278700EED6D1E4E8CF62D9C09DB0FAC349612B759E79A1,
        0x08BA738453BFED09CB546DBB0783DBB3A5F1F566ED67BB6BE0E8C67E2E81A4CC68EE29813BB7994998F3EAE0C9C6A265,
    ),
    (
        b"abc",
        0x03567BC5EF9C690C2AB2ECDF6A96EF1C139CC0B2F284DCA0A9A7943388A49A3AEE664BA5379A7655D3C68900BE2F6903,
        0x0B9C15F3FE6E5CF4211F346271D7B01C8F3B28BE689C8429C85B67AF215533311F0B8DFAAA154FA6B88176C229F2885D,
    ),
    (
        b"abcdef0123456789",
        0x11E0B079DEA29A68F0383EE94FED1B940995272407E3BB916BBF268C263DDD57A6A27200A784CBC248E84F357CE82D98,
        0x03A87AE2CAF14E8EE52E51FA2ED8EEFE80F02457004BA4D486D6AA1F517C0889501DC7413753F9599B099EBCBBD2D709,
    ),
]


def holds(number: int, signature: bytes) -> bool:
    try:
        beacon.verify(number, signature)
    except RidError as fault:
        assert fault.code == "beacon_invalid"
        return False
    return True


def test_the_pinned_network_is_that_of_the_vectors() -> None:
    assert beacon.PUBLIC_KEY.hex() == DRAND["public_key"]
    assert (
        DRAND["chain"],
        DRAND["period_s"],
        DRAND["genesis"],
    ) == (beacon.CHAIN, beacon.PERIOD, beacon.GENESIS)


def test_the_published_signature_holds_for_its_round_only() -> None:
    assert holds(ROUND, SIGNATURE)
    assert beacon.beacon_string(ROUND, SIGNATURE.hex()) == DRAND["accept"]["seed_value"]
    assert not holds(ROUND + 1, SIGNATURE)
    assert not holds(ROUND - 1, SIGNATURE)
    assert not holds(0, SIGNATURE)
    assert not holds(1 << 64, SIGNATURE)
    assert not holds(ROUND, SIGNATURE[:-1] + bytes([SIGNATURE[-1] ^ 1]))


def test_the_negated_signature_is_a_point_of_the_group_and_still_no_signature() -> None:
    negated = bytes([SIGNATURE[0] ^ 0x20]) + SIGNATURE[1:]
    assert g1_point(negated) == (g1_point(SIGNATURE)[0], P - g1_point(SIGNATURE)[1])
    assert not holds(ROUND, negated)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 383))
def test_no_bit_of_a_signature_may_change(bit: int) -> None:
    assert not holds(ROUND, (int.from_bytes(SIGNATURE, "big") ^ 1 << bit).to_bytes(48, "big"))


@pytest.mark.parametrize(
    ("encoding", "reason"),
    [
        (b"", "compressed"),
        (SIGNATURE[:-1], "compressed"),
        (SIGNATURE + b"\0", "compressed"),
        (bytes([SIGNATURE[0] & 0x7F]) + SIGNATURE[1:], "compressed"),
        (b"\xc0" + bytes(47), "infinity"),
        (b"\xc0" + bytes(46) + b"\1", "infinity"),
        # x = 0 gives the point (0, 2) of order 3; P in its place is the same point, written in a second way.
        (b"\x80" + bytes(47), "subgroup"),
        ((P | 1 << 383).to_bytes(48, "big"), "not below"),
        ((1 | 1 << 383).to_bytes(48, "big"), "not on the curve"),
    ],
)
def test_what_is_not_the_one_encoding_of_a_point_of_the_group_is_refused(
    encoding: bytes, reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        g1_point(encoding)
    assert not holds(ROUND, encoding)


def test_nothing_is_valid_under_a_key_that_is_no_point() -> None:
    for key in (bytes([0xC0]) + bytes(95), bytes(96)):
        assert not bls.verify(key, beacon.message_of(ROUND), SIGNATURE, TAG)
    with pytest.raises(ValueError, match="compressed"):
        g2_point(beacon.PUBLIC_KEY[:48])


@pytest.mark.parametrize(("message", "x", "y"), RFC_9380)
def test_messages_are_hashed_to_the_points_of_rfc_9380(message: bytes, x: int, y: int) -> None:
    assert hash_to_g1(message, b"QUUX-V01-CS02-with-BLS12381G1_XMD:SHA-256_SSWU_RO_") == (x, y)


def affine(point: object) -> tuple[int, int]:
    x, y = second.normalize(point)  # type: ignore[arg-type]
    return int(x), int(y)


@settings(max_examples=15, deadline=None)
@given(st.binary(max_size=80))
def test_both_implementations_hash_to_the_same_point_and_read_it_back(message: bytes) -> None:
    theirs = hash_to_G1(message, TAG, sha256)  # type: ignore[arg-type]
    assert hash_to_g1(message, TAG) == affine(theirs)
    packed = int(compress_G1(theirs)).to_bytes(48, "big")
    assert g1_point(packed) == affine(decompress_G1(int.from_bytes(packed, "big")))  # type: ignore[arg-type]


@settings(max_examples=3, deadline=None)
@given(st.integers(1, second.curve_order - 1), st.binary(max_size=40))
def test_what_the_second_implementation_signs_holds_here(secret: int, message: bytes) -> None:
    public = b"".join(part.to_bytes(48, "big") for part in compress_G2(second.multiply(second.G2, secret)))
    signed = second.multiply(hash_to_G1(message, TAG, sha256), secret)  # type: ignore[arg-type]
    signature = int(compress_G1(signed)).to_bytes(48, "big")
    assert bls.verify(public, message, signature, TAG)
    assert not bls.verify(public, message + b"x", signature, TAG)


def test_the_second_implementation_judges_the_published_round_alike() -> None:
    halves = (int.from_bytes(beacon.PUBLIC_KEY[:48], "big"), int.from_bytes(beacon.PUBLIC_KEY[48:], "big"))
    key = decompress_G2(halves)  # type: ignore[arg-type]
    # The pinned key is used without a check of its group on every run: it is checked here.
    assert second.is_inf(second.multiply(key, second.curve_order))
    x, y = second.normalize(key)
    assert g2_point(beacon.PUBLIC_KEY) == (tuple(map(int, x.coeffs)), tuple(map(int, y.coeffs)))
    point = decompress_G1(int.from_bytes(SIGNATURE, "big"))  # type: ignore[arg-type]
    for number, expected in ((ROUND, True), (ROUND + 1, False)):
        hashed = hash_to_G1(beacon.message_of(number), TAG, sha256)  # type: ignore[arg-type]
        equal = second.pairing(second.G2, point) == second.pairing(key, hashed)
        assert equal == expected == holds(number, SIGNATURE)


@given(st.tuples(st.integers(0, P - 1), st.integers(0, P - 1)).filter(any))
def test_roots_and_inverses_of_the_quadratic_field_are_right(a: tuple[int, int]) -> None:
    assert mul2(a, inverse2(a)) == (1, 0)
    square = mul2(a, a)
    root = square_root2(square)
    assert root is not None
    assert mul2(root, root) == square
    # 1 + u is no square, so neither is its product with one.
    assert square_root2(mul2(square, (1, 1))) is None


@given(st.integers(1, P - 1))
def test_roots_of_elements_that_lie_in_the_prime_field_are_found(a: int) -> None:
    root = square_root2((a, 0))
    assert root is not None
    assert mul2(root, root) == (a, 0)


@given(st.integers(beacon.GENESIS, 1 << 40))
def test_the_round_of_a_time_is_the_newest_one_and_the_next_is_later(time: int) -> None:
    number = beacon.round_at(time)
    assert beacon.time_of(number) <= time < beacon.time_of(number + 1)
    assert beacon.round_after(time) == number + 1


def test_before_the_first_round_there_is_none() -> None:
    with pytest.raises(ValueError, match="began"):
        beacon.round_at(beacon.GENESIS - 1)
    assert beacon.round_after(beacon.GENESIS - 1) == 1
    for time, number in DRAND["round_at"].items():
        assert time == "2026-04-20T00:00:00Z"
        assert (beacon.round_at(1776643200), beacon.time_of(number)) == (number, 1776643200)
